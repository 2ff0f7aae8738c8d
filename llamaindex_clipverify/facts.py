"""Facts: what the checks saw in one picture before any claim was known. JSON plus arrays, versioned per check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from llamaindex_clipverify.errors import MissingExtraError, ModelError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.protocols import Check

Seen = dict[str, Any]
"""The facts of one check: JSON values and numpy arrays under plain names."""


@dataclass
class Facts:
    """Everything seen in one picture, by check."""

    picture: str
    """Content id of the picture."""
    size: tuple[int, int]
    seen: dict[str, Seen] = field(default_factory=dict)
    made_by: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Check to (version, model id): facts of another version or model are not used."""
    failed: dict[str, str] = field(default_factory=dict)
    """Check to the error that kept it from seeing; shown in the report, never averaged."""

    def of(self, check: str) -> Seen | None:
        """Return what a check saw, or None if it did not look or failed."""
        return self.seen.get(check)

    def has(self, check: Check) -> bool:
        """Whether facts of this very check, version and model are there."""
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
        """Read what `to_dict` wrote."""
        return cls(
            data["picture"],
            (int(data["size"][0]), int(data["size"][1])),
            {name: {key: _rich(value) for key, value in seen.items()} for name, seen in data["seen"].items()},
            {name: (int(made[0]), str(made[1])) for name, made in data["made_by"].items()},
        )


def observe(checks: Sequence[Check], pictures: Sequence[Picture], facts: Sequence[Facts], batch: int = 32) -> None:
    """Let every check look at the pictures it has no facts of, in order of need, `batch` pictures at a time.

    A check that raises is noted in `Facts.failed` of the pictures concerned; the others go on.

    Raises:
        ModelError: A model cannot be loaded.
        MissingExtraError: The library of a model is not installed.
    """
    for start in range(0, len(pictures), batch):
        chunk = slice(start, start + batch)
        for check in in_order(checks):
            _observe_one(check, pictures[chunk], facts[chunk])


def in_order(checks: Sequence[Check]) -> list[Check]:
    """Sort checks so that each comes after those it needs and that are there; ties keep their order."""
    by_name = {check.name: check for check in checks}
    ordered: dict[str, Check] = {}

    def place(check: Check) -> None:
        for name in check.needs:
            if name in by_name and name not in ordered:
                place(by_name[name])
        ordered.setdefault(check.name, check)

    for check in checks:
        place(check)
    return list(ordered.values())


def _observe_one(check: Check, pictures: Sequence[Picture], facts: Sequence[Facts]) -> None:
    todo = [place for place, known in enumerate(facts) if not known.has(check) and check.name not in known.failed]
    if not todo:
        return
    try:
        seen = check.observe([pictures[place] for place in todo], [facts[place] for place in todo])
    except (MissingExtraError, ModelError):
        raise  # a model that is not there is the caller's to mend, not a finding about a picture
    except Exception as error:  # noqa: BLE001 - any failure of one check is data for the report
        for place in todo:
            facts[place].failed[check.name] = f"{type(error).__name__}: {error}"
        return
    for place, one in zip(todo, seen, strict=True):
        facts[place].seen[check.name] = one
        facts[place].made_by[check.name] = (check.version, check.model)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"array", "dtype"}:
        return np.array(value["array"], dtype=value["dtype"])
    return value
