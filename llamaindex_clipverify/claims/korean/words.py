"""Korean words, from claims/words/korean*.json: nouns, verbs, descriptive words, colours, numbers, relations and counters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from llamaindex_clipverify.claims.korean.conjugation import stems
from llamaindex_clipverify.claims.vocabulary import Vocabulary, english


@dataclass(frozen=True)
class Korean:
    """The Korean vocabulary with the words that do not fit into a `Vocabulary`."""

    vocabulary: Vocabulary
    counters: tuple[str, ...]
    wider: dict[str, str]
    """Surface form to an English hypernym: 동물 to *animal*."""


class Noun(NamedTuple):
    """English word of a Korean noun, and the family it belongs to in the data file."""

    english: str
    sort: str


class Sense(NamedTuple):
    """One meaning of a verb: the family in the data file, and the English lemma or value."""

    sort: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """All Korean words beside the vocabulary."""

    nouns: Mapping[str, Noun]
    not_things: frozenset[str]
    """Nouns that no picture shows as a thing."""
    phrases: Mapping[str, tuple[str, ...]]
    """First word to the entries of several words, longest first."""
    stems: Mapping[str, tuple[tuple[str, str], ...]]
    """Stem in jamo to the verbs (dictionary form) that have it, each with the form of the stem."""
    senses: Mapping[str, tuple[Sense, ...]]
    """Verb in dictionary form to its meanings."""
    terms: Mapping[str, Mapping[str, str]]
    """Surface form to canonical value, for each table of korean_terms.json."""
    sets: Mapping[str, frozenset[str]]


@lru_cache
def lexicon() -> Lexicon:
    """Return the words of the data files, loaded once."""
    terms = _read("korean_terms.json")
    tables = {name: _forms(value) for name, value in terms.items() if isinstance(value, dict)}
    sets = {name: _set(text) for name, text in terms.items() if isinstance(text, str)}
    nouns, not_things = _nouns()
    verbs, senses = _verbs()
    forms = (*nouns, *(form for table in tables.values() for form in table), *sets["determiners"])
    return Lexicon(
        nouns=nouns,
        not_things=not_things,
        phrases=_by_first([form for form in forms if " " in form]),
        stems=verbs,
        senses=senses,
        terms=tables,
        sets=sets,
    )


def _nouns() -> tuple[dict[str, Noun], frozenset[str]]:
    data, own = _read("korean_nouns.json"), _read("korean.json")
    nouns = {form: Noun(name, "things") for name, forms in {**own["nouns"], **own["wider"]}.items() for form in forms}
    for sort, table in data.items():
        if isinstance(table, dict):
            for form, name in _forms(table).items():
                nouns[form] = Noun(name, sort)
    nouns = {form: _narrowed(form, noun, own["narrow"]) for form, noun in nouns.items()}
    return nouns, frozenset(data["abstract"].replace("_", " ").split()) - set(own["nouns"])


def _narrowed(form: str, noun: Noun, narrow: Mapping[str, list[str]]) -> Noun:
    name = next((name for name, forms in narrow.items() if form in forms), noun.english)
    return Noun(name, noun.sort)


def _verbs() -> tuple[dict[str, tuple[tuple[str, str], ...]], dict[str, tuple[Sense, ...]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    senses: dict[str, list[Sense]] = {}
    for sort, verb, value in _entries():
        word = verb.partition("/")[0]
        if word not in senses:
            for stem in stems(verb):
                found.setdefault(stem.letters, []).append((word, stem.form))
        senses.setdefault(word, []).append(Sense(sort, value))
    return {one: tuple(two) for one, two in found.items()}, {one: tuple(two) for one, two in senses.items()}


def _entries() -> Iterator[tuple[str, str, str]]:
    for sort, table in _read("korean_verbs.json").items():
        for value, verbs in table.items():
            for verb in verbs.split():
                plain, _, hint = verb.partition("_")
                if not plain.endswith("다") and hint:
                    plain = verb.replace("_", " ")
                yield sort, plain, value


def _by_first(forms: list[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for form in sorted(set(forms), key=len, reverse=True):
        table.setdefault(form.split()[0], []).append(form)
    return {first: tuple(rest) for first, rest in table.items()}


def _forms(table: Mapping[str, str]) -> dict[str, str]:
    return {form.replace("_", " "): canonical for canonical, forms in table.items() for form in forms.split()}


def _set(text: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in text.split())


def _read(name: str) -> dict[str, Any]:
    path = files("llamaindex_clipverify.claims") / "words" / name
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


@lru_cache
def korean_words() -> Korean:
    """Return the words of claims/words/korean.json."""
    data = _read("korean.json")
    vocabulary = replace(
        english(),
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
