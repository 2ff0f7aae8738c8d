"""The door of the service: who may ask, how much and how often; each request has an id, a line in the log, and an end.

It is plain ASGI around the app. A request that is refused costs nothing behind it.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Collection, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.boundary import requests
from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.boundary.requests import App, Receive, Scope, Send
from llamaindex_clipverify.errors import ClipVerifyError, ServerError, ServiceTimeoutError, VerificationError
from llamaindex_clipverify.remote.problems import MEDIA_TYPE, Refused, problem_of, status_of
from llamaindex_clipverify.serving.keys import NOBODY, Keys, Rates, TooManyError
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.logs import Log
from llamaindex_clipverify.serving.metrics import Metrics

EXCHANGE = "clipverify.exchange"
"""Key of the `Exchange` in the scope of a request."""
STREAM = "/v1/verify/stream"
FREE = ("/health", "/ready")
"""Addresses that need no key, and are answered however much is under way."""
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
"""For everything but pages, which bring their own."""
_WHY = {
    requests.UNKNOWN_NAME: ("this server is not known by that name", "start it with --allow-host NAME"),
    requests.ELSEWHERE: ("another page may send nothing", "ask from a program, or from the server's own address"),
}
_LEFT = 499
"""Status in the log where the caller hung up before an answer; nobody gets it."""


@dataclass(kw_only=True)
class Exchange:
    """One request and what became of it."""

    id: str
    method: str
    path: str
    began: float
    caller: str = NOBODY
    status: int = 0
    received: int = 0
    """Bytes of the body so far."""
    left: bool = False
    """Whether the caller has hung up: nothing can be answered."""
    said: dict[str, Any] = field(default_factory=dict)
    """What the log says besides: verdict, trust, number of claims."""


class Door:
    """Lets requests through to an app, within limits."""

    def __init__(
        self, app: App, *, keys: Keys, names: Collection[str], limits: Limits, log: Log, metrics: Metrics
    ) -> None:
        """Guard an app.

        Args:
            app: The app.
            keys: Who may ask.
            names: Names by which the server may be reached, besides its addresses and ``localhost``.
            limits: What a request may cost.
            log: Gets a line for each request.
            metrics: Count each request.
        """
        self.app, self.keys, self.limits, self.log, self.metrics = app, keys, limits, log, metrics
        self.names = requests.known_names(names)
        self.rates = Rates(limits.rate)
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = requests.headers_of(scope)
        given = headers.get("x-request-id", "")
        exchange = Exchange(
            id=given if _ID.fullmatch(given) else secrets.token_hex(8),
            method=str(scope.get("method", "")),
            path=str(scope.get("path", "")),
            began=time.monotonic(),
        )
        scope[EXCHANGE] = exchange
        sending = _watched(exchange, send)
        self.under_way += 1
        self.metrics.under_way.inc()
        try:
            self._admit(scope, headers, exchange)
            await self._through(scope, receive, sending, exchange)
        except ClipVerifyError as error:
            await self._refuse(error, sending, exchange)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem and the log the reason
            if not exchange.left:
                self.log.write("failed", id=exchange.id, error=reason(error))
                await self._refuse(VerificationError("the service failed", do="see its log"), sending, exchange)
        finally:
            self.under_way -= 1
            self.metrics.under_way.dec()
            self._noted(scope, exchange)

    def _admit(self, scope: Scope, headers: dict[str, str], exchange: Exchange) -> None:
        """Let a request in.

        Raises:
            ClipVerifyError: It is refused.
        """
        if exchange.path in FREE:
            return
        status = requests.refusal(headers, self.names, writes=requests.is_writing(scope))
        if status is not None:
            what, do = _WHY[status]
            raise Refused(status, what, got=headers.get("host" if status == requests.UNKNOWN_NAME else "origin"), do=do)
        exchange.caller = self.keys.name_of(headers)
        client = scope.get("client") or ("",)
        self.rates.take(exchange.caller if self.keys else str(client[0]))
        if self.under_way > self.limits.concurrent:
            raise ServerError("too many requests are under way", got=self.limits.concurrent, do="ask again in a second")
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self.limits.body:
            raise self._too_large(int(length))

    async def _through(self, scope: Scope, receive: Receive, send: Send, exchange: Exchange) -> None:
        limits = self.limits
        is_stream = exchange.path == STREAM
        seconds = limits.stream_seconds if is_stream else limits.seconds
        receiving = self._limited(
            exchange, receive, limits.idle_seconds if is_stream else limits.seconds, each=is_stream
        )
        try:
            async with asyncio.timeout(seconds):
                await self.app(scope, receiving, send)
        except TimeoutError as error:
            do = "send less at a time, or ask later"
            raise ServiceTimeoutError("the request took too long", got=f"more than {seconds:g} s", do=do) from error

    def _limited(self, exchange: Exchange, receive: Receive, seconds: float, *, each: bool) -> Receive:
        """Return a `receive` that counts the bytes of a body and the seconds that it, or each of its pieces, takes to come."""
        whole = False

        async def receiving() -> MutableMapping[str, Any]:
            nonlocal whole
            if whole:
                return await receive()
            left = seconds if each else seconds - (time.monotonic() - exchange.began)
            try:
                async with asyncio.timeout(max(left, 0.001)):
                    message = await receive()
            except TimeoutError as error:
                do = "send it at once, over a faster connection"
                raise Refused(408, "the body did not come in time", got=f"{seconds:g} s", do=do) from error
            if message["type"] == "http.disconnect":
                exchange.left = True
                raise Refused(_LEFT, "the caller has left", do="ask again")
            exchange.received += len(message.get("body", b""))
            if exchange.received > self.limits.body:
                raise self._too_large(exchange.received)
            whole = not message.get("more_body", False)
            return message

        return receiving

    def _too_large(self, size: int) -> Refused:
        do = f"send at most {self.limits.body:,}: fewer or smaller pictures"
        return Refused(413, "the request is too large", got=f"{size:,} bytes", do=do)

    async def _refuse(self, error: ClipVerifyError, send: Send, exchange: Exchange) -> None:
        if exchange.left:
            exchange.status = exchange.status or _LEFT
        elif not exchange.status:
            with suppress(ConnectionResetError):
                await send_problem(error, exchange.id, send)

    def _noted(self, scope: Scope, exchange: Exchange) -> None:
        seconds = time.monotonic() - exchange.began
        route = str(getattr(scope.get("route"), "path", None) or (exchange.path if exchange.path in FREE else "other"))
        self.metrics.count_request(route, exchange.status, seconds)
        if exchange.path in FREE:
            return
        self.log.write(
            "request",
            id=exchange.id,
            key=exchange.caller,
            method=exchange.method,
            route=route,
            status=exchange.status,
            ms=round(1000 * seconds, 1),
            bytes=exchange.received,
            **exchange.said,
        )


def _watched(exchange: Exchange, send: Send) -> Send:
    """Return a `send` that notes the status and adds the headers of every answer."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            exchange.status = int(message["status"])
            given = list(message.get("headers", ()))
            is_page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in given)
            own = [(b"x-request-id", exchange.id.encode()), *_HEADERS, *(() if is_page else (_POLICY,))]
            message = {**message, "headers": [*given, *own]}
        try:
            await send(message)
        except (OSError, RuntimeError) as error:
            if not isinstance(error, OSError) and "closed" not in str(
                error
            ):  # what the server below says of a closed connection
                raise
            exchange.left = True
            raise ConnectionResetError("the caller has left") from error

    return sending


def problem_answer(error: ClipVerifyError, request_id: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an error."""
    status = status_of(error)
    headers = {"content-type": MEDIA_TYPE}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if status in (429, 503):
        headers["retry-after"] = str(error.seconds if isinstance(error, TooManyError) else 1)
    if status in (408, 413):
        headers["connection"] = "close"
    return status, headers, json.dumps(problem_of(error, request_id), ensure_ascii=False).encode("utf-8", "replace")


async def send_problem(error: ClipVerifyError, request_id: str, send: Send) -> None:
    """Send an error as problem details."""
    status, headers, body = problem_answer(error, request_id)
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
