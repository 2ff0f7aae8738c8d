"""Claims on where something is, and on the place that a picture shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.phrases import Phrase, Spot
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_rows, word_set

_INNER = word_list("inner_places")
_SIDES = word_rows("opposite_sides")
_DEPTHS = {"앞": ["foreground"], "뒤": ["background"]}
"""Where 앞 and 뒤 are if nothing is named that they refer to."""
NO_GROUNDS = ("rain", "light", "sunlight", "moonlight", "storm")
"""Weather and light that somebody is in, but that is no place."""
_OUTDOOR = word_set("outdoor_scenes")
"""Nouns that are the place of the picture with a particle alone."""


def placed(
    claims: Claims, figures: Iterable[Phrase], spot: Spot, *, negated: bool = False, above: bool = False
) -> None:
    """Add what a place says of some phrases."""
    figures = [one for one in figures if not (one.silent and one.sort != "people") and one.noun]
    _state_surroundings(claims, spot)
    grounds = [one for phrase in spot.grounds for one in (phrase.stands_for if phrase.pronoun else [phrase])]
    if not grounds and not spot.positions and spot.relation:
        grounds = [one for one in (*claims.last, *claims.focus) if one not in figures and not one.negated][-1:]
    opposite = _opposite(claims, spot)
    grounds = grounds or opposite
    first = not spot.grounds and not any(one.start < spot.start and one not in figures for one in claims.phrases)
    positions = spot.positions or (_DEPTHS.get(spot.word, []) if first else [])
    for figure in figures:
        for value in positions if not grounds else ():
            start, end = min(figure.start, spot.start), max(figure.end, spot.end)
            claims.about("position", figure, start, end, value=value, negated=negated, known=False)
        for ground in grounds[: 1 if spot.relation == "between" else None]:
            related = spot.relation not in ("", "to") and ground.noun not in ("", *NO_GROUNDS)
            related = related and not (
                ground.noun == "hand" and figure.sort == "people"
            )  # 한 손에는 컵을 들고 있는 여자
            if related and ground is not figure and not ground.silent:
                claims.relation(_relation_named(spot, ground, above), figure, ground, spot, negated=negated)
                if claims.instead is not None and not negated:
                    claims.instead.silent = False
                    claims.relation(_relation_named(spot, ground, above), figure, claims.instead, spot, negated=True)
                    claims.instead.covered, claims.instead = True, None
                figure.covered = figure.covered or (negated and figure.case != "topic")


def _opposite(claims: Claims, spot: Spot) -> list[Phrase]:
    """Return what an opposite side named before was a side of: "남자의 왼쪽에는 개가, 오른쪽에는 자전거가"."""
    if spot.grounds:
        claims.sides[spot.word] = spot.grounds
        return []
    word = next((side for side in _SIDES.get(spot.word, ()) if side in claims.sides), None)
    return claims.sides[word] if word is not None else []


def admit(spots: Iterable[Spot]) -> None:
    """Take grounds of no list for things, after a verb that only things can be the place of: 있다, 놓이다, 앉다."""
    for ground in (one for spot in spots for one in spot.grounds):
        if ground.sort == "unknown":
            ground.silent = False


def _relation_named(spot: Spot, ground: Phrase, above: bool) -> str:
    if spot.word in ("위",) and (above or ground.noun in ("sky", "head")):
        return "above"
    if spot.relation == "on side":
        return "at"
    if spot.relation == "inside" and ground.sort in ("places", "nature", "buildings"):
        return "in"
    return spot.relation


def _state_surroundings(claims: Claims, spot: Spot) -> None:
    """Add the place of the picture: 주방에, 공원에서."""
    for ground in spot.grounds:
        inside = spot.relation in ("in", "inside", "into", "at", "on") or spot.word in _INNER
        outdoor = spot.word == "" and ground.noun in _OUTDOOR
        if (
            not ground.silent
            and not ground.negated
            and ((ground.sort == "places" and inside) or outdoor)
            and spot.word in ("", *_INNER, "안쪽")
        ):
            claims.scene("place", ground.noun, ground.start, ground.end)


def captioned(claims: Claims, phrases: Sequence[Phrase]) -> None:
    """Read a caption that ends in a place: "소파가 있는 거실"."""
    for phrase in phrases[-1:]:
        if phrase.sort == "places" and not phrase.negated and phrase.case == "":
            claims.scene("place", phrase.noun, phrase.start, phrase.end)
