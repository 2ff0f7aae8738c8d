"""Objects: does the detector see what the claim names, and as many?

It is silent about nouns that its classes do not include – unknown is not absent. Of a wider noun, such as *animal*, it sees
the kinds it knows. Counting treats boxes as independent detections and asks for the probability of exactly that number
(Poisson binomial).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.sightings import SEEN, Sighting, confidence, logit, sightings, where
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.protocols import Detector
from llamaindex_clipverify.picture import Picture

CLEARLY = 0.5
"""Confidence from which boxes are counted against a claim."""
FLOOR = 0.10
"""Boxes below this confidence are not kept; only the highest confidence of each class is, down to .001."""
_MOST_BOXES = 40


@dataclass(frozen=True)
class Objects:
    """Probability 0–1 that the named thing is there (or is there as often as named), from the detector's confidences."""

    detector: Detector
    name: str = "objects"
    version: int = 1
    needs: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Id of the detector."""
        return self.detector.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Detect: ``boxes`` (N, 4) xyxy, ``labels``, ``scores`` (N,), ``maxima`` per class."""
        wanted = sorted(english().plurals) if self.detector.labels is None else None
        return [_kept(found) for found in self.detector.detect(pictures, wanted)]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge objects, attributes (is the thing there at all?), counts, and relations (are both there?)."""
        seen = facts.of(self.name)
        if seen is None or claim.noun is None or claim.kind not in ("object", "attribute", "count", "relation"):
            return None
        nouns = [claim.noun, *([claim.reference] if claim.reference else [])]
        if not self._knows(claim.noun) and claim.reference is None:
            return self._of_kin(claim, claim.noun, facts)
        unknown = [noun for noun in nouns if not self._knows(noun)]
        if unknown:
            return silent(self.name, f"the detector has no class for “{unknown[0]}”")
        if claim.kind == "count" and claim.number is not None:
            return self._count(claim, claim.number, facts)
        weakest = min(nouns, key=lambda noun: confidence(facts, noun) or 0.0)
        return self._presence(claim, weakest, facts)

    @property
    def _classes(self) -> tuple[str, ...]:
        """What it looks for: its own classes, or what an open detector was asked for."""
        return tuple(sorted(english().plurals)) if self.detector.labels is None else tuple(self.detector.labels)

    def _knows(self, noun: str) -> bool:
        return noun in self._classes

    def _of_kin(self, claim: Claim, noun: str, facts: Facts) -> Evidence:
        """Judge a noun without a class by the classes that are kinds of it."""
        kinds = claim.words.kinds(noun, self._classes)
        if kinds:
            return self._any_of(claim, noun, kinds, facts)
        return silent(self.name, f"the detector has no class for “{noun}”")

    def _any_of(self, claim: Claim, noun: str, kinds: tuple[str, ...], facts: Facts) -> Evidence:
        best = max(kinds, key=lambda one: confidence(facts, one) or 0.0)
        if claim.kind == "count" and claim.number is not None:
            saw = sum(len(sightings(facts, kind, floor=CLEARLY)) for kind in kinds)
            if saw > claim.number:
                return Evidence(self.name, "contradicts", 0.0, f"named {claim.number}, saw {saw}", facts.picture)
            return silent(self.name, f"there may be kinds of {noun} that the detector does not know")
        if (confidence(facts, best) or 0.0) >= SEEN or claim.words.exhausted(noun, kinds):
            return self._presence(claim, best, facts)
        return silent(
            self.name, f"none of the {len(kinds)} kinds of {noun} that the detector knows; there may be others"
        )

    def _presence(self, claim: Claim, noun: str, facts: Facts) -> Evidence:
        score = confidence(facts, noun) or 0.0
        boxes = sightings(facts, noun)
        region = boxes[0].box if boxes else None
        stance = stance_of(score, SEEN, SEEN / 2)
        if claim.kind != "object" and stance == "supports":
            stance = "silent"  # being there is needed for an attribute or a relation, and proves neither
        if stance == "supports" and claim.narrow and claim.negated:
            return silent(self.name, f"the detector cannot tell a {claim.narrow} from another {noun}")
        reason = f"{noun} at {where(region)}" if region else f"named {noun}, saw none"
        reason += f" (confidence {score:.2f})"
        return Evidence(self.name, stance, score, reason, facts.picture, region, {"logit": logit(score)})

    def _count(self, claim: Claim, number: int, facts: Facts) -> Evidence:
        boxes = sightings(facts, claim.noun, floor=FLOOR)
        odds = [box.score * _share(box, claim.colour) for box in boxes]
        score = exactly(number, odds)
        if claim.narrow:
            enough = 1 - sum(exactly(fewer, odds) for fewer in range(number))
            if enough >= 0.25:
                return silent(self.name, f"the detector cannot tell a {claim.narrow} from another {claim.noun}")
        saw = sum(odd >= SEEN for odd in odds)
        named = f"{claim.colour} {claim.noun}" if claim.colour else str(claim.noun)
        many = claim.words.plural(str(claim.noun)) if number != 1 else claim.noun
        stance = stance_of(score, 0.5, 0.25)
        return Evidence(
            self.name,
            stance,
            score,
            f"named {number} {claim.colour + ' ' if claim.colour else ''}{many}, saw {saw}"
            if saw != number
            else f"saw {saw} {many if not claim.colour else named}",
            facts.picture,
            boxes[0].box if boxes else None,
            {"logit": logit(score), "difference": -abs(float(saw - number)), "presence": logit(max(odds, default=0.0))},
        )


def exactly(number: int, probabilities: Sequence[float]) -> float:
    """Return the probability that exactly `number` of independent events happen (Poisson binomial, by recursion)."""
    chances = np.zeros(len(probabilities) + 2)
    chances[0] = 1.0
    for probability in probabilities:
        chances[1:] = chances[1:] * (1 - probability) + chances[:-1] * probability
        chances[0] *= 1 - probability
    return float(chances[number]) if number < len(chances) else 0.0


def _share(box: Sighting, colour: str | None) -> float:
    if colour is None or not box.colours:
        return 1.0
    return 1.0 if box.colour == colour else min(1.0, box.colours.get(colour, 0.0) * 1.5)


def _kept(found: Any) -> dict[str, Any]:
    keep = [place for place, score in enumerate(found.scores) if score >= FLOOR][:_MOST_BOXES]
    return {
        "boxes": np.array([found.boxes[place] for place in keep], np.float32).reshape(-1, 4),
        "labels": [found.labels[place] for place in keep],
        "scores": np.array([found.scores[place] for place in keep], np.float32),
        "maxima": {label: round(float(score), 5) for label, score in found.maxima.items() if score >= 0.001},
    }
