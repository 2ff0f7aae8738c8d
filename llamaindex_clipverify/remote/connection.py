"""HTTP to a server of this package: one connection for each thread, one deadline for each request, no redirects.

It is the standard library's client, because a growing answer is sent while its verdicts are read, and because a command that only
asks a server should start at once. Requests are repeated only where nothing can have happened: the connection failed, and the
request changes nothing; or the server's rate limit refused it, and the time limit allows to wait.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.boundary.tls import trusting
from llamaindex_clipverify.errors import (
    DataError,
    RequestError,
    ResponseError,
)
from llamaindex_clipverify.remote.failures import Telling
from llamaindex_clipverify.remote.problems import error_of

MOST_BYTES = 256 * 2**20
"""Maximum size of an answer of the server in bytes."""
_PAUSES = (0.1, 0.4)
"""Seconds before a connection is tried again."""
_PIECE = 1 << 16
_MOVED = range(300, 400)
_TOO_MANY = 429
_LEAST_WAIT = 0.5
"""Shortest time in seconds before a request that the rate limit refused is sent again, whatever the server says."""


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes

    def json(self) -> Any:
        """Return the body, which is JSON.

        Raises:
            ResponseError: It is not.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            do = "check that the address is that of clipverify serve"
            raise ResponseError("the server's answer is not JSON", got=reason(error), do=do) from error


class Connection:
    """Sends requests to one server. Thread-safe."""

    def __init__(self, url: str, api_key: str | None, timeout: float, ca: str | Path | None = None) -> None:
        """Name the server; nothing is sent yet.

        Args:
            url: ``http://HOST:PORT`` or ``https://HOST``, with a path if a proxy puts the server below one.
            api_key: Sent with each request.
            timeout: Seconds that one request may take in all.
            ca: File of the authorities that may have signed the server's certificate, in PEM. Default: those of the system.

        Raises:
            DataError: The address or the key cannot be one, or the file holds no authority.
        """
        do = "give http://HOST:PORT, without a key in it"
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError as error:
            raise DataError("not the address of a server", got=url, do=do) from error
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.username or parts.query:
            raise DataError("not the address of a server", got=url, do=do)
        if api_key is not None and not (api_key.isascii() and api_key.isprintable() and " " not in api_key):
            raise DataError(
                "not an API key", got=f"{len(api_key)} characters", do="give printable ASCII without spaces"
            )
        if not 0 < timeout < 1e6:
            raise DataError("not a time limit", got=timeout, do="give seconds above 0")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.timeout = timeout
        self._trust = trusting(ca) if parts.scheme == "https" else None
        self._host, self._port, self._base = parts.hostname, port, quote(parts.path.rstrip("/"), safe="/%")
        self._key = api_key
        self._kept = threading.local()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/json",
        *,
        accept: str = "application/json",
        idempotent: bool = True,
    ) -> Reply:
        """Send a request and return the answer.

        Args:
            method: Of HTTP.
            path: Below the address of the server.
            body: What is sent.
            content_type: What `body` is.
            accept: What is wanted.
            idempotent: Whether it may be sent again after a connection failed.

        Raises:
            ClipVerifyError: What the server says, or that it cannot be reached, is too slow, or answers something else.
        """
        headers = {**self._headers(accept), **({} if body is None else {"Content-Type": content_type})}
        end = time.monotonic() + self.timeout
        while True:
            with self._telling(end):
                reply = self._sent(method, path, body, headers, end, idempotent)
            pause = _pause(reply)
            if pause is None or time.monotonic() + pause >= end:
                break
            time.sleep(pause)
        if reply.status in _MOVED:
            got = f"{reply.status} to {reply.headers.get('location', 'nowhere')}"
            raise RequestError(
                "the server redirects, which is not followed", got=got, do="give the address it leads to"
            )
        if reply.status >= 400:
            raise error_of(reply.status, reply.body)
        return reply

    def open(self, path: str, content_type: str) -> http.client.HTTPConnection:
        """Return a connection of its own on which the head of a POST was sent; its body is to be sent in chunks.

        Raises:
            UnreachableError: There is no server.
        """
        end = time.monotonic() + self.timeout
        with self._telling(end):
            made = self._made(end)
            made.putrequest("POST", f"{self._base}{path}", skip_accept_encoding=True)
            for name, value in self._headers("text/event-stream").items():
                made.putheader(name, value)
            made.putheader("Content-Type", content_type)
            made.putheader("Transfer-Encoding", "chunked")
            made.endheaders()
        return made

    def _headers(self, accept: str) -> dict[str, str]:
        key = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        return {"Accept": accept, "User-Agent": "llamaindex-clipverify", **key}

    def _sent(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], end: float, idempotent: bool
    ) -> Reply:
        pauses = list(_PAUSES) if idempotent else []
        while True:
            kept = self._taken()
            try:
                connection = kept or self._made(end)
            except OSError:
                if not pauses or time.monotonic() + pauses[0] >= end:
                    raise
                time.sleep(pauses.pop(0))
                continue
            try:
                reply, alive = _exchanged(connection, method, f"{self._base}{path}", body, headers, end)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                connection.close()
                if kept is None or not idempotent:
                    raise
                continue  # the server had closed a connection that was kept
            except BaseException:
                connection.close()
                raise
            if alive:
                self._kept.connection, self._kept.owner = connection, os.getpid()
            else:
                connection.close()
            return reply

    def _taken(self) -> http.client.HTTPConnection | None:
        """Return the connection that this thread kept, which is in use from now on; None without one.

        After a fork it is still the parent's, whose answers would get mixed up with those of the child.
        """
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if kept is not None and self._kept.owner != os.getpid():
            kept.close()
            return None
        return kept

    def _made(self, end: float) -> http.client.HTTPConnection:
        made: http.client.HTTPConnection
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        if self._trust is not None:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=left, context=self._trust)
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=left)
        made.connect()
        made.sock.settimeout(self.timeout)
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def telling(self) -> Telling:
        """Return a context that raises an error of this package for whatever the network raises, within the time limit."""
        return self._telling(time.monotonic() + self.timeout)

    def _telling(self, end: float) -> Telling:
        return Telling(self.url, end, self.timeout)


def _exchanged(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: Mapping[str, str],
    end: float,
) -> tuple[Reply, bool]:
    """Return the answer to one request, and whether the connection can be used again."""
    _limit(connection, end)
    try:
        connection.request(method, path, body, dict(headers))
    except (BrokenPipeError, ConnectionResetError):  # a refusal may have come before all was sent
        answer = _early(connection)
        if answer is None:
            raise
    else:
        answer = connection.getresponse()
    data = bytearray()
    while piece := _piece_of(answer):
        data += piece
        if len(data) > MOST_BYTES:
            raise http.client.HTTPException(f"an answer of more than {MOST_BYTES:,} bytes")
        _limit(connection, end)
    length = answer.getheader("content-length", "")
    if length.isdigit() and int(length) > len(data):
        raise http.client.IncompleteRead(bytes(data[:0]), int(length) - len(data))
    found = {name.lower(): value for name, value in answer.getheaders()}
    answer.close()  # else the connection takes it for unread
    return Reply(answer.status, found, bytes(data)), not answer.will_close


def _pause(reply: Reply) -> float | None:
    """Return after how many seconds a request that the server's rate limit refused may be sent again; None for never."""
    named = reply.headers.get("retry-after", "")
    if reply.status != _TOO_MANY or not (named.isascii() and named.isdigit()):
        return None
    return max(float(named), _LEAST_WAIT)


def _piece_of(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read1(_PIECE)
    except ConnectionError as error:
        raise http.client.HTTPException(f"an answer that broke off ({reason(error)})") from error


def _early(connection: http.client.HTTPConnection) -> http.client.HTTPResponse | None:
    with suppress(OSError, http.client.HTTPException):
        return connection.getresponse()
    return None


def _limit(connection: http.client.HTTPConnection, end: float) -> None:
    """Let the next step on a socket take what is left of the time."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    if connection.sock is not None:
        connection.sock.settimeout(left)
