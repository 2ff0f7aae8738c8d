"""What a reader of written words (OCR) returns for one picture."""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.geometry import Box


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of written words in a picture."""

    text: str
    confidence: float
    """0–1, that it reads so."""
    box: Box
    tilt: float = 0.0
    """Degrees clockwise from level."""
