"""Claims on the colour, the number and the identity of phrases named before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.phrases import Phrase, Spot
from llamaindex_clipverify.claims.korean.places import placed
from llamaindex_clipverify.claims.korean.words import lexicon

_MADE = ("things", "surfaces", "containers", "parts", "garments", "bags", "buildings")
"""Families of things that are made of a material."""


def coloured(
    claims: Claims, subjects: Sequence[Phrase], colour: str, end: int, *, negated: bool, sort: str = "colours"
) -> None:
    """Add that things have a colour: "자동차는 빨간색이다"."""
    for phrase in subjects:
        if phrase.silent and phrase.sort != "unknown":
            continue
        phrase.silent = False
        phrase.covered = True
        words: dict[str, Any] = {"colour": colour, "negated": negated}
        for owner in phrase.owners:
            for one in owner.stands_for if owner.pronoun else [owner]:
                if claims.is_part(one, phrase):
                    claims.about("part", phrase, phrase.start, end, reference=one.noun, known=False, **words)
        claims.about("attribute", phrase, phrase.start, end, known=phrase.known and sort == "colours", **words)


def coloured_by_verb(
    claims: Claims, phrase: Phrase, colour: str, start: int, end: int, *, negated: bool, before: bool
) -> None:
    """Add a colour that an adjective states: 빨갛다, 하얗지 않은."""
    if before and not negated and not phrase.owners:
        phrase.colours.append(colour)
        phrase.start = min(start, phrase.start)
        return
    coloured(claims, [phrase], colour, end, negated=negated)


def counted(
    claims: Claims, subjects: Sequence[Phrase], number: int | None, least: int | None, most: int | None, token: Any
) -> None:
    """Add a number that stands apart from its noun: "의자는 모두 네 개이다"."""
    for phrase in subjects:
        here = phrase in claims.phrases
        start = phrase.start if here else token.start
        if number is not None:
            claims.about("count", phrase, start, token.stop, number=number, plural=number > 1)
            phrase.covered = True
        elif least is not None or most is not None:
            claims.about("bound", phrase, start, token.stop, at_least=least, at_most=most, plural=True, known=False)


def is_no(claims: Claims, phrase: Phrase, topics: Sequence[Phrase]) -> None:
    """Read "고양이가 아니다"."""
    material = lexicon().terms["materials"].get(phrase.surface)
    made = [one for one in topics if one.sort in _MADE and not one.silent] if material else []
    for one in made:
        claims.about("material", one, one.start, phrase.end, value=material, negated=True, known=False)
    phrase.silent = phrase.silent or bool(made)
    for one in phrase.group():
        one.negated = not one.silent
    for topic in topics:
        if topic.living and phrase.sort == "body" and phrase.colours:
            claims.part(phrase, topic, negated=True)
        elif topic.living and phrase.sort == "garments":
            claims.wearing(topic, phrase, min(topic.start, phrase.start), max(topic.end, phrase.end), negated=True)


def called(claims: Claims, phrase: Phrase, topics: Sequence[Phrase], spots: Sequence[Spot]) -> None:
    """Read "이곳은 주방입니다", "그녀의 머리는 긴 머리입니다"."""
    here = any(one.surface in ("이곳", "여기") for one in topics) and phrase.noun in terms().places  # 이곳은 해변이다
    if (phrase.sort == "places" or here) and not phrase.silent:
        claims.scene("place", phrase.noun, phrase.start, phrase.end)
        phrase.covered = True
    for spot in spots:
        placed(claims, phrase.group(), spot)
    kinds: tuple[Kind, ...] = ("pattern", "material")
    for kind in kinds:
        value = lexicon().terms[f"{kind}s"].get(phrase.surface)
        made = [one for one in topics if one.sort in _MADE and not one.silent]
        if value and made:
            termed(claims, made, kind, value, phrase.end)
            phrase.covered = True
    for topic in topics:
        if phrase.sort == "body" and topic.living:
            claims.part(phrase, topic, negated=False)
            for colour in phrase.denied_colours:
                _deny_part_colour(claims, phrase, topic, colour)


def termed(claims: Claims, subjects: Sequence[Phrase], kind: Kind, value: str, end: int) -> None:
    """Add the pattern or material of things: "치마는 물방울무늬이다", "의자는 나무이다"."""
    for phrase in subjects:
        claims.about(kind, phrase, phrase.start, end, value=value, known=False)


def _deny_part_colour(claims: Claims, part: Phrase, owner: Phrase, colour: str) -> None:
    """Deny the colour of a part of somebody, in place of the denied colour of the part alone."""
    claims.about("part", part, part.start, part.end, reference=owner.noun, colour=colour, negated=True, known=False)
    claims.found = [
        one
        for one in claims.found
        if not (one.kind == "attribute" and one.negated and one.colour == colour and one.noun == part.noun)
    ]
