"""Relations: left of, right of, above, below, on, inside, next to and together (with, at, of), from the geometry of two boxes.

Image-text encoders are near chance on relations (What'sUp, Kamath et al., EMNLP 2023); boxes are not. Left and right are the
viewer's. The check is silent when one of the two things is not found, when pairs of boxes disagree, or when the margin is small.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.sightings import (
    DETECTOR_FACTS,
    Sighting,
    all_named,
    detector_saw,
    faint_sightings,
    of_margin,
    sightings,
    touching,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box, area, shared_area
from llamaindex_clipverify.message import Message

_CLEAR = 0.25
"""Margins closer to 0 than this are ambiguous."""
_TOUCHING = 0.9
"""Belief that things whose boxes touch are together: in captions and claims about 150 photographs all 20 such pairs were."""


@dataclass(frozen=True)
class Relations(AddsNoFacts):
    """Margin -1 to 1 by which the first box stands in the relation to the second; 1 is a full box length apart."""

    name: str = "relations"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge a relation between two nouns."""
        if claim.kind != "relation" or not detector_saw(facts):
            return None
        if claim.is_together:
            return self._together(claim, facts)
        if claim.relation not in _MEASURES:
            return None
        found = self._of_clear(claim, _MEASURES[claim.relation], facts)
        faint = _faint(claim, _MEASURES[claim.relation], facts)
        return replace(found, features={**found.features, **faint})

    def _of_clear(self, claim: Claim, measure: Callable[[Box, Box], float], facts: Facts) -> Evidence:
        """Judge by the boxes that count as sightings."""
        first, second = sightings(facts, claim.noun), sightings(facts, claim.reference)
        pairs = [(one, two) for one in first for two in second if one.row != two.row]
        if not pairs:
            missing = claim.noun if not first else claim.reference
            return silent(self.name, Message("no {noun} found to compare", noun=missing))
        return self._decide(claim, [(measure(one.box, two.box), one, two) for one, two in pairs], facts)

    def _together(self, claim: Claim, facts: Facts) -> Evidence:
        """Support "a man with a suitcase" where the boxes touch; where they do not, another pair may."""
        first, second = sightings(facts, claim.noun), sightings(facts, claim.reference)
        pairs = touching(first, second)
        if not pairs:
            apart = "no {noun} found that touches a {other}"
            return silent(self.name, Message(apart, noun=claim.noun, other=claim.reference))
        one, two = pairs[0]
        return Evidence(
            check=self.name,
            stance="supports",
            score=1.0,
            reason=_pair("{noun} at {where} touches {other} at {there}", claim, one, two),
            picture=facts.picture,
            region=one.box,
            belief=_TOUCHING,
        )

    def _decide(self, claim: Claim, measured: list[tuple[float, Sighting, Sighting]], facts: Facts) -> Evidence:
        margins = [margin for margin, _, _ in measured]
        margin, one, two = max(measured, key=lambda row: row[0])
        boxes = _pair("{noun} at {where}, {other} at {there}", claim, one, two)
        if min(margins) <= -_CLEAR < _CLEAR <= max(margins) and claim.relation != "next to":
            return replace(
                silent(self.name, Message("pairs disagree: {boxes} and others", boxes=boxes)), picture=facts.picture
            )
        named = all_named(claim, [box for _, *pair in measured for box in pair])
        return of_margin(self.name, margin, _CLEAR, boxes, facts, one.box, may_refute=named)


def _faint(claim: Claim, measure: Callable[[Box, Box], float], facts: Facts) -> dict[str, float]:
    """Return the margin of the surest pair of boxes, faint ones included, as a feature; none without a pair."""
    first, second = faint_sightings(facts, claim.noun), faint_sightings(facts, claim.reference)
    pairs = [(one, two) for one in first for two in second if one.row != two.row]
    if not pairs:
        return {}
    one, two = max(pairs, key=lambda pair: pair[0].score * pair[1].score)
    return {"faint": measure(one.box, two.box)}


def _pair(told: str, claim: Claim, one: Sighting, two: Sighting) -> Message:
    return Message(told, noun=claim.noun, where=where(one.box), other=claim.reference, there=where(two.box))


def _left_of(one: Box, two: Box) -> float:
    return _apart(_middle(two, 0) - _middle(one, 0), _length(one, 0) + _length(two, 0))


def _above(one: Box, two: Box) -> float:
    return _apart(_middle(two, 1) - _middle(one, 1), _length(one, 1) + _length(two, 1))


def _inside(one: Box, two: Box) -> float:
    return 2 * shared_area(one, two) / max(area(one), 1e-9) - 1


def _on(one: Box, two: Box) -> float:
    """Above or within, touching: the foot of the first is between the top and the middle of the second, and they overlap.

    Of a box within the other, nobody knows: a plate on a table seen from above, or a chair before it.
    """
    across = min(one[2], two[2]) - max(one[0], two[0])
    foot_depth = (one[3] - two[1]) / max(_length(two, 1), 1e-9)
    touches = min(1.0, 2 * across / max(min(_length(one, 0), _length(two, 0)), 1e-9)) if across > 0 else -1.0
    if -0.15 <= foot_depth <= 0.8:
        return touches
    return 0.0 if shared_area(one, two) > 0 else -1.0


def _next_to(one: Box, two: Box) -> float:
    """The gap between the boxes against their mean size: touching is 1, two lengths apart is -1."""
    gap_x = max(max(one[0], two[0]) - min(one[2], two[2]), 0.0)
    gap_y = max(max(one[1], two[1]) - min(one[3], two[3]), 0.0)
    size = (sum(_length(box, axis) for box in (one, two) for axis in (0, 1))) / 4
    return max(-1.0, 1.0 - math.hypot(gap_x, gap_y) / max(size, 1e-9))


def _apart(distance: float, lengths: float) -> float:
    return max(-1.0, min(1.0, 2 * distance / max(lengths, 1e-9)))


def _middle(box: Box, axis: int) -> float:
    return (box[axis] + box[axis + 2]) / 2


def _length(box: Box, axis: int) -> float:
    return box[axis + 2] - box[axis]


_MEASURES: dict[str, Callable[[Box, Box], float]] = {
    "left of": _left_of,
    "right of": lambda one, two: -_left_of(one, two),
    "above": _above,
    "below": lambda one, two: -_above(one, two),
    "inside": _inside,
    "on": _on,
    "next to": _next_to,
}
