"""Splits an answer into sentences and words; markup is replaced by spaces, so that offsets stay valid for the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_SENTENCE = re.compile(
    r"(?:[^.!?;\n]|\.(?=\d)|(?<=\b[A-Z])\.|(?<=\b(?:Mr|Ms|Dr|St|vs))\.|(?<=\bMrs)\.|(?<=\be\.g)\.|(?<=\be)\.(?=g))+[.!?]*"
)
_LAYOUT = re.compile(
    r"^[ \t]*(?:\d+[.)](?=\s)|[-*+•–](?=\s)|#{1,6}(?=\s)|>)|</?[a-z][^<>\n]*>|\*{1,3}|_{2}|`+|\|", re.I | re.M
)
"""List numbers, bullets, headings, emphasis, code, tables and tags: markup that is not part of any claim."""
_QUOTED_LINE = re.compile(r"^\s*([\"“])(?=[^\"“”\n]{40,}[\"”]\s*$)|(?<=[^\"“”\n]{40})[\"”]\s*$", re.M)
"""Quotation marks around a whole line: the line is the answer, not text written in the picture."""
_WORD = re.compile(
    r"\d+(?:-[^\W\d_]+)+|\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:[’'-][^\W\d_]+|-(?=\d))*|\d*[^\W_]+(?:-[^\W\d_]+)*|[,;:()\"“”—–&]|[$€£¥₩%]"
)
_CITED = re.compile(
    r"\b(?:image|picture|photo)\s+(\d+)\b|\[(\d+)\]|\b(first|second|third|fourth)\s+(?:image|picture|photo)", re.I
)
_ORDINALS = ("first", "second", "third", "fourth")
_SMALL_TALK = re.compile(r"\?\s*$|^\s*(?:yes|no|sure|okay|ok|of course|certainly)\W*$", re.I)


class Word(NamedTuple):
    """A word, number or punctuation mark; `text` is in lower case with straight apostrophes."""

    text: str
    start: int
    end: int

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
    cites: int | None = None
    """Zero-based index of the picture that the sentence cites."""

    @property
    def own(self) -> str:
        """Return the text of the sentence."""
        return self.text[self.start : self.end]


def sentences(answer: str) -> Iterator[Sentence]:
    """Yield the sentences of an answer, without questions and short replies ("Yes.")."""
    plain = _LAYOUT.sub(_blank, _QUOTED_LINE.sub(_blank, answer))
    for match in _SENTENCE.finditer(plain):
        text = match.group()
        if _SMALL_TALK.search(text):
            continue
        words = [
            Word(word.group().lower().replace("’", "'"), word.start(), word.end())
            for word in _WORD.finditer(plain, match.start(), match.end())
        ]
        if any(not word.is_mark for word in words):
            cited = _CITED.search(text)
            yield Sentence(
                answer=answer,
                text=plain,
                start=match.start(),
                end=match.end(),
                words=_without_citation(words, cited, match.start()),
                cites=_cited_index(cited),
            )


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _without_citation(words: list[Word], cited: re.Match[str] | None, offset: int) -> list[Word]:
    """Leave out the number of a cited picture, which is not a count."""
    digits = cited and (cited.span(1) if cited[1] else cited.span(2) if cited[2] else None)
    return words if not digits else [word for word in words if word.start != digits[0] + offset]


def _cited_index(cited: re.Match[str] | None) -> int | None:
    if cited is None:
        return None
    digits = cited[1] or cited[2]
    place = int(digits) - 1 if digits else _ORDINALS.index(cited[3].lower())
    return place if place >= 0 else None
