"""The gate of the chat: who may ask, what a browser may do with the page, and how much may lie in the folder of uploads.

It is plain ASGI. A page elsewhere that points a name of its own at this machine gets nothing. None can send anything here in a
visitor's name, or show the page in a frame.
"""

from __future__ import annotations

import time
from collections.abc import Collection, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import requests
from llamaindex_clipverify.boundary.requests import App, Receive, Scope, Send

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Gradio's page needs inline scripts; no request may leave for another host."""
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_UNUSED = 60.0
"""Seconds after which an upload that nobody took is removed."""
_EXPORTED = 600.0
"""Seconds after which an exported file is removed."""


class Gate:
    """Lets requests through that name this server, and come from its own page."""

    def __init__(self, app: App, hosts: Collection[str], uploads: Path, most_bytes: int) -> None:
        """Guard an app.

        Args:
            app: The page.
            hosts: Names that visitors may use; addresses and ``localhost`` always may be.
            uploads: Folder of the uploaded files.
            most_bytes: Maximum size of that folder; more is refused.
        """
        self.app, self.uploads, self.most_bytes = app, uploads, most_bytes
        self.hosts = requests.known_names(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None and scope["type"] == "http":
            await _refuse(send, *refusal)
        elif refusal is None:
            await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        writes = requests.is_writing(scope)
        status = requests.refusal(requests.headers_of(scope), self.hosts, writes=writes)
        if status is not None:
            return status, _WHY[status]
        if writes and "upload" in scope.get("path", "") and tidy(self.uploads) > self.most_bytes:
            return 507, "too many uploads; try again in a minute"
        return None


_WHY = {
    requests.UNKNOWN_NAME: "this server is not known by that name; start the chat with --allow-host NAME",
    requests.ELSEWHERE: "only the page itself may send anything",
}


def tidy(folder: Path) -> int:
    """Remove the files of a folder that are old, and return the bytes of those left."""
    now, total = time.time(), 0
    for file in folder.rglob("*") if folder.is_dir() else ():
        with suppress(OSError):
            if not file.is_file():
                continue
            known = file.stat()
            limit = _EXPORTED if file.name.startswith("conversation") else _UNUSED
            if now - known.st_mtime > limit:
                file.unlink()
            else:
                total += known.st_size
    return total


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sending


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})
