"""Descriptive words of English by what they say of a thing: material, pattern, size, state, garment, part, place, position."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


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


def _surface(table: Mapping[str, str]) -> dict[str, str]:
    return {form.replace("_", " "): canonical for canonical, forms in table.items() for form in forms.split()}
