"""API keys: read from the environment or a file, compared in constant time, each with a name for logs and rates."""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cachetools import LRUCache

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import AuthenticationError, DataError, RateLimitError

VARIABLE = "CLIPVERIFY_API_KEYS"
"""Environment variable of the keys, separated by commas or line breaks."""
_SHORTEST = 16
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_BEARER = "bearer "
NOBODY = "-"
"""Name of a caller without a key, where none is needed."""


@dataclass(frozen=True)
class Keys:
    """The keys of a service by their names; with none, everybody may ask."""

    by_name: Mapping[str, str]

    def __repr__(self) -> str:
        """Show the names only."""
        return f"Keys({', '.join(self.by_name)})"

    def __bool__(self) -> bool:
        """Return whether a key is needed."""
        return bool(self.by_name)

    @classmethod
    def of(cls, lines: Iterable[str]) -> Keys:
        """Read keys, each ``KEY`` or ``NAME:KEY``; blank lines and those that begin with # are left out.

        Raises:
            DataError: A key is too short, has spaces, or stands twice.
        """
        found: dict[str, str] = {}
        for line in lines:
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            name, colon, key = text.partition(":")
            if not colon:
                name, key = f"key-{hashlib.sha256(text.encode()).hexdigest()[:8]}", text
            if (
                not _NAME.fullmatch(name)
                or len(key) < _SHORTEST
                or not key.isascii()
                or not key.isprintable()
                or " " in key
            ):
                do = f"give NAME:KEY with at least {_SHORTEST} printable characters without spaces"
                raise DataError("not an API key", got=f"{len(key)} characters", do=do)
            if name in found or key in found.values():
                raise DataError("an API key stands twice", got=name, do="name each once")
            found[name] = key
        return cls(found)

    @classmethod
    def given(cls, path: str | Path | None = None) -> Keys:
        """Read the keys of a file, one in each line, and those of the environment variable `VARIABLE`.

        Raises:
            DataError: The file cannot be read or has no key, or a key is none.
        """
        lines = re.split(r"[,\n]", os.environ.get(VARIABLE, ""))
        if path is not None:
            own = files.read_text(path, "the file of keys cannot be read", "name a text file with one key in each line")
            if not cls.of(own.splitlines()):
                raise DataError("the file of keys has none", got=path, do="write NAME:KEY in each line")
            lines += own.splitlines()
        return cls.of(lines)

    def name_of(self, headers: Mapping[str, str]) -> str:
        """Return the name of the key in the headers of a request.

        Raises:
            AuthenticationError: There is none, or it is not known.
        """
        if not self.by_name:
            return NOBODY
        given = headers.get("authorization", "")
        key = given[len(_BEARER) :] if given.lower().startswith(_BEARER) else headers.get("x-api-key", "")
        if not key:
            raise AuthenticationError("the request has no API key", do="send it: Authorization: Bearer KEY")
        sent, found = key.encode("utf-8", "replace"), None
        for name, known in self.by_name.items():  # all are compared, so that the time tells nothing
            if hmac.compare_digest(sent, known.encode()):
                found = name
        if found is None:
            raise AuthenticationError("the API key is not known", do="check it, and that no space stands around it")
        return found


class TooManyError(RateLimitError):
    """A caller makes too many requests."""

    def __init__(self, seconds: int, what: str, *, got: object, do: str) -> None:
        """Say after how many seconds the next is taken."""
        super().__init__(what, got=got, do=do)
        self.seconds = seconds


class Rates:
    """Limits how many requests each caller makes in a minute: a bucket that fills evenly."""

    def __init__(self, per_minute: int) -> None:
        """Allow so many, all of them at once if none came before; 0 for any number."""
        self.per_minute = per_minute
        self._left: LRUCache[str, tuple[float, float]] = LRUCache(10_000)

    def take(self, caller: str) -> None:
        """Count a request.

        Raises:
            TooManyError: There were too many.
        """
        if not self.per_minute:
            return
        now = time.monotonic()
        left, then = self._left.get(caller, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - then) * self.per_minute / 60)
        if left < 1:
            self._left[caller] = (left, now)
            wait = (1 - left) * 60 / self.per_minute
            got = f"more than {self.per_minute:,} requests in a minute"
            raise TooManyError(math.ceil(wait), "too many requests", got=got, do=f"ask again in {math.ceil(wait)} s")
        self._left[caller] = (left - 1, now)
