"""Positions in the picture: left, right, top, bottom, centre and corner, from where a thing's box is.

A claim on several things of a kind holds if one of them is there. What is near the border of two positions is not judged, and
foreground and background are not: a box does not tell how far away a thing is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.sightings import (
    DETECTOR_FACTS,
    Sighting,
    all_named,
    detector_saw,
    of_margin,
    sightings,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message

_CLEAR = 0.2
"""Margins closer to 0 than this are ambiguous."""


@dataclass(frozen=True)
class Positions(AddsNoFacts):
    """Margin -1 to 1 by which the middle of a box is in the named part of the picture; 0 is the border of that part."""

    name: str = "positions"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge where in the picture a thing is."""
        if claim.kind != "position" or not detector_saw(facts):
            return None
        measure = _MARGINS.get(str(claim.value))
        if measure is None:
            return silent(
                self.name, Message("a box does not tell what is in the {part}", part=Message(str(claim.value)))
            )
        found = sightings(facts, claim.noun)
        if not found:
            return silent(self.name, Message("no {noun} found to locate", noun=claim.noun))
        margin, best = max(((measure(*_middle(one, facts)), one) for one in found), key=lambda row: row[0])
        width, height = facts.size
        told = "{noun} at {where} of {width} × {height}"
        reason = Message(told, noun=claim.noun, where=where(best.box), width=width, height=height)
        named = all_named(claim, found)
        return of_margin(self.name, margin, _CLEAR, reason, facts, best.box, may_refute=named)


def _middle(one: Sighting, facts: Facts) -> tuple[float, float]:
    """Return the middle of a box, from -1 (left, top) to 1 (right, bottom)."""
    width, height = facts.size
    left, top, right, bottom = one.box
    return (left + right) / max(width, 1) - 1, (top + bottom) / max(height, 1) - 1


def _in_centre(across: float, down: float) -> float:
    return 1 - 2 * max(abs(across), abs(down))


def _in_corner(across: float, down: float) -> float:
    return 2 * min(abs(across), abs(down)) - 1


_MARGINS: dict[str, Callable[[float, float], float]] = {
    "left": lambda across, _: -across,
    "right": lambda across, _: across,
    "top": lambda _, down: -down,
    "bottom": lambda _, down: down,
    "centre": _in_centre,
    "corner": _in_corner,
}
"""Position to the margin of a middle in it."""
