"""Output of a text reader (OCR) for one picture."""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.geometry import Box


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of written words in a picture."""

    text: str
    confidence: float
    """Confidence of the reading, 0–1."""
    box: Box
    tilt: float = 0.0
    """Rotation in degrees, clockwise from horizontal."""
