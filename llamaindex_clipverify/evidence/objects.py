"""Objects: does the detector see what the claim names, and as many?

It is silent about nouns outside the detector's classes: unknown is not absent. For a wider noun, such as *animal*, it uses the
classes that are kinds of it. Counting treats boxes as independent detections and uses the probability of exactly that number
(Poisson-binomial distribution).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.looks import ASKED, FLOOR, kept, known_nouns
from llamaindex_clipverify.evidence.sightings import (
    CLEARLY_SEEN,
    DETECTOR_FACTS,
    SEEN,
    Sighting,
    bounded_logit,
    colourless,
    confidence,
    faint_sightings,
    sightings,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Detector
from llamaindex_clipverify.numerics import poisson_binomial
from llamaindex_clipverify.picture import Picture

_FAINT = 0.03
"""Confidence at which nothing can be said."""
_FEW = 0.2
"""Probability of a bound up to which it is contradicted."""
_PLAIN = 0.9
"""Belief in a number that is the number of boxes, all of them clear; and 1 minus that in one more than twice as large. On
photographs 17 of 17 such numbers were right, and all 14 of the larger ones wrong; of those larger by one, two of four were right.
"""
_NARROW = 0.8
"""Greatest belief in a number of a narrower noun than the detector's class."""
_EVEN = 0.3
"""Exponent from confidence to belief without fitting: .1 becomes even odds. Detectors are tuned for few false positives: at a
confidence of .25 YOLOv8n's false-positive rate on COCO photographs is under 1 %, its recall .7."""


_SHORTEST = 32
"""Pixels of the shorter side below which nothing is called absent: the size of one cell of a YOLO's coarsest grid."""
_LONGEST = 4
"""Ratio of the sides above which nothing is called absent: scaled to 640 pixels, the shorter side has less than 160."""
JUDGED = ("object", "attribute", "count", "bound", "position", "relation", "depth", "action", "pattern", "state")
"""Kinds of claim that boxes judge, or the things of which they need."""


@dataclass(frozen=True)
class Objects:
    """Probability 0–1 that the named thing is there, or that there are as many as named, from the detector's confidences."""

    detector: Detector
    name: str = DETECTOR_FACTS
    version: int = 2
    needs: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Id of the detector."""
        return self.detector.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Detect: what `looks.kept` keeps."""
        wanted = sorted(english().plurals) if self.detector.labels is None else None
        seen = [kept(found) for found in self.detector.detect(pictures, wanted)]
        return seen if wanted is None else [{**one, ASKED: wanted} for one in seen]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge objects, counts and bounds; of attributes, positions and relations, whether the things are there at all.

        What is not seen in a picture too small or too long for the detector may be there.
        """
        seen = facts.of(self.name)
        if seen is None or claim.noun is None or claim.kind not in JUDGED:
            return None
        needs_colours = claim.kind == "count" and claim.colour is not None
        if needs_colours and (blind := colourless(self.name, facts)) is not None:
            return blind
        found = self._judged(claim, claim.noun, facts)
        says_nothing = found.belief is None and not found.features
        hidden = "" if says_nothing or (found.score or 0.0) >= SEEN else _may_be_missed(claim, facts)
        return silent(self.name, hidden) if hidden else found

    def _judged(self, claim: Claim, noun: str, facts: Facts) -> Evidence:
        nouns = [noun, *([claim.reference] if claim.reference else [])]
        known = known_nouns(self.detector, facts)
        if noun not in known and claim.reference is None:
            return self._of_kin(claim, noun, facts)
        unknown = [noun for noun in nouns if noun not in known]
        if unknown:
            return silent(self.name, self._why_unknown(unknown[0]))
        if claim.kind == "count" and claim.number is not None:
            return self._count(claim, claim.number, facts)
        if claim.kind == "bound":
            return self._bound(claim, facts)
        weakest = min(nouns, key=lambda noun: confidence(facts, noun) or 0.0)
        return self._presence(claim, weakest, facts)

    def _why_unknown(self, noun: str) -> str:
        if self.detector.labels is None:
            return Message("the detector was not asked for “{noun}”: the picture is not at hand", noun=noun)
        return Message("the detector has no class for “{noun}”", noun=noun)

    def _of_kin(self, claim: Claim, noun: str, facts: Facts) -> Evidence:
        """Judge a noun without a class by the classes that are kinds of it."""
        kinds = claim.words.kinds(noun, known_nouns(self.detector, facts))
        if kinds:
            return self._any_of(claim, noun, kinds, facts)
        return silent(self.name, self._why_unknown(noun))

    def _any_of(self, claim: Claim, noun: str, kinds: tuple[str, ...], facts: Facts) -> Evidence:
        best = max(kinds, key=lambda one: confidence(facts, one) or 0.0)
        if claim.kind == "count" and claim.number is not None:
            saw = sum(len(sightings(facts, kind, floor=CLEARLY_SEEN)) for kind in kinds)
            if saw > claim.number:
                reason = Message("named {number}, saw {saw}", number=claim.number, saw=saw)
                return Evidence(
                    check=self.name,
                    stance="contradicts",
                    score=0.0,
                    reason=reason,
                    picture=facts.picture,
                    belief=0.0,
                )
            return silent(self.name, Message("there may be kinds of {noun} that the detector does not know", noun=noun))
        if (confidence(facts, best) or 0.0) >= SEEN or claim.words.exhausted(noun, kinds):
            return self._presence(claim, best, facts)
        none = "none of the {count} kinds of {noun} that the detector knows; there may be others"
        return silent(self.name, Message(none, count=len(kinds), noun=noun))

    def _presence(self, claim: Claim, noun: str, facts: Facts) -> Evidence:
        score = confidence(facts, noun) or 0.0
        boxes = sightings(facts, noun)
        region = boxes[0].box if boxes else None
        stance = stance_of(score, SEEN, SEEN / 2)
        if claim.kind != "object" and stance == "supports":
            stance = "silent"  # being there is needed for an attribute or a relation, and proves neither
        if stance == "supports" and claim.narrow and claim.negated:
            return silent(self.name, _indistinct(claim.narrow, noun))
        told = (
            "{noun} at {where} (confidence {score:.2f})"
            if region
            else "named {noun}, saw none (confidence {score:.2f})"
        )
        return Evidence(
            check=self.name,
            stance=stance,
            score=score,
            reason=Message(told, noun=noun, where=where(region) if region else "", score=score),
            picture=facts.picture,
            region=region,
            features={"logit": bounded_logit(score), "sighting": _sighting(score)},
            belief=float(score**_EVEN),
            is_condition=claim.kind != "object",
        )

    def _bound(self, claim: Claim, facts: Facts) -> Evidence:
        """Judge an inexact number: one clear thing and no second is evidence against "several", none at all is not."""
        boxes = sightings(facts, claim.noun, floor=FLOOR)
        odds = [box.score for box in boxes]
        least, most = claim.at_least or 0, claim.at_most
        score = _between(least, most, odds)
        saw = sum(odd >= SEEN for odd in odds)
        stance = stance_of(score, 0.5, 0.25)
        enough = _between(min(least, 2), most, odds)
        single = saw == 1 and max(odds) >= CLEARLY_SEEN and enough <= _FEW
        too_many = most is not None and saw > most and score <= _FEW and not claim.of_some
        if stance != "supports" and not (single or too_many):
            return silent(self.name, Message("saw {saw} {noun}; there may be more", saw=saw, noun=claim.noun))
        if stance == "supports" and claim.narrow and claim.of_some:
            return silent(self.name, _indistinct(claim.narrow, claim.noun))
        return Evidence(
            check=self.name,
            stance="supports" if stance == "supports" else "contradicts",
            score=score,
            reason=Message("saw {saw} {things}", saw=saw, things=_things(claim, saw), noun=claim.noun),
            picture=facts.picture,
            **_counted(boxes, odds),
            features={"logit": bounded_logit(score)},
            belief=_distinct(claim, score) if stance == "supports" or too_many else enough,
        )

    def _count(self, claim: Claim, number: int, facts: Facts) -> Evidence:
        boxes = sightings(facts, claim.noun, floor=FLOOR)
        odds = [box.score * _share(box, claim.colour) for box in boxes]
        score = poisson_binomial(number, odds)
        saw = sum(odd >= SEEN for odd in odds)
        colour, clear = claim.colour, sum(odd >= CLEARLY_SEEN for odd in odds)
        plain = clear == saw > 0  # every box is clear
        if claim.narrow:
            enough = 1 - sum(poisson_binomial(fewer, odds) for fewer in range(number))
            if enough >= 0.25 and (claim.of_some or not (plain and saw == number)):
                return silent(self.name, _indistinct(claim.narrow, claim.noun))
        too_many = clear > number
        too_few = plain and colour is None and number > 2 * saw
        may_be = colour is not None and sum(box.may_be(colour) for box in boxes) >= number
        others = may_be or (too_many and claim.of_some)  # enough of them may be of that colour, or others be meant
        value = score
        if plain and saw == number:
            value = max(score, _PLAIN)
        elif too_few and score <= 1 - _PLAIN:
            value = 1 - _PLAIN
        stance = stance_of(value, 0.5, 0.25)
        # what was not seen may be too small
        unsure = stance != "supports" and (others or not (too_many or too_few))
        if others and stance != "supports":
            stance = "silent"
        return Evidence(
            check=self.name,
            stance=stance,
            score=score,
            reason=_numbers(claim, number, saw),
            picture=facts.picture,
            **_counted(boxes, odds),
            features={
                "logit": bounded_logit(score),
                "even": bounded_logit(poisson_binomial(number, [odd**_EVEN for odd in self._even(claim, odds, facts)])),
                "difference": -abs(float(saw - number)),
                "presence": bounded_logit(max(odds, default=0.0)),
            },
            belief=None if unsure else _distinct(claim, value),
        )

    @staticmethod
    def _even(claim: Claim, odds: Sequence[float], facts: Facts) -> Sequence[float]:
        """Return the confidences of all things that may be counted; faint ones have no colour."""
        return odds if claim.colour else [box.score for box in faint_sightings(facts, claim.noun)]


class _Places(TypedDict):
    """Where evidence on a number is in the picture."""

    region: Box | None
    others: tuple[Box, ...]


def _counted(boxes: Sequence[Sighting], odds: Sequence[float]) -> _Places:
    """Return the boxes that were counted; the surest one where none was."""
    seen = [box.box for box, odd in zip(boxes, odds, strict=True) if odd >= SEEN] or [box.box for box in boxes[:1]]
    return {"region": seen[0] if seen else None, "others": tuple(seen[1:])}


def _sighting(score: float) -> float:
    """Return the log-odds of a confidence; without a sighting at most those of `_FAINT`.

    So a thing without a box never supports a claim: in real answers most claims on things with confidences of .03 to .14 were
    false.
    """
    return bounded_logit(score if score >= SEEN else min(score, _FAINT))


def _distinct(claim: Claim, belief: float) -> float:
    """Return the belief in a number of boxes for a narrower noun, "two men" of two people: they may be women.

    Of such numbers in captions of 1,000 photographs 109 of 218 were those of all boxes, and of 564 on another photograph 33.
    """
    return min(belief, _NARROW) if claim.narrow else belief


def _indistinct(narrow: str | None, noun: str | None) -> Message:
    """Return why a narrower noun cannot be judged: "woman" by boxes of persons."""
    return Message("the detector cannot tell a {narrow} from another {noun}", narrow=narrow, noun=noun)


def _things(claim: Claim, number: int | None) -> str:
    """Return the noun of a claim, in the plural unless there is one."""
    return str(claim.noun) if number == 1 else claim.words.plural(str(claim.noun))


def _numbers(claim: Claim, number: int, saw: int) -> Message:
    """Return how many things a claim names and how many were seen."""
    values = {"number": number, "saw": saw, "noun": claim.noun, "things": _things(claim, number)}
    if claim.colour is None:
        return Message("saw {saw} {things}" if saw == number else "named {number} {things}, saw {saw}", **values)
    told = "saw {saw} {colour} {things}" if saw == number else "named {number} {colour} {things}, saw {saw}"
    return Message(told, colour=claim.colour, **values)


def _may_be_missed(claim: Claim, facts: Facts) -> str:
    """Return why a detector may miss the thing, or "": it is said to be hard to see, or the picture is too small or too long."""
    nouns = (claim.noun, claim.reference) if claim.hard_to_see else ()
    missed = [noun for noun in nouns if noun and not sightings(facts, noun)]
    if missed and all(noun in claim.hard_to_see for noun in missed):
        return Message(
            "the {noun} is said to be small, far away or partly hidden, and may have been missed", noun=missed[0]
        )
    short, long = sorted(facts.size)
    if short < _SHORTEST:
        small = "a picture of {width} × {height} pixels is too small to see what is not there"
        return Message(small, width=facts.size[0], height=facts.size[1])
    if long > _LONGEST * short:
        narrow = "the picture is {times:.0f} times as long as wide: things in it are too small for the detector"
        return Message(narrow, times=long / short)
    return ""


def _between(least: int, most: int | None, odds: Sequence[float]) -> float:
    """Return the probability that the number of independent events is between two bounds, both included."""
    below = sum(poisson_binomial(number, odds) for number in range(least))
    return 1 - below if most is None else sum(poisson_binomial(number, odds) for number in range(least, most + 1))


def _share(box: Sighting, colour: str | None) -> float:
    if colour is None or not box.colours:
        return 1.0
    return 1.0 if box.colour == colour else min(1.0, box.colours.get(colour, 0.0) * 1.5)
