"""Evaluates a splitter: precision and recall against manually annotated claims.

A gold row is ``{"text": …, "claims": [{"kind", "span", "noun", "colour", "number", "relation", "reference", "negated",
"optional"}]}``. A claim is right when its kind and all its words are; an optional one may be read or left out. Nouns outside
the vocabulary are compared by their last word: *busy airport terminal* is a terminal. The rows hold the kinds of `KINDS` only:
claims of other kinds, and relations and colours without a name in the vocabulary, are not counted as surplus.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.claims.vocabulary import english

KINDS: tuple[str, ...] = ("object", "attribute", "count", "relation", "action", "text", "other")


@dataclass(kw_only=True)
class Tally:
    """Numbers of expected, found and correct claims."""

    expected: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        """Share 0–1 of found claims that are right; 1 when none was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share 0–1 of expected claims that were found; 1 when none was expected."""
        return self.right / self.expected if self.expected else 1.0

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """Return the sum of tallies."""
        names, known = [one.name for one in fields(cls)], list(parts)
        return cls(**{name: sum(getattr(part, name) for part in known) for name in names})

    def to_dict(self) -> dict[str, float]:
        """Return counts and shares, rounded to three digits."""
        counts = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**counts, "precision": round(self.precision, 3), "recall": round(self.recall, 3)}


@dataclass(kw_only=True)
class SpanTally(Tally):
    """Numbers of claims, and of those whose span is right, too."""

    exact: int = 0
    """Correct claims with exactly the expected span."""

    def to_dict(self) -> dict[str, float]:
        """Return counts and shares, rounded to three digits."""
        known = super().to_dict()
        exact = known.pop("exact")
        return {**known, "exact_spans": round(exact / self.right, 3) if self.right else 1.0}


@dataclass
class Score:
    """Tallies by kind and in total, and the rows with errors."""

    kinds: dict[str, SpanTally] = field(default_factory=lambda: {kind: SpanTally() for kind in KINDS})
    misread: list[str] = field(default_factory=list)
    """A line for each row with anything wrong: text, what is missing, what is too much."""

    @property
    def overall(self) -> SpanTally:
        """Return the sum over kinds."""
        return SpanTally.total(self.kinds.values())


def read_gold(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a gold file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def score(splitter: Splitter, rows: Iterable[Mapping[str, Any]]) -> Score:
    """Split every text and compare."""
    done = Score()
    for row in rows:
        _compare(done, row, splitter.split(row["text"]))
    return done


def _compare(done: Score, row: Mapping[str, Any], found: Sequence[Claim]) -> None:
    wanted = sorted(row["claims"], key=lambda one: bool(one.get("optional")))
    surplus, missing = list(found), []
    for gold in wanted:
        optional = bool(gold.get("optional"))
        hit = next((claim for claim in surplus if _same(gold, claim)), None)
        tally = done.kinds[gold["kind"]]
        tally.expected += not optional
        if hit is not None:
            surplus.remove(hit)
            tally.found, tally.right = tally.found + (not optional), tally.right + (not optional)
            tally.exact += not optional and gold.get("span", hit.text) == hit.text
        elif not optional:
            missing.append(_named(gold))
    surplus = [claim for claim in surplus if claim.kind in KINDS and claim.unnamed is None and not claim.is_together]
    for claim in surplus:
        done.kinds[claim.kind].found += 1
    if missing or surplus:
        done.misread.append(f"{row['text']!r} missing {missing} surplus {[_shown(claim) for claim in surplus]}")


def _same(gold: Mapping[str, Any], claim: Claim) -> bool:
    if bool(gold.get("negated")) != claim.negated or (gold["kind"] != claim.kind and not _worn(gold, claim)):
        return False
    if claim.kind in ("text", "other"):
        return claim.kind == "other" or bool(gold["span"] == claim.text)
    if gold["kind"] == "action":
        verb = "wear" if claim.kind == "wearing" else claim.value
        return gold["value"] == verb and _same_noun(gold.get("noun"), claim.noun)
    names = ("relation",) if claim.kind == "relation" else ("colour", "number")
    words = all(gold.get(name) == getattr(claim, name) for name in names)
    return words and all(_same_noun(gold.get(name), getattr(claim, name)) for name in ("noun", "reference"))


def _worn(gold: Mapping[str, Any], claim: Claim) -> bool:
    return gold["kind"] == "action" and claim.kind == "wearing"


def _same_noun(gold: str | None, found: str | None) -> bool:
    known = english().plurals
    if gold is None or found is None or gold in known or found in known:
        return gold == found
    return gold.split()[-1] == found.split()[-1]


def _named(gold: Mapping[str, Any]) -> str:
    return " ".join(str(value) for name, value in gold.items() if name != "span")


def _shown(claim: Claim) -> str:
    names = ("kind", "noun", "colour", "number", "relation", "reference")
    words = [str(value) for name in names if (value := getattr(claim, name)) is not None]
    return " ".join([*words, *(["negated"] if claim.negated else []), f"@{claim.text}"])
