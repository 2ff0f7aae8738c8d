"""What a detector returns for one picture."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamaindex_clipverify.geometry import Box


@dataclass(frozen=True, kw_only=True)
class Detections:
    """What a detector saw in one picture, best first."""

    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    """Confidence 0–1 of each box."""
    maxima: dict[str, float] = field(default_factory=dict)
    """The highest confidence of each class, also below the floor that boxes are kept at."""
