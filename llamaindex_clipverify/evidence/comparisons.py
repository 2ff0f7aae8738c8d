"""Comparisons: more or fewer of one thing than of another, by counting boxes; taller or larger, by those that stand level.

Small things may be missed, so what is counted must leave no doubt: "more dogs than cats" is supported where there are more clear
dogs than cats of any confidence, and contradicted where there are more than twice as many clear cats as dogs.

How large a box is also depends on how near the thing is. Things on one ground whose feet are level in the picture are equally
near (Hoiem et al., "Putting Objects in Perspective", CVPR 2006), so sizes are compared of such boxes alone, if all of them is in
the picture. Nothing here is calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.looks import FLOOR
from llamaindex_clipverify.evidence.sightings import (
    CLEARLY_SEEN,
    DETECTOR_FACTS,
    Sighting,
    detector_saw,
    sightings,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box, area
from llamaindex_clipverify.message import Message

_SUPPORTED, _REFUTED = 0.8, 0.15
_TWICE = 2
_TALLER = {"taller than": True, "shorter than": False}
_LARGER = {"larger than": True, "bigger than": True, "smaller than": False}
_CLEARLY_TALLER, _CLEARLY_LARGER = 1.2, 1.45
"""Ratio of heights, and of areas, from which one thing is the taller or larger one: boxes have a margin."""
_LEVEL = 0.1
"""Distance between two feet, as a share of the mean height of the boxes, up to which they are level."""
_BORDER = 0.01
"""Share of the picture's sides within which a box may be cut off."""


@dataclass(frozen=True)
class Comparisons(AddsNoFacts):
    """Difference of the numbers or sizes of two things, divided by their sum: -1 to 1."""

    name: str = "comparisons"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge which of two nouns there are more of, or which is the taller or larger."""
        if claim.kind != "comparison" or not detector_saw(facts):
            return None
        if claim.narrow or claim.noun == claim.reference:
            return silent(self.name, "the detector cannot tell these things from each other")
        if claim.relation in ("more than", "fewer than"):
            return self._numbers(claim, facts)
        if claim.relation in _TALLER or claim.relation in _LARGER:
            return self._sizes(claim, facts)
        return silent(self.name, "boxes do not tell this")

    def _numbers(self, claim: Claim, facts: Facts) -> Evidence:
        more, fewer = claim.noun, claim.reference
        if claim.relation == "fewer than":
            more, fewer = fewer, more
        clear, seen = _numbers(facts, more)
        other_clear, other_seen = _numbers(facts, fewer)
        is_more = clear > other_seen > 0
        is_fewer = other_clear > _TWICE * seen > 0
        reason = Message("saw {saw} {noun} and {number} {other}", saw=clear, noun=more, number=other_clear, other=fewer)
        if not is_more and not is_fewer:
            return silent(self.name, Message("too close to tell: {reason}", reason=reason))
        boxes = [box.box for noun in (more, fewer) for box in sightings(facts, noun, floor=CLEARLY_SEEN)]
        return self._evidence(is_more, (clear - other_clear) / (clear + other_clear), reason, facts, boxes)

    def _sizes(self, claim: Claim, facts: Facts) -> Evidence:
        """Compare the boxes of things that stand level, where all pairs of them agree."""
        first, second = sightings(facts, claim.noun), sightings(facts, claim.reference)
        if not first or not second:
            missing = claim.noun if not first else claim.reference
            return silent(self.name, Message("no {noun} found to compare", noun=missing))
        pairs = [(one, two) for one in first for two in second if _are_level(one.box, two.box, facts.size)]
        if not pairs or len(pairs) < len(first) * len(second):
            return silent(
                self.name, "the things do not stand level: how large a box is depends on how near the thing is"
            )
        by_height = claim.relation in _TALLER
        wanted = {**_TALLER, **_LARGER}[claim.relation or ""]
        ratios = [(_height(one) / _height(two)) if by_height else area(one.box) / area(two.box) for one, two in pairs]
        clearly = _CLEARLY_TALLER if by_height else _CLEARLY_LARGER
        one, two = pairs[0]
        told = "{noun} at {where} and {other} at {there} stand level"
        reason = Message(told, noun=one.label, where=where(one.box), other=two.label, there=where(two.box))
        is_larger, is_smaller = min(ratios) >= clearly, max(ratios) <= 1 / clearly
        if not is_larger and not is_smaller:
            return silent(self.name, Message("too close to tell: {reason}", reason=reason))
        share = (ratios[0] - 1) / (ratios[0] + 1)
        return self._evidence(
            is_larger == wanted, share if wanted else -share, reason, facts, [box.box for box in (*first, *second)]
        )

    def _evidence(self, is_so: bool, score: float, reason: str, facts: Facts, boxes: Sequence[Box]) -> Evidence:
        return Evidence(
            check=self.name,
            stance="supports" if is_so else "contradicts",
            score=score,
            reason=reason,
            picture=facts.picture,
            region=boxes[0],
            others=tuple(boxes[1:]),
            belief=_SUPPORTED if is_so else _REFUTED,
        )


def _numbers(facts: Facts, noun: str | None) -> tuple[int, int]:
    """Return the number of clear things and of those of any confidence."""
    scores = [box.score for box in sightings(facts, noun, floor=FLOOR)]
    return sum(score >= CLEARLY_SEEN for score in scores), len(scores)


def _height(one: Sighting) -> float:
    return one.box[3] - one.box[1]


def _are_level(one: Box, two: Box, size: tuple[int, int]) -> bool:
    """Whether two boxes lie wholly in the picture, with their feet at one height."""
    across, down = _BORDER * size[0], _BORDER * size[1]
    inside = all(
        box[0] > across and box[1] > down and box[2] < size[0] - across and box[3] < size[1] - down
        for box in (one, two)
    )
    height = (one[3] - one[1] + two[3] - two[1]) / 2
    return inside and min(area(one), area(two)) > 0 and abs(one[3] - two[3]) <= _LEVEL * height
