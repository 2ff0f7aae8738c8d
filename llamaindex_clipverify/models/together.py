"""Vision models behind a server, through the Together SDK: one request, whole or streamed, with typed errors.

The API key appears in no message: it is removed from the texts of the SDK and the server.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import httpx
import together
from together import AsyncTogether, DefaultAsyncHttpxClient, Together

from llamaindex_clipverify.errors import AuthenticationError, ResponseError
from llamaindex_clipverify.models.http_limits import async_hooks, hooks
from llamaindex_clipverify.models.service_errors import BROKEN, FORM, telling_service, without_key

KEY, BASE_URL = "TOGETHER_API_KEY", "TOGETHER_BASE_URL"
"""Environment variables, used if no argument is given."""
_CONNECT = 5.0
"""Seconds to wait for a connection, the SDK's own."""


@dataclass(frozen=True, kw_only=True)
class RemoteAnswer:
    """One whole answer."""

    text: str
    finish: str
    """``stop`` or ``eos``, or ``length`` when the limit of new tokens was reached."""
    reasoning: str = ""
    """Reasoning text of a reasoning model; not part of the answer."""
    prompt_tokens: int | None = None
    """Prompt tokens, picture tokens included; None if the server does not report them."""
    completion_tokens: int | None = None


class TogetherChat:
    """A chat endpoint, Together's own or any server of the same form; retries and timeouts are the SDK's."""

    def __init__(
        self, key: str | None = None, base_url: str | None = None, timeout: float = 60.0, max_retries: int = 2
    ) -> None:
        """Store the settings; nothing is sent yet.

        Args:
            key: By default the environment variable ``TOGETHER_API_KEY``.
            base_url: By default ``TOGETHER_BASE_URL``, then Together's own; with or without ``/v1``.
            timeout: Seconds to wait for the server, for each attempt and each piece of a stream; a whole stream may take ten
                times as long.
            max_retries: How often a request is sent again after 408, 409, 429, 5xx, a timeout or a broken connection,
                with growing pauses, or those the server asks for.

        Raises:
            AuthenticationError: There is no key, or it holds what no key holds.
        """
        self._key = _checked(os.environ.get(KEY, "") if key is None else key)
        url = normalised(base_url or os.environ.get(BASE_URL) or None)
        self._timeout = timeout
        self._options: dict[str, Any] = {
            "api_key": self._key,
            "base_url": url,
            "timeout": httpx.Timeout(timeout, connect=min(timeout, _CONNECT)),
            "max_retries": max_retries,
        }

    @cached_property
    def _client(self) -> Any:
        return Together(**self._options, http_client=together.DefaultHttpxClient(event_hooks=hooks(self._timeout)))

    def _async_client(self) -> Any:
        """Return a client of its own for each call: connections belong to the event loop they were opened in."""
        return AsyncTogether(
            **self._options,
            http_client=DefaultAsyncHttpxClient(verify=_trusted(), event_hooks=async_hooks(self._timeout)),
        )

    def answer(self, request: Mapping[str, Any]) -> RemoteAnswer:
        """Send a request of `chat.completions.create` and return the answer.

        Raises:
            ServiceError: One of its subclasses, by what went wrong.
        """
        with self._telling():
            sent = self._client.chat.completions.create(**request)
        return _whole(sent, self._key)

    def stream(self, request: Mapping[str, Any]) -> Iterator[str | RemoteAnswer]:
        """Yield an answer piece by piece, and then the whole; errors as `answer`. Closing the iterator hangs up."""
        gathered = _Gathered()
        with self._telling(), self._client.chat.completions.create(**request, stream=True) as chunks:
            for chunk in chunks:
                piece = gathered.take(chunk)
                if piece:
                    yield piece
        yield gathered.answer()

    async def aanswer(self, request: Mapping[str, Any]) -> RemoteAnswer:
        """Return the answer like `answer`, without blocking the event loop."""
        with self._telling():
            async with self._async_client() as client:
                sent = await client.chat.completions.create(**request)
        return _whole(sent, self._key)

    async def astream(self, request: Mapping[str, Any]) -> AsyncIterator[str | RemoteAnswer]:
        """Yield the answer like `stream`, without blocking the event loop."""
        gathered = _Gathered()
        with self._telling():
            async with (
                self._async_client() as client,
                await client.chat.completions.create(**request, stream=True) as chunks,
            ):
                async for chunk in chunks:
                    piece = gathered.take(chunk)
                    if piece:
                        yield piece
        yield gathered.answer()

    def _telling(self) -> Any:
        return telling_service(together, self._key, f"{KEY} or api_key=")


def normalised(url: str | None, version: str = together.__version__) -> str | None:
    """Return an address as the SDK of a version wants it: up to 2 it ends in ``/v1``, from 3 on without."""
    if url is None:
        return None
    bare = url.strip().rstrip("/").removesuffix("/v1")
    return f"{bare}/v1" if int(version.split(".")[0]) < 3 else bare


def _checked(key: str) -> str:
    key = key.strip()
    do = f"set {KEY}, or give api_key= (any word, for a server that needs none)"
    if not key:
        raise AuthenticationError("no key for Together", do=do)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AuthenticationError("the key for Together holds spaces or letters that no key has", do=do)
    return key


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to trust, read once: that takes longer than to open a connection."""
    return httpx.create_ssl_context()


# -- what the server sent -----------------------------------------------------------------------------------------------


def _whole(sent: Any, key: str) -> RemoteAnswer:
    """Read a response; the SDK returns a body it could not parse as text."""
    choices = getattr(sent, "choices", None)
    if not isinstance(choices, list):
        raise ResponseError(FORM, got=_start(sent, key), do=BROKEN)
    message = getattr(choices[0], "message", None) if choices else None
    if message is None:
        raise ResponseError("the server's answer holds no choice", got=_start(sent, key), do=BROKEN)
    finish = getattr(choices[0], "finish_reason", None) or ""
    return _checked_answer(getattr(message, "content", None), finish, _reasoning(message), getattr(sent, "usage", None))


class _Gathered:
    """Assembles the chunks of a stream."""

    def __init__(self) -> None:
        self.content: str | None = None
        self.reasoning, self.finish, self.usage = "", "", None

    def take(self, chunk: Any) -> str:
        """Return what a chunk adds to the answer; some carry nothing, or the usage alone."""
        self.usage = getattr(chunk, "usage", None) or self.usage
        choice = next(iter(getattr(chunk, "choices", None) or ()), None)
        if choice is None:
            return ""
        self.finish = getattr(choice, "finish_reason", None) or self.finish
        delta = getattr(choice, "delta", None)
        self.reasoning += _reasoning(delta)
        piece = getattr(delta, "content", None)
        if piece is not None:
            self.content = (self.content or "") + piece
        return piece or ""

    def answer(self) -> RemoteAnswer:
        """Return the whole answer; a stream that did not say that it ends was cut."""
        if not self.finish:
            got = f"{len(self.content or '')} characters and no end"
            raise ResponseError("the stream was cut before the answer ended", got=got, do="ask again")
        content = self.content if self.reasoning else self.content or ""
        return _checked_answer(content, self.finish, self.reasoning, self.usage)


def _checked_answer(content: Any, finish: str, reasoning: str, usage: Any) -> RemoteAnswer:
    if reasoning and not content:
        do = 'raise max_tokens, or turn reasoning off: extra={"reasoning": {"enabled": False}}'
        raise ResponseError("the model reasoned and said nothing", got=f"finish_reason {finish}", do=do)
    if not isinstance(content, str):
        raise ResponseError("the server's answer holds no text", got=f"finish_reason {finish}", do=BROKEN)
    return RemoteAnswer(
        text=content,
        finish=finish,
        reasoning=reasoning,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def _reasoning(message: Any) -> str:
    said = getattr(message, "reasoning", None) or getattr(message, "reasoning_content", None)
    return said if isinstance(said, str) else ""


def _count(usage: Any, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) else None


def _start(sent: Any, key: str) -> str:
    text = without_key(key, sent) if isinstance(sent, str) else type(sent).__name__
    return text[:80] or "nothing"
