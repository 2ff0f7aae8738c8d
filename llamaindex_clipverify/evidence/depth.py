"""Depth: in front of, behind, between and around, from two boxes that overlap.

Things that stand on one ground are the nearer, the lower their foot is in the picture (Hoiem et al., "Putting Objects in
Perspective", CVPR 2006). So of two boxes that overlap, the one with the lower foot is taken for the nearer. That is a rule of
thumb: things that hang, fly or lie on others break it, and *behind* may mean following ("a skier behind a boat"). In captions of
1,000 photographs it judges too few to say more than that it errs often. So its beliefs are .25 to .8, without calibration: it
never contradicts by itself. It is silent where boxes do not overlap, where feet are level or both cut off by the border, and
where several pairs could be meant and disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS, Sighting, all_named, detector_saw, sightings, where
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box, area, shared_area
from llamaindex_clipverify.message import Message

_OVERLAP = 0.05
"""Share of the smaller box that is in the other, from which one thing may hide a part of the other."""
_LOWER = 0.2
"""Distance between two feet, as a share of the mean height of the boxes, from which they are not level."""
_BORDER = 0.02
"""Share of the picture's height from its lower border, within which a box is cut off: its foot is not seen."""
_SUPPORTED, _DOUBTED = 0.8, 0.25


@dataclass(frozen=True)
class Depth(AddsNoFacts):
    """By how much, -1 to 1, the foot of the nearer thing is lower; 1 is the mean height of the two boxes."""

    name: str = "depth"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge which of two things is nearer, or whether one is between or around others."""
        if claim.kind != "depth" or not detector_saw(facts):
            return None
        first, second = sightings(facts, claim.noun), sightings(facts, claim.reference)
        if not first or not second:
            missing = claim.noun if not first else claim.reference
            return silent(self.name, Message("no {noun} found to compare", noun=missing))
        if claim.relation in ("in front of", "behind"):
            return self._nearer(claim, first, second, facts)
        if claim.relation == "between":
            return self._enclosed(claim, first, second, facts)
        if claim.relation in ("around", "surrounded by"):
            inner, outer = (second, first) if claim.relation == "around" else (first, second)
            return self._enclosed(claim, inner, outer, facts)
        return silent(self.name, "boxes do not tell this")

    def _nearer(self, claim: Claim, first: list[Sighting], second: list[Sighting], facts: Facts) -> Evidence:
        sign = 1.0 if claim.relation == "in front of" else -1.0
        pairs = [(one, two) for one in first for two in second if one.row != two.row and _overlap(one.box, two.box)]
        margins = [(_lower(one.box, two.box, facts), (one, two)) for one, two in pairs]
        measured = [(sign * margin, pair) for margin, pair in margins if margin is not None]
        if not measured:
            return silent(
                self.name, "the boxes do not overlap, or no foot is clearly lower: what is nearer cannot be told"
            )
        margin, (one, two) = max(measured, key=lambda row: row[0])
        disagree = min(one for one, _ in measured) < 0 < margin
        if disagree or (margin < 0 and not (all_named(claim, [one, two]) and len(pairs) == 1)):
            return silent(self.name, "several pairs may be meant, and they disagree")
        nearer, other = (one, two) if sign * margin > 0 else (two, one)
        told = "the foot of the {noun} at {where} is lower than that of the {other} at {there}, so it is nearer"
        return Evidence(
            check=self.name,
            stance="supports" if margin > 0 else "contradicts",
            score=margin,
            reason=Message(told, noun=nearer.label, where=where(nearer.box), other=other.label, there=where(other.box)),
            picture=facts.picture,
            region=one.box,
            belief=_SUPPORTED if margin > 0 else _DOUBTED,
        )

    def _enclosed(self, claim: Claim, inner: list[Sighting], outer: list[Sighting], facts: Facts) -> Evidence:
        """Support that one thing has two others to its left and right, with nothing of their kind in between."""
        for one in inner:
            others = sorted((two for two in outer if two.row != one.row and _beside(one.box, two.box)), key=_middle)
            for left, right in pairwise(others):
                if (
                    _middle(left) < _middle(one) < _middle(right)
                    and min(abs(_middle(one) - _middle(two)) for two in (left, right)) >= (one.box[2] - one.box[0]) / 4
                ):
                    told = "{noun} at {where}, with a {other} on either side"
                    return Evidence(
                        check=self.name,
                        stance="supports",
                        score=1.0,
                        reason=Message(told, noun=one.label, where=where(one.box), other=left.label),
                        picture=facts.picture,
                        region=one.box,
                        others=(left.box, right.box),
                        belief=_SUPPORTED,
                    )
        return silent(self.name, Message("no two things found on either side of a {noun}", noun=inner[0].label))


def _overlap(one: Box, two: Box) -> bool:
    """Whether two boxes overlap so far that one thing may hide a part of the other."""
    return shared_area(one, two) >= _OVERLAP * min(area(one), area(two))


def _lower(one: Box, two: Box, facts: Facts) -> float | None:
    """Return by how much the foot of the first is lower, -1 to 1; None where the feet are level or both cut off."""
    floor = (1 - _BORDER) * facts.size[1]
    height = (one[3] - one[1] + two[3] - two[1]) / 2
    margin = max(-1.0, min(1.0, (one[3] - two[3]) / max(height, 1e-9)))
    return None if abs(margin) < _LOWER or min(one[3], two[3]) >= floor else margin


def _beside(one: Box, two: Box) -> bool:
    """Whether two boxes share a part of their heights."""
    return min(one[3], two[3]) > max(one[1], two[1])


def _middle(one: Sighting) -> float:
    return (one.box[0] + one.box[2]) / 2
