"""Comparisons: more or fewer of one thing than of another, by counting boxes.

Small things may be missed, so what is counted must leave no doubt: "more dogs than cats" is supported where there are more clear
dogs than cats of any confidence, and contradicted where there are more than twice as many clear cats as dogs. Without
calibration. It is silent on sizes ("taller than"): how large a box is also depends on how near the thing is.
"""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.looks import FLOOR
from llamaindex_clipverify.evidence.sightings import CLEARLY_SEEN, DETECTOR_FACTS, detector_saw, sightings
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message

_SUPPORTED, _REFUTED = 0.8, 0.15
_TWICE = 2


@dataclass(frozen=True)
class Comparisons(AddsNoFacts):
    """Difference of the numbers of two things, divided by their sum: -1 to 1."""

    name: str = "comparisons"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge "more than" and "fewer than" of two nouns."""
        if claim.kind != "comparison" or not detector_saw(facts):
            return None
        if claim.relation not in ("more than", "fewer than"):
            return silent(self.name, "boxes do not tell sizes: how large one is depends on how near the thing is")
        more, fewer = claim.noun, claim.reference
        if claim.relation == "fewer than":
            more, fewer = fewer, more
        if claim.narrow or more == fewer:
            return silent(self.name, "the detector cannot tell these things from each other")
        clear, seen = _numbers(facts, more)
        other_clear, other_seen = _numbers(facts, fewer)
        is_more = clear > other_seen > 0
        is_fewer = other_clear > _TWICE * seen > 0
        reason = Message("saw {saw} {noun} and {number} {other}", saw=clear, noun=more, number=other_clear, other=fewer)
        if not is_more and not is_fewer:
            return silent(self.name, Message("too close to tell: {reason}", reason=reason))
        boxes = [box.box for noun in (more, fewer) for box in sightings(facts, noun, floor=CLEARLY_SEEN)]
        return Evidence(
            check=self.name,
            stance="supports" if is_more else "contradicts",
            score=(clear - other_clear) / (clear + other_clear),
            reason=reason,
            picture=facts.picture,
            region=boxes[0],
            others=tuple(boxes[1:]),
            belief=_SUPPORTED if is_more else _REFUTED,
        )


def _numbers(facts: Facts, noun: str | None) -> tuple[int, int]:
    """Return the number of clear things and of those of any confidence."""
    scores = [box.score for box in sightings(facts, noun, floor=FLOOR)]
    return sum(score >= CLEARLY_SEEN for score in scores), len(scores)
