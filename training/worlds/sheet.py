"""The truth of a picture being drawn: which thing owns each pixel, and what of it can be claimed in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llamaindex_clipverify.testing import Scene, SceneObject
from llamaindex_clipverify.testing.lively import ACTIONS
from training.worlds.art import Thing

CLAIMED, GONE = 0.55, 0.08
"""A thing is claimed from the first visible share on, and denied below the second; between, nothing is said of its noun."""
_SOLID = 96


@dataclass
class Sheet:
    """A picture with an owner map of the same size."""

    image: Image.Image
    things: list[Thing] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    """Pixels of each thing, those outside the picture included."""
    owner: NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        """Start with no owner anywhere."""
        self.owner = np.full((self.image.height, self.image.width), -1, dtype=np.int16)

    def share_free(self, stamp: Image.Image, x: int, y: int) -> float:
        """Return the share of a stamp's solid pixels that would be inside the picture and on no other thing."""
        solid, window = self._window(stamp, x, y)
        return float((window[solid] < 0).sum()) / max(1, int((np.asarray(stamp)[..., 3] > _SOLID).sum()))

    def would_hide(self, stamp: Image.Image, x: int, y: int) -> float:
        """Return the lowest visible share that any earlier thing would keep under a stamp."""
        solid, window = self._window(stamp, x, y)
        covered = np.bincount(window[solid & (window >= 0)], minlength=len(self.things))
        left = [(self._visible(i) - int(covered[i])) / self.whole[i] for i in np.flatnonzero(covered)]
        return min(left, default=1.0)

    def paste(self, thing: Thing, stamp: Image.Image, x: int, y: int) -> None:
        """Draw a stamp of a thing with its top left corner at a pixel, which may be outside."""
        self.image.paste(stamp, (x, y), stamp)
        solid, window = self._window(stamp, x, y)
        window[solid] = len(self.things)
        self.things.append(thing)
        self.whole.append(max(1, int((np.asarray(stamp)[..., 3] > _SOLID).sum())))

    def scene(
        self, *, style: str, seed: int, background: str, place: str = "", image: Image.Image | None = None
    ) -> Scene:
        """Return the scene: objects with the box of what is visible; another size of `image` scales the boxes."""
        shown, unsure = self._seen(image or self.image)
        shows = {ACTIONS[thing.action].shows for thing in self.things if thing.action in ACTIONS}
        unclaimed = tuple(sorted(unsure | {noun for noun in shows if noun}))
        return Scene(
            image=image or self.image,
            objects=tuple(shown),
            words=(),
            style=style,
            seed=seed,
            background=background,
            place=place,
            unclaimed=unclaimed,
        )

    def _seen(self, image: Image.Image) -> tuple[list[SceneObject], set[str]]:
        across, down = image.width / self.image.width, image.height / self.image.height
        shown, unsure = [], set()
        for index, thing in enumerate(self.things):
            share = self._visible(index) / self.whole[index]
            if share < CLAIMED:
                unsure |= {thing.noun} if share > GONE else set()
                continue
            own = self.owner == index
            columns, rows = np.flatnonzero(own.any(axis=0)), np.flatnonzero(own.any(axis=1))
            left, right = (round(float(v) * across) for v in (columns[0], columns[-1] + 1))
            top, bottom = (round(float(v) * down) for v in (rows[0], rows[-1] + 1))
            box = left, top, max(right, left + 1), max(bottom, top + 1)
            shown.append(SceneObject(thing.noun, thing.colour, box, thing.action, thing.pattern, thing.state))
        return shown, unsure

    def _visible(self, index: int) -> int:
        return int((self.owner == index).sum())

    def _window(self, stamp: Image.Image, x: int, y: int) -> tuple[NDArray[np.bool_], NDArray[np.int16]]:
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + stamp.width, self.image.width), min(y + stamp.height, self.image.height)
        right, bottom = max(right, left), max(bottom, top)
        solid = np.asarray(stamp)[top - y : bottom - y, left - x : right - x, 3] > _SOLID
        return solid, self.owner[top:bottom, left:right]
