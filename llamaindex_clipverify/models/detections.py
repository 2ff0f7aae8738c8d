"""Output of a detector for one picture."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamaindex_clipverify.geometry import Box


@dataclass(frozen=True, kw_only=True)
class Detections:
    """Detections in one picture, highest confidence first."""

    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    """Confidence 0–1 of each box."""
    maxima: dict[str, float] = field(default_factory=dict)
    """Highest confidence of each class, also below the threshold of `boxes`."""
