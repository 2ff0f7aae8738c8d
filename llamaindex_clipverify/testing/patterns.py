"""Stripes, dots and checks painted into the part of a sprite that takes a tint."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PATTERNS: tuple[str, ...] = ("striped", "dotted", "checkered")
"""Patterns of drawn things, under the names that claims have for them."""

_BANDS = 5.5
"""Number of stripes, checks or rows of dots across the longer side of the tinted part."""


def pattern_mask(mask: NDArray[Any], pattern: str) -> NDArray[np.bool_]:
    """Return which pixels of a mask take the second tone.

    Raises:
        KeyError: No such pattern.
    """
    rows, columns = np.nonzero(mask)
    top, left = (int(rows.min()), int(columns.min())) if len(rows) else (0, 0)
    span = max(np.ptp(rows), np.ptp(columns)) + 1 if len(rows) else 1
    step = max(6.0, span / _BANDS)
    down, across = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(float)
    down, across = (down - top) / step, (across - left) / step
    painted: dict[str, NDArray[np.bool_]] = {
        "striped": across % 1 < 0.5,
        "checkered": (across % 1 < 0.5) ^ (down % 1 < 0.5),
        "dotted": np.hypot((across + 0.5 * (np.floor(down) % 2)) % 1 - 0.5, down % 1 - 0.5) < 0.31,
    }
    found: NDArray[np.bool_] = painted[pattern] & mask.astype(bool)
    return found


def second_tone(colour: str, rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return a tone of the same hue that stands out: much lighter, or darker for white and yellow."""
    towards, share = ((40, 40, 46), 0.5) if colour in ("white", "yellow") else ((255, 255, 255), 0.72)
    if colour == "black":
        towards, share = (255, 255, 255), 0.55
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(rgb, towards, strict=True))
    return red, green, blue
