"""Actions, by what boxes tell of them: the shape of people who stand or sit, contact with what is held or ridden, and gear.

A person who stands is more than twice as tall as wide, and one who sits is not, or touches a seat. What is held, ridden or eaten
touches whoever does it, and who skis has skis. That is less than seeing an action: who touches a bicycle may push it. So beliefs
lie between .14 and .9, without calibration; rules and thresholds were chosen on 500 photographs with five captions each
(Flickr8k, Hodosh et al., "Framing image description as a ranking task", JAIR 2013). The check is silent on all other actions,
walking among them, because who stands looks like it, and where people are seen faintly or differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.looks import known_nouns
from llamaindex_clipverify.evidence.sightings import (
    CLEARLY_SEEN,
    DETECTOR_FACTS,
    Sighting,
    confidence,
    detector_saw,
    sightings,
    touching,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Detector

_UPRIGHT, _STRAIGHT, _LOW = 2.2, 2.5, 1.4
"""Height over width of a person's box from which the person may stand, from which he or she hardly sits, and below which one may
sit."""
_BORDER = 0.02
"""Share of the picture's height from its lower border, within which a box is cut off: who is cut off may stand."""
_NOT_UPRIGHT = frozenset("sit lie lay recline sleep crawl kneel crouch squat".split())
_SEATS = ("chair", "bench", "couch", "bed", "toilet")
_TOUCHED = frozenset(
    "hold carry ride push pull drag lift use eat drink bite chew lick swing grab grip drive pedal wear pet hug kiss wheel".split()
)
"""Actions on something that touches whoever does them."""
_CYCLES, _BALL, _BOAT = ("bicycle", "motorcycle"), ("sports ball",), ("boat",)
_GEAR_OF_DOING: dict[str, tuple[str, ...]] = {
    "ski": ("skis", "snowboard"), "snowboard": ("snowboard", "skis", "surfboard", "skateboard"), "surf": ("surfboard",),
    "skateboard": ("skateboard",), "bike": _CYCLES, "cycle": _CYCLES,
    "kayak": _BOAT, "canoe": _BOAT, "row": _BOAT, "sail": _BOAT, "paddle": _BOAT,
}  # fmt: skip
"""The gear of an action, as a detector names it."""
_GEAR_OF_PLAY: dict[str, tuple[str, ...]] = {
    "soccer": _BALL, "football": _BALL, "basketball": _BALL, "volleyball": _BALL, "tennis": ("tennis racket", *_BALL),
    "baseball": ("baseball bat", "baseball glove", *_BALL), "softball": ("baseball bat", "baseball glove", *_BALL),
    "sports ball": ("baseball bat", "baseball glove", *_BALL), "wave": ("surfboard",),
}  # fmt: skip
"""The gear of what is played or ridden."""
_PLAYED = frozenset(("play", "ride", "catch", "surf"))
"""What is done with them."""
_ALWAYS_SEEN = frozenset("ski snowboard skateboard bike cycle".split())
"""Actions whose gear a detector misses in about one of 17 photographs; balls, boats and surfboards in a third to two thirds."""
_MISSED = 0.05
"""Confidence of the gear up to which it is not there."""
_SURE, _LIKELY, _UNLIKELY, _REFUTED = 0.9, 0.8, 0.25, 0.14
"""Beliefs. Of the people called sitting one in 65 is as tall and slim as those of whom it is not said, of whom one in nine is: as
most such claims are true, that is no more than a doubt."""


@dataclass(frozen=True)
class Actions(AddsNoFacts):
    """1 where the boxes are as the action has them, -1 where they cannot be."""

    detector: Detector
    name: str = "actions"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge postures, actions on something that touches, and actions with gear."""
        if claim.kind != "action" or claim.noun is None or not detector_saw(facts):
            return None
        doers = sightings(facts, claim.noun)
        if not doers:
            return silent(self.name, Message("no {noun} found to look at", noun=claim.noun))
        plays = claim.value in _PLAYED
        gear = _GEAR_OF_PLAY.get(claim.reference) if claim.reference and plays else None
        gear = gear or (None if claim.reference else _GEAR_OF_DOING.get(claim.value or ""))
        if gear and claim.noun == "person":
            return self._of_gear(claim, doers, gear, facts)
        if claim.reference is None:
            return self._of_posture(claim, doers, facts) if claim.noun == "person" else None
        touches = claim.value in _TOUCHED and claim.reference != claim.noun
        return self._of_contact(claim, claim.reference, doers, facts) if touches else None

    def _of_posture(self, claim: Claim, people: list[Sighting], facts: Facts) -> Evidence | None:
        stands = claim.value == "stand"
        if not (stands or claim.value in _NOT_UPRIGHT):
            return None
        seats = [one for seat in _SEATS for one in sightings(facts, seat)] if claim.value == "sit" else []
        seated = touching(people, seats)
        if seated and min(one.score for one in seated[0]) >= CLEARLY_SEEN:
            return self._found(seated[0][0], facts, _contact(*seated[0]), _LIKELY)
        if any(one.score < CLEARLY_SEEN for one in people):
            return silent(self.name, "people are seen too faintly to tell how they are placed")
        upright = all(_slimness(one.box) >= (_UPRIGHT if stands else _STRAIGHT) for one in people)
        low = all(_slimness(one.box) < _LOW and not _is_cut(one.box, facts) for one in people)
        if not upright and not (low and claim.value == "sit"):
            return silent(self.name, "the boxes of people do not tell whether they stand or sit")
        ratio = _slimness(people[0].box)
        told = Message(
            "a person at {where} is {times:.1f} times as tall as wide", where=where(people[0].box), times=ratio
        )
        return self._found(people[0], facts, told, _LIKELY if upright == stands else _UNLIKELY)

    def _of_contact(self, claim: Claim, noun: str, doers: list[Sighting], facts: Facts) -> Evidence | None:
        things = sightings(facts, noun)
        if not things:
            return silent(self.name, Message("no {noun} found to look at", noun=noun))
        pairs = touching(doers, things)
        if pairs:
            return self._found(pairs[0][0], facts, _contact(*pairs[0]), _SURE if claim.value == "ride" else _LIKELY)
        told = Message("no {noun} found that touches a {other}", noun=claim.noun, other=noun)
        if claim.value != "ride" or any(one.score < CLEARLY_SEEN for one in (*doers, *things)):
            return silent(self.name, told)
        return self._found(doers[0], facts, told, _REFUTED)

    def _of_gear(self, claim: Claim, people: list[Sighting], gear: tuple[str, ...], facts: Facts) -> Evidence:
        seen = [one for noun in gear for one in sightings(facts, noun)]
        pairs = touching(people, seen)
        if pairs:
            return self._found(pairs[0][0], facts, _contact(*pairs[0]), _SURE)
        if seen and claim.value == "play":  # a ball may be in the air
            told = Message("there is a {noun} at {where}", noun=seen[0].label, where=where(seen[0].box))
            return self._found(seen[0], facts, told, _LIKELY)
        known = known_nouns(self.detector, facts)
        absent = all(noun in known and (confidence(facts, noun) or 0.0) <= _MISSED for noun in gear)
        told = Message("no {noun} found, which the action needs", noun=gear[0])
        if not absent or claim.value not in _ALWAYS_SEEN:
            return silent(self.name, told)
        return self._found(people[0], facts, told, _REFUTED)

    def _found(self, one: Sighting, facts: Facts, told: str, belief: float) -> Evidence:
        supports = belief > 0.5
        return Evidence(
            check=self.name,
            stance="supports" if supports else "contradicts",
            score=1.0 if supports else -1.0,
            reason=told,
            picture=facts.picture,
            region=one.box,
            belief=belief,
        )


def _contact(one: Sighting, two: Sighting) -> Message:
    told = "{noun} at {where} touches {other} at {there}"
    return Message(told, noun=one.label, where=where(one.box), other=two.label, there=where(two.box))


def _slimness(box: Box) -> float:
    return (box[3] - box[1]) / max(box[2] - box[0], 1e-9)


def _is_cut(box: Box, facts: Facts) -> bool:
    return box[3] >= (1 - _BORDER) * facts.size[1]
