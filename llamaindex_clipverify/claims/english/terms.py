"""Descriptive words of English by what they say of a thing: material, pattern, size, state, garment, part, place, position."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from llamaindex_clipverify.claims.claim import Kind


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Surface forms mapped to canonical values; the data file is claims/words/english_terms.json."""

    materials: Mapping[str, str]
    patterns: Mapping[str, str]
    sizes: Mapping[str, str]
    states: Mapping[str, str]
    colours: Mapping[str, str]
    """Colours that no check measures, beside those of the vocabulary."""
    weather: Mapping[str, str]
    times: Mapping[str, str]
    settings: Mapping[str, str]
    positions: Mapping[str, str]
    places: frozenset[str]
    garments: frozenset[str]
    """What is worn, singular and plural."""
    body: frozenset[str]
    """Parts of persons and animals, singular and plural."""
    parts: frozenset[str]
    """Parts of things, singular and plural."""
    picture: frozenset[str]
    """Words for the picture itself."""
    living: frozenset[str]
    """Persons and animals that WordNet's list of common things lacks, or has with another meaning."""
    abstract: frozenset[str]
    """Nouns no picture shows that WordNet's lists lack, or have with another meaning."""
    people: frozenset[str]
    """Persons that WordNet's list of common things lacks."""
    shown: frozenset[str]
    """Other nouns a picture can show that WordNet's list lacks: shapes, marks, newer words."""

    @cached_property
    def substances(self) -> frozenset[str]:
        """The materials that are nouns: *cotton*, *porcelain*, not *wooden*."""
        described = ("en", "ed", "ic")
        return frozenset(
            form
            for form, value in self.materials.items()
            if form == value or not (form.endswith(described) or "-" in form or form in ("oak", "pine", "cement"))
        )

    def descriptions(self, text: str) -> tuple[tuple[Kind, str], ...]:
        """Return the kinds of claim that a descriptive word makes, each with the canonical value."""
        return _descriptions(text)


@lru_cache
def terms() -> Terms:
    """Return the built-in terms, loaded once."""
    path = files("llamaindex_clipverify.claims") / "words" / "english_terms.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    known: dict[str, Any] = {
        name: _surface(value)
        if isinstance(value, dict)
        else frozenset(form.replace("_", " ") for form in value.split())
        for name, value in data.items()
    }
    return Terms(**known)


@lru_cache(maxsize=20_000)
def _descriptions(text: str) -> tuple[tuple[Kind, str], ...]:
    known = terms()
    tables: tuple[tuple[Kind, Mapping[str, str]], ...] = (
        ("attribute", known.colours),
        ("material", known.materials),
        ("pattern", known.patterns),
        ("size", known.sizes),
        ("state", known.states),
    )
    named = text.removesuffix("-colored").removesuffix("-coloured")
    found: list[tuple[Kind, str]] = [("attribute", known.colours.get(named, named))] if named != text else []
    return (*found, *((kind, table[text]) for kind, table in tables if text in table))


def _surface(table: Mapping[str, str]) -> dict[str, str]:
    return {form.replace("_", " "): canonical for canonical, forms in table.items() for form in forms.split()}
