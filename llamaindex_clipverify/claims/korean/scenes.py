"""Weather and time of day that a Korean sentence names: 밤에, 해질녘, 맑은 날, 야외에서."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set

_RAIN = word_set("rain_verbs")
_FRAMES = word_set("frames")
_TIME_NOUNS = word_set("time_nouns")


def scenes(tokens: Sequence[Token], claims: Claims) -> None:
    """Add the claims on weather, time and outdoors."""
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.noun is not None and token.noun.english == "rain" and after is not None and _shelters(after):
            claims.scene("weather", "rainy", token.start, after.end)
        if token.noun is not None and token.noun.sort == "places" and token.case == "" and _framed(after):
            claims.scene("place", token.noun.english, token.start, token.stop)
        if token.table == "weather":
            claims.scene("weather", token.value, token.start, token.stop)
        elif token.table == "times" and (_is_time(token, after) or (at > 0 and is_date(tokens[at - 1]))):
            claims.scene("time", token.value, token.start, token.stop)
        elif token.table == "settings" and (token.case in ("at", "in", "of", "") or token.copula):
            claims.scene("place", token.value, token.start, token.stop)


def _shelters(token: Token) -> bool:
    """Return whether a verb says that it rains: 비를 피하다, 비가 그치길."""
    return any(verb.word in _RAIN for verb in token.verbs)


def is_date(token: Token) -> bool:
    """Return whether a word is a day of the month: 23일."""
    return token.text.endswith("일") and token.text[:-1].isdigit()


def _framed(after: Token | None) -> bool:
    """Return whether a word for the picture follows: 시골 풍경."""
    return after is not None and after.stem in _FRAMES


def _is_time(token: Token, after: Token | None) -> bool:
    if token.value in ("sunset", "sunrise") or token.stem == "밤하늘":
        return True
    if token.case == "at" or token.copula in ("final", "and"):
        return True
    around = after is not None and after.noun is not None and after.noun.sort in ("places", "nature", "surfaces")
    if token.case == "" and around and token.value in ("night", "evening", "morning", "sunrise"):
        return True
    return token.case in ("", "of") and after is not None and after.stem in _TIME_NOUNS
