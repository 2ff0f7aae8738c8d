"""Reads the facts of the detector and of the colour check; shared by the checks that need boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box, area, shared_area
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.numerics import expit, logit

DETECTOR_FACTS = "objects"
"""Name of the check whose facts hold boxes: ``boxes``, ``labels``, ``scores`` and ``maxima``."""
COLOUR_FACTS = "colour"
"""Name of the check whose facts hold the colours of those boxes."""
SEEN = 0.25
"""Confidence from which a box counts as a sighting (the default of ultralytics' predict)."""
CLEARLY_SEEN = 0.5
"""Confidence from which boxes count against a claim or an answer."""


_WITHIN, _LIKE = 0.94, 0.35
"""Share of the smaller of two boxes that is in the other, and ratio of their sizes, from which they are of one thing. With .85
people behind others were taken for doubles: in captions of 1,000 photographs 28 wrong numbers were supported instead of 23, and
26 true ones contradicted instead of 22."""
_SEEN_NOUNS = "seen nouns"
"""Names the nouns of sightings among the results kept of a picture."""
_HARDLY = 0.05
"""Share of the pixels in a box below which a colour that they may have is not that of the thing. On 500 photographs with captions
16 of 174 colours of animals had less than .1, and 6 less than .05."""


@dataclass(frozen=True)
class Sighting:
    """One box of the detector, with the colours found in it."""

    row: int
    """Row of the box in the facts."""
    label: str
    score: float
    box: Box
    colours: dict[str, float]
    """Share 0–1 of each colour in the box; empty without the colour check."""
    possible: dict[str, float] = field(default_factory=dict)
    """Share 0–1 of the pixels that may be of each colour in some light; empty without the colour check."""

    @property
    def colour(self) -> str | None:
        """The colour with the largest share."""
        return max(self.colours, key=lambda name: self.colours[name]) if self.colours else None

    def may_be(self, colour: str, least: float = _HARDLY) -> bool:
        """Return whether enough of its pixels may be of a colour in some light; true when that is not known."""
        return self.possible.get(colour, 1.0) >= least


def sightings(facts: Facts, noun: str | None = None, floor: float = SEEN) -> list[Sighting]:
    """Return the boxes of a noun and of its kinds (dogs for *animal*), or all, at or above a confidence, best first.

    Double boxes of one thing are left out.
    """
    return list(facts.once((noun, floor), (DETECTOR_FACTS, COLOUR_FACTS), lambda: _sightings(facts, noun, floor)))


def _sightings(facts: Facts, noun: str | None, floor: float) -> list[Sighting]:
    seen = facts.of(DETECTOR_FACTS)
    if seen is None:
        return []
    wanted = None if noun is None else _with_kinds(noun, frozenset(seen["labels"]))
    coloured = facts.of(COLOUR_FACTS) or {}
    names: list[str] = coloured.get("names", [])
    boxes: list[Sighting] = []
    for row, (label, score) in enumerate(zip(seen["labels"], seen["scores"], strict=True)):
        if score >= floor and (wanted is None or label in wanted):
            colours, possible = (
                dict(zip(names, map(float, coloured[key][row]), strict=True)) if key in coloured else {}
                for key in ("shares", "possible")
            )
            _add(boxes, Sighting(row, label, float(score), _box(seen["boxes"][row]), colours, possible))
    return boxes


def faint_sightings(facts: Facts, noun: str | None) -> list[Sighting]:
    """Return the boxes of a noun with those that are too faint to be counted or looked into, best first; see `sightings`.

    A faint box is evidence only together with others: where two faint things stand, or how many there may be.
    """
    boxes, seen = sightings(facts, noun, floor=0.0), facts.of(DETECTOR_FACTS) or {}
    labels = seen.get("faint_labels", ())
    wanted = _with_kinds(noun, frozenset(labels)) if noun is not None else frozenset(labels)
    for row, (label, score) in enumerate(zip(labels, seen.get("faint_scores", ()), strict=True)):
        if label in wanted:
            _add(boxes, Sighting(len(seen["labels"]) + row, label, float(score), _box(seen["faint_boxes"][row]), {}))
    return boxes


def _add(boxes: list[Sighting], one: Sighting) -> None:
    """Add a sighting unless it is a second one of the thing in a surer box."""
    if not any(other.label == one.label and _is_double(one.box, other.box) for other in boxes):
        boxes.append(one)


def _box(row: Sequence[float]) -> Box:
    left, top, right, bottom = (float(edge) for edge in row)
    return left, top, right, bottom


def _is_double(box: Box, surer: Box) -> bool:
    """Whether a box is a second one of the thing in a surer box: it lies within it and is not much smaller.

    A detector's own suppression compares the intersection with the union, and keeps a box of half the size. Of 113 labelled boxes
    of COCO photographs 3 lie within another of their kind.
    """
    shared = shared_area(box, surer)
    if not shared:
        return False
    smaller, larger = sorted((area(box), area(surer)))
    return shared >= _WITHIN * smaller and smaller >= _LIKE * larger


@lru_cache(4096)
def _with_kinds(noun: str, labels: frozenset[str]) -> frozenset[str]:
    """Return a noun, or, where no label is the noun itself, those labels that are kinds of it."""
    return frozenset((noun,)) if noun in labels else frozenset(english().kinds(noun, labels))


def confidence(facts: Facts, noun: str) -> float | None:
    """Return the highest confidence 0–1 of a noun in the picture; None when no detector has seen the picture."""
    seen = facts.of(DETECTOR_FACTS)
    return None if seen is None else float(seen["maxima"].get(noun, 0.0))


def unconfirmed(foils: Sequence[Claim], facts: Facts) -> list[Claim]:
    """Return the foils that are not true of the picture themselves, as far as detector and colours can tell."""
    seen = facts.once(_SEEN_NOUNS, (DETECTOR_FACTS,), lambda: _seen_nouns(facts))
    boxes: dict[str, list[Sighting]] = {}

    def has_colour(foil: Claim) -> bool:
        if foil.kind != "attribute" or foil.colour is None or foil.noun is None:
            return False
        if foil.noun not in boxes:
            boxes[foil.noun] = sightings(facts, foil.noun)
        return any(box.colours.get(foil.colour, 0.0) >= 0.4 for box in boxes[foil.noun])

    return [foil for foil in foils if not (foil.noun in seen if foil.kind == "object" else has_colour(foil))]


def _seen_nouns(facts: Facts) -> frozenset[str]:
    maxima = (facts.of(DETECTOR_FACTS) or {}).get("maxima", {})
    return frozenset(noun for noun, score in maxima.items() if score >= SEEN)


def colourless(check: str, facts: Facts) -> Evidence | None:
    """Return evidence that a picture ("black and white", "shades of one hue") shows no colours; None if it does."""
    tone = (facts.of(COLOUR_FACTS) or {}).get("tone", "")
    reason = Message("the picture is in {tone}: it shows no colours", tone=Message(tone))
    return silent(check, reason, is_blind=True) if tone else None


def detector_saw(facts: Facts) -> bool:
    """Whether a detector has seen the picture."""
    return facts.of(DETECTOR_FACTS) is not None


def touching(ones: Sequence[Sighting], others: Sequence[Sighting]) -> list[tuple[Sighting, Sighting]]:
    """Return the pairs of different boxes that share a part, the pair first of which the fainter box is surest."""
    pairs = [(one, two) for one in ones for two in others if one.row != two.row and shared_area(one.box, two.box) > 0]
    return sorted(pairs, key=lambda pair: -min(pair[0].score, pair[1].score))


def bounded_logit(probability: float, bound: float = 7.0) -> float:
    """Return log-odds, clipped to ±`bound`."""
    return min(max(logit(min(max(probability, 1e-9), 1 - 1e-9)), -bound), bound)


def belief_of(margin: float) -> float:
    """Return a belief 0–1 that needs no fitting, of a margin -1 to 1: the logistic function of six times the margin."""
    return expit(6 * margin)


def all_named(claim: Claim, boxes: Sequence[Sighting]) -> bool:
    """Whether boxes have the very nouns of a claim: of *vegetables* there may be others than the carrots seen."""
    return all(box.label in (claim.noun, claim.reference) for box in boxes)


def of_margin(
    check: str, margin: float, clear: float, reason: str, facts: Facts, region: Box, *, may_refute: bool = True
) -> Evidence:
    """Return the evidence of a margin -1 to 1 between boxes.

    It is silent when the margin is closer to 0 than `clear`, and when it is negative without `may_refute`.
    """
    if abs(margin) < clear or (margin < 0 and not may_refute):
        return Evidence(
            check=check,
            stance="silent",
            score=margin,
            reason=Message(
                "too close to tell: {reason}" if abs(margin) < clear else "there may be others: {reason}", reason=reason
            ),
            picture=facts.picture,
            region=region,
        )
    return Evidence(
        check=check,
        stance=stance_of(margin, clear, -clear),
        score=margin,
        reason=reason,
        picture=facts.picture,
        region=region,
        features={"margin": margin},
        belief=belief_of(margin),
    )


def where(box: Box) -> str:
    """Return a box as text: ``(12, 80)–(310, 260)``."""
    left, top, right, bottom = (int(round(edge)) for edge in box)
    return f"({left}, {top})–({right}, {bottom})"
