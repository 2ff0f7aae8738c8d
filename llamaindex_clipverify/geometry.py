"""Types shared by all: arrays and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""Any NumPy array; docstrings give shape, dtype and range."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""


def area(box: Sequence[float] | Array) -> float:
    """Return the area of a box (xyxy) in square pixels."""
    return float((box[2] - box[0]) * (box[3] - box[1]))


def shared_area(one: Sequence[float] | Array, other: Sequence[float] | Array) -> float:
    """Return the area of the intersection of two boxes (xyxy) in square pixels; 0 where they do not meet."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return float(max(width, 0.0) * max(height, 0.0))


def overlap(one: Sequence[float] | Array, other: Sequence[float] | Array) -> float:
    """Return the intersection over union 0–1 of two boxes (xyxy)."""
    shared = shared_area(one, other)
    return shared / (area(one) + area(other) - shared) if shared else 0.0
