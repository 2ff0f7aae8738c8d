"""Requests that browsers and programs send to a server of this package: by which name, and from whose page.

A page elsewhere that points a name of its own at this machine gets nothing, and none can send anything in a visitor's name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine that no other reaches."""
UNKNOWN_NAME = 421
"""Status of a request that names another server."""
ELSEWHERE = 403
"""Status of a request that another page sends."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by their names in lower case; of several with one name the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}


def known_names(names: Iterable[str]) -> frozenset[str]:
    """Return names by which visitors may reach a server, in lower case, and ``localhost``."""
    return frozenset(name.lower() for name in names) | {"localhost"}


def is_writing(scope: Scope) -> bool:
    """Return whether a request may change something."""
    return scope.get("method", "GET") not in ("GET", "HEAD", "OPTIONS") or scope["type"] == "websocket"


def refusal(headers: Mapping[str, str], names: Collection[str], *, writes: bool) -> int | None:
    """Return why a request is refused: `UNKNOWN_NAME`, `ELSEWHERE`, or None if it is not.

    Args:
        headers: By their names in lower case.
        names: What `known_names` returned; addresses are always known.
        writes: Whether it may change something.
    """
    host = headers.get("host", "")
    if not _is_known(_name_of(host), names):
        return UNKNOWN_NAME
    origin = headers.get("origin")
    elsewhere = headers.get("sec-fetch-site") == "cross-site" or (origin is not None and not _is_same(origin, host))
    return ELSEWHERE if writes and elsewhere else None


def _is_known(name: str, names: Collection[str]) -> bool:
    if name.lower() in names:
        return True
    with suppress(ValueError):
        ipaddress.ip_address(name.partition("%")[0])
        return True
    return False


def _name_of(host: str) -> str:
    """Return the name or address in a Host header, without the port."""
    bare = host.strip()
    if bare.startswith("["):
        return bare[1:].partition("]")[0]
    return bare.rpartition(":")[0] if bare.count(":") == 1 else bare


def _is_same(origin: str, host: str) -> bool:
    return origin.partition("://")[2].lower() == host.lower()
