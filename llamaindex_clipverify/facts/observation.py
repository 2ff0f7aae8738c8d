"""Observation: every check sees the pictures it has no facts of yet, in order of need."""

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
        """A noun, unique among the checks of a verifier."""
        ...

    @property
    def version(self) -> int:
        """Raised when its facts change; older facts are observed anew."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Checks whose facts it reads; they observe first."""
        ...

    @property
    def model(self) -> str:
        """Id of the model behind it, "" when there is none: a fitted profile belongs to check and model."""
        ...

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Return its facts of each picture: JSON values and float arrays; `known` are those of the checks it needs."""
        ...


def observe(checks: Sequence[Observer], pictures: Sequence[Picture], facts: Sequence[Facts], batch: int = 32) -> None:
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


def in_order(checks: Sequence[Observer]) -> list[Observer]:
    """Sort checks so that each comes after those it needs and that are there; ties keep their order."""
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
        raise  # a model that is not there is the caller's to mend, not a finding about a picture
    except Exception as error:  # noqa: BLE001 - any failure of one check is data for the report
        for place in todo:
            facts[place].failed[check.name] = f"{type(error).__name__}: {error}"
        return
    for place, one in zip(todo, seen, strict=True):
        facts[place].seen[check.name] = one
        facts[place].made_by[check.name] = (check.version, check.model)
