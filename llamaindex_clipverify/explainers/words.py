"""Word attributions: which words of a text fit a picture and which one is wrong, according to the encoder.

Every method gives each word a score: above 0 the word raises the cosine with the picture, below 0 it lowers it.
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
"""Method name (also the file name) to class, best at finding the wrong word first (``benchmarks/explaining.py``)."""


_QUIET = FUNCTION | EMPTY | DETERMINERS | DEFINITE


@dataclass(frozen=True, kw_only=True)
class Part:
    """A word of a text, or several that are one noun ("teddy bear")."""

    text: str
    start: int
    end: int
    sort: str
    """``noun``, ``colour``, ``number``, ``word``, or ``function`` for a function word."""
    name: str = ""
    """The canonical noun, colour or number."""
    plural: bool = False


@dataclass(frozen=True, kw_only=True)
class WordMap:
    """Scores of the words of one text for one picture."""

    text: str
    method: str
    parts: tuple[Part, ...]
    scores: tuple[float | None, ...]
    """One for each part, in cosine; None if the method cannot score the part."""
    cosine: float
    """Cosine of the text and the picture."""
    delta: float | None = None
    """Completeness error of the scores, for methods whose scores add up to a known sum."""

    @property
    def wrong(self) -> Part | None:
        """Return the part with the lowest score, without function words; None if no part has a score."""
        scored = [(score, place) for place, score in enumerate(self.scores)
                if score is not None and self.parts[place].sort != "function"]  # fmt: skip
        return self.parts[min(scored)[1]] if scored else None


class WordMethod(Protocol):
    """A word attribution method."""

    def score(
        self, encoder: ClipEncoder, picture: Array, text: str, parts: Sequence[Part]
    ) -> tuple[list[float | None], float | None]:
        """Return a score for each part and the `WordMap.delta`; `picture` is the picture's unit vector (D,)."""
        ...


def word_map(encoder: ClipEncoder, picture: Array, text: str, method: str = "swaps") -> WordMap:
    """Return the scores of the words of an English text.

    Args:
        encoder: The encoder.
        picture: The picture's unit vector (D,).
        text: A caption or a claim.
        method: One of `METHODS`.

    Raises:
        DataError: The method is unknown, or the text has no words.
        MissingExtraError: The method needs captum, which is not installed.
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
    """Split a text into words; a noun of several words is one part."""
    words = [word for sentence in sentences(text) for word in sentence.tokens if not word.is_mark]
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
    """Sum the scores of tokens, given their character offsets, over the parts that contain them."""
    spans = np.array(offsets, np.int64).reshape(-1, 2)
    filled = spans[:, 1] > spans[:, 0]
    found: list[float | None] = []
    for part in parts:
        inside = filled & (spans[:, 1] > part.start) & (spans[:, 0] < part.end)
        found.append(float(values[inside].sum()) if inside.any() else None)
    return found


def offsets_of(encoder: ClipEncoder, text: str) -> list[tuple[int, int]]:
    """Return the character offsets of the encoder's tokens of a text; (0, 0) for special tokens."""
    made = encoder.processor.tokenizer(
        text, truncation=True, max_length=encoder.text_length, return_offsets_mapping=True
    )
    return [(int(start), int(end)) for start, end in made["offset_mapping"]]
