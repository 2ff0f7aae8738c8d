"""Claims about written words: the total is 12.50, the sign says "OPEN", the cashier is Anna.

Finds values (see `written_values`), quoted words, and names after "called", "reads" or "is". The words around them are
labels, which help to locate the value in the picture. Reads one clause at a time and resolves no pronouns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from llamaindex_clipverify.claims.claim import Claim
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


_QUOTED = re.compile(r"[\"“”](?P<text>[^\"“”]+)[\"“”]|(?<!\w)[‘'](?P<single>[^‘’']+)[’'](?!\w)")
_SAYS = (
    r"\b(?:called|named|titled|entitled|labell?ed|reads|read|reading|says|say|saying|spells|marked|addressed\s+to|"
    r"issued\s+by|signed\s+by|written\s+by|words?|title|headline|heading|name)"
)
_NAME = re.compile(
    rf"(?:(?i:{_SAYS})\s+(?:(?:is|was)\s+)?(?:as\s+)?|\b(?:is|was)\s+|[^\W\d_]:\s*)"
    r"(?P<text>[A-Z][\w&’'-]*(?:\s+(?:[A-Z][\w&’'-]*|of|the|and|for)(?=\s+[A-Z&]|\b))*)"
)
_SAYING = re.compile(_SAYS, re.I)
_SAID = re.compile(_SAYS.replace("called|named|", "").replace("|name)", r")\b"), re.I)
_CLAUSE = re.compile(r",\s+|[;]\s*|\s+(?:and|but|while|whereas|which|although)\s+", re.I)
_POINTS_AT = re.compile(
    r"(?:\b(?:is|was|are|were|of|to|at|number|no|room|gate|platform|page|table|line|route|bus|aisle|floor|seat|exit|lane|"
    r"track|flight|order|invoice|code|year|equals|reads|says|shows|costs?|totals?)|[:=#])(?:\s+(?:around|about|exactly|only))?\s*$",
    re.I,
)
_QUANTITY = re.compile(r"\s+(?!(?:for|is|was|and|or|on|in|at|as|by|per|to|from|million|billion|thousand)\b)[a-z]{2,}")
_COUNTS = re.compile(r"^\s+(?:[a-z]{3,}s|people|men|women|children|sheep)\b")
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
_CARRIERS = set(
    "word words letter letters text price cost amount value date line heading headline receipt invoice document slide page bill "
    "menu ticket store shop".split()
)
"""Generic words that are no claim of their own beside a written value: "the receipt is dated …"."""


def with_written(claims: Sequence[Claim], answer: str, start: int, end: int) -> list[Claim]:
    """Return the claims of a sentence, `answer[start:end]`, together with its claims on written words.

    Claims that only repeat a label ("the tax") or words inside quotation marks are dropped.
    """
    found = [
        written for written in statements(answer[start:end]) if not _counted(answer[start:end], written, claims, start)
    ]
    kept = [claim for claim in claims if not any(_repeats(claim, written, start) for written in found)]
    texts = [
        Claim(
            text=answer[start + written.start : start + written.end],
            start=start + written.start,
            end=start + written.end,
            kind="text",
            negated=written.negated,
        )
        for written in found
    ]
    return [*kept, *texts]


def _counted(sentence: str, written: Statement, claims: Sequence[Claim], offset: int) -> bool:
    """Return whether a number counts objects ("cups: 1", "a 2-story house"), or a name is just the first word of a sentence."""
    if written.value is None:
        return set(written.words) <= _OPENERS
    if re.fullmatch(r"\d+-[a-z]+", written.value.text):
        return True
    if written.value.sort != "number" or not written.value.text.isdigit() or int(written.value.text) > _COUNTED:
        return False
    first, last = written.spot[0] + offset, written.spot[1] + offset
    number = any(claim.kind == "count" or claim.negated for claim in claims if claim.start < last and first < claim.end)
    return number or bool(re.match(r"-[a-z]", sentence[written.spot[1] :]))


def _repeats(claim: Claim, written: Statement, offset: int) -> bool:
    """Return whether a claim is only part of a statement: inside the quotation, or the label of a value."""
    first, last = claim.start - offset, claim.end - offset
    if written.spot[0] <= first and last <= written.spot[1]:
        return True
    if claim.kind == "action" and _SAYING.search(claim.text) and written.clause[0] <= first < written.clause[1]:
        return True
    value = written.value
    paper = value is not None and (value.sort in ("money", "percent", "date", "phone") or "." in value.text)
    if written.start <= first and last <= written.end and paper:
        return True
    label = claim.noun in written.labels or claim.noun in _CARRIERS
    return not claim.known and label and written.clause[0] <= first and last <= written.clause[1]


def statements(sentence: str) -> list[Statement]:
    """Return the statements of a sentence about written words, in order."""
    quotes = [match for match in _QUOTED.finditer(sentence) if normalise_words(_text_of(match))]
    taken = [match.span() for match in quotes]
    values = [one for one in values_in(sentence) if not _inside(one.start, taken)]
    taken += [(value.start, value.end) for value in values]
    names = [match for match in _NAME.finditer(sentence) if not _overlaps(match.span("text"), taken)]
    clauses = list(_clauses(sentence, [*taken, *(match.span("text") for match in names)]))
    found = [_statement(sentence, clauses, match.span(), _text_of(match)) for match in quotes]
    for match in names:
        one = _statement(sentence, clauses, match.span("text"), match["text"])
        before = sentence[one.clause[0] : match.start("text")]
        if one.labels or _SAYING.search(before):
            found.append(replace(one, claims_words=_SAID.search(before) is not None))
    plain = [value for value in values if _is_written(sentence, value)]
    found += [_statement(sentence, clauses, (one.start, one.end), one) for one in plain]
    return sorted(found, key=lambda one: (one.start, one.end))


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


_COUNTED = 20
"""Bare numbers up to this count objects; larger ones are written text ("employees: 664")."""
_OPENERS = {fold_lookalikes(word) for word in "there it they this that these those here he she we i a the".split()}
"""First words of a sentence that are not names."""


# -- one statement ----------------------------------------------------------------------------------------------------


def _statement(
    sentence: str,
    clauses: Sequence[tuple[int, int]],
    span: tuple[int, int],
    what: str | Value,
) -> Statement:
    begin, stop = next((clause for clause in clauses if clause[0] <= span[0] < clause[1]), span)
    before = [word for word in _WORD.finditer(sentence, begin, span[0]) if _is_content_word(word.group())]
    after = [word for word in _WORD.finditer(sentence, span[1], max(stop, span[1])) if _is_content_word(word.group())]
    start = before[0].start() if before else span[0]
    end = after[-1].end() if after else span[1]
    labels = tuple(dict.fromkeys(word.group().lower() for word in (*before, *after)))
    denial = _NOT.search(sentence, begin)
    negated = denial is not None and denial.start() < span[0]
    if isinstance(what, str):
        return Statement(
            start=start,
            end=end,
            spot=span,
            clause=(begin, stop),
            negated=negated,
            labels=labels,
            words=normalise_words(what),
        )
    return Statement(start=start, end=end, spot=span, clause=(begin, stop), negated=negated, labels=labels, value=what)


def _clauses(sentence: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the clause spans, cut at commas and conjunctions and between two values, but never inside a value."""
    cuts = [match.span() for match in _CLAUSE.finditer(sentence) if not _overlaps(match.span(), taken)]
    edges = [(0, 0), *cuts, (len(sentence), len(sentence))]
    for (_, begin), (stop, _) in pairwise(edges):
        inside = sorted(span for span in taken if begin <= span[0] < stop)
        for one, two in pairwise(inside):
            if _WORD.search(sentence, one[1], two[0]) and not _is_label(sentence, one, two):
                yield begin, one[1]
                begin = one[1]
        yield begin, stop


def _is_label(sentence: str, one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Return whether a bare year or number is a label of the next value: "sales in 2025 were 340"."""
    bare = sentence[one[0] : one[1]].isdigit() or re.fullmatch(r"Q\d|H\d", sentence[one[0] : one[1]]) is not None
    return bare and bool(_POINTS_AT.search(sentence[: two[0]]))


def _is_written(sentence: str, value: Value) -> bool:
    """Return whether a value is written text, not a count of objects or part of a label."""
    before, after = sentence[: value.start], sentence[value.end :]
    if value.sort == "code":
        return not re.fullmatch(r"Q\d|H\d|\d+x|x\d+", value.text, re.I) or not _WORD.search(after)
    if value.sort != "number":
        return True
    if any(mark in value.text for mark in ".,"):
        return bool(_POINTS_AT.search(before)) or not _QUANTITY.match(after)
    if re.search(r"\b(?:image|picture|photo|in)\s*$", before, re.I) or _COUNTS.search(after):
        return False
    return bool(_POINTS_AT.search(before)) and not re.search(r"\bnumber\s+of\b|\bthere\s+(?:is|are)\b", before, re.I)


def _text_of(match: re.Match[str]) -> str:
    return match["text"] or match["single"]


def _is_content_word(word: str) -> bool:
    lower = word.lower().replace("’", "'")
    return lower not in _GENERIC and not lower.endswith("n't")


def _inside(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _overlaps(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)
