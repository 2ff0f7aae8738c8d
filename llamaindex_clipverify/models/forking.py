"""Forked processes: what another thread held at the fork is released in the child, where that thread does not exist.

A lock that was held then would stay so for ever, and what it guarded may be half written: both are made anew. Locks that were
free, and what they guard, are kept.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import cached_property
from threading import Lock, RLock
from typing import Any
from weakref import WeakValueDictionary

_LOCKS = {type(Lock()): Lock, type(RLock()): RLock}
_alive: WeakValueDictionary[int, Any] = WeakValueDictionary()


def watch(one: Any) -> None:
    """Release the locks of an object, or of a module, in children that are forked from now on.

    Its class may have two lists of what is made anew where a lock was held: ``_not_pickled``, attributes and the factory of
    each, and ``_of_process``, loaded models with locks or threads of their own, which are loaded again.
    """
    _alive[id(one)] = one


_abandoned: list[Any] = []
"""Models of the parent process; their destructors would wait for threads that do not exist."""


def _after_fork() -> None:
    """Run in a child, right after the fork.

    Garbage of the parent is left to the parent: collected in the child, a client of a store would wait for threads that do not
    exist there.
    """
    collects = gc.isenabled()
    gc.disable()
    _renew()
    if _alive:
        gc.freeze()
    if collects:
        gc.enable()


def _renew() -> None:
    """Make locks that were held anew, and what they guarded."""
    # several objects may share a lock, before and after; the old ones stay alive
    renewed: dict[int, tuple[Any, Any]] = {}
    for one in list(_alive.values()):
        state = vars(one)
        held = [name for name, value in state.items() if type(value) in _LOCKS and not _is_free(value)]
        for name in held:
            old = state[name]
            state[name] = renewed.setdefault(id(old), (old, _LOCKS[type(old)]()))[1]
        if held:
            made: dict[str, Callable[[], Any]] = dict(getattr(type(one), "_not_pickled", {}))
            state.update({name: make() for name, make in made.items()})
            _abandoned.extend(state.pop(name, None) for name in getattr(type(one), "_of_process", ()))
    for prop in gc.get_objects():
        if isinstance(prop, cached_property) and hasattr(prop, "lock"):  # Python 3.11 locks every first access
            prop.lock = RLock()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)  # the threads of its pool were not forked


def _is_free(lock: Any) -> bool:
    if not lock.acquire(blocking=False):
        return False
    lock.release()
    return True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
