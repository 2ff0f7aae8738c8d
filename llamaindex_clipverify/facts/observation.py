"""Observation: every check observes the pictures that it has no facts of, after the checks that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from llamaindex_clipverify.errors import MissingExtraError, ModelError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.picture import Picture


class Observer(Protocol):
    """The half of a check that sees pixels, once per picture. `evidence.check.Check` adds the half that judges claims."""

    @property
    def name(self) -> str:
        """Name, unique among the checks of a verifier."""
        ...

    @property
    def version(self) -> int:
        """Version of the facts; facts of an older version are observed again."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the checks whose facts it reads; these observe first."""
        ...

    @property
    def model(self) -> str:
        """Id of its model, "" for none; the weights of a profile are valid for check and model."""
        ...

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Return its facts of each picture, JSON values and arrays; `known` has the facts of the checks that it needs."""
        ...


def observe(checks: Sequence[Observer], pictures: Sequence[Picture], facts: Sequence[Facts], batch: int = 32) -> None:
    """Let every check observe the pictures that it has no facts of, `batch` pictures at a time.

    The error of a check that raises is kept in `Facts.failed` of its pictures; other checks continue.

    Raises:
        ModelError: A model cannot be loaded.
        MissingExtraError: The library of a model is not installed.
    """
    for start in range(0, len(pictures), batch):
        chunk = slice(start, start + batch)
        for check in in_order(checks):
            _observe_one(check, pictures[chunk], facts[chunk])


def in_order(checks: Sequence[Observer]) -> list[Observer]:
    """Return the checks so that each comes after those that it needs; otherwise in the given order."""
    by_name = {check.name: check for check in checks}
    ordered: dict[str, Observer] = {}

    def place(check: Observer) -> None:
        for name in check.needs:
            if name in by_name and name not in ordered:
                place(by_name[name])
        ordered.setdefault(check.name, check)

    for check in checks:
        place(check)
    return list(ordered.values())


def _observe_one(check: Observer, pictures: Sequence[Picture], facts: Sequence[Facts]) -> None:
    todo = [place for place, known in enumerate(facts) if not known.has(check) and check.name not in known.failed]
    if not todo:
        return
    try:
        seen = check.observe([pictures[place] for place in todo], [facts[place] for place in todo])
    except (MissingExtraError, ModelError):
        raise  # a missing model is an error of the caller, not a fact about a picture
    except Exception as error:  # noqa: BLE001 - any failure of one check is data for the report
        for place in todo:
            facts[place].failed[check.name] = f"{type(error).__name__}: {error}"
        return
    for place, one in zip(todo, seen, strict=True):
        facts[place].seen[check.name] = one
        facts[place].made_by[check.name] = (check.version, check.model)
