"""How figures are written: tables, three digits, intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: Mapping[str, str]) -> str:
    """Return a markdown table, its heads in the words given."""
    named = [words.get(head, head) for head in heads]
    lines = [named, ["---", *(["---:"] * (len(heads) - 1))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def three(value: float | None) -> str:
    """Return three digits, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def interval(ends: Sequence[float] | None) -> str:
    """Return the ends of an interval, or a dash."""
    return "–" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"
