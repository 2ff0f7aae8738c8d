"""Weather and time of day that a Korean sentence names: 밤에, 해질녘, 맑은 날, 야외에서."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.tokens import Token
from llamaindex_clipverify.claims.korean.word_lists import word_set

_TIME_NOUNS = word_set("time_nouns")


def scenes(tokens: Sequence[Token], claims: Claims) -> None:
    """Add the claims on weather, time and outdoors."""
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.table == "weather":
            claims.scene("weather", token.value, token.start, token.stop)
        elif token.table == "times" and _is_time(token, after):
            claims.scene("time", token.value, token.start, token.stop)
        elif token.table == "settings" and (token.case in ("at", "in", "of", "") or token.copula):
            claims.scene("place", token.value, token.start, token.stop)


def _is_time(token: Token, after: Token | None) -> bool:
    if token.value == "sunset" and token.stem == "노을":
        return True
    if token.case == "at" or token.copula in ("final", "and"):
        return True
    return token.case in ("", "of") and after is not None and after.stem in _TIME_NOUNS
