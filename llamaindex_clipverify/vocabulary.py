"""The words a claim is made of: object nouns with their plurals and synonyms, colours, numbers and spatial relations.

Words are data (``words/<language>.json``); this file only looks them up. Nothing here decides whether a claim is true.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Vocabulary:
    """Nouns, colours, numbers and relations of one language, each under its canonical name."""

    language: str
    """ISO 639-1 code."""
    nouns: Mapping[str, str]
    """Surface form, singular or plural, to canonical noun: ``{"puppies": "dog"}``."""
    plural_forms: frozenset[str]
    """Surface forms that name more than one; a word like *sheep* is in here and in `singular_forms`."""
    singular_forms: frozenset[str]
    plurals: Mapping[str, str]
    """Canonical noun to its plural."""
    groups: Mapping[str, str]
    """Canonical noun to its family (``vehicle``, ``animal``, …): sisters make the hardest foils."""
    colours: Mapping[str, str]
    """Surface form to canonical colour: ``{"crimson": "red"}``."""
    numbers: Mapping[str, int]
    relations: Mapping[str, str]
    """Surface form to canonical relation: ``{"underneath": "below"}``."""
    opposites: Mapping[str, str]

    def plural(self, noun: str) -> str:
        """Return the plural of a canonical noun, by rule when it is not listed."""
        return self.plurals.get(noun) or _regular_plural(noun)

    def canonical(self, word: str) -> str:
        """Return the canonical noun of a word or class name, or the word itself in lower case."""
        plain = word.lower().replace("_", " ").strip()
        return self.nouns.get(plain, plain)

    def sisters(self, noun: str) -> list[str]:
        """Return the other canonical nouns of the same family, in the order of the data file."""
        group = self.groups.get(noun)
        return [other for other, family in self.groups.items() if family == group and other != noun] if group else []

    def number_word(self, number: int) -> str:
        """Return the word for a small number, or its digits."""
        return next((word for word, value in self.numbers.items() if value == number), str(number))

    def with_nouns(self, nouns: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
        """Return a copy that also knows ``{noun: {"plural": ..., "group": ..., "synonyms": [[one, many], ...]}}``."""
        own = _noun_tables(nouns)
        return Vocabulary(
            self.language,
            {**self.nouns, **own["nouns"]},
            self.plural_forms | own["plural_forms"],
            self.singular_forms | own["singular_forms"],
            {**self.plurals, **own["plurals"]},
            {**self.groups, **own["groups"]},
            self.colours,
            self.numbers,
            self.relations,
            self.opposites,
        )


def _regular_plural(noun: str) -> str:
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _noun_tables(nouns: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    surface: dict[str, str] = {}
    plural_forms: set[str] = set()
    singular_forms: set[str] = set()
    for noun, entry in nouns.items():
        pairs = [(noun, entry.get("plural") or _regular_plural(noun)), *entry.get("synonyms", ())]
        for one, many in pairs:
            surface[one] = surface[many] = noun
            singular_forms.add(one)
            plural_forms.add(many)
    return {
        "nouns": surface,
        "plural_forms": frozenset(plural_forms),
        "singular_forms": frozenset(singular_forms),
        "plurals": {noun: entry.get("plural") or _regular_plural(noun) for noun, entry in nouns.items()},
        "groups": {noun: entry.get("group", "other") for noun, entry in nouns.items()},
    }


def _surface(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {form: canonical for canonical, forms in table.items() for form in forms}


@lru_cache
def english() -> Vocabulary:
    """Return the built-in English vocabulary: the 80 COCO nouns, 11 colours, numbers to twelve, 7 relations."""
    data = json.loads((files("llamaindex_clipverify") / "words" / "english.json").read_text(encoding="utf-8"))
    return Vocabulary(
        language=data["language"],
        **_noun_tables(data["nouns"]),
        colours=_surface(data["colours"]),
        numbers=data["numbers"],
        relations=_surface(data["relations"]),
        opposites=data["opposites"],
    )
