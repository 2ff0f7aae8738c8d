"""WordNet's common nouns (Miller 1995; Princeton): hyponyms, sister terms and whether a picture can show a noun.

The data file is claims/words/wordnet.json, made by ``python -m training.wordnet`` and loaded on first use.
Nouns of the vocabulary are fixed to one sense (*mouse* is the computer's); other words may have several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files


class WordNet:
    """Nouns as a graph of meanings; a meaning is the row index of its synset."""

    def __init__(self) -> None:
        """Read the data file."""
        path = files("llamaindex_clipverify.claims") / "words" / "wordnet.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = [row.split("\t") for row in data["synsets"]]
        self.words = [tuple(filter(None, row[0].split(","))) for row in rows]
        self.parents = [tuple(map(int, row[1].split())) for row in rows]
        self.pins: dict[str, int] = data["pins"]
        self.abstract = frozenset(data["abstract"].split())
        self.verbs = frozenset(data["verbs"].split())
        self.irregular: dict[str, str] = data["plurals"]
        self._meanings = _meanings(self.words)
        self.openers = frozenset(word.split()[0] for word in self._meanings if " " in word)

    def shows(self, noun: str) -> bool:
        """Return whether a picture can show the noun, that is whether it has a depictable meaning."""
        return noun in self._meanings or noun in self.pins

    def singular(self, word: str) -> str | None:
        """Return the singular of the plural of a listed noun, or None if the word is no such plural."""
        one = self.irregular.get(word)
        options = [one] if one else list(_singulars(word))
        return next((noun for noun in options if noun in self._meanings or noun in self.abstract), None)

    def plural(self, noun: str) -> str | None:
        """Return the irregular plural of a noun, or None."""
        return _plurals().get(noun)

    def meanings(self, noun: str) -> tuple[int, ...]:
        """Return the rows of a noun's meanings."""
        pin = self.pins.get(noun)
        return (pin,) if pin is not None else tuple(self._meanings.get(noun, ()))

    def above(self, meaning: int) -> frozenset[int]:
        """Return all hypernyms of a meaning, without the meaning itself."""
        return _above(self, meaning)

    def is_kind(self, noun: str, of: str) -> bool:
        """Return whether every meaning of a noun is a hyponym of the noun `of`."""
        wide = set(self.meanings(of))
        own = self.meanings(noun)
        return bool(own) and bool(wide) and all(self.above(one) & wide for one in own)

    def kinds(self, noun: str, among: Iterable[str]) -> tuple[str, ...]:
        """Return the nouns of `among` that are hyponyms of a noun."""
        wide = set(self.meanings(noun))
        narrow = [one for one in among if one != noun and self.meanings(one)]
        return tuple(one for one in narrow if all(self.above(meaning) & wide for meaning in self.meanings(one)))

    def exhausted(self, noun: str, by: Iterable[str]) -> bool:
        """Return whether some nouns together cover every listed kind of a noun."""
        known = {meaning for one in by for meaning in self.meanings(one)}
        return bool(self.meanings(noun)) and all(self._covered(one, known) for one in self.meanings(noun))

    def _covered(self, meaning: int, known: set[int]) -> bool:
        below = [child for child in _children()[meaning] if child not in known]
        return len(_children()[meaning]) > 1 and all(self._covered(child, known) for child in below)

    def sisters(self, noun: str, most: int = 12) -> list[str]:
        """Return sister terms of a noun's first meaning, commonest first, excluding its hypernyms."""
        own = sorted(self.meanings(noun), key=lambda one: self.pins["person"] in self.above(one))[:1]
        if not own:
            return []
        taboo = {*own, *self.above(own[0])}
        found: list[int] = []
        for parent in self.parents[own[0]]:
            found += [child for child in _children()[parent] if child not in taboo and self.words[child]]
        return [self.words[one][0] for one in dict.fromkeys(found)][:most]


@lru_cache
def wordnet() -> WordNet:
    """Return the nouns, loaded once."""
    return WordNet()


@lru_cache(maxsize=50_000)
def _above(net: WordNet, meaning: int) -> frozenset[int]:
    parents = net.parents[meaning]
    return frozenset(parents).union(*(_above(net, parent) for parent in parents))


@lru_cache
def _children() -> list[list[int]]:
    found: list[list[int]] = [[] for _ in wordnet().words]
    for child, parents in enumerate(wordnet().parents):
        for parent in parents:
            found[parent].append(child)
    return found


@lru_cache
def _plurals() -> dict[str, str]:
    return {singular: many for many, singular in reversed(wordnet().irregular.items())}


def _meanings(words: list[tuple[str, ...]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for meaning, own in enumerate(words):
        for word in own:
            found.setdefault(word, []).append(meaning)
    return found


def _singulars(word: str) -> Iterable[str]:
    if word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield from (word[:-3] + "f", word[:-3] + "fe")
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        yield word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
