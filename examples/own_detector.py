"""A detector of your own: four members are enough. This one finds what is yellow, and calls it a banana."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.testing import FRESH, draw_scene


class YellowThings:
    """Finds one box around all yellow pixels. It cannot tell a banana from a taxi."""

    id = "yellow-things@1"
    labels = ("banana",)

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Return the box and, for its confidence, how much of it is yellow."""
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: Picture) -> Detections:
        red, green, blue = picture.array().astype(int).transpose(2, 0, 1)
        yellow = (red > 150) & (green > 130) & (blue < 110)
        if not yellow.any():
            return Detections(boxes=(), labels=(), scores=(), maxima={"banana": 0.0})
        rows, columns = yellow.any(axis=1).nonzero()[0], yellow.any(axis=0).nonzero()[0]
        box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        filled = float(yellow[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean())
        return Detections(boxes=(box,), labels=("banana",), scores=(filled,), maxima={"banana": filled})


verifier = Verifier.from_defaults(detector=YellowThings())
print(verifier.verify("There is a banana. There is a dog.", [draw_scene(FRESH).image]))
