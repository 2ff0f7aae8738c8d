"""Numbers, signs and short texts as every form of a report shows them."""

from __future__ import annotations

from collections.abc import Mapping

MARKS: Mapping[str, str] = {"supported": "✔", "contradicted": "✗", "partly_checked": "◐", "unverifiable": "?"}
"""Verdict to its sign."""
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def number(value: float | None) -> str:
    """Return a trust with two digits, never rounded up to certainty; a dash for None."""
    return "–" if value is None else f"{min(max(value, 0.01), 0.99):.2f}"


def printable(text: str) -> str:
    """Return a text with control characters replaced, except line breaks and tabs: a terminal would obey them."""
    return text.translate(_CONTROLS)


def shortened(text: str, length: int) -> str:
    """Return a text in one line of at most `length` characters, cut with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def rounded(value: float | None) -> float | None:
    """Return a probability or score with four digits, for JSON."""
    return None if value is None else round(float(value), 4)
