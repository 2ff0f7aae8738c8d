"""Replaces the markup of an answer by spaces of the same length: lists, headings, tables, JSON, and prefixes ("Answer:").

Rows of tables and members of JSON become short statements: ``| car | red |`` is read as "car : red".
"""

from __future__ import annotations

import json
import re
from itertools import groupby

_LAYOUT = re.compile(
    r"^[ \t]*(?:\d{1,9}[.)](?=\s)|[-*+•–](?=\s)|#{1,6}(?=\s)|>)|</?[a-z][^<>\n]*>|\*{1,3}|_{2}|`+|\|", re.I | re.M
)
"""List numbers, bullets, headings, emphasis, code, table rules and tags: markup that is not part of any claim."""
_QUOTED_LINE = re.compile(r"^[ \t]*([\"“])(?=[^\"“”\n]{40,}[\"”][ \t]*$)|(?<=[^\"“”\n]{40})[\"”](?=[ \t]*$)", re.M)
"""Quotation marks around a whole line: the line is the answer, not text written in the picture."""
_PREFIX = re.compile(
    r"^[ \t]*(?:(?:final|short|long|detailed|image|picture|brief)[ \t])?"
    r"(?:answer|caption|description|response|reply|output|assistant|summary|note|a)[ \t]?:(?=\s)",
    re.I | re.M,
)
"""Words before an answer that name what follows."""
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.M)
_RULE = re.compile(r"[ \t|:-]+")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_FIGURES = re.compile(
    r"\b(?:count|number|quantity|total|amount|id|index|confidence|score|probability|bbox|box|x|y|w|h|width|height) +:[ ,.\d]*"
)
"""Members of a record whose numbers mean nothing without it."""
_MARKED = re.compile(r"^[ \t]*(?:\d{1,9}[.)]|[-*+•–#>|])|:[ \t]*$")
"""Lines of a list or a table, and headings of lists."""
_ARTICLES = ("a", "an", "the", "one", "two", "three", "some")
_NARROWEST = 25
"""Characters of the widest line of a wrapped paragraph."""
_FENCE = re.compile(r"^```\w*[ \t]*$", re.M)


def plain(answer: str) -> str:
    """Return an answer of the same length without markup."""
    fenced = _FENCE.sub(_blank, answer)
    text = _unpacked(fenced) if fenced.lstrip()[:1] in ("{", "[") else _cells(answer)
    marked = _QUOTED_LINE.sub(_blank, text)
    return _PREFIX.sub(_blank, _LAYOUT.sub(_blank, _unwrapped(marked)))


# -- wrapped lines ------------------------------------------------------------------------------------------------------


def _unwrapped(text: str) -> str:
    """Return a text with spaces for line breaks that are there only because the next word did not fit.

    Lines that end early, such as those of a list, stay lines.
    """
    if "\n" not in text:
        return text
    done: list[str] = []
    for blank, lines in groupby(text.split("\n"), key=lambda line: not line.strip()):
        paragraph = list(lines)
        done.append("\n".join(paragraph) if blank else _joined(paragraph))
    return "\n".join(done)


def _joined(lines: list[str]) -> str:
    """Return the lines of one paragraph, joined by spaces where they are wrapped."""
    width = max(map(len, lines))
    firsts = [line.split(maxsplit=1)[0] for line in lines]
    fits = any(len(line) + 1 + len(first) <= width for line, first in zip(lines, firsts[1:], strict=False))
    starts = [first[:1].islower() for first in firsts[1:]]
    listed = any(map(_MARKED.search, lines)) or (len(lines) == 2 and firsts[1] in _ARTICLES)
    if fits or listed or width < _NARROWEST or not any(starts):
        return "\n".join(lines)
    ends = [line.rstrip()[-1:] in ".!?:" for line in lines[:-1]]
    breaks = [" " if low or not end else "\n" for low, end in zip(starts, ends, strict=True)]
    return "".join(part for pair in zip(lines, [*breaks, ""], strict=True) for part in pair)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _lower(text: str) -> str:
    """Return a text in lower case, because a value of a table is no name; unchanged where the length would change."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


# -- JSON ---------------------------------------------------------------------------------------------------------------


def _unpacked(text: str) -> str:
    """Return a JSON text as statements "key: value, value;"; any other text unchanged."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    parts, at, open_lists = [], 0, [False]
    for found in _STRING.finditer(text):
        parts += [_structure(text[at : found.start()], open_lists), f" {_lower(found.group()[1:-1])} "]
        at = found.end()
    return _FIGURES.sub(_blank, "".join((*parts, _structure(text[at:], open_lists))))


def _structure(text: str, open_lists: list[bool]) -> str:
    """Return what is between two strings, without brackets; a comma between members of an object ends a statement."""
    signs = []
    for sign in text:
        if sign in "{[":
            open_lists.append(sign == "[")
        elif sign in "}]":
            open_lists.pop()
        ends = sign == "," and not open_lists[-1]
        signs.append(";" if ends or sign in "{}" else " " if sign in "[]\n" else sign)
    return "".join(signs)


# -- tables -------------------------------------------------------------------------------------------------------------


def _cells(text: str) -> str:
    """Return a text whose tables are rows "cell : cell , cell"; headings and rules are blanked."""
    rows = list(_ROW.finditer(text))
    parts, at = [], 0
    for place, row in enumerate(rows):
        following = rows[place + 1].group() if place + 1 < len(rows) else ""
        heading = bool(_RULE.fullmatch(following)) and rows[place + 1].start() == row.end() + 1
        rule = heading or _RULE.fullmatch(row.group()) is not None
        parts += [text[at : row.start()], " " * len(row.group()) if rule else _row(row.group())]
        at = row.end()
    return "".join((*parts, text[at:]))


def _row(row: str) -> str:
    first, last = row.index("|"), row.rindex("|")
    head, mark, rest = row[first + 1 : last].partition("|")
    return " " * (first + 1) + _lower(head + (":" if mark else "") + rest.replace("|", ",")) + " " * (len(row) - last)
