"""Pickling of objects with weights, locks and connections: they travel as what they were made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cached_property
from threading import Lock, RLock
from typing import Any, ClassVar


class _LockKind(Enum):
    """Stands for a lock on the way."""

    PLAIN = "plain"
    REENTRANT = "reentrant"

    def made(self) -> Any:
        """Return a new lock."""
        return RLock() if self is _LockKind.REENTRANT else Lock()


_KINDS = {type(Lock()): _LockKind.PLAIN, type(RLock()): _LockKind.REENTRANT}


class Portable:
    """A base for what loads on first use: pickling leaves behind what was loaded, and locks, and makes them anew on arrival."""

    _not_pickled: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    """Further attributes that stay behind, and what makes them anew."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what it was made with; of locks, their kind."""
        bases = type(self).__mro__
        lazy = {name for base in bases for name, one in vars(base).items() if isinstance(one, cached_property)}
        kept = {name: value for name, value in vars(self).items() if name not in lazy and name not in self._not_pickled}
        return {name: _KINDS.get(type(value), value) for name, value in kept.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what it was made with, and make the rest anew."""
        made = {name: one.made() if isinstance(one, _LockKind) else one for name, one in state.items()}
        vars(self).update(made)
        vars(self).update({name: make() for name, make in self._not_pickled.items()})
