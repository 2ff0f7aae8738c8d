"""A table from key to bytes on disk, shared between processes and bounded in size: SQLite, nothing that runs when it is read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from llamaindex_clipverify.errors import DataError

LIMIT = 1 << 30
"""Bytes of values kept, by default."""
_AT_ONCE = 500


class Shelf:
    """Values by key; those unused for longest go when there are too many."""

    def __init__(self, path: str | Path, limit: int = LIMIT) -> None:
        """Open a file, made when missing, with its folder.

        Args:
            path: Of the SQLite file.
            limit: Bytes of values at most.

        Raises:
            DataError: The file cannot be opened, or is something else.
        """
        self.path, self.limit = Path(path), limit
        self._lock = Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
            with self._lock, self._open:
                self._open.execute("PRAGMA journal_mode=WAL")
                self._open.execute("PRAGMA synchronous=NORMAL")
                self._open.execute(
                    "CREATE TABLE IF NOT EXISTS shelf (key TEXT PRIMARY KEY, value BLOB, used REAL) WITHOUT ROWID"
                )
        except sqlite3.Error as error:
            raise DataError("the cache cannot be opened", got=f"{path} ({error})", do="name another file") from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the file's path, which is opened again."""
        return Shelf, (self.path, self.limit)

    def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those keys that are there."""
        found: dict[str, bytes] = {}
        with self._connection() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                part = list(keys[start : start + _AT_ONCE])
                marks = ",".join("?" * len(part))  # nothing but question marks goes into the statement
                found |= dict(connection.execute(f"SELECT key, value FROM shelf WHERE key IN ({marks})", part))  # noqa: S608
            if found:
                now = time.time()
                connection.executemany("UPDATE shelf SET used = ? WHERE key = ? AND used < ?", _touched(found, now))
        return found

    def put(self, rows: Mapping[str, bytes]) -> None:
        """Keep values by key, new or in place of old ones."""
        now = time.time()
        with self._connection() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", [(*row, now) for row in rows.items()]
            )
            (size,) = connection.execute("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM shelf").fetchone()
            if size > self.limit:
                self._shrink(connection, size)

    def __len__(self) -> int:
        """Return how many values there are."""
        with self._connection() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM shelf").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._open.close()

    def _shrink(self, connection: sqlite3.Connection, size: int) -> None:
        """Drop what was unused for longest until nine tenths of the limit are left."""
        gone = []
        for key, length in connection.execute("SELECT key, LENGTH(value) FROM shelf ORDER BY used"):
            if size <= 0.9 * self.limit:
                break
            gone.append((key,))
            size -= length
        connection.executemany("DELETE FROM shelf WHERE key = ?", gone)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._open:
            yield self._open


def _touched(found: Mapping[str, bytes], now: float) -> Iterator[tuple[float, str, float]]:
    """Yield updates of the time of use, at most one an hour: reading shall not become writing."""
    return ((now, key, now - 3600) for key in found)
