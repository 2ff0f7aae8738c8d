"""Output of a detector for one picture."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Box


@dataclass(frozen=True, kw_only=True)
class Detections:
    """Detections in one picture, highest confidence first."""

    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    """Confidence 0–1 of each box."""
    maxima: dict[str, float] = field(default_factory=dict)
    """Highest confidence of each class, also below the threshold of `boxes`; at least the score of its best box."""

    def __post_init__(self) -> None:
        """Check that there is a label and a score for each box, and complete the maxima.

        Raises:
            ModelError: There is not, or a score is not within 0–1.
        """
        numbers = len(self.boxes), len(self.labels), len(self.scores)
        if len(set(numbers)) != 1:
            raise ModelError(
                "a box, a label and a score belong together", got="{} boxes, {} labels, {} scores".format(*numbers)
            )
        if not all(0 <= score <= 1 for score in self.scores):
            raise ModelError(
                "the scores of a detector lie within 0 and 1", got=f"{min(self.scores)} to {max(self.scores)}"
            )
        best: dict[str, float] = dict(self.maxima)
        for label, score in zip(self.labels, self.scores, strict=True):
            best[label] = max(best.get(label, 0.0), score)
        object.__setattr__(self, "maxima", best)
