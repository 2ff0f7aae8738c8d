"""Active learning: proposes the claims about a user's pictures whose labels improve a profile most.

The checks propose claims about each picture – what the detector saw and what it nearly saw, its colours and numbers, and foils of
these. Asked first is what the verifier is least sure of, one claim a picture and all kinds in turn; every fourth claim is
drawn at random, so that the sure ones are represented too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.claims.wording import sentence
from llamaindex_clipverify.evaluation.evaluation import read_rows
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS, SEEN, sightings
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.verifier import Verifier

_NEARLY = 0.02
"""Confidence from which a class that the detector did not report is proposed for labelling."""
_RANDOM = 4


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A claim to be labelled."""

    picture: Picture
    text: str
    kind: str
    doubt: float
    """Uncertainty of the verifier, 0–1."""


class Ledger:
    """The labels given so far: evaluation rows in a JSONL file, each written at once."""

    def __init__(self, path: str | Path) -> None:
        """Continue a file, or start a new one.

        Raises:
            DataError: The file has another format.
        """
        self.path = Path(path)
        rows = read_rows(self.path) if self.path.is_file() and self.path.stat().st_size else []
        self._known = {(row.images[0], row.claim) for row in rows}

    def __len__(self) -> int:
        """Return how many claims are labelled."""
        return len(self._known)

    def __contains__(self, one: Candidate) -> bool:
        """Return whether a claim is already labelled."""
        return (_place(one), one.text) in self._known

    def add(self, one: Candidate, true: bool) -> None:
        """Write a label."""
        row = {"images": [_place(one)], "claim": one.text, "label": int(true), "kind": one.kind}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._known.add((_place(one), one.text))


def _place(one: Candidate) -> str:
    """Return the absolute path of the picture, because rows are read relative to their file."""
    return str(Path(str(one.picture.uri)).resolve())


def candidates(verifier: Verifier, pictures: Sequence[Picture], number: int, seed: int = 0) -> list[Candidate]:
    """Return claims to label, the most doubtful first; every picture gets one before any gets a second.

    Args:
        verifier: Whose profile is to be made; it needs a detector, or an encoder with a profile.
        pictures: What may be asked about.
        number: Number of claims.
        seed: Random seed for the randomly drawn claims.
    """
    rng = np.random.default_rng(seed)
    by_picture = [_of_picture(verifier, picture, rng) for picture in pictures]
    chosen: list[Candidate] = []
    used: set[tuple[str, str]] = set()
    kinds: dict[str, int] = defaultdict(int)
    while len(chosen) < number and any(by_picture):
        for rows in sorted((rows for rows in by_picture if rows), key=lambda rows: -max(row.doubt for row in rows)):
            if len(chosen) == number:
                break
            one = _next(rows, kinds, rng if len(chosen) % _RANDOM == _RANDOM - 1 else None)
            rows.remove(one)
            if (one.picture.id, one.text) not in used:
                used.add((one.picture.id, one.text))
                kinds[one.kind] += 1
                chosen.append(one)
    return chosen


def _next(rows: Sequence[Candidate], kinds: dict[str, int], rng: np.random.Generator | None) -> Candidate:
    if rng is not None:
        return rows[int(rng.integers(len(rows)))]
    rarest = min(kinds[row.kind] for row in rows)
    return max((row for row in rows if kinds[row.kind] == rarest), key=lambda one: one.doubt)


def _of_picture(verifier: Verifier, picture: Picture, rng: np.random.Generator) -> list[Candidate]:
    facts = verifier.facts([picture])[0]
    picture.forget()
    proposed = {text: claim for claim in _proposed(facts, rng) if (text := sentence(claim))}
    found = []
    for text, claim in proposed.items():
        trust = verifier.judge(claim, [facts]).value
        doubt = 1.0 if trust is None else 1 - 2 * abs(trust - 0.5)
        found.append(Candidate(picture=picture, text=text, kind=claim.kind, doubt=doubt))
    return found


def _proposed(facts: Facts, rng: np.random.Generator) -> Iterator[Claim]:
    seen = facts.of(DETECTOR_FACTS) or {"maxima": {}}
    for noun, confidence in seen["maxima"].items():
        if confidence >= _NEARLY:
            claim = _claim("object", noun)
            yield claim
            yield from _one(foils(claim), rng)
    for noun in dict.fromkeys(box.label for box in sightings(facts, floor=SEEN)):
        boxes = sightings(facts, noun, SEEN)
        claims = [_claim("count", noun, number=len(boxes), plural=len(boxes) > 1)]
        if len(boxes) == 1 and boxes[0].colour:
            claims.append(_claim("attribute", noun, colour=boxes[0].colour))
        for claim in claims:
            yield claim
            yield from _one(foils(claim), rng)


def _one(claims: Sequence[Claim], rng: np.random.Generator) -> Iterator[Claim]:
    if claims:
        yield claims[int(rng.integers(len(claims)))]


def _claim(kind: str, noun: str, **words: object) -> Claim:
    return Claim(text="", start=0, end=0, kind=kind, noun=noun).swap(**words)  # type: ignore[arg-type]
