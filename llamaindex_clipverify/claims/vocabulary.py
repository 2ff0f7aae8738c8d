"""Vocabulary of a language: object nouns with plurals and synonyms, colours, numbers and spatial relations.

The words are data (``words/<language>.json``); this module looks them up. It does not decide whether a claim is true.
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
    """Nouns, colours, numbers and relations of one language, mapped to canonical names; compared by identity."""

    language: str
    """ISO 639-1 code."""
    nouns: Mapping[str, str]
    """Surface form, singular or plural, to canonical noun: ``{"puppies": "dog"}``."""
    plural_forms: frozenset[str]
    """Plural surface forms; a word like *sheep* is also in `singular_forms`."""
    singular_forms: frozenset[str]
    plurals: Mapping[str, str]
    """Canonical noun to its plural."""
    groups: Mapping[str, str]
    """Canonical noun to its family (``vehicle``, ``animal``, …); nouns of the same family are the hardest foils."""
    colours: Mapping[str, str]
    """Surface form to canonical colour: ``{"crimson": "red"}``."""
    numbers: Mapping[str, int]
    relations: Mapping[str, str]
    """Surface form to canonical relation: ``{"underneath": "below"}``."""
    opposites: Mapping[str, str]
    narrow: Mapping[str, str] = field(default_factory=dict)
    """Surface form more specific than its canonical noun, to its singular: ``{"men": "man"}``."""

    def plural(self, noun: str) -> str:
        """Return the plural of a canonical noun; WordNet's or the regular plural if it is not listed."""
        return self.plurals.get(noun) or wordnet().plural(noun) or regular_plural(noun)

    def canonical(self, word: str) -> str:
        """Return the canonical noun of a word or class name, or the word itself in lower case."""
        plain = word.lower().replace("_", " ").strip()
        return self.nouns.get(plain, plain)

    def sisters(self, noun: str) -> list[str]:
        """Return the other nouns of the same family in the order of the data file; for unlisted nouns WordNet's sister terms."""
        group = self.groups.get(noun)
        if group is None:
            return wordnet().sisters(noun)
        return [other for other, family in self.groups.items() if family == group and other != noun]

    def kinds(self, noun: str, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the hyponyms of a noun among some nouns (default: all canonical nouns): for *animal*, *dog* and others."""
        options = tuple(self.groups if among is None else among)
        own = {option for option in options if self.groups.get(option) == noun and not wordnet().meanings(option)}
        return tuple(option for option in options if option in own or wordnet().kinds(noun, (option,)))

    def exhausted(self, noun: str, by: Iterable[str]) -> bool:
        """Return whether some nouns cover every listed kind of a noun, so that the absence of all means its absence."""
        return wordnet().exhausted(noun, by)

    def related(self, noun: str, other: str) -> bool:
        """Return whether one of two nouns is a kind of the other; a picture of one may then show the other."""
        return wordnet().is_kind(noun, other) or wordnet().is_kind(other, noun)

    def relation_at(self, words: Sequence[str]) -> tuple[int, str | None]:
        """Return length in words and canonical name of the longest relation that the (lower-case) words begin with."""
        for form, relation in self._links.get(words[0], ()) if words else ():
            if tuple(words[: len(form)]) == form:
                return len(form), relation
        return 0, None

    @cached_property
    def colour_names(self) -> frozenset[str]:
        """The canonical colours."""
        return frozenset(self.colours.values())

    @cached_property
    def relation_names(self) -> frozenset[str]:
        """The canonical relations."""
        return frozenset(self.relations.values())

    @cached_property
    def _links(self) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        links: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for form in sorted(self.relations, key=len, reverse=True):
            parts = tuple(form.split())
            links.setdefault(parts[0], []).append((parts, self.relations[form]))
        return links

    def number_word(self, number: int) -> str:
        """Return the word for a number, or its digits if the vocabulary has no word."""
        return next((word for word, value in self.numbers.items() if value == number), str(number))

    def with_nouns(self, nouns: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
        """Return a copy with further nouns: ``{noun: {"plural": ..., "group": ..., "synonyms": [[singular, plural], ...]}}``."""
        own = _noun_tables(nouns)
        return replace(
            self,
            nouns={**self.nouns, **own["nouns"]},
            plural_forms=self.plural_forms | own["plural_forms"],
            singular_forms=self.singular_forms | own["singular_forms"],
            plurals={**self.plurals, **own["plurals"]},
            groups={**self.groups, **own["groups"]},
        )


_ALWAYS_PLURAL = frozenset(
    "clothes glasses sunglasses eyeglasses goggles trousers pants jeans shorts leggings tights sweatpants slacks overalls "
    "pajamas pyjamas scissors skis binoculars headphones earphones tongs pliers stairs underpants".split()
)


def regular_plural(noun: str) -> str:
    """Return the plural of an English noun by rule; of *glasses* or *trousers* the word itself."""
    if noun.split()[-1] in _ALWAYS_PLURAL:
        return noun
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
        for singular, plural in pairs:
            surface[singular] = surface[plural] = noun
            singular_forms.add(singular)
            plural_forms.add(plural)
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
