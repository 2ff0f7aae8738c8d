"""Korean letters: composed form with offsets of the original, and the jamo of a word."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Composed:
    """A text in normal form C; `starts[i]` is the offset of its character `i` in the original."""

    text: str
    starts: tuple[int, ...]
    """One longer than the text: the last item is the length of the original."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original."""
        return self.starts[start], self.starts[end]


def composed(text: str) -> Composed:
    """Return a text in normal form C; linear in its length."""
    if unicodedata.is_normalized("NFC", text):
        return Composed(text, tuple(range(len(text) + 1)))
    pieces: list[str] = []
    starts: list[int] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and _continues(text[at]):
            continue
        piece = unicodedata.normalize("NFC", text[begin:at])
        pieces.append(piece)
        starts += [begin] * len(piece)
        begin = at
    return Composed("".join(pieces), (*starts, len(text)))


def _continues(letter: str) -> bool:
    return "\u1160" <= letter <= "\u11ff" or unicodedata.combining(letter) > 0


@lru_cache(maxsize=20_000)
def jamo(text: str) -> str:
    """Return the conjoining jamo of a word: 간 as 가 and ㄴ."""
    return unicodedata.normalize("NFD", text)


def is_closed(text: str) -> bool:
    """Return whether a word ends with a consonant."""
    return bool(text) and "가" <= text[-1] <= "힣" and (ord(text[-1]) - ord("가")) % 28 > 0
