"""What one pytest run verified, its options, and the golden file of expected trusts. Imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

MODELS = ("models", "encoder", "detector", "profile", "server")
VALUES = {"min_trust": 0.5, "min_coverage": 0.0, "max_fall": 0.2}
OPTIONS = {
    "models": ("NAME", "tiny (drawn scenes only)"),
    "encoder": ("NAME", "a CLIP or SigLIP: hub id or folder"),
    "detector": ("NAME", "a YOLO file, transformers:ID, or none"),
    "profile": ("FILE.json", "a profile of your own"),
    "server": ("URL", "a server of clipverify serve, whose models are used"),
    "min_trust": ("TRUST", "trust from which an answer passes; .5"),
    "min_coverage": ("SHARE", "share of an answer's claims, in words, that must have been checked for it to pass; 0"),
    "max_fall": ("TRUST", "a test fails when trust is below the golden file's by more than this; .2"),
    "golden": ("FILE.json", "file of expected trusts; written when missing, with the answers of tests that passed"),
    "report": ("FILE.html", "a page of all answers of the run"),
}
FLAGS = {
    "update": "write the golden file anew",
    "keep_failed": "also store answers of tests that failed in the golden file",
}


@dataclass(kw_only=True)
class Row:
    """One answer that was verified."""

    nodeid: str
    test: str
    """Node id, with the number of the call where a test makes several."""
    trust: float | None
    passed: bool
    cached: bool
    report: dict[str, Any]
    pictures: list[str | None] = field(default_factory=list)
    test_passed: bool = False
    """Whether the whole test passed."""


class Run:
    """What one process verified."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.rows: list[Row] = []
        self.notes: list[str] = []
        """Lines for the summary about what was written."""

    def value(self, name: str) -> Any:
        """Return an option of the command line, or else of the ini file, or else its default."""
        given = self.config.getoption(f"clipverify_{name}")
        found = given if given is not None else self.config.getini(f"clipverify_{name}") or None
        return float(found) if name in VALUES and found is not None else VALUES.get(name) if found is None else found

    @property
    def cache(self) -> Any:
        """Pytest's cache; None where its plugin is off."""
        return getattr(self.config, "cache", None)

    @property
    def models(self) -> dict[str, str]:
        """The models named, for `Verifier.from_defaults`."""
        named = {name: self.value(name) for name in MODELS}
        return {name: str(value) for name, value in named.items() if value is not None}

    @property
    def updates(self) -> bool:
        """Whether the golden file is to be written anew."""
        return bool(self.config.getoption("clipverify_update"))

    @cached_property
    def golden(self) -> dict[str, float]:
        """The expected trusts; empty without a golden file.

        Raises:
            UsageError: The file is damaged: pytest shows the one line.
        """
        path = self.value("golden")
        return _read(path) if path and Path(path).is_file() else {}

    def fallen(self) -> Iterator[tuple[Row, float]]:
        """Yield rows whose trust is below the golden file's by more than allowed, with the expected trust."""
        if not self.updates:
            yield from self._falls(self.golden, self.value("max_fall"))

    def finish_test(self, nodeid: str, passed: bool) -> list[str]:
        """Note how a test ended; return a line for each of its answers that fell below the golden file."""
        fallen = [fall_of(row, before, self) for row, before in self.fallen() if row.nodeid == nodeid]
        for row in self.rows:
            if row.nodeid == nodeid:
                row.test_passed = passed and not fallen
        return fallen

    def fallen_since_last(self) -> list[tuple[Row, float]]:
        """Return rows whose trust fell by a tenth since the last run, and remember this run's."""
        if self.cache is None:
            return []
        before = _trusts(self.cache.get("clipverify/trusts", {})) or {}
        fallen = list(self._falls(before, 0.1))
        self.cache.set("clipverify/trusts", {**before, **self._known()})
        return fallen

    def write_golden(self) -> None:
        """Write the golden file where it is missing or to be written anew.

        Raises:
            DataError: It cannot be written.
        """
        from llamaindex_clipverify.boundary import files

        path = self.value("golden")
        if not path or (Path(path).is_file() and not self.updates):
            return
        everything = self._known()
        stored = everything if self.config.getoption("clipverify_keep_failed") else self._known(passed=True)
        files.write_text(
            path, json.dumps({**self.golden, **stored}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        )
        left = len(everything) - len(stored)
        more = f"; {left} of failed tests are not (--clipverify-keep-failed stores them)" if left else ""
        self.notes.append(f"{len(stored)} trusts are written to {path}{more}")

    def _falls(self, before: Mapping[str, float], least: float) -> Iterator[tuple[Row, float]]:
        for row in self.rows:
            known = before.get(row.test)
            if known is not None and known - (row.trust or 0.0) > least:
                yield row, known

    def _known(self, passed: bool = False) -> dict[str, float]:
        rows = [row for row in self.rows if not passed or (row.passed and row.test_passed)]
        return {row.test: row.trust for row in rows if row.trust is not None}


def fall_of(row: Row, before: float, run: Run) -> str:
    """Return the line about a trust below the golden file's."""
    return f"trust fell from {before:.2f} to {two_digits(row.trust)} below {run.value('golden')}: {row.test}"


def two_digits(trust: float | None) -> str:
    """Return a trust as text."""
    return "–" if trust is None else f"{trust:.2f}"


def _read(path: str) -> dict[str, float]:
    from llamaindex_clipverify.boundary import files
    from llamaindex_clipverify.errors import DataError

    what, do = "the golden file cannot be read", "restore it, or delete it and run again"
    try:
        found = _trusts(files.read_json(path, what, do))
    except DataError as error:
        raise pytest.UsageError(str(error)) from error
    if found is None:
        raise pytest.UsageError(f"{what}; got {path}; {do}")
    return found


def _trusts(data: Any) -> dict[str, float] | None:
    """Return names with trusts 0–1; None for anything else."""
    if not isinstance(data, dict) or not all(isinstance(one, (int, float)) and 0 <= one <= 1 for one in data.values()):
        return None
    return {str(name): float(one) for name, one in data.items()}
