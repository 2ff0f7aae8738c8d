"""The sessions of all visitors, by the id of their tab. They are separate; one that is left is forgotten."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock, Timer

from llamaindex_clipverify.ui.session import Limits, Session

IDLE = 3600.0
"""Seconds after which a tab that does not tell that it is open is forgotten: its browser was killed."""
GRACE = 5.0
"""Seconds after which a tab that was left is forgotten, unless it is back: it was only loaded again."""


class Sessions:
    """Sessions by the id of the browser tab.

    When there are too many, the least recently used one without pictures and questions is deleted; if all have some, the least
    recently used one. One that is not used for an hour, not even by its open page, is deleted.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        most: int = 100,
        grace: float = GRACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep at most `most`, and one that was left for `grace` seconds."""
        self.limits, self.most, self.grace, self._clock = limits or Limits(), most, grace, clock
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._used: dict[str, float] = {}
        self._leaving: dict[str, Timer] = {}
        self._lock = RLock()

    def of(self, tab: str) -> Session:
        """Return the session of a tab; a new one if there is none."""
        with self._lock:
            self._stay(tab)
            session = self._open.setdefault(tab, Session(limits=self.limits))
            self._open.move_to_end(tab)
            now = self._used[tab] = self._clock()
            for name in [name for name, used in self._used.items() if used < now - IDLE]:
                self.drop(name)
            while len(self._open) > self.most:
                others = [name for name, one in self._open.items() if one is not session]
                unused = (name for name in others if not self._open[name].turns and not self._open[name].shown)
                self.drop(next(unused, others[0]))
        return session

    def leave(self, tab: str) -> None:
        """Delete the session of a tab soon, unless the tab is back."""
        with self._lock:
            self._stay(tab)
            if tab in self._open:
                timer = self._leaving[tab] = Timer(self.grace, self.drop, [tab])
                timer.daemon = True
                timer.start()

    def drop(self, tab: str) -> None:
        """Delete the session of a tab with its pictures."""
        with self._lock:
            self._stay(tab)
            self._open.pop(tab, None)
            self._used.pop(tab, None)

    def _stay(self, tab: str) -> None:
        timer = self._leaving.pop(tab, None)
        if timer is not None:
            timer.cancel()

    @property
    def size(self) -> int:
        """Bytes of the uploaded pictures of all visitors."""
        with self._lock:
            return sum(session.size for session in self._open.values())

    def __len__(self) -> int:
        """Return the number of sessions."""
        return len(self._open)
