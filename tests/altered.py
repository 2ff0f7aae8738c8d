"""Altered JSON: each value of a document in turn is replaced by something else, removed, or doubled."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

ODD: tuple[Any, ...] = (
    None, 5, -1, 1e308, float("nan"), float("inf"), True, "", "x", "\ud800", [], {}, [[1]], {"a": 1}, 10**400,
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = (), depth: int = 4) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value; of long lists the first two only."""
    if path:
        yield path
    if depth and isinstance(data, dict):
        for key in list(data)[:40]:
            yield from places(data[key], (*path, key), depth - 1)
    elif depth and isinstance(data, list):
        for index in range(min(len(data), 2)):
            yield from places(data[index], (*path, index), depth - 1)


def variants(data: Any, depth: int = 4) -> Iterator[tuple[str, Any]]:
    """Yield a name and a document for each place and each odd value, and with each place removed."""
    for path in places(data, depth=depth):
        for number, odd in enumerate((*ODD, "GONE")):
            changed = copy.deepcopy(data)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            if odd == "GONE":
                del inner[path[-1]]
            else:
                inner[path[-1]] = odd
            yield f"{'.'.join(map(str, path))}={number}", changed
