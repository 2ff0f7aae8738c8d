"""Words of an English answer that are in no claim although they say something: what the splitter could not read.

An answer is only as true as what was read of it. Opinions and hedges are among these words, too: nothing checks them either.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.grammar import (
    DEGREES,
    DETERMINERS,
    EMPTY,
    FUNCTION,
    LABELS,
    MODALS,
    PRESENT,
    ROUGHLY,
    SHOWING,
)
from llamaindex_clipverify.claims.english.sentences import Word, sentences
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import lemma
from llamaindex_clipverify.claims.unread import Span, longest_run

_CONTENT = ("NN", "VB", "JJ", "CD")
"""First letters of the tags of nouns, verbs, adjectives and numbers."""
_NO_CONTENT = SHOWING | frozenset("locate place position situate contain show appear include take give make".split())
"""Verbs that only say that something is shown or is somewhere."""


def unread(answer: str, claims: Iterable[Claim]) -> list[Span]:
    """Return, for each sentence with claims, the span of its longest run of words that say something and are in no claim."""
    spans = sorted((claim.start, claim.end) for claim in claims)
    found = []
    for sentence in sentences(answer):
        inside = [span for span in spans if span[0] < sentence.end and sentence.start < span[1]]
        words = (((word.start, word.end), _says_something(word)) for word in sentence.words)
        run = longest_run(words, inside) if inside else None
        if run is not None:
            found.append(run)
    return found


def _says_something(word: Word) -> bool:
    text = word.text
    if word.is_mark or not word.tag.startswith(_CONTENT) or text in _silent():
        return False
    return lemma(text) not in _NO_CONTENT


@lru_cache
def _silent() -> frozenset[str]:
    """Return the words that say nothing of the picture's content."""
    return frozenset(FUNCTION | DETERMINERS | DEGREES | EMPTY | LABELS | MODALS | PRESENT | ROUGHLY | terms().picture)
