"""Reading the detector's and the colour check's facts of one picture; shared by the checks that need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box

SEEN = 0.25
"""Confidence from which a box counts as a sighting (the default of ultralytics' predict)."""


@dataclass(frozen=True)
class Sighting:
    """One box of the detector, with the colours found in it."""

    place: int
    """Row of the box in the facts."""
    label: str
    score: float
    box: Box
    colours: dict[str, float]
    """Share 0–1 of each colour in the box; empty when colours were not looked at."""

    @property
    def colour(self) -> str | None:
        """The colour with the largest share."""
        return max(self.colours, key=lambda name: self.colours[name]) if self.colours else None


def sightings(facts: Facts, noun: str | None = None, floor: float = SEEN) -> list[Sighting]:
    """Return the boxes of a noun, or all, at or above a confidence, best first."""
    seen = facts.of("objects")
    if seen is None:
        return []
    shares = (facts.of("colour") or {}).get("shares")
    names: list[str] = (facts.of("colour") or {}).get("names", [])
    found = []
    for place, (label, score) in enumerate(zip(seen["labels"], seen["scores"], strict=True)):
        if score >= floor and noun in (None, label):
            colours = {} if shares is None else dict(zip(names, map(float, shares[place]), strict=True))
            left, top, right, bottom = (float(edge) for edge in seen["boxes"][place])
            found.append(Sighting(place, label, float(score), (left, top, right, bottom), colours))
    return found


def confidence(facts: Facts, noun: str) -> float | None:
    """Return the highest confidence 0–1 that the detector gave a noun in the picture; None when it did not look."""
    seen = facts.of("objects")
    return None if seen is None else float(seen["maxima"].get(noun, 0.0))


def unconfirmed(foils: Sequence[Claim], facts: Facts) -> list[Claim]:
    """Return the foils of one claim that detector and colours do not show to be true of the picture: those are no foils."""
    boxes: dict[str, list[Sighting]] = {}

    def there(foil: Claim) -> bool:
        if foil.noun is None:
            return False
        if foil.kind == "attribute" and foil.colour is not None:
            if foil.noun not in boxes:
                boxes[foil.noun] = sightings(facts, foil.noun)
            return any(box.colours.get(foil.colour, 0.0) >= 0.4 for box in boxes[foil.noun])
        return foil.kind == "object" and (confidence(facts, foil.noun) or 0.0) >= SEEN

    return [foil for foil in foils if not there(foil)]


def logit(probability: float, bound: float = 7.0) -> float:
    """Return log-odds, clipped to ±`bound`."""
    inside = min(max(probability, 1e-9), 1 - 1e-9)
    return min(max(float(np.log(inside / (1 - inside))), -bound), bound)


def where(box: Box) -> str:
    """Write a box for a reason: ``(12, 80)–(310, 260)``."""
    left, top, right, bottom = (int(round(edge)) for edge in box)
    return f"({left}, {top})–({right}, {bottom})"
