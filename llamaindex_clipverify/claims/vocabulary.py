"""The words a claim is made of: object nouns with their plurals and synonyms, colours, numbers and spatial relations.

Words are data (``words/<language>.json``); this file only looks them up. Nothing here decides whether a claim is true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from llamaindex_clipverify.claims.wordnet import wordnet


@dataclass(frozen=True, eq=False, kw_only=True)
class Vocabulary:
    """Nouns, colours, numbers and relations of one language, each under its canonical name; equal to itself alone."""

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
    narrow: Mapping[str, str] = field(default_factory=dict)
    """Surface form that says more than its noun, to its singular: ``{"men": "man"}``. What sees persons cannot tell men."""

    def plural(self, noun: str) -> str:
        """Return the plural of a canonical noun: WordNet's or by rule when it is not listed."""
        return self.plurals.get(noun) or wordnet().plural(noun) or regular_plural(noun)

    def canonical(self, word: str) -> str:
        """Return the canonical noun of a word or class name, or the word itself in lower case."""
        plain = word.lower().replace("_", " ").strip()
        return self.nouns.get(plain, plain)

    def sisters(self, noun: str) -> list[str]:
        """Return the other canonical nouns of the same family, in the order of the data file; WordNet's for other nouns."""
        group = self.groups.get(noun)
        if group is None:
            return wordnet().sisters(noun)
        return [other for other, family in self.groups.items() if family == group and other != noun]

    def kinds(self, noun: str, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return those of some nouns, by default all canonical ones, that are kinds of a noun: of *animal* the dog."""
        options = tuple(self.groups if among is None else among)
        own = {one for one in options if self.groups.get(one) == noun and not wordnet().meanings(one)}
        return tuple(one for one in options if one in own or wordnet().kinds(noun, (one,)))

    def exhausted(self, noun: str, by: Iterable[str]) -> bool:
        """Whether some nouns are all the kinds of a noun that are listed: then none of them means no such thing."""
        return wordnet().exhausted(noun, by)

    def related(self, noun: str, other: str) -> bool:
        """Whether one of two nouns is a kind of the other: then a picture of one may well be one of the other."""
        return wordnet().is_kind(noun, other) or wordnet().is_kind(other, noun)

    def relation_at(self, words: Sequence[str]) -> tuple[int, str | None]:
        """Return the longest relation that some words, in lower case, begin with: how many words, and its canonical name."""
        for form, relation in self._links.get(words[0], ()) if words else ():
            if tuple(words[: len(form)]) == form:
                return len(form), relation
        return 0, None

    @cached_property
    def _links(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for form in sorted(self.relations, key=len, reverse=True):
            parts = tuple(form.split())
            found.setdefault(parts[0], []).append((parts, self.relations[form]))
        return found

    def number_word(self, number: int) -> str:
        """Return the word for a small number, or its digits."""
        return next((word for word, value in self.numbers.items() if value == number), str(number))

    def with_nouns(self, nouns: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
        """Return a copy that also knows ``{noun: {"plural": ..., "group": ..., "synonyms": [[one, many], ...]}}``."""
        own = _noun_tables(nouns)
        return replace(
            self,
            nouns={**self.nouns, **own["nouns"]},
            plural_forms=self.plural_forms | own["plural_forms"],
            singular_forms=self.singular_forms | own["singular_forms"],
            plurals={**self.plurals, **own["plurals"]},
            groups={**self.groups, **own["groups"]},
        )


def regular_plural(noun: str) -> str:
    """Return the plural of an English noun by rule."""
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
        pairs = [(noun, entry.get("plural") or regular_plural(noun)), *entry.get("synonyms", ())]
        for one, many in pairs:
            surface[one] = surface[many] = noun
            singular_forms.add(one)
            plural_forms.add(many)
    return {
        "nouns": surface,
        "plural_forms": frozenset(plural_forms),
        "singular_forms": frozenset(singular_forms),
        "plurals": {noun: entry.get("plural") or regular_plural(noun) for noun, entry in nouns.items()},
        "groups": {noun: entry.get("group", "other") for noun, entry in nouns.items()},
    }


def _surface(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {form: canonical for canonical, forms in table.items() for form in forms}


@lru_cache
def english() -> Vocabulary:
    """Return the built-in English vocabulary: the 80 COCO nouns, 11 colours, numbers to twelve, 7 relations."""
    data = json.loads((files("llamaindex_clipverify.claims") / "words" / "english.json").read_text(encoding="utf-8"))
    tables = _noun_tables(data["nouns"])
    synonyms = [pair for entry in data["nouns"].values() for pair in entry.get("synonyms", ())]
    return Vocabulary(
        language=data["language"],
        **tables,
        narrow={form: pair[0] for pair in synonyms if pair[0] in data["narrow"] for form in pair},
        colours=_surface(data["colours"]),
        numbers=data["numbers"],
        relations=_surface(data["relations"]),
        opposites=data["opposites"],
    )
