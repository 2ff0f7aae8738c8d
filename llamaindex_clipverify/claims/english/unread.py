"""Words of an English answer that are in no claim although they say something: what the splitter could not read.

An answer is only as true as what was read of it. Opinions and hedges are among these words, too: nothing checks them either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.grammar import (
    DEGREES,
    DETERMINERS,
    EMPTY,
    FUNCTION,
    LABELS,
    PRESENT,
    ROUGHLY,
    SHOWING,
)
from llamaindex_clipverify.claims.english.sentences import Word, sentences
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import MODALS, lemma

Span = tuple[int, int]
_CONTENT = ("NN", "VB", "JJ", "CD")
"""First letters of the tags of nouns, verbs, adjectives and numbers."""
_PLACED = frozenset("locate place position situate contain show appear include take give make".split())


def unread(answer: str, claims: Iterable[Claim]) -> list[Span]:
    """Return, for each sentence with claims, the span of its longest run of words that say something and are in no claim."""
    spans = sorted((claim.start, claim.end) for claim in claims)
    found = []
    for sentence in sentences(answer):
        inside = [span for span in spans if span[0] < sentence.end and sentence.start < span[1]]
        runs = _runs(sentence.words, inside) if inside else []
        if runs:
            found.append(max(runs, key=lambda run: run[1] - run[0]))
    return found


def _runs(words: Sequence[Word], claimed: Sequence[Span]) -> list[Span]:
    """Return the runs of unread words between claims; function words between two of them belong to the run."""
    runs: list[Span] = []
    for word in words:
        if any(start < word.end and word.start < end for start, end in claimed):
            runs.append((word.end, word.end))  # a claim ends the run before
        elif _says_something(word):
            begin = runs[-1][0] if runs and runs[-1][1] > runs[-1][0] else word.start
            if runs and runs[-1][1] > runs[-1][0]:
                runs.pop()
            runs.append((begin, word.end))
    return [run for run in runs if run[1] > run[0]]


def _says_something(word: Word) -> bool:
    text = word.text
    if word.is_mark or not word.tag.startswith(_CONTENT) or text in _silent():
        return False
    return lemma(text) not in SHOWING | _PLACED


@lru_cache
def _silent() -> frozenset[str]:
    """Return the words that say nothing of the picture's content."""
    return frozenset(FUNCTION | DETERMINERS | DEGREES | EMPTY | LABELS | MODALS | PRESENT | ROUGHLY | terms().picture)
