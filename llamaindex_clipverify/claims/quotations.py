"""Quotations in a text: words between quotation marks that are said to be written, and not only called so."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = re.compile(r"[\"“”](?P<text>[^\"“”]+)[\"“”]|(?<!\w)[‘'](?P<single>[^‘’']+)[’'](?!\w)")
_MARKS = frozenset("\"“”‘’'")
"""What opens a quotation; most texts have none, and the pattern is slow to find that out."""
_ARTICLE = re.compile(r"\b(?:an?|so-called|kind of|type of)\s(?:[a-z-]{2,20}\s)?$")
_GOES_ON = re.compile(
    r"\s*(?:$|[.,;:!?)]|(?:in|on|of|with|at|is|are|was|and|that|which|to|by|for|from|near|next|sitting|standing)\b)"
)


def quotations(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """Yield the quotations between two positions of a text.

    A term is none: in 'holding a "3.5mm plug" in green' nothing is said to be written.
    """
    stop = len(text) if end is None else end
    if not _MARKS.intersection(text[start:stop]):
        return
    for match in _QUOTED.finditer(text, start, stop):
        if not _is_term(match, text, start, stop):
            yield match


def quoted_words(match: re.Match[str]) -> str:
    """Return the words of a quotation without the marks."""
    return match["text"] or match["single"]


def _is_term(match: re.Match[str], text: str, start: int, stop: int) -> bool:
    """Return whether a quotation is the noun of a phrase: in lower case, after *a*, and no noun follows."""
    words = quoted_words(match)
    if words != words.lower() or _ARTICLE.search(text[max(match.start() - 40, start) : match.start()]) is None:
        return False
    return _GOES_ON.match(text[match.end() : min(match.end() + 20, stop)]) is not None
