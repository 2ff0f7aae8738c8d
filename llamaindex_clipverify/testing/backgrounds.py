"""Backgrounds of drawn scenes: plain, gradient, landscape, textured or cluttered with shapes that are no object."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

_KINDS = ("plain", "gradient", "landscape", "textured", "cluttered")
_WEIGHTS = (0.2, 0.2, 0.15, 0.2, 0.25)


def background(rng: Generator, size: tuple[int, int]) -> Image.Image:
    """Return an RGB background: never very dark, very light or very colourful, so that every object stands out.

    Args:
        rng: Where the choices come from.
        size: Width and height in pixels.
    """
    kind = _KINDS[int(rng.choice(len(_KINDS), p=_WEIGHTS))]
    if kind == "plain":
        return Image.new("RGB", size, _tone(rng))
    if kind == "gradient":
        return _gradient(rng, size)
    if kind == "landscape":
        return _landscape(rng, size)
    if kind == "textured":
        return _textured(rng, size)
    return _cluttered(rng, size)


def _tone(rng: Generator) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.0, 0.42), rng.uniform(0.5, 0.9))
    return round(red * 255), round(green * 255), round(blue * 255)


def _gradient(rng: Generator, size: tuple[int, int]) -> Image.Image:
    corners = np.array([[_tone(rng), _tone(rng)], [_tone(rng), _tone(rng)]], dtype=np.uint8)
    return Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR)


def _landscape(rng: Generator, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, _tone(rng))
    horizon = int(size[1] * rng.uniform(0.35, 0.75))
    ImageDraw.Draw(image).rectangle((0, horizon, *size), fill=_tone(rng))
    return image


def _textured(rng: Generator, size: tuple[int, int]) -> Image.Image:
    base = _gradient(rng, size)
    cells = int(rng.choice((6, 14, 40, 110)))
    noise = (rng.random((cells, cells)) * 255).astype(np.uint8)
    veil = Image.fromarray(noise).resize(
        size, Image.Resampling.BILINEAR if rng.random() < 0.6 else Image.Resampling.NEAREST
    )
    return Image.composite(Image.new("RGB", size, _tone(rng)), base, veil.point(lambda value: value * 0.7))


def _cluttered(rng: Generator, size: tuple[int, int]) -> Image.Image:
    image = _gradient(rng, size)
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(6, 26))):
        x, y = rng.integers(-30, max(size), size=2).tolist()
        width, height = rng.integers(8, 150, size=2).tolist()
        shape, tone = int(rng.integers(5)), _tone(rng)
        if shape == 0:
            pen.rectangle((x, y, x + width, y + height), fill=tone)
        elif shape == 1:
            pen.ellipse((x, y, x + width, y + height), fill=tone)
        elif shape == 2:
            pen.line((x, y, x + 2 * width - 150, y + 2 * height - 150), fill=tone, width=int(rng.integers(2, 14)))
        elif shape == 3:
            corners = rng.integers(0, 120, size=(int(rng.integers(3, 7)), 2)) + np.array([x, y])
            pen.polygon([(float(cx), float(cy)) for cx, cy in corners], fill=tone)
        else:
            pen.arc((x, y, x + width, y + height), 0, 240, fill=tone, width=int(rng.integers(3, 10)))
    return image
