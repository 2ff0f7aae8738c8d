"""Types shared by all: arrays and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""Any NumPy array; docstrings give shape, dtype and range."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""


def overlap(one: Sequence[float] | Array, other: Sequence[float] | Array) -> float:
    """Return the intersection over union 0–1 of two boxes (xyxy)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    inside = width * height
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return float(inside / (areas - inside))
