"""Numbers that count nothing: ordinals, measures, ages, ratios, addresses and coordinates; and "half a dozen" and "20+"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.measures import AGE, MEASURE

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_NO_NOUNS = "".join(rf"(?<!\b{word} )" for word in "the a wearing with of by has is and".split())
"""Not after these words: a bus number 13406 is a bus, but the number 13406 is one."""
_SPECIAL = re.compile(
    rf"(?P<age>\b{AGE}\b)"
    r"|(?P<six>\b(?i:half[ -](?:a[ -])?dozen)\b)"
    r"|(?P<least>(?<![\w.,])\d{1,9}\+(?!\w))"
    r"|(?P<ordinal>\b\d{1,3}(?:st|nd|rd|th)\b)"
    r"|(?P<range>\b\d{1,4}[-–]\d{1,4}\b(?= [a-z]))"
    rf"|(?<=[a-z] ){_NO_NOUNS}number \d{{1,9}}\b"
    rf"|{MEASURE}"
    r"|\b(?i:a few|several|a couple of|many) (?:feet|inches|yards|meters|metres|steps|paces|miles)"
    r"(?= (?:away|apart|above|below|from|behind|in front|tall|high|long|wide|off|back|to the)\b)"
)
_ENDS = ("old", "half", "dozen", "feet", "inches", "yards", "meters", "metres", "steps", "paces", "miles")
"""Ends of the words of which a sentence has one if it has a measure in words."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_TELLING = frozenset("about around approximately roughly maybe is are was look looks appears be".split())
"""Words before an age that somebody has."""
_CLOSES = frozenset("is are was were and or in on at with who that , . ) has sitting standing holding wearing".split())
"""Words after an age that is a noun: "a 2 year old is smiling"."""


def measured(text: str, words: Sequence[Word]) -> list[Word]:
    """Return the words of a sentence of `text` without measures; ages, ordinals and inexact numbers in words.

    "A 2 year old" becomes *child* and "the 3rd" *third*; "20+" becomes *least 20*, and "3-4" *3 to 4*.
    """
    if not any(word.text[0].isdecimal() or word.text.endswith(_ENDS) for word in words):
        return list(words)
    found = list(_SPECIAL.finditer(text, words[0].start, words[-1].end))
    read: list[Word] = []
    at = 0
    for match in found:
        while at < len(words) and words[at].start < match.start():
            read.append(words[at])
            at += 1
        after = at
        while after < len(words) and words[after].start < match.end():
            after += 1
        told = match["age"] and read and read[-1].text in _TELLING  # "looks about five years old"
        if after > at and not told:
            read += _replaced(match, words[at], words[after - 1].end, words[after] if after < len(words) else None)
        at = after
    return [*read, *words[at:]]


def _replaced(match: re.Match[str], first: Word, end: int, following: Word | None) -> Iterator[Word]:
    """Yield the words that take the place of a number and what belongs to it."""
    word = first._replace(end=end)
    if match["six"]:
        yield word._replace(text="six")
    elif match["ordinal"]:
        number = int(re.sub(r"\D", "", first.text))
        yield word._replace(text=_ORDINALS[number - 1] if 0 < number <= len(_ORDINALS) else first.text)
    elif match["least"]:
        yield first._replace(text="least", end=first.start)
        yield word._replace(text=match["least"][:-1])
    elif match["range"]:
        low, high = re.split("[-–]", match["range"])
        yield first._replace(text=low, end=first.start + len(low))
        yield first._replace(text="to", start=first.start + len(low), end=first.start + len(low) + 1)
        yield word._replace(text=high, start=end - len(high))
    elif match["age"] and (following is None or following.text in _CLOSES or following.text.endswith("ing")):
        yield word._replace(text="child")
