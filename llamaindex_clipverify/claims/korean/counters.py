"""Counters that follow a Korean number, with their particles: 마리가, 명이상, 개쯤."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean import particles
from llamaindex_clipverify.claims.korean.word_lists import word_list, word_table
from llamaindex_clipverify.claims.korean.words import lexicon

_LIMITS = {suffix: word_table("limits").get(suffix, "about") for suffix in word_list("counter_suffixes")}
"""Suffix of a counter to what it makes of the number, in the order in which they are removed."""


def read_counter(text: str) -> tuple[str, str, int, str] | None:
    """Return case, copula, length of the particle and limit of a counter with what follows it; None if it is none."""
    for size in range(min(len(text), 5), 0, -1):
        if text[:size] not in lexicon().sets["counters"]:
            continue
        rest, limit = text[size:], ""
        for mark, meaning in _LIMITS.items():
            if rest.startswith(mark):
                rest, limit = rest[len(mark) :], meaning
        rest = rest.removeprefix("들")
        follows = particles.ENDINGS.get(rest)
        if follows is not None:
            return follows[0], follows[1], len(rest), limit
    return None
