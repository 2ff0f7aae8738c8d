"""Pictures behind http and https addresses: one limit for the whole time, one for the size, and no way into a private network.

A redirect may lead to a public address only. The address that a host name stands for is looked up once and used, so that a second
answer of the name server changes nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import PictureError

SECONDS = 30.0
"""Time limit of a whole fetch: name lookup, connection, redirects and body."""
_REDIRECTS = 5
_PIECE = 1 << 16
_MOVED = (301, 302, 303, 307, 308)
_AGENT = "llamaindex-clipverify"


@dataclass
class _Fetch:
    """One fetch with its deadline; when that passes, the socket in use is shut down."""

    url: str
    most: int
    seconds: float
    private: bool
    """Whether redirects may lead to addresses that are not public."""
    sockets: list[socket.socket] = field(default_factory=list)
    late: bool = False

    def run(self, first_private: bool) -> bytes:
        self.end = time.monotonic() + self.seconds
        timer = threading.Timer(self.seconds, self._stop)
        timer.daemon = True
        timer.start()
        try:
            return self._follow(first_private)
        except (OSError, ValueError, http.client.HTTPException) as error:
            why = f"not read within {self.seconds:g} seconds" if self.late or self._left() <= 0 else reason(error)
            got = f"{self.url} ({why})"
            raise PictureError("the picture cannot be fetched", got=got, do="check the address") from error
        finally:
            timer.cancel()
            self._close()

    def _follow(self, first_private: bool) -> bytes:
        url, private = self.url, first_private
        for _ in range(_REDIRECTS + 1):
            answer = self._ask(url, private)
            if answer.status in _MOVED and (target := answer.getheader("location")):
                url, private = urljoin(url, target), self.private
                self._close()
                continue
            if answer.status != 200:
                raise OSError(f"the server answers {answer.status}")
            return self._body(answer)
        raise OSError(f"more than {_REDIRECTS} redirects")

    def _ask(self, url: str, private: bool) -> http.client.HTTPResponse:
        parts = urlsplit(url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            raise OSError(f"leads to a {parts.scheme or 'bad'} address")
        secure = parts.scheme.lower() == "https"
        port = parts.port or (443 if secure else 80)
        made = self._connected(parts.hostname, port, private)
        if secure:
            made = ssl.create_default_context().wrap_socket(made, server_hostname=parts.hostname)
            self.sockets.append(made)
        connection = http.client.HTTPConnection(parts.hostname, port)
        connection.sock = made
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": _AGENT, "Accept": "image/*", "Connection": "close"}
        if parts.port:
            headers["Host"] = parts.netloc.rpartition("@")[2]
        connection.request("GET", path, headers=headers)
        return connection.getresponse()

    def _connected(self, host: str, port: int, private: bool) -> socket.socket:
        """Connect to the first address of a host that may be opened."""
        problem: OSError = OSError("no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            if not private and not _is_public(str(address[0])):
                raise OSError("leads to an address that is not public")
            made = socket.socket(family, kind, protocol)
            self.sockets.append(made)
            made.settimeout(max(self._left(), 0.01))
            try:
                made.connect(address)
            except OSError as error:
                problem = error
                continue
            return made
        raise problem

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        data = bytearray()
        while piece := answer.read1(_PIECE):
            data += piece
            if len(data) > self.most:
                raise OSError(f"larger than {self.most:,} bytes")
            if self._left() <= 0:
                raise OSError("too slow")
        length = answer.getheader("content-length")
        if self.late or (length and length.isdigit() and int(length) > len(data)):
            raise OSError(f"cut after {len(data):,} bytes")
        return bytes(data)

    def _left(self) -> float:
        return self.end - time.monotonic()

    def _stop(self) -> None:
        self.late = True
        for one in list(self.sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        while self.sockets:
            with suppress(OSError):
                self.sockets.pop().close()


def fetched(url: str, most: int, *, named_by_user: bool, private: bool = False, seconds: float = SECONDS) -> bytes:
    """Return what stands behind an http or https address.

    Args:
        url: The address.
        most: Maximum number of bytes.
        named_by_user: Whether the user named the address, which may then be on a private network; redirects may not.
        private: Whether redirects, and addresses that others named, may lead to addresses that are not public.
        seconds: Time limit of the whole.

    Raises:
        PictureError: It cannot be fetched: not public, not found, too large, too slow.
    """
    return _Fetch(url, most, seconds, private).run(named_by_user or private)


def _is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, mapped and tunnelled forms included."""
    found: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return bool(found.is_global and not found.is_multicast) and (inner is None or bool(inner.is_global))
