"""Word lists of the Korean rules, from claims/words/korean_rules.json: particles, endings, and words that single rules test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any


def word_list(name: str) -> tuple[str, ...]:
    """Return the words of a list in the order of the file; a KeyError if there is no such list."""
    return tuple(word.replace("_", " ") for word in _rules()[name].split())


def word_set(name: str) -> frozenset[str]:
    """Return the words of a list; a KeyError if there is no such list."""
    return frozenset(word_list(name))


def word_rows(name: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of a table, each with its words; a KeyError if there is no such table."""
    return {row: tuple(words.split()) for row, words in _rules()[name].items()}


def word_table(name: str) -> dict[str, str]:
    """Return the words of a table, each with the row that has it; a KeyError if there is no such table."""
    return {word: row for row, words in word_rows(name).items() for word in words}


def endings(form: str) -> dict[str, str]:
    """Return the verb endings after one form of the stem, each with what it does; of equal endings the last row counts."""
    return {word: row for row, words in _rules()["endings"][form].items() for word in words.split()}


@lru_cache
def _rules() -> Mapping[str, Any]:
    path = files("llamaindex_clipverify.claims") / "words" / "korean_rules.json"
    rules: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return rules
