"""Claims on how something is: state, size, colour, material, parts and weather."""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import placed
from llamaindex_clipverify.claims.korean.properties import coloured_by_verb
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import Sense, lexicon

DESCRIBED = ("size", "state", "colour")
VISIBLE = word_set("visible_states")
"""States that a picture shows."""
_SOAKING = word_set("soaking_verbs")
"""Verbs after which 에 names what makes something so: 비에 젖다."""
_PARKED = word_set("parked_things")
_MATERIAL_VERBS = word_set("material_verbs")

_WRAPPING = ("덮이다", "뒤덮이다", "싸이다", "감싸이다", "씌워지다")
"""To be covered or wrapped."""
_SHEETS = ("fabric", "paper", "plastic", "cotton", "wool", "linen", "lace", "leather")


def made_of(claims: Claims, clause: Clause) -> bool:
    """Read "나무로 만든 의자", "유리로 되어 있다": what something is made of."""
    if clause.word not in _MATERIAL_VERBS:
        return False
    materials = lexicon().terms["materials"]
    grounds = [one for spot in clause.spots() if spot.case == "to" for one in spot.grounds if one.surface in materials]
    if clause.word in _WRAPPING and any(materials[one.surface] in _SHEETS for one in grounds):
        return False  # 천으로 덮이다: the cloth is on it
    for ground in grounds:
        ground.silent = True
        for phrase in clause.subjects:
            start, end = min(ground.start, phrase.start), max(clause.end, phrase.end)
            claims.about(
                "material", phrase, start, end, value=materials[ground.surface], negated=clause.negated, known=False
            )
            for colour in ground.colours:
                claims.about("attribute", phrase, start, end, colour=colour, negated=clause.negated)
    return bool(grounds)


def composed(claims: Claims, clause: Clause) -> None:
    """Read "A는 B와 C로 구성되어 있다": B and C are parts."""
    for item in clause.items:
        pieces = item.grounds if isinstance(item, Spot) else item.group()
        for piece in pieces if item.case == "to" else ():
            for whole in clause.subjects:
                claims.part(piece, whole, negated=clause.negated)


def in_state(claims: Claims, clause: Clause) -> None:
    """Add the state of the objects, or of the subjects if the clause has no objects."""
    sense = clause.has("states")
    assert sense is not None
    things = (clause.objects() if sense.value != "asleep" else []) or clause.subjects
    for phrase in things if clause.lasting else ():
        phrase.silent = phrase.silent and (phrase.sort != "unknown" or len(phrase.noun.removesuffix("들")) < 2)
    if sense.value == "full" and clause.spots() and not clause.negated:
        for spot in clause.spots():
            placed(claims, things, spot)  # 책장에 책이 가득하다
        return
    standing = sense.value == "parked" and clause.word == "세워지다" and not any(one.noun in _PARKED for one in things)
    state_value(claims, clause, "state", "upright" if standing else sense.value, things)
    if not clause.objects() and not clause.negated:
        for spot in clause.spots():
            if (
                clause.word in _SOAKING
                and spot.word == ""
                and all(one.sort in ("nature", "food") for one in spot.grounds)
            ):
                continue
            placed(claims, things, spot)


def state_value(claims: Claims, clause: Clause, kind: Kind, value: str, things: list[Phrase]) -> None:
    """Add a value of the phrases that the sentence states."""
    for phrase in things:
        if not phrase.silent and _can_be(phrase, value):
            claims.about(
                kind,
                phrase,
                min(clause.start, phrase.start),
                max(clause.end, phrase.end),
                value="roasted" if value == "curved" and phrase.sort == "food" else value,  # 구운
                negated=clause.negated,
                known=False,
            )


def _can_be(thing: Phrase, value: str) -> bool:
    """Return whether a state is one of a thing: a field that stretches out is not open, snow is not stacked."""
    wide = value == "open" and thing.sort in ("nature", "surfaces", "places", "buildings")
    loose = value == "stacked" and thing.noun in ("snow", "leaf", "dust")
    return not (wide or loose)


def describe(claims: Claims, clause: Clause, subjects: list[Phrase]) -> None:
    """Add size, state or colour of the subjects, or the comparison with a phrase before 보다."""
    sense = clause.has(*DESCRIBED)
    assert sense is not None
    than = [item for item in clause.items if isinstance(item, Phrase) and item.case == "like" and item.compared]
    if than and (sense.sort == "size" or sense.value in ("many", "few")):
        _compare(claims, clause, subjects, than[-1], sense.value)
        return
    if sense.value == "full" and clause.spots() and not clause.negated:
        for spot in clause.spots():
            placed(claims, subjects, spot)
        return
    for phrase in subjects:
        weather = phrase.surface == "날씨" and sense.value in ("sunny", "cloudy")
        if phrase.silent and not weather and phrase.surface not in ("키",):
            continue
        _described(claims, clause, phrase, sense.sort, sense.value)


def _compare(claims: Claims, clause: Clause, subjects: list[Phrase], than: Phrase, value: str) -> None:
    """Read "여자는 남자보다 크다"."""
    relation = {"big": "bigger than", "small": "smaller than", "many": "more than", "few": "fewer than"}.get(
        value, f"{value}er than"
    )
    for phrase in subjects:
        start, end = min(clause.start, phrase.start), max(clause.end, phrase.end)
        claims.about(
            "comparison",
            phrase,
            start,
            end,
            relation=relation,
            reference=than.noun,
            negated=clause.negated,
            known=False,
        )


def tall(clause: Clause) -> None:
    """Let the size of a body height be a size: 키가 크다 *tall*."""
    names = {"big": "tall", "small": "short"}
    clause.senses = [Sense(sense.sort, names.get(sense.value, sense.value)) for sense in clause.senses]


def _described(claims: Claims, clause: Clause, phrase: Phrase, sort: str, value: str) -> None:
    start, end = min(clause.start, phrase.start), max(clause.end, phrase.end)
    if sort == "colour":
        verb = clause.start if clause.ending == "adn" else phrase.start
        stop = clause.end if clause.ending != "adn" else phrase.end
        coloured_by_verb(
            claims, phrase, value, min(verb, phrase.start), stop, negated=clause.negated, before=clause.ending == "adn"
        )
    elif value == "many":
        if not clause.negated:
            claims.about("bound", phrase, start, end, at_least=3, known=False, plural=True)
    elif value in ("young", "old") and not phrase.living:
        return
    elif value in ("sunny", "cloudy"):
        claims.scene("weather", value, start, end)
    elif value in VISIBLE or sort == "size":
        claims.about(sort, phrase, start, end, value=value, negated=clause.negated, known=False)  # type: ignore[arg-type]


def weather(claims: Claims, clause: Clause, subjects: list[Phrase]) -> None:
    """Add that it rains or snows."""
    for phrase in subjects:
        if not clause.negated:
            claims.scene("weather", "rainy" if phrase.noun == "rain" else "snowy", phrase.start, clause.end)
        phrase.covered = True
