"""Part-of-speech tags of a sentence: a greedy averaged perceptron (Collins 2002), without a library.

The weights are those of textblob-aptagger (MIT, Matthew Honnibal; trained on news text), made plain data by
``python -m training.tagger``. nltk has the same tagger, but importing it takes seconds and its weights are a download.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from llamaindex_clipverify.geometry import Array

_CACHED = 20_000
"""Feature rows that are kept unpacked."""


class Tagger:
    """Assigns a tag of the Penn Treebank set to each word."""

    def __init__(self) -> None:
        """Read the data file."""
        path = files("llamaindex_clipverify.claims") / "words" / "tagger.npz"
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            self.tags: list[str] = data["tags"].tolist()
            lengths = data["lengths"].astype(np.int64)
            self._columns, self._weights = data["columns"], data["weights"].astype(np.float32) / 100
            names = bytes(data["features"]).decode().split("\n")
            words = bytes(data["words"]).decode().split("\n")
            self._certain = {word: self.tags[tag] for word, tag in zip(words, data["word_tags"].tolist(), strict=True)}
        ends = np.cumsum(lengths)
        self._spans = dict(zip(names, zip((ends - lengths).tolist(), ends.tolist(), strict=True), strict=True))
        self._rows: dict[str, Any] = {}

    def tag(self, words: Sequence[str]) -> list[str]:
        """Return the tag of each word; give words as written, because capitals matter."""
        context = ["-START-", "-START2-", *(_normalised(word) for word in words), "-END-", "-END2-"]
        tags: list[str] = []
        one, two = "-START-", "-START2-"
        for place, word in enumerate(words):
            tag = self._certain.get(word) or self._best(_features(word, context, place + 2, one, two))
            tags.append(tag)
            one, two = tag, one
        return tags

    @cached_property
    def known(self) -> frozenset[str]:
        """The words whose tags were learnt, in lower case where they were."""
        return frozenset(self._certain) | {name[7:] for name in self._spans if name.startswith("i word ")}

    def _best(self, features: Sequence[str]) -> str:
        scores = np.zeros(len(self.tags), np.float32)
        for feature in features:
            row = self._row(feature)
            if row is not None:
                scores += row
        return self.tags[int(np.argmax(scores))]

    def _row(self, feature: str) -> Array | None:
        span = self._spans.get(feature)
        if span is None:
            return None
        row: Array | None = self._rows.get(feature)
        if row is None:
            if len(self._rows) >= _CACHED:
                self._rows = {}
            row = np.zeros(len(self.tags), np.float32)
            row[self._columns[span[0] : span[1]]] = self._weights[span[0] : span[1]]
            self._rows[feature] = row
        return row


@lru_cache
def tagger() -> Tagger:
    """Return the tagger, loaded once."""
    return Tagger()


def _normalised(word: str) -> str:
    if "-" in word and word[0] != "-":
        return "!HYPHEN"
    if word[0].isdecimal():
        return "!YEAR" if word.isdecimal() and len(word) == 4 else "!DIGITS"
    return word.lower()


def _features(word: str, context: Sequence[str], at: int, one: str, two: str) -> tuple[str, ...]:
    """Return the features of a word: its own form, its neighbours, and the two tags before it."""
    before, after = context[at - 1], context[at + 1]
    return (
        "bias",
        f"i suffix {word[-3:]}",
        f"i pref1 {word[0]}",
        f"i-1 tag {one}",
        f"i-2 tag {two}",
        f"i tag+i-2 tag {one} {two}",
        f"i word {context[at]}",
        f"i-1 tag+i word {one} {context[at]}",
        f"i-1 word {before}",
        f"i-1 suffix {before[-3:]}",
        f"i-2 word {context[at - 2]}",
        f"i+1 word {after}",
        f"i+1 suffix {after[-3:]}",
        f"i+2 word {context[at + 2]}",
    )
