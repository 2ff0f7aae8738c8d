"""An answer as pieces between the borders of its claims, so that every form of a report can mark the words of claims.

Every character of the answer is in exactly one piece, whatever spans the claims have; each piece lists the claims that cover it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from llamaindex_clipverify.report.report import CheckedClaim, Report


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of the answer that is covered by the same claims throughout."""

    text: str
    claims: tuple[int, ...]
    """Indices of the claims that cover it, the shortest (the most specific) first."""
    state: str
    """The worst state among these claims; "" without claims."""
    ends: tuple[int, ...]
    """Indices of the claims whose span ends with this piece."""


def pieces(report: Report) -> list[Piece]:
    """Return the pieces of the answer; their texts joined are the answer."""
    spans = {place: _span(one, len(report.answer)) for place, one in enumerate(report.claims)}
    spans = {place: span for place, span in spans.items() if span[0] < span[1]}
    borders = sorted({0, len(report.answer), *(edge for span in spans.values() for edge in span)})
    opening: dict[int, list[int]] = {}
    for place, (start, _) in spans.items():
        opening.setdefault(start, []).append(place)
    found: list[Piece] = []
    over: list[int] = []
    for start, end in pairwise(borders):
        over = [place for place in over if spans[place][1] > start] + opening.get(start, [])
        found.append(_piece(report, spans, over, start, end))
    return found


def state(one: CheckedClaim | Report) -> str:
    """Return the verdict, or ``undecided`` if it is unverifiable although it was checked."""
    return "undecided" if one.verdict == "unverifiable" and one.trust is not None else one.verdict


def focus(report: Report) -> int | None:
    """Return the index of the claim to show first: that with the lowest trust, else the first; None without claims."""
    checked = [place for place, one in enumerate(report.claims) if one.trust is not None]
    if checked:
        return min(checked, key=lambda place: report.claims[place].trust or 0.0)
    return 0 if report.claims else None


_WORST = ("contradicted", "undecided", "supported", "unverifiable")
"""Checked and undecided is worse than supported; a claim that nothing could check takes no colour from one that was."""


_DESCRIPTIVE = ("attribute", "material", "pattern", "size", "state")


def _describes(one: CheckedClaim, start: int) -> bool:
    """Return whether the words from a position are an adjective that nothing checked, although its noun was: "wooden car"."""
    return one.trust is None and one.claim.kind in _DESCRIPTIVE and one.claim.start == start


def _span(one: CheckedClaim, length: int) -> tuple[int, int]:
    return max(0, min(one.claim.start, length)), max(0, min(one.claim.end, length))


def _piece(report: Report, spans: dict[int, tuple[int, int]], covering: list[int], start: int, end: int) -> Piece:
    over = sorted(covering, key=lambda place: (spans[place][1] - spans[place][0], place))
    worst = min((state(report.claims[place]) for place in over), key=_WORST.index, default="")
    if worst == "supported" and any(_describes(report.claims[place], start) for place in over):
        worst = "unverifiable"
    ends = tuple(sorted(place for place in over if spans[place][1] == end))
    return Piece(text=report.answer[start:end], claims=tuple(over), state=worst, ends=ends)
