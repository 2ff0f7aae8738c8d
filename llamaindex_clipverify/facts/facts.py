"""Facts: what the checks saw in one picture before any claim was known. JSON values and arrays, versioned per check."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from llamaindex_clipverify.facts.observation import Observer

Seen = dict[str, Any]
"""The facts of one check: JSON values and numpy arrays under plain names."""
_T = TypeVar("_T")
_MOST = 256
"""Results kept of one picture."""


@dataclass(kw_only=True)
class Facts:
    """The facts of one picture, by check."""

    picture: str
    """Content id of the picture."""
    size: tuple[int, int]
    seen: dict[str, Seen] = field(default_factory=dict)
    made_by: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Check to (version, model id); facts of another version or model are not used."""
    failed: dict[str, str] = field(default_factory=dict)
    """Check to the error of its observation; shown in the report, never averaged."""
    _results: dict[Hashable, tuple[list[Seen | None], Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, check: str) -> Seen | None:
        """Return the facts of a check; None if it has not observed the picture, or failed."""
        return self.seen.get(check)

    def once(self, key: Hashable, checks: tuple[str, ...], work: Callable[[], _T]) -> _T:
        """Return the result of some work on the facts of checks, done again only when these have changed.

        Claims ask the same of a picture again and again: where its dogs are, how it fits common nouns.

        Args:
            key: Names the work.
            checks: The checks whose facts it reads.
            work: Returns the result, which nobody may change.
        """
        seen = self.seen
        used = [seen.get(check) for check in checks]
        known = self._results.get(key)
        if known is not None and all(map(is_, known[0], used)):
            found: _T = known[1]
            return found
        if len(self._results) >= _MOST:
            self._results.clear()
        found = work()
        self._results[key] = used, found
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the facts alone."""
        return {**vars(self), "_results": {}}

    def has(self, check: Observer) -> bool:
        """Whether there are facts of this check in this version and with this model."""
        return self.made_by.get(check.name) == (check.version, check.model)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON; arrays become {"array": nested list, "dtype": name}."""
        return {
            "picture": self.picture,
            "size": list(self.size),
            "seen": {name: {key: _plain(value) for key, value in seen.items()} for name, seen in self.seen.items()},
            "made_by": {name: list(made) for name, made in self.made_by.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Facts:
        """Read the form that `to_dict` returns."""
        return cls(
            picture=data["picture"],
            size=(int(data["size"][0]), int(data["size"][1])),
            seen={name: {key: _rich(value) for key, value in seen.items()} for name, seen in data["seen"].items()},
            made_by={name: (int(made[0]), str(made[1])) for name, made in data["made_by"].items()},
        )


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"array", "dtype"}:
        return np.array(value["array"], dtype=value["dtype"])
    return value
