"""Places, by the things in them: who sees a toilet is in a bathroom, and hardly in a street.

Many places hold things that are hardly anywhere else (context as in Torralba, "Contextual Priming for Object Detection", IJCV
2003): one clear box of such a thing supports the place. Things of the open air contradict a room, and two fixtures of rooms a
place outdoors, where nothing of the place itself was seen. Whatever has no such things, for example a forest or a church, is
left to an encoder. The table was written down by hand, and the beliefs are not calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.sightings import (
    CLEARLY_SEEN,
    DETECTOR_FACTS,
    Sighting,
    detector_saw,
    sightings,
    where,
)
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message


def _of(names: str) -> frozenset[str]:
    return frozenset(names.split(", "))


_FIXTURES = _of("bed, couch, toilet, sink, tv, refrigerator, oven, microwave, toaster")
"""Things that stand in rooms."""
_FIXED = _FIXTURES - _of("couch, tv")
"""Those of them that are hardly ever outdoors."""
_OUTSIDE = _of(
    "car, bus, truck, train, motorcycle, airplane, boat, traffic light, fire hydrant, stop sign, parking meter, kite, skis, "
    "snowboard, surfboard, horse, sheep, cow, elephant, bear, zebra, giraffe"
)
"""Things of the open air."""
_TELLING: tuple[tuple[str, frozenset[str]], ...] = (
    ("bathroom, restroom, toilet room", _of("toilet")),
    ("kitchen", _of("oven, refrigerator, microwave, toaster")),
    ("bedroom, hotel room, hospital room", _of("bed")),
    ("living room, lounge", _of("couch")),
    (
        "street, city street, road",
        _of("car, bus, truck, traffic light, stop sign, fire hydrant, parking meter"),
    ),
    ("intersection, crosswalk", _of("traffic light, stop sign")),
    ("airport, runway, tarmac, airfield, hangar", _of("airplane")),
    ("train station, railway station, railroad, railway", _of("train")),
    ("harbor, marina, dock, port", _of("boat")),
    ("ski slope, slope, ski resort", _of("skis, snowboard")),
    ("tennis court", _of("tennis racket")),
    ("baseball field, ballpark, baseball diamond", _of("baseball bat, baseball glove")),
    ("skate park, skatepark", _of("skateboard")),
    ("farm, pasture, ranch", _of("cow, sheep, horse")),
    ("zoo, savanna, safari park", _of("elephant, zebra, giraffe")),
    ("indoors, room", _FIXTURES),
    ("outdoors", _OUTSIDE),
)
"""Places, and the things any one of which tells of them."""
_THINGS_OF = {place: things for places, things in _TELLING for place in places.split(", ")}
_ROOMS = _of(
    "bathroom, restroom, kitchen, bedroom, hotel room, hospital room, living room, lounge, dining room, office, classroom, "
    "library, indoors, room, gym"
)
"""Rooms; not those from which one often sees a street, such as a restaurant."""
_OPEN_AIR = _of(
    "street, city street, road, intersection, highway, parking lot, crosswalk, airfield, runway, tarmac, harbor, marina, dock, "
    "pier, beach, ocean, lake, river, ski slope, slope, field, meadow, pasture, farm, forest, wood, desert, mountains, park, "
    "playground, garden, yard, outdoors, sidewalk, trail, tennis court, baseball field, skate park"
)
_OTHER_ROOMS = {
    "bathroom": _of("oven, refrigerator, microwave, bed, couch"), "kitchen": _of("toilet, bed"),
    "bedroom": _of("toilet, oven, refrigerator, microwave"), "living room": _of("toilet, oven, microwave"),
    "dining room": _of("toilet, bed"), "office": _of("toilet, bed, oven"),
}  # fmt: skip
"""Rooms, and the fixtures of others."""
PLACES = _ROOMS | _OPEN_AIR | frozenset(_THINGS_OF)
"""The places that this check can judge."""
_WITHIN = frozenset(("in", "inside", "at", "on"))
_SUPPORTED, _REFUTED = 0.85, 0.12


@dataclass(frozen=True)
class Places(AddsNoFacts):
    """Confidence 0–1 of the thing that tells of the place; minus that of the thing that it cannot have."""

    name: str = "places"
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge scenes that are places, and that a thing which is seen is in such a place."""
        if not detector_saw(facts):
            return None
        if claim.kind == "scene" and claim.facet == "place":
            return self._of(str(claim.value), facts)
        if claim.kind != "relation" or claim.relation not in _WITHIN or claim.reference not in PLACES:
            return None
        if not sightings(facts, claim.noun):
            return silent(self.name, Message("no {noun} found to look at", noun=claim.noun))
        return self._of(claim.reference, facts)

    def _of(self, place: str, facts: Facts) -> Evidence | None:
        own, foreign = _THINGS_OF.get(place, frozenset()), _foreign_to(place)
        if not own and not foreign:
            return None
        seen = sightings(facts)
        told = [one for one in seen if one.label in own]
        if told and told[0].score >= CLEARLY_SEEN:
            return self._found(told[0], facts, _SUPPORTED)
        against = [one for one in seen if one.label in foreign and one.score >= CLEARLY_SEEN]
        fits = told or any(one.label in (_FIXTURES if place in _ROOMS else _OUTSIDE) - foreign for one in seen)
        needed = 1 if place in _ROOMS else 2  # a single toilet may stand in a field
        if len({one.label for one in against}) >= needed and not fits:
            return self._found(against[0], facts, _REFUTED)
        return silent(self.name, "nothing was found that tells of the place")

    def _found(self, one: Sighting, facts: Facts, belief: float) -> Evidence:
        supports = belief > 0.5
        return Evidence(
            check=self.name,
            stance="supports" if supports else "contradicts",
            score=one.score if supports else -one.score,
            reason=Message("there is a {noun} at {where}", noun=one.label, where=where(one.box)),
            picture=facts.picture,
            region=one.box,
            belief=belief,
        )


def _foreign_to(place: str) -> frozenset[str]:
    """Return the things that are not in such a place."""
    if place in _ROOMS:
        return _OUTSIDE | _OTHER_ROOMS.get(place, frozenset())
    return _FIXED if place in _OPEN_AIR else frozenset()
