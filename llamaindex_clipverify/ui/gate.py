"""The gate of the chat: by which name it may be asked, from whose page, and what a browser may do with it. It is plain ASGI.

A page elsewhere that points a name of its own at this machine gets nothing. None can send anything here in a visitor's name, or
show the page in a frame. The page loads nothing from another host and runs no script but its own.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from typing import Any

from llamaindex_clipverify.boundary import requests
from llamaindex_clipverify.boundary.requests import App, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_WHY = {
    requests.UNKNOWN_NAME: "this server is not known by that name; start the chat with --allow-host NAME",
    requests.ELSEWHERE: "only the page itself may send anything",
}


class Gate:
    """Lets requests through that name this server, and come from its own page."""

    def __init__(self, app: App, hosts: Collection[str]) -> None:
        """Guard an app that visitors may reach by some names; addresses and ``localhost`` always may be used."""
        self.app, self.hosts = app, requests.known_names(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = requests.refusal(requests.headers_of(scope), self.hosts, writes=requests.is_writing(scope))
        if status is not None:
            await _refuse(send, status, _WHY[status])
        else:
            await self.app(scope, receive, _with_headers(send))


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
