"""Reading the facts of written words: lines, what stands in them, and what stands beside what.

A picture taken askew is set upright first: places are turned back by the common tilt of its lines, so that rows are rows again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from llamaindex_clipverify.claims.written_claims import normalise_words
from llamaindex_clipverify.claims.written_values import Value, values_in
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Box

LEGIBLE = 0.8
"""Confidence from which a line counts as legible."""
_PAGE = 0.09
"""Share of the picture that lines cover at least on a page or a sign; in a street it is less."""


@dataclass(frozen=True)
class Written:
    """One line, where it stands once the picture is upright."""

    text: str
    confidence: float
    box: Box
    """In the picture as it is."""
    left: float
    right: float
    middle: float
    """Height of its middle."""
    height: float

    def between(self, start: int, end: int) -> tuple[float, float]:
        """Return about where the characters from `start` to `end` lie, from left to right."""
        step = (self.right - self.left) / max(len(self.text), 1)
        return self.left + start * step, self.left + end * step


@dataclass(frozen=True)
class Spot:
    """A part of a line: a value, or a word."""

    line: Written
    left: float
    right: float
    value: Value | None = None
    text: str = ""
    alone: bool = True
    """Whether nothing else stands in the line: a heading of a column, and no title of a page."""


def lines(facts: Facts) -> list[Written]:
    """Return the lines of a picture from top to bottom; none when nothing was read."""
    seen = facts.of("written_text")
    rows = seen["lines"] if seen else []
    if not rows:
        return []
    long = [row["tilt"] for row in rows if len(row["text"]) >= 5] or [row["tilt"] for row in rows]
    turn = math.radians(median(long))
    turn = turn if abs(turn) < math.radians(30) else 0.0
    found = [_upright(row, turn) for row in rows]
    return sorted(found, key=lambda line: (line.middle, line.left))


def _upright(row: dict[str, Any], turn: float) -> Written:
    left, top, right, bottom = (float(edge) for edge in row["box"])
    cosine, sine = math.cos(turn), math.sin(turn)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    width, height = right - left, bottom - top
    long = max((width * cosine - height * abs(sine)) / math.cos(2 * turn), 4.0)
    tall = max((height * cosine - width * abs(sine)) / math.cos(2 * turn), 4.0)
    across, down = middle_x * cosine + middle_y * sine, middle_y * cosine - middle_x * sine
    box: Box = (left, top, right, bottom)
    return Written(str(row["text"]), float(row["confidence"]), box, across - long / 2, across + long / 2, down, tall)


def whole(found: Sequence[Written], size: tuple[int, int], least: float) -> bool:
    """Whether the picture is one of writing, all of it legible, so that what is not read is not there.

    A photograph of a street is not: what a small or half-hidden sign says goes unread, and leaves no trace.

    Args:
        found: All its lines.
        size: Width and height of the picture.
        least: Confidence that every line must have.
    """
    area = sum((line.box[2] - line.box[0]) * (line.box[3] - line.box[1]) for line in found)
    clear = all(line.confidence >= least and line.height <= size[1] / 2 for line in found)
    return clear and area >= _PAGE * size[0] * size[1]


def values(found: Sequence[Written]) -> list[Spot]:
    """Return every value of the lines."""
    return [
        Spot(line, *line.between(value.start, value.end), value, value.text)
        for line in found
        for value in values_in(line.text)
    ]


def words(found: Sequence[Written]) -> Iterator[tuple[str, Spot]]:
    """Yield every word of the lines, squashed, and where it stands."""
    for line in found:
        at = 0
        for part in line.text.replace(":", " ").split():
            at = line.text.find(part, at)
            for word in normalise_words(part):
                yield word, Spot(line, *line.between(at, at + len(part)), text=part)
            at += len(part)


def same_row(one: Written, two: Written) -> bool:
    """Whether two lines stand on one row."""
    return one is two or abs(one.middle - two.middle) < 0.6 * min(one.height, two.height)


def near(label: Spot, other: Spot, crowded: bool) -> float:
    """Return how well a thing belongs to a label, 0–1: on its row, or in its column.

    Args:
        label: A word that names the place.
        other: What may stand there.
        crowded: Whether the label's row has something of that sort itself: then a column counts for little.
    """
    if same_row(label.line, other.line):
        return 1.0 if other.left >= label.left else 0.5 if crowded else 0.8
    if not label.alone:
        return 0.0
    overlap = min(label.line.right, other.right) - max(label.line.left, other.left)
    if overlap < 0.3 * min(label.line.right - label.line.left, other.right - other.left):
        return 0.0
    below = other.line.middle > label.line.middle
    return (0.4 if crowded else 0.9) if below else (0.1 if crowded else 0.4)
