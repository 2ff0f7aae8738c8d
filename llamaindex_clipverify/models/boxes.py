"""Pre- and post-processing of YOLO networks: letterboxing of pictures and non-maximum suppression of boxes.

Written in NumPy: torchvision would load torch, which an exported (ONNX) detector does not need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamaindex_clipverify.geometry import Array

_GREY = 114
"""Level of the margin, as YOLO networks are trained with."""


@dataclass(frozen=True)
class Canvas:
    """Letterbox of a picture: scaled to fit and centred on grey, with sides that are multiples of the stride."""

    picture: tuple[int, int]
    """Width and height in pixels."""
    scaled: tuple[int, int]
    """Width and height of the picture on the canvas."""
    offset: tuple[int, int]
    """Left and top margin."""
    size: tuple[int, int]
    """Width and height of the canvas."""

    @classmethod
    def of(cls, picture: tuple[int, int], longest: int, stride: int) -> Canvas:
        """Compute the letterbox of a picture of some width and height whose longer side becomes `longest`."""
        factor = min(longest / picture[0], longest / picture[1])
        scaled = (round(picture[0] * factor), round(picture[1] * factor))
        spare = ((longest - scaled[0]) % stride, (longest - scaled[1]) % stride)
        offset = (round(spare[0] / 2 - 0.1), round(spare[1] / 2 - 0.1))
        return cls(picture, scaled, offset, (scaled[0] + spare[0], scaled[1] + spare[1]))

    def draw(self, pixels: Array) -> Array:
        """Return the network's input, float32 (1, 3, height, width), 0–1, of a picture, uint8 (H, W, 3)."""
        canvas = np.full((self.size[1], self.size[0], 3), _GREY, np.uint8)
        left, top = self.offset
        canvas[top : top + self.scaled[1], left : left + self.scaled[0]] = resized(pixels, self.scaled)
        drawn: Array = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        return drawn

    def back(self, boxes: Array) -> Array:
        """Convert boxes (n, 4) on the canvas, left top right bottom, to pixels of the picture, clipped to it."""
        width, height = self.picture
        gain = min(self.size[0] / width, self.size[1] / height)
        placed = (boxes - np.array([*self.offset, *self.offset], np.float32)) / np.float32(gain)
        inside: Array = np.clip(placed, 0, np.array([width, height, width, height], np.float32))
        return inside


def resized(pixels: Array, size: tuple[int, int]) -> Array:
    """Resize uint8 (h, w, 3) bilinearly between pixel centres, without anti-aliasing."""
    if pixels.shape[1::-1] == size:
        return pixels
    (left, right, across), (above, below, down) = (
        _neighbours(pixels.shape[axis], length) for axis, length in ((1, size[0]), (0, size[1]))
    )
    upper, lower = pixels.take(above, axis=0).astype(np.float32), pixels.take(below, axis=0)
    rows = upper + (lower - upper) * down[:, None, None]
    first, second = rows.take(left, axis=1), rows.take(right, axis=1)
    mixed: Array = np.rint(first + (second - first) * across[None, :, None]).astype(np.uint8)
    return mixed


def _neighbours(old: int, new: int) -> tuple[Array, Array, Array]:
    """Return, for each of `new` positions on an axis of `old` pixels, its two neighbours and the weight of the second."""
    places = (np.arange(new) + 0.5) * (old / new) - 0.5
    first = np.floor(places)
    low, high = (np.clip(one, 0, old - 1).astype(np.intp) for one in (first, first + 1))
    return low, high, (places - first).astype(np.float32)


def suppressed(boxes: Array, scores: Array, kinds: Array, overlap: float = 0.7, most: int = 300) -> Array:
    """Return the indices of the boxes that remain after non-maximum suppression per class, best first.

    Args:
        boxes: (n, 4), left top right bottom.
        scores: (n,).
        kinds: (n,), class of each.
        overlap: Intersection over union, 0–1.
        most: Maximum number of boxes.
    """
    kept = [_of_one_kind(boxes, scores, np.flatnonzero(kinds == kind), overlap, most) for kind in np.unique(kinds)]
    places = np.concatenate(kept) if kept else np.zeros(0, np.intp)
    best: Array = places[np.argsort(-scores[places], kind="stable")][:most]
    return best


def _of_one_kind(boxes: Array, scores: Array, places: Array, overlap: float, most: int) -> Array:
    order = places[np.argsort(-scores[places], kind="stable")]
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    areas = sides[:, 0] * sides[:, 1]
    kept: list[int] = []
    while len(order) and len(kept) < most:
        best, order = int(order[0]), order[1:]
        kept.append(best)
        corners = np.maximum(boxes[best, :2], boxes[order, :2]), np.minimum(boxes[best, 2:], boxes[order, 2:])
        common = np.prod(np.maximum(corners[1] - corners[0], 0), axis=1)
        order = order[common <= overlap * (areas[best] + areas[order] - common)]
    return np.array(kept, np.intp)
