"""Places for work that takes long: so many at the same time, so many waiting, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from llamaindex_clipverify.errors import ServiceError

AT_ONCE = 4
"""Answers and heat maps that are computed at the same time."""
WAITING = 16
"""Further ones that may wait; the threads of the server are for all visitors."""


class Places:
    """Limits how much is computed at the same time."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        """Let `at_once` work, and `waiting` more wait."""
        self._free, self._lock = BoundedSemaphore(at_once), Lock()
        self._inside, self._most = 0, at_once + waiting

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a place and give it back.

        Raises:
            ServiceError: Too many wait already.
        """
        with self._lock:
            if self._inside >= self._most:
                raise ServiceError("the chat is busy", do="try again in a moment")
            self._inside += 1
        try:
            with self._free:
                yield
        finally:
            with self._lock:
                self._inside -= 1
