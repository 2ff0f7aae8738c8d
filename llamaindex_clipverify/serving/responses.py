"""Answers of the service: JSON, bytes of a kind, and server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from llamaindex_clipverify.boundary.requests import Receive, Scope, Send
from llamaindex_clipverify.errors import MissingExtraError
from llamaindex_clipverify.index.schema import Hit
from llamaindex_clipverify.remote.hits import hit_to_dict

try:
    from starlette.responses import Response
except ImportError as missing:
    raise MissingExtraError("starlette", "serve") from missing


def dumped(data: Any) -> bytes:
    """Return JSON in UTF-8; halves of surrogate pairs become question marks."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def of_json(data: Any) -> Response:
    """Return an answer of JSON."""
    return of_bytes(dumped(data))


def of_hits(hits: Sequence[Hit]) -> Response:
    """Return pictures of the index as JSON, with their names in the place of paths."""
    return of_json({"hits": [hit_to_dict(hit, hit.uri.replace("\\", "/").rsplit("/", 1)[-1]) for hit in hits]})


def of_bytes(body: bytes, kind: str = "application/json", status: int = 200) -> Response:
    """Return an answer of some media type."""
    return Response(body, status, {"content-type": "text/html; charset=utf-8" if kind == "text/html" else kind})


class EventStream(Response):
    """Server-sent events. Starlette's own streaming response would read what still comes of the body."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        super().__init__(media_type="text/event-stream")
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events as they are made."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async for event in self.events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        except ConnectionResetError:
            return
        await send({"type": "http.response.body", "body": b""})
