"""A heat map, its test by the encoder alone, and the protocol of what draws one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True, kw_only=True)
class MapTrial:
    """Sanity checks of a heat map by the encoder. A margin, in nats, is the scaled cosine of the text minus its best foil's."""

    energy: float
    """Sum of the un-normalised, rectified map."""
    peak: float
    """Maximum of the un-normalised, rectified map."""
    sign: float
    """Correlation −1 to 1 with the map of the opposite direction; near 1 the map does not depend on the text."""
    shown: float
    """Margin of the map's strongest patches, with the rest masked; above 0 they fit the text better than any foil."""
    left: float | None
    """Margin of the picture with those patches masked; None if it was not needed."""
    whole: float
    """Margin of the whole picture."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Heat map of a text in a picture: explains the cosine, never proves that the object is there."""

    values: Array
    """Float (H, W) of the upright picture, 0–1, min-max scaled: its maximum is 1 whether or not the object is there."""
    method: str
    text: str
    evidence: float
    """The un-normalised peak of the map; 0 for an empty map. Comparable only between maps of one method and model."""
    cosine: float
    """Cosine of the picture and the text, which the map explains."""
    doubt: str = ""
    """Why the map is no evidence, in a few words; "" if it passed its test or was not tested."""
    trial: MapTrial | None = None

    @property
    def empty(self) -> bool:
        """Return whether the map is no evidence: no patch supports the text, or the map failed its test."""
        return self.evidence <= 0 or bool(self.doubt)


class Explainer(Protocol):
    """Draws heat maps of texts in a picture."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the method names that `explain` accepts."""
        ...

    def suits(self, method: str) -> bool:
        """Return whether the encoder supports a method and its libraries are installed."""
        ...

    def explain(
        self,
        picture: Picture,
        texts: Sequence[str],
        method: str | None = None,
        foils: Sequence[Sequence[str]] = (),
    ) -> list[HeatMap]:
        """Return one map for each text, contrasted with its foils if any. Default method: the best supported one."""
        ...
