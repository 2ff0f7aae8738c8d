"""Passages: do the texts retrieved with the pictures support a statement that no picture can show?

Passages support and never contradict, because a passage that does not mention a statement proves nothing. By default a statement
is supported if one or two consecutive sentences of a passage contain nearly all its content words, every number and name, and as
many negations. A `Grounder`, a model of entailment, can be used instead.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamaindex_clipverify.answer import sentences
from llamaindex_clipverify.claims.english.grammar import ARTICLES, BE, DETERMINERS, HAVE, PREPOSITIONS
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Grounder

PASSAGES = "passages"
"""Name of the check in the evidence."""
ENOUGH = 0.8
"""Support from which a passage supports a statement."""
SUREST = 0.9
"""Maximum support by word overlap: the same words can be combined to another meaning."""
_WORD = re.compile(r"[^\W_]+(?:[.,:'’-][^\W_]+)*")
_NOT = frozenset(
    "not no never none neither nor without cannot isn't aren't wasn't weren't doesn't don't didn't can't won't".split()
)
_EMPTY = (
    ARTICLES
    | BE
    | DETERMINERS
    | HAVE
    | PREPOSITIONS
    | frozenset(
        "it he she they we you i and or but so if then than as there here also which who whom whose that when where while".split()
    )
)
_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly")


@dataclass(frozen=True)
class SharedWords:
    """The default grounder: word overlap, no model."""

    id: str = ""

    def support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return the share of each statement's content words within two sentences of its passage, at most `SUREST`."""
        return np.array([_shared(statement, passage) for statement, passage in pairs], np.float32)


def grounded(statement: str, passages: Sequence[str], grounder: Grounder) -> Evidence | None:
    """Return the evidence of the best passage on a statement, or None where none supports it."""
    if not passages or not statement.strip():
        return None
    support = grounder.support([(statement, passage) for passage in passages])
    best = int(np.argmax(support))
    if support[best] < ENOUGH:
        return None
    return Evidence(
        check=PASSAGES,
        stance="supports",
        score=float(support[best]),
        reason=Message("passage {number} says so: {quoted}", number=best + 1, quoted=_quoted(passages[best])),
    )


def _shared(statement: str, passage: str) -> float:
    said = _Words.of(statement)
    if not said.content:
        return 0.0
    spans = [passage[begin:end] for begin, end in sentences(passage)]
    windows = [*spans, *(f"{one} {two}" for one, two in itertools.pairwise(spans))]
    return max((_held(said, _Words.of(window)) for window in windows), default=0.0)


def _held(said: _Words, there: _Words) -> float:
    if not said.exact <= there.every or said.denials != there.denials:
        return 0.0
    return min(SUREST, len(said.content & there.content) / len(said.content))


@dataclass(frozen=True)
class _Words:
    """A text as sets: its words, the stems of its content words, the words that must match exactly, and its negations."""

    every: frozenset[str]
    content: frozenset[str]
    exact: frozenset[str]
    """Numbers and names: capitalised words that do not begin the text."""
    denials: int

    @classmethod
    def of(cls, text: str) -> _Words:
        words = [word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(text)]
        small = [word.lower() for word in words]
        named = {word.lower() for place, word in enumerate(words) if place and word[0].isupper()}
        numbers = {word for word in small if any(letter.isdigit() for letter in word)}
        content = {_stem(word) for word in small if word not in _EMPTY and word not in _NOT}
        denials = sum(word in _NOT for word in small)
        return cls(frozenset(small), frozenset(content), frozenset(numbers | (named - _EMPTY)), denials)


def _stem(word: str) -> str:
    ending = next((one for one in _ENDINGS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word[: len(word) - len(ending)] if ending else word


def _quoted(passage: str, most: int = 120) -> str:
    flat = " ".join(passage.split())
    return f"“{flat if len(flat) <= most else flat[: most - 1].rsplit(' ', 1)[0] + '…'}”"
