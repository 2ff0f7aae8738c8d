"""A cache from key to bytes in a SQLite file, shared between processes and bounded in size.

Our own instead of diskcache, because diskcache unpickles what it reads, and an index folder may come from somebody else.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError

LIMIT = 1 << 30
"""Default size limit: bytes of all values."""
_AT_ONCE = 500
"""Keys per SQL statement."""


class DiskCache:
    """Values by key; the least recently used are deleted when the size limit is exceeded."""

    def __init__(self, path: str | Path, limit: int = LIMIT) -> None:
        """Open the cache; file and folder are created when missing.

        Args:
            path: Path of the SQLite file.
            limit: Size limit: bytes of all values.

        Raises:
            DataError: The file cannot be opened, or is not such a cache.
        """
        self.path, self.limit = Path(path), limit
        with telling(DataError, "the cache cannot be opened", got=path, do="name another file"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connect()

    def _connect(self) -> None:
        self._lock, self._owner = Lock(), os.getpid()
        self._open = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
        with self._lock, self._open:
            self._open.execute("PRAGMA journal_mode=WAL")
            self._open.execute("PRAGMA synchronous=NORMAL")
            self._open.execute(
                "CREATE TABLE IF NOT EXISTS shelf (key TEXT PRIMARY KEY, value BLOB, used REAL) WITHOUT ROWID"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the path, which is opened again."""
        return DiskCache, (self.path, self.limit)

    def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the values of the known keys."""
        values: dict[str, bytes] = {}
        with self._connection() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                part = list(keys[start : start + _AT_ONCE])
                marks = ",".join("?" * len(part))  # nothing but question marks goes into the statement
                values |= dict(connection.execute(f"SELECT key, value FROM shelf WHERE key IN ({marks})", part))  # noqa: S608
            if values:
                now = time.time()
                connection.executemany("UPDATE shelf SET used = ? WHERE key = ? AND used < ?", _touched(values, now))
        return values

    def put(self, rows: Mapping[str, bytes]) -> None:
        """Store values by key; existing values are replaced."""
        now = time.time()
        with self._connection() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", [(*row, now) for row in rows.items()]
            )
            (size,) = connection.execute("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM shelf").fetchone()
            if size > self.limit:
                self._shrink(connection, size)

    def __len__(self) -> int:
        """Return the number of values."""
        with self._connection() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM shelf").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._open.close()

    def _shrink(self, connection: sqlite3.Connection, size: int) -> None:
        """Delete the least recently used values until nine tenths of the limit are left."""
        gone = []
        for key, length in connection.execute("SELECT key, LENGTH(value) FROM shelf ORDER BY used"):
            if size <= 0.9 * self.limit:
                break
            gone.append((key,))
            size -= length
        connection.executemany("DELETE FROM shelf WHERE key = ?", gone)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with telling(DataError, "the cache failed", got=self.path, do="make room, or delete the file: it is made anew"):
            if self._owner != os.getpid():  # a connection is not for two processes
                self._connect()
            with self._lock, self._open:
                yield self._open


def _touched(values: Mapping[str, bytes], now: float) -> Iterator[tuple[float, str, float]]:
    """Yield updates of the time of use, at most one an hour per value, so that reading rarely writes."""
    return ((now, key, now - 3600) for key in values)
