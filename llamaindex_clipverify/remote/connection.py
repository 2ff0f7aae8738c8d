"""HTTP to a server of this package: one connection for each thread, one deadline for each request, no redirects.

It is the standard library's client, because a growing answer is sent while its verdicts are read, and because a command that only
asks a server should start at once. Requests are repeated only where nothing can have happened: the connection failed, and the
request changes nothing; or the server's rate limit refused it, and the time limit allows to wait.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
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
    ServiceTimeoutError,
    UnreachableError,
)
from llamaindex_clipverify.remote.problems import error_of

MOST_BYTES = 256 * 2**20
"""Maximum size of an answer of the server in bytes."""
_PAUSES = (0.1, 0.4)
"""Seconds before a connection is tried again."""
_PIECE = 1 << 16
_MOVED = range(300, 400)
_TOO_MANY = 429


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
        with self._telling(time.monotonic() + self.timeout):
            made = self._made()
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
            kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
            try:
                connection = kept or self._made()
            except OSError:
                if not pauses or time.monotonic() + pauses[0] >= end:
                    raise
                time.sleep(pauses.pop(0))
                continue
            self._kept.connection = None
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
                self._kept.connection = connection
            else:
                connection.close()
            return reply

    def _made(self) -> http.client.HTTPConnection:
        made: http.client.HTTPConnection
        if self._trust is not None:
            made = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=self._trust)
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        made.connect()
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def telling(self) -> _Telling:
        """Return a context that raises an error of this package for whatever the network raises, within the time limit."""
        return self._telling(time.monotonic() + self.timeout)

    def _telling(self, end: float) -> _Telling:
        return _Telling(self.url, end, self.timeout)


@dataclass
class _Telling:
    """Raises a `ServiceError` for whatever the network raises."""

    url: str
    end: float
    timeout: float

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, TimeoutError):
            what, do = "the server did not answer in time", "ask later, or give a longer timeout="
            raise ServiceTimeoutError(what, got=f"{self.url}, {self.timeout:g} seconds", do=do) from error
        if isinstance(error, http.client.HTTPException) and not isinstance(error, http.client.RemoteDisconnected):
            do = "check that the address is that of clipverify serve"
            raise ResponseError("the server does not answer as HTTP says", got=reason(error), do=do) from error
        if isinstance(error, ssl.SSLCertVerificationError):
            do = "check the address, or name the authority that signed it: --ca FILE, ca="
            got = f"{self.url} ({error.verify_message})"
            raise UnreachableError("the server's certificate is not trusted", got=got, do=do) from error
        if isinstance(error, OSError):
            do = "check the address, and start it: clipverify serve"
            raise UnreachableError(
                "the server cannot be reached", got=f"{self.url} ({reason(error)})", do=do
            ) from error


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
    """Return after how many seconds a request that the server's rate limit refused may be sent again."""
    named = reply.headers.get("retry-after", "")
    return float(named) if reply.status == _TOO_MANY and named.isascii() and named.isdigit() else None


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
