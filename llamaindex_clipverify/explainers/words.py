"""Which words of a text speak for a picture, and which one is wrong: the text side of an explanation, by the encoder alone.

Every method gives each word a figure: above 0 it brings the text nearer to the picture, below 0 it takes it away.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from llamaindex_clipverify.claims.english.grammar import DEFINITE, DETERMINERS, EMPTY, FUNCTION
from llamaindex_clipverify.claims.english.lexicon import Lexicon
from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.clip import ClipEncoder

METHODS = {
    "swaps": "Swaps",
    "misalignment": "Misalignment",
    "integrated_gradients": "IntegratedGradients",
}
"""Names of the methods, best at finding the wrong word first (``benchmarks/explaining.py``), and the class in each file."""


_QUIET = FUNCTION | EMPTY | DETERMINERS | DEFINITE


@dataclass(frozen=True, kw_only=True)
class Part:
    """A word of a text, or several that are one noun ("teddy bear")."""

    text: str
    start: int
    end: int
    sort: str
    """``noun``, ``colour``, ``number``, ``word``, or ``function`` for a word that says nothing by itself."""
    name: str = ""
    """The canonical noun, colour or number."""
    plural: bool = False


@dataclass(frozen=True, kw_only=True)
class WordMap:
    """The figures of the words of one text against one picture."""

    text: str
    method: str
    parts: tuple[Part, ...]
    scores: tuple[float | None, ...]
    """One for each part, in cosine; None where the method has nothing to say of it."""
    cosine: float
    """Of the text and the picture."""
    delta: float | None = None
    """How far the scores are from adding up to what they should, where a method promises that (completeness)."""

    @property
    def wrong(self) -> Part | None:
        """The part that takes the text farthest from the picture, function words aside; None where none has a figure."""
        told = [(score, place) for place, score in enumerate(self.scores)
                if score is not None and self.parts[place].sort != "function"]  # fmt: skip
        return self.parts[min(told)[1]] if told else None


class WordMethod(Protocol):
    """One way of telling the words of a text apart."""

    def score(
        self, encoder: ClipEncoder, picture: Array, text: str, parts: Sequence[Part]
    ) -> tuple[list[float | None], float | None]:
        """Return a figure for each part and the `WordMap.delta`; `picture` is its unit vector (D,)."""
        ...


def word_map(encoder: ClipEncoder, picture: Array, text: str, method: str = "swaps") -> WordMap:
    """Return the figures of the words of an English text.

    Args:
        encoder: The encoder.
        picture: The picture's unit vector (D,).
        text: A caption or a claim.
        method: One of `METHODS`.

    Raises:
        DataError: The method is unknown, or the text holds no word.
        MissingExtraError: The method is captum's, which is not installed.
    """
    if method not in METHODS:
        raise DataError("no such method for words", got=method, do=f"give one of {', '.join(METHODS)}")
    parts = parts_of(text)
    if not parts:
        raise DataError("the text holds no word", got=text)
    made: Any = getattr(importlib.import_module(f"llamaindex_clipverify.explainers.{method}"), METHODS[method])()
    with encoder.lock:
        scores, delta = made.score(encoder, picture, text, parts)
        cosine = float(encoder.encode_texts([text])[0] @ picture)
    return WordMap(text=text, method=method, parts=tuple(parts), scores=tuple(scores), cosine=cosine, delta=delta)


def parts_of(text: str) -> list[Part]:
    """Cut a text into its words; those of a noun of several words are one part."""
    words = [word for sentence in sentences(text) for word in sentence.words if not word.is_mark]
    vocabulary, parts, at = english(), [], 0
    lexicon = Lexicon(vocabulary)
    while at < len(words):
        word = words[at]
        noun = lexicon.noun(words, at) if word.text not in vocabulary.colours else None
        length = noun.length if noun else 1
        start, end = word.start, words[at + length - 1].end
        shown = text[start:end]
        if word.text in vocabulary.colours:
            parts.append(Part(text=shown, start=start, end=end, sort="colour", name=vocabulary.colours[word.text]))
        elif word.text in vocabulary.numbers or word.text.isdigit():
            parts.append(Part(text=shown, start=start, end=end, sort="number", name=word.text))
        elif word.text in _QUIET:
            parts.append(Part(text=shown, start=start, end=end, sort="function"))
        elif noun is not None and noun.depictable:
            parts.append(Part(text=shown, start=start, end=end, sort="noun", name=noun.name, plural=noun.plural))
        else:
            parts.append(Part(text=shown, start=start, end=end, sort="word"))
        at += length
    return parts


def by_part(parts: Sequence[Part], offsets: Sequence[tuple[int, int]], values: Array) -> list[float | None]:
    """Sum the figures of tokens, whose character offsets are known, over the parts they lie in."""
    spans = np.array(offsets, np.int64).reshape(-1, 2)
    filled = spans[:, 1] > spans[:, 0]
    found: list[float | None] = []
    for part in parts:
        inside = filled & (spans[:, 1] > part.start) & (spans[:, 0] < part.end)
        found.append(float(values[inside].sum()) if inside.any() else None)
    return found


def offsets_of(encoder: ClipEncoder, text: str) -> list[tuple[int, int]]:
    """Return the character offsets of the tokens that the encoder makes of a text; (0, 0) for tokens that are no text."""
    made = encoder.processor.tokenizer(
        text, truncation=True, max_length=encoder.text_length, return_offsets_mapping=True
    )
    return [(int(start), int(end)) for start, end in made["offset_mapping"]]
