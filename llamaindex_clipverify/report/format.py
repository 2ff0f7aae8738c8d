"""Numbers, signs and short texts as every form of a report shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MARKS: Mapping[str, str] = {"supported": "✔", "contradicted": "✗", "partly_checked": "◐", "unverifiable": "?"}
"""Verdict to its sign."""
_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that change the direction of a text: what is shown would not be what stands there."""
_CODES = (*range(32), *range(127, 160), *_BIDI, *range(0xD800, 0xE000))
_CONTROLS = {code: "\ufffd" for code in _CODES if chr(code) not in "\n\t"}


def number(value: float | None) -> str:
    """Return a trust with two digits, never rounded up to certainty; a dash for None."""
    return "–" if value is None else f"{min(max(value, 0.01), 0.99):.2f}"


def printable(text: str) -> str:
    """Return a text with control characters replaced, except line breaks and tabs: a terminal or a page would obey them.

    Those that change the direction of a text are among them, and halves of surrogate pairs. The length stays.
    """
    return text.translate(_CONTROLS)


def shortened(text: str, length: int) -> str:
    """Return a text in one line of at most `length` characters, cut with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def rounded(value: float | None, *, exact: bool = False) -> float | None:
    """Return a probability or score with four digits, or with all of them, for JSON."""
    if value is None:
        return None
    return float(value) if exact else round(float(value), 4)


def edges(region: Sequence[float] | None, *, exact: bool = False) -> list[float] | None:
    """Return a region with tenths of pixels, or with all digits, for JSON."""
    if region is None:
        return None
    return [float(edge) if exact else round(float(edge), 1) for edge in region]
