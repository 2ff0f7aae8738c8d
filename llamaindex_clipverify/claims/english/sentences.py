"""Splits an answer into sentences and words; markup is replaced by spaces, so that offsets stay valid for the answer.

A sentence of more than 400 words is read in pieces, so that the time for an answer grows with its length only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from llamaindex_clipverify.claims.english.corrections import corrected, spelled
from llamaindex_clipverify.claims.english.denials import plainly_denied
from llamaindex_clipverify.claims.english.layout import plain
from llamaindex_clipverify.claims.english.measures import measured
from llamaindex_clipverify.claims.english.tagger import tagger
from llamaindex_clipverify.claims.quotations import quotations
from llamaindex_clipverify.errors import DataError

_SENTENCE = re.compile(
    r"(?:[^.!?;\n]|\.(?=\d)|(?<=\b[A-Z])\.|(?<=\b(?:Mr|Ms|Dr|St|vs))\.|(?<=\bMrs)\.|(?<=\be\.g)\.|(?<=\be)\.(?=g))+[.!?]*"
)
_WORD = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:-[^\W\d_]+)+|\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:[’'-][^\W\d_]+|-(?=\d))*|\d*[^\W_]+(?:-[^\W\d_]+)*"
    r"|[,;:()\"“”—–&]|(?<=\d)\+(?!\w)|[$€£¥₩%]"
)
_MARKS = frozenset('"“”')
_LONGEST_ANSWER = 200_000
_LONGEST_SENTENCE = 400
"""Words of the longest sentence that is read as a whole."""
_LONGEST_WORD = 100
"""Characters of the longest word; longer runs of letters or digits are left out."""
_CITED = re.compile(
    r"\b(?:image|picture|photo)\s{1,3}(\d{1,4})\b|\[(\d{1,4})\]|\b(first|second|third|fourth)\s{1,3}(?:image|picture|photo)",
    re.I,
)
_ORDINALS = ("first", "second", "third", "fourth")
_SMALL_TALK = re.compile(r"\?\s*$|^\s*(?:yes|no|sure|okay|ok|of course|certainly)\W*$", re.I)


class Word(NamedTuple):
    """A word, number or punctuation mark; `text` is in lower case with straight apostrophes, `tag` its part of speech."""

    text: str
    start: int
    end: int
    tag: str = ""

    @property
    def is_mark(self) -> bool:
        """Return whether it is punctuation."""
        return not self.text[0].isalnum()


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence of an answer; offsets are positions in the answer."""

    answer: str
    """The whole answer, unchanged."""
    text: str
    """The whole answer with markup replaced by spaces."""
    start: int
    end: int
    words: list[Word]
    """The words that are read: without quotations and measures, which are no things."""
    tokens: list[Word]
    """All words of the text."""
    cites: int | None = None
    """Zero-based index of the picture that the sentence cites."""

    @property
    def own(self) -> str:
        """Return the text of the sentence."""
        return self.text[self.start : self.end]


def sentences(answer: str) -> Iterator[Sentence]:
    """Yield the sentences of an answer, without questions and short replies ("Yes.").

    Raises:
        DataError: The answer is too long.
    """
    return iter(_sentences(answer))


@lru_cache(16)
def _sentences(answer: str) -> tuple[Sentence, ...]:
    """Return the sentences; those of the last answers are kept, because an answer is read several times."""
    within_limit(answer)
    text = plain(answer)
    found: list[Sentence] = []
    for match in _SENTENCE.finditer(text):
        if _SMALL_TALK.search(match.group().rstrip()):
            continue
        words = [
            Word(word.group().lower().replace("’", "'"), word.start(), word.end())
            for word in _WORD.finditer(text, match.start(), match.end())
            if word.end() - word.start() <= _LONGEST_WORD
        ]
        if any(not word.is_mark for word in words):
            found += _pieces(answer, text, match.start(), match.end(), words)
    return tuple(found)


def within_limit(answer: str) -> None:
    """Raise a DataError if an answer has more than 200,000 characters."""
    if len(answer) > _LONGEST_ANSWER:
        raise DataError(
            "the answer is too long to be read", got=f"{len(answer)} characters", do=f"give at most {_LONGEST_ANSWER}"
        )


def _pieces(answer: str, text: str, start: int, end: int, words: list[Word]) -> Iterator[Sentence]:
    """Yield a sentence: whole, or in pieces of at most 400 words."""
    at = 0
    while at < len(words):
        after = at + _cut(words[at : at + _LONGEST_SENTENCE + 1])
        stop = words[after].start if after < len(words) else end
        cited = _CITED.search(text, start, stop)
        tokens = _without_citation(words[at:after], cited)
        yield Sentence(
            answer=answer,
            text=text,
            start=start,
            end=stop,
            words=plainly_denied(_tagged(text, measured(text, _unquoted(text, tokens, start, stop)))),
            tokens=tokens,
            cites=_cited_index(cited),
        )
        at, start = after, stop


def _cut(words: list[Word]) -> int:
    """Return the length of the first piece: all, or up to the last comma or *and* among the first 400 words."""
    if len(words) <= _LONGEST_SENTENCE:
        return len(words)
    for size in range(_LONGEST_SENTENCE, _LONGEST_SENTENCE // 2, -1):
        if words[size - 1].text in (",", ";", "and"):
            return size
    return _LONGEST_SENTENCE


def _unquoted(text: str, words: list[Word], start: int, end: int) -> list[Word]:
    """Leave out quotations: in 'a red "STOP" sign' the sign is red."""
    spans = [match.span() for match in quotations(text, start, end)]
    starts = [span[0] for span in spans]
    read = [word for word in words if word.text not in _MARKS]
    places = ((word, bisect_right(starts, word.start) - 1) for word in read)
    return [word for word, at in places if at < 0 or spans[at][1] <= word.start]


def _tagged(text: str, words: list[Word]) -> list[Word]:
    tags = tagger().tag(spelled([text[word.start : word.end] or word.text for word in words]))
    return corrected([word._replace(tag=tag) for word, tag in zip(words, tags, strict=True)])


def _without_citation(words: list[Word], cited: re.Match[str] | None) -> list[Word]:
    """Leave out the number of a cited picture, which is not a count."""
    digits = cited and (cited.span(1) if cited[1] else cited.span(2) if cited[2] else None)
    return words if not digits else [word for word in words if word.start != digits[0]]


def cited(text: str) -> int | None:
    """Return the zero-based index of the first picture that a text cites: 1 for "Three [2]."; None if it cites none."""
    return _cited_index(_CITED.search(text))


def _cited_index(cited: re.Match[str] | None) -> int | None:
    if cited is None:
        return None
    digits = cited[1] or cited[2]
    place = int(digits) - 1 if digits else _ORDINALS.index(cited[3].lower())
    return place if place >= 0 else None
