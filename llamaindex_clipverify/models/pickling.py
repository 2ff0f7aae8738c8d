"""Pickling of objects with weights, locks and connections: only their arguments are pickled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cached_property
from threading import Lock, RLock
from typing import Any, ClassVar, Self

from llamaindex_clipverify.models.forking import watch


class _LockKind(Enum):
    """Placeholder for a lock in a pickle."""

    PLAIN = "plain"
    REENTRANT = "reentrant"

    def made(self) -> Any:
        """Return a new lock."""
        return RLock() if self is _LockKind.REENTRANT else Lock()


_KINDS = {type(Lock()): _LockKind.PLAIN, type(RLock()): _LockKind.REENTRANT}


class Portable:
    """Base of objects that load on first use: loaded values and locks are not pickled but created again after unpickling."""

    _not_pickled: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    """Further attributes that are not pickled, and the factory of each."""
    _of_process: ClassVar[tuple[str, ...]] = ()
    """Loaded models with locks or threads of their own; see `forking.watch`."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Make an object whose locks are free in forked processes; see `forking`."""
        made = super().__new__(cls)
        watch(made)
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes to pickle; locks are replaced by placeholders."""
        bases = type(self).__mro__
        lazy = {name for base in bases for name, one in vars(base).items() if isinstance(one, cached_property)}
        kept = {name: value for name, value in vars(self).items() if name not in lazy and name not in self._not_pickled}
        return {name: _KINDS.get(type(value), value) for name, value in kept.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the pickled attributes and create the others again."""
        made = {name: one.made() if isinstance(one, _LockKind) else one for name, one in state.items()}
        vars(self).update(made)
        vars(self).update({name: make() for name, make in self._not_pickled.items()})
