"""Words that are written in the picture: prices, times, dates and names are no things. Quotations are left out before."""

from __future__ import annotations

import re
from itertools import chain

from llamaindex_clipverify.claims.english.sentences import Sentence

WRITTEN = re.compile(
    r"[$€£¥₩]\s?\d+(?:[.,]\d+)*|(?<!\d)\d{1,20}(?:[.,]\d{1,20}){0,9}\s?(?:dollars|euros|won|percent|%|€|£)"
    r"|\b\d{1,2}:\d{2}\b|\b\d{4}-\d{2}-\d{2}\b"
    r"|\b(?i:says|reads|reading|saying|spells|spelling|words?|letters|labell?ed|titled|named|called)\s"
    r"(?P<name>[A-Z][\w’'&-]*(?:\s[A-Z][\w’'&-]*)*)"
    r"|\bwith\s(?:the|a)\s(?:caption|slogan|words|inscription)\s(?P<words>[a-z][\w’' -]*)$"
)
"""Prices, percentages, times, dates, and capitalised words after *says*, *reads* and the like."""


def written(sentence: Sentence) -> list[bool]:
    """Return for each word whether it is written text: what a sign says is not an object in the picture."""
    found = WRITTEN.finditer(sentence.text, sentence.start, sentence.start + len(sentence.own.rstrip(" .!")))
    spans = chain((match.span(match.lastgroup or 0) for match in found), [(sentence.end, sentence.end)])
    start, end = next(spans)
    marked = []
    for word in sentence.words:
        while end <= word.start < sentence.end and start < sentence.end:
            start, end = next(spans)
        marked.append(start <= word.start < end)
    return marked
