"""Changes how a drawn picture is drawn, not what it shows: outlines, smooth or flat areas, hatching, relief, other tones.

Each changed picture gets two or three of them, so that no model relies on the way in which the styles that it was trained on are
drawn (domain randomisation after Tobin et al. 2017, arXiv:1703.06907). Colours keep their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from llamaindex_clipverify.testing import Scene

Pixels = NDArray[Any]
"""``(height, width, 3)`` bytes."""


def some_stylised(rng: Generator, scene: Scene, share: float) -> Scene:
    """Return a scene, drawn otherwise with a probability of `share` 0–1."""
    if not share or rng.random() >= share:
        return scene
    return replace(scene, image=stylised(rng, scene.image))


def stylised(rng: Generator, image: Image.Image) -> Image.Image:
    """Return a picture of the same size and truth, drawn otherwise."""
    pixels = np.asarray(image.convert("RGB"))
    chosen = rng.choice(len(_WAYS), size=int(rng.integers(2, 4)), replace=False)
    for way in sorted(chosen):
        pixels = _WAYS[way](rng, pixels)
    return Image.fromarray(pixels)


def _smooth(rng: Generator, pixels: Pixels) -> Pixels:
    return np.asarray(cv2.medianBlur(pixels, int(rng.choice((3, 5, 7)))))


def _even(rng: Generator, pixels: Pixels) -> Pixels:
    """Even out shading within areas and keep their edges."""
    return np.asarray(cv2.bilateralFilter(pixels, 7, float(rng.uniform(30, 90)), 5))


def _outlined(rng: Generator, pixels: Pixels) -> Pixels:
    low = int(rng.integers(40, 110))
    edges = cv2.Canny(cv2.GaussianBlur(pixels, (3, 3), 0), low, 2 * low)
    wide = int(rng.integers(1, max(2, min(pixels.shape[:2]) // 120 + 2)))
    lines = cv2.dilate(edges, np.ones((wide, wide), np.uint8))[..., None] / 255.0 * rng.uniform(0.5, 1.0)
    ink = rng.integers(0, 70, size=3) if rng.random() < 0.75 else rng.integers(200, 256, size=3)
    return _bytes(pixels * (1 - lines) + ink * lines)


def _hatched(rng: Generator, pixels: Pixels) -> Pixels:
    down, across = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    angle, step = rng.uniform(0, np.pi), rng.uniform(3, 9)
    waves = np.sin((across * np.cos(angle) + down * np.sin(angle)) * 2 * np.pi / step)[..., None]
    return _bytes(pixels * (1 + rng.uniform(0.03, 0.1) * waves))


def _raised(rng: Generator, pixels: Pixels) -> Pixels:
    """Light from the upper left, as on paper that was pressed."""
    kernel = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)
    relief = cv2.filter2D(pixels, -1, kernel)
    share = rng.uniform(0.25, 0.7)
    return _bytes(pixels * (1 - share) + relief * share)


def _toned(rng: Generator, pixels: Pixels) -> Pixels:
    curve = (np.linspace(0, 1, 256)[:, None] ** rng.uniform(0.7, 1.4) * rng.uniform(0.88, 1.0, size=3)) * 255
    return np.stack([curve.clip(0, 255).astype(np.uint8)[pixels[..., c], c] for c in range(3)], axis=-1)


def _bytes(values: Pixels) -> Pixels:
    return np.asarray(values.clip(0, 255), np.uint8)


_WAYS: tuple[Callable[[Generator, Pixels], Pixels], ...] = (_even, _smooth, _toned, _hatched, _raised, _outlined)
"""In the order in which they are applied."""
