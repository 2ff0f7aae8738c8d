"""Limits of what a model's server may send: bytes and seconds of one response, counted while it is read.

They are hooks of an HTTP client: proxies, certificates and retries stay those of the SDK. Responses are asked for without
compression, and compressed ones are refused: a small body could unpack to any size.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

MOST_BYTES = 32 * 2**20
"""Maximum size of a response in bytes."""
TIMES = 10
"""A whole response may take so many times the timeout of one piece."""


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response, up to the limits."""

    def __init__(self, inner: Any, seconds: float) -> None:
        """Count from now."""
        self.inner, self.seconds = inner, seconds
        self.end = time.monotonic() + seconds
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.inner:
            yield self._counted(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self.inner:
            yield self._counted(piece)

    def _counted(self, piece: bytes) -> bytes:
        self.size += len(piece)
        if self.size > MOST_BYTES:
            raise httpx.ReadError(f"the response is larger than {MOST_BYTES:,} bytes")
        if time.monotonic() > self.end:
            raise httpx.ReadError(f"the response did not end within {self.seconds:g} seconds")
        return piece

    def close(self) -> None:
        """Hang up."""
        self.inner.close()

    async def aclose(self) -> None:
        """Hang up."""
        await self.inner.aclose()


def hooks(timeout: float) -> dict[str, list[Any]]:
    """Return the event hooks of a client whose responses are limited; `timeout` is that of one piece, in seconds."""

    def plain(request: httpx.Request) -> None:
        request.headers["accept-encoding"] = "identity"

    def limited(response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx.ReadError("the response is compressed, which was not asked for", request=response.request)
        response.stream = _Stream(response.stream, TIMES * timeout)

    return {"request": [plain], "response": [limited]}


def async_hooks(timeout: float) -> dict[str, list[Any]]:
    """Return the hooks of an asynchronous client."""
    [plain], [limited] = hooks(timeout).values()

    async def aplain(request: httpx.Request) -> None:
        plain(request)

    async def alimited(response: httpx.Response) -> None:
        limited(response)

    return {"request": [aplain], "response": [alimited]}
