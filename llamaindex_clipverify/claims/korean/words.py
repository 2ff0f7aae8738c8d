"""Korean words, from claims/words/korean.json: nouns, colours, numbers, relations and counters."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from llamaindex_clipverify.claims.vocabulary import Vocabulary, english


@dataclass(frozen=True)
class Korean:
    """The Korean vocabulary with the words that do not fit into a `Vocabulary`."""

    vocabulary: Vocabulary
    counters: tuple[str, ...]
    wider: dict[str, str]
    """Surface form to an English hypernym: 동물 to *animal*."""


@lru_cache
def korean_words() -> Korean:
    """Return the words of claims/words/korean.json."""
    data = json.loads((files("llamaindex_clipverify.claims") / "words" / "korean.json").read_text(encoding="utf-8"))
    base = english()
    vocabulary = replace(
        base,
        language=data["language"],
        nouns=_surface(data["nouns"]),
        plural_forms=frozenset(),
        singular_forms=frozenset(form for forms in data["nouns"].values() for form in forms),
        colours=_surface(data["colours"]),
        numbers=data["numbers"],
        relations=_surface(data["relations"]),
        narrow=_surface(data["narrow"]),
    )
    return Korean(vocabulary, tuple(data["counters"]), _surface(data["wider"]))


def korean() -> Vocabulary:
    """Return the built-in Korean vocabulary: surface forms are Korean, canonical words English."""
    return korean_words().vocabulary


def _surface(table: dict[str, list[str]]) -> dict[str, str]:
    return {form: canonical for canonical, forms in table.items() for form in forms}
