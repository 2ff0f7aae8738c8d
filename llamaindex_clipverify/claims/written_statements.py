"""What a sentence says is written: values (see `written_values`), quoted words, and names after "called", "reads" or "is".

The words around them are labels, which help to locate the value in the picture. Reads one clause at a time and resolves no
pronouns. Every place is looked up in sorted lists, so that the time grows with the length of the sentence.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from llamaindex_clipverify.claims.measures import is_measure
from llamaindex_clipverify.claims.quotations import quotations, quoted_words
from llamaindex_clipverify.claims.written_values import Value, values_in


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A value, quotation or name that a sentence says is written."""

    start: int
    end: int
    """End of the statement, labels included."""
    spot: tuple[int, int]
    """Span of the value, quotation or name alone."""
    clause: tuple[int, int]
    """Span of the clause."""
    negated: bool
    labels: tuple[str, ...]
    """Content words of the statement beside the value, in lower case: ``("total",)``."""
    value: Value | None = None
    words: tuple[str, ...] = ()
    """What is quoted or named, normalised (see `normalise_words`); empty when it is a value."""
    claims_words: bool = True
    """Whether the sentence says explicitly that the words are written; "the guide is Anna" does not."""


_SAYS = (
    r"\b(?:called|named|titled|entitled|labell?ed|reads|read|reading|says|say|saying|spells|marked|addressed\s+to|"
    r"issued\s+by|signed\s+by|written\s+by|words?|letters|caption|slogan|title|headline|heading|name)"
)
_NAME = re.compile(
    rf"(?:(?i:{_SAYS})\s+(?:(?:is|was)\s+)?(?:as\s+)?|\b(?:is|was)\s+|[^\W\d_]:\s*)"
    r"(?P<text>[A-Z][\w&’'-]*(?:\s{1,3}(?:[A-Z][\w&’'-]*|(?:of|the|and|for)(?=\s+[A-Z&]))){0,9})"
)
_CAPTION = re.compile(r"\bwith\s+(?:the|a)\s+(?:caption|slogan|words|inscription)\s+(?P<text>[a-z][\w’' -]*?)\s*[.!]*$")
"""Words in lower case after *caption*, without quotation marks, at the end of a sentence."""
_SAYING = re.compile(_SAYS, re.I)
_SAID = re.compile(_SAYS.replace("called|named|", "").replace("|name)", r")\b"), re.I)
_CLAUSE = re.compile(r",\s+|;\s*|(?<!\s)\s+(?:and|but|while|whereas|which|although)\s+", re.I)
_POINTS_AT = re.compile(
    r"(?:\b(?:is|was|are|were|of|to|at|number|no|room|gate|platform|page|table|line|route|bus|aisle|floor|seat|exit|lane|"
    r"track|flight|order|invoice|code|year|equals|reads|says|shows|costs?|totals?)|[:=#])(?:\s+(?:around|about|exactly|only))?\s*$",
    re.I,
)
_QUANTITY = re.compile(r"\s+(?!(?:for|is|was|and|or|on|in|at|as|by|per|to|from|million|billion|thousand)\b)[a-z]{2,}")
_COUNTS = re.compile(r"^\s+(?:[a-z]{3,}s|people|men|women|children|sheep)\b")
_SHOWS = re.compile(r"\b(?:says?|reads?|shows?|saying|reading|showing|labell?ed|marked|printed)\s{1,3}$", re.I)
_NOT = re.compile(r"\b(?:not|never|without)\b|n[’']t\b|\bno\b(?!\.?\s*\d)", re.I)
_WORD = re.compile(r"[^\W_]+(?:[’'&-][^\W_]+)*")
_GENERIC = set(
    "a an the this that these those its his her their our your my it he she they we you there here is are was were be been "
    "of to at in on by for from with as per and or not no has have had do does did will would can could says say said "
    "reads read reading saying spells shows show showing states state stating lists listed list gives given marked written "
    "writes write displays displayed called named titled entitled labelled labeled indicates costs cost price priced sold "
    "picture image photo photograph document receipt invoice slide sign table chart page text word words letters letter "
    "board screen label store shop ticket value amount number equals exactly only about which who what sells paid pay comes "
    "stands bill menu poster headline heading line one reading dated date's n't isn wasn s".split()
)
_NEAR = 80
"""Characters beside a value that are searched for what it is."""
_MOST_LABELS = 12
"""Content words on each side of a value, at most, that are its labels."""
_BEARER_BEGINS = re.compile(
    r"\b(?:in|on|at|with|that|which|who|to|from|by|near|under|above|behind|beside|of|for|has|have|had|and|or|[a-z]+ing|holds|wears|carries"
    r"|is\s+(?:a|an|the|no))\b|[,;:()]",
    re.I,
)
"""Words before the noun phrase of a quotation: the phrase begins after the last of them."""
_BEARER_ENDS = re.compile(
    r"\b(?:in|on|at|with|that|which|who|to|from|by|near|under|above|below|behind|beside|next|of|for|is|are|was|were|has|have|had|and|or"
    r"|[a-z]+ing|[a-z]+ed|hangs?|stands?|sits?|lies?|says?|reads?|shows?|appears?|faces?|written|visible|but|as)\b|[,;:()\"“”]",
    re.I,
)
"""Words after the noun phrase of a quotation: the phrase ends before the first of them."""


def statements(sentence: str) -> list[Statement]:
    """Return the statements of a sentence about written words, in order."""
    written = _Written.of(sentence)
    return _Reading(sentence, written).statements() if written else []


def statement(text: str) -> Statement | None:
    """Parse a text claim: return its last statement, else its last value, else all its words; None without any word."""
    found = statements(text)
    if found:
        return found[-1]
    values, whole = values_in(text), (0, len(text))
    if values:
        spot = values[-1].start, values[-1].end
        return Statement(start=0, end=len(text), spot=spot, clause=whole, negated=False, labels=(), value=values[-1])
    words = normalise_words(text)
    if not words:
        return None
    return Statement(
        start=0, end=len(text), spot=whole, clause=whole, negated=False, labels=(), words=words, claims_words=False
    )


def normalise_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in comparable form: no case, accents or punctuation; look-alike letters folded."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(fold_lookalikes(word) for word in re.findall(r"[^\W_]+", letters.replace("'", "").replace("’", "")))


def fold_lookalikes(word: str) -> str:
    """Return a word with look-alikes folded: O to 0; l, I and | to 1; rn to m."""
    return word.replace("rn", "m").translate(str.maketrans("oil|", "0111"))


# -- one sentence -----------------------------------------------------------------------------------------------------


class _Written(NamedTuple):
    """What of a sentence may be written words."""

    quotes: dict[tuple[int, int], str]
    """Span to the words quoted."""
    values: list[Value]
    names: list[re.Match[str]]

    @classmethod
    def of(cls, sentence: str) -> _Written | None:
        """Find it; None where there is nothing, as in most sentences."""
        quotes = {
            match.span(): words for match in quotations(sentence) if normalise_words(words := quoted_words(match))
        }
        taken = _Spans(quotes)
        values = [value for value in values_in(sentence) if not taken.meet(value.start, value.start + 1)]
        taken = _Spans([*quotes, *((value.start, value.end) for value in values)])
        names = [
            match
            for pattern in (_NAME, _CAPTION)
            for match in pattern.finditer(sentence)
            if not taken.meet(*match.span("text"))
        ]
        return cls(quotes, values, names) if quotes or values or names else None

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where all of it is."""
        yield from self.quotes
        yield from ((value.start, value.end) for value in self.values)
        yield from (match.span("text") for match in self.names)


class _Reading:
    """A sentence with the places of its quotations, values, names, content words and clauses."""

    def __init__(self, sentence: str, written: _Written) -> None:
        self.sentence = sentence
        self.quotes, self.values, self.names = written
        self.clauses = list(self._clauses(list(written.spans())))
        self.words = [word for word in _WORD.finditer(sentence) if _is_content_word(word.group())]
        self.starts = [word.start() for word in self.words]
        self.ends = [word.end() for word in self.words]
        self.sayings = [match.start() for match in _SAYING.finditer(sentence)]
        self.said = [match.start() for match in _SAID.finditer(sentence)]
        self.denials = [match.start() for match in _NOT.finditer(sentence)]

    def statements(self) -> list[Statement]:
        """Return the statements, in order."""
        found = [self._quotation(span, text) for span, text in self.quotes.items()]
        for match in self.names:
            one = self._statement(match.span("text"), match["text"])
            if one.labels or _between(self.sayings, one.clause[0], match.start("text")):
                found.append(replace(one, claims_words=_between(self.said, one.clause[0], match.start("text"))))
        found += [self._statement((one.start, one.end), one) for one in self.values if _is_written(self.sentence, one)]
        return sorted(found, key=lambda one: (one.start, one.end))

    def _statement(self, span: tuple[int, int], what: str | Value, inner: tuple[int, int] | None = None) -> Statement:
        """Return a statement; its labels are in the clause, or in the part `inner` of it."""
        clause = self.clauses[max(bisect_right(self.clauses, (span[0], len(self.sentence))) - 1, 0)]
        begin, stop = inner or clause
        most = 1 if inner else _MOST_LABELS
        before = self.words[bisect_left(self.starts, begin) : bisect_right(self.ends, span[0])][-_MOST_LABELS:]
        after = self.words[bisect_left(self.starts, span[1]) : bisect_right(self.ends, max(stop, span[1]))][:most]
        labels = tuple(dict.fromkeys(word.group().lower() for word in (*before, *after)))
        return Statement(
            start=before[0].start() if before else span[0],
            end=after[-1].end() if after else span[1],
            spot=span,
            clause=clause,
            negated=_between(self.denials, clause[0], span[0]),
            labels=labels,
            value=None if isinstance(what, str) else what,
            words=normalise_words(what) if isinstance(what, str) else (),
        )

    def _quotation(self, span: tuple[int, int], text: str) -> Statement:
        """Return the statement of quoted words; its labels are those of the thing that bears them."""
        whole = self._statement(span, text)
        begin = max(whole.clause[0], span[0] - _NEAR)
        before = self.sentence[begin : span[0]]
        starts = [match.end() for match in _BEARER_BEGINS.finditer(before)]
        after = self.sentence[span[1] : min(whole.clause[1], span[1] + _NEAR)]
        ends = _BEARER_ENDS.search(after)
        inner = (begin + (starts[-1] if starts else 0), span[1] + (ends.start() if ends else len(after)))
        return self._statement(span, text, inner)

    def _clauses(self, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield the clause spans, cut at commas and conjunctions and between two values, but never inside a value."""
        spans = _Spans(taken)
        cuts = [match.span() for match in _CLAUSE.finditer(self.sentence) if not spans.meet(*match.span())]
        edges = [(0, 0), *cuts, (len(self.sentence), len(self.sentence))]
        starts = [span[0] for span in spans.spans]
        for (_, begin), (stop, _) in pairwise(edges):
            inside = spans.spans[bisect_left(starts, begin) : bisect_left(starts, stop)]
            for one, two in pairwise(inside):
                if _WORD.search(self.sentence, one[1], two[0]) and not _is_label(self.sentence, one, two):
                    yield begin, one[1]
                    begin = one[1]
            yield begin, stop


class _Spans:
    """Sorted spans that do not overlap."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self.spans = sorted(spans)
        self._starts = [span[0] for span in self.spans]

    def meet(self, start: int, end: int) -> bool:
        """Return whether any span overlaps another one."""
        at = bisect_left(self._starts, end) - 1
        return at >= 0 and self.spans[at][1] > start


def _between(places: Sequence[int], start: int, end: int) -> bool:
    """Return whether one of sorted places is in a span."""
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


def _is_label(sentence: str, one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Return whether a bare year or number is a label of the next value: "sales in 2025 were 340"."""
    text = sentence[one[0] : one[1]]
    bare = text.isdecimal() or re.fullmatch(r"Q\d|H\d", text) is not None
    return bare and bool(_POINTS_AT.search(sentence[max(two[0] - _NEAR, one[1]) : two[0]]))


def _is_written(sentence: str, value: Value) -> bool:
    """Return whether a value is written text, not a count of objects, a measure or part of a label."""
    before, after = sentence[max(value.start - _NEAR, 0) : value.start], sentence[value.end : value.end + _NEAR]
    if value.sort in ("code", "number") and is_measure(sentence, value.start, value.end) and not _SHOWS.search(before):
        return False
    if value.sort == "code":
        return not re.fullmatch(r"Q\d|H\d|\d+x|x\d+", value.text, re.I) or not _WORD.search(after)
    if value.sort != "number":
        return True
    if any(mark in value.text for mark in ".,"):
        return bool(_POINTS_AT.search(before)) or not _QUANTITY.match(after)
    if re.search(r"\b(?:image|picture|photo|in)\s{0,3}$", before, re.I) or _COUNTS.match(after):
        return False
    return bool(_POINTS_AT.search(before)) and not re.search(r"\bnumber\s+of\b|\bthere\s+(?:is|are)\b", before, re.I)


def _is_content_word(word: str) -> bool:
    lower = word.lower().replace("’", "'")
    return lower.removesuffix("'s") not in _GENERIC and not lower.endswith("n't")
