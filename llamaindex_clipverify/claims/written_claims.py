"""What a sentence says is written in a picture: the total is 12.50, the sign says "OPEN", the cashier is Anna.

Finds values (see `values`), quoted words, and names after "called", "reads" or a thing and "is"; the words around them are labels
which tell its place in the picture. It can see one clause at a time and resolves no pronouns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.written_values import Value, values_in


@dataclass(frozen=True)
class Statement:
    """One thing that is said to be written."""

    start: int
    end: int
    """Of the words that say it, labels included."""
    spot: tuple[int, int]
    """Of the value or the quotation alone."""
    clause: tuple[int, int]
    """Of the clause it stands in."""
    negated: bool
    labels: tuple[str, ...]
    """Content words beside it, in lower case: ``("total",)``."""
    value: Value | None = None
    words: tuple[str, ...] = ()
    """What is quoted or named, normalised (see `normalise_words`); empty when it is a value."""
    claims_words: bool = True
    """Whether it says in so many words that they are written; "the guide is Anna" does not."""


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
"""Generic words that claim no thing of their own beside what they carry: "the receipt is dated …"."""


def with_written(claims: Sequence[Claim], answer: str, start: int, end: int) -> list[Claim]:
    """Return the claims of a sentence, `answer[start:end]`, with those on written words, which no other claim repeats.

    A label ("the tax") and what stands in quotation marks claim no thing to be there.
    """
    found = [one for one in statements(answer[start:end]) if not _counted(answer[start:end], one, claims, start)]
    kept = [claim for claim in claims if not any(_repeats(claim, one, start) for one in found)]
    texts = [
        Claim(answer[start + one.start : start + one.end], start + one.start, start + one.end, "text", one.negated)
        for one in found
    ]
    return [*kept, *texts]


def _counted(sentence: str, one: Statement, claims: Sequence[Claim], offset: int) -> bool:
    """Whether a bare number counts things ("cups: 1", "a 2-story house"), or a name is but the first word of a sentence."""
    if one.value is None:
        return set(one.words) <= _OPENERS
    if re.fullmatch(r"\d+-[a-z]+", one.value.text):
        return True
    if one.value.sort != "number" or not one.value.text.isdigit() or int(one.value.text) > _COUNTED:
        return False
    first, last = one.spot[0] + offset, one.spot[1] + offset
    number = any(claim.kind == "count" or claim.negated for claim in claims if claim.start < last and first < claim.end)
    return number or bool(re.match(r"-[a-z]", sentence[one.spot[1] :]))


def _repeats(claim: Claim, one: Statement, offset: int) -> bool:
    """Whether a claim is nothing but a part of a statement: inside the quotation, or the label of a value."""
    first, last = claim.start - offset, claim.end - offset
    if one.spot[0] <= first and last <= one.spot[1]:
        return True
    if claim.kind == "action" and _SAYING.search(claim.text) and one.clause[0] <= first < one.clause[1]:
        return True
    value = one.value
    paper = value is not None and (value.sort in ("money", "percent", "date", "phone") or "." in value.text)
    if one.start <= first and last <= one.end and paper:
        return True
    label = claim.noun in one.labels or claim.noun in _CARRIERS
    return not claim.known and label and one.clause[0] <= first and last <= one.clause[1]


def statements(sentence: str) -> list[Statement]:
    """Return what a sentence says is written, in order."""
    quotes = [match for match in _QUOTED.finditer(sentence) if normalise_words(_text_of(match))]
    taken = [match.span() for match in quotes]
    values = [one for one in values_in(sentence) if not _inside(one.start, taken)]
    taken += [(one.start, one.end) for one in values]
    names = [match for match in _NAME.finditer(sentence) if not _meets(match.span("text"), taken)]
    clauses = list(_clauses(sentence, [*taken, *(match.span("text") for match in names)]))
    found = [_statement(sentence, clauses, match.span(), _text_of(match)) for match in quotes]
    for match in names:
        one = _statement(sentence, clauses, match.span("text"), match["text"])
        before = sentence[one.clause[0] : match.start("text")]
        if one.labels or _SAYING.search(before):
            found.append(replace(one, claims_words=_SAID.search(before) is not None))
    plain = [one for one in values if _is_written(sentence, one)]
    found += [_statement(sentence, clauses, (one.start, one.end), one) for one in plain]
    return sorted(found, key=lambda one: (one.start, one.end))


def statement(text: str) -> Statement | None:
    """Read the words of a text claim again; the last statement in them counts, or else all of them; None for no word at all."""
    found = statements(text)
    if found:
        return found[-1]
    values, whole = values_in(text), (0, len(text))
    if values:
        return Statement(*whole, (values[-1].start, values[-1].end), whole, False, (), values[-1])
    words = normalise_words(text)
    return Statement(*whole, whole, whole, False, (), words=words, claims_words=False) if words else None


def normalise_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: no case, no accents, no punctuation, look-alikes made equal."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(fold_lookalikes(word) for word in re.findall(r"[^\W_]+", letters.replace("'", "").replace("’", "")))


def fold_lookalikes(word: str) -> str:
    """Return a word with O as 0, and l, I and | as 1, and rn as m: what no reader can tell apart."""
    return word.replace("rn", "m").translate(str.maketrans("oil|", "0111"))


_COUNTED = 20
"""The largest number of things that somebody counts in a picture; "employees: 664" is read."""
_OPENERS = {fold_lookalikes(word) for word in "there it they this that these those here he she we i a the".split()}
"""First words of a sentence, which are no names."""


# -- one statement ----------------------------------------------------------------------------------------------------


def _statement(
    sentence: str,
    clauses: Sequence[tuple[int, int]],
    span: tuple[int, int],
    what: str | Value,
) -> Statement:
    begin, stop = next((one for one in clauses if one[0] <= span[0] < one[1]), span)
    before = [word for word in _WORD.finditer(sentence, begin, span[0]) if _tells(word.group())]
    after = [word for word in _WORD.finditer(sentence, span[1], max(stop, span[1])) if _tells(word.group())]
    start = before[0].start() if before else span[0]
    end = after[-1].end() if after else span[1]
    labels = tuple(dict.fromkeys(word.group().lower() for word in (*before, *after)))
    denial = _NOT.search(sentence, begin)
    negated = denial is not None and denial.start() < span[0]
    if isinstance(what, str):
        return Statement(start, end, span, (begin, stop), negated, labels, words=normalise_words(what))
    return Statement(start, end, span, (begin, stop), negated, labels, what)


def _clauses(sentence: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans between commas and conjunctions, and between one value and the next; none cuts through a value."""
    cuts = [match.span() for match in _CLAUSE.finditer(sentence) if not _meets(match.span(), taken)]
    edges = [(0, 0), *cuts, (len(sentence), len(sentence))]
    for (_, begin), (stop, _) in pairwise(edges):
        inside = sorted(span for span in taken if begin <= span[0] < stop)
        for one, two in pairwise(inside):
            if _WORD.search(sentence, one[1], two[0]) and not _is_label(sentence, one, two):
                yield begin, one[1]
                begin = one[1]
        yield begin, stop


def _is_label(sentence: str, one: tuple[int, int], two: tuple[int, int]) -> bool:
    """Whether a bare year or number is no value of its own beside the next one: "sales in 2025 were 340"."""
    bare = sentence[one[0] : one[1]].isdigit() or re.fullmatch(r"Q\d|H\d", sentence[one[0] : one[1]]) is not None
    return bare and bool(_POINTS_AT.search(sentence[: two[0]]))


def _is_written(sentence: str, value: Value) -> bool:
    """Whether a value is one that stands somewhere, and no count of things or part of a label."""
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


def _tells(word: str) -> bool:
    lower = word.lower().replace("’", "'")
    return lower not in _GENERIC and not lower.endswith("n't")


def _inside(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _meets(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in spans)
