"""Backgrounds of drawn scenes: plain, gradient, landscape, textured or cluttered with shapes that are no object.

One more family, patterned, is drawn only on request: no bundled model was trained on it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

FAMILIES = ("plain", "gradient", "landscape", "textured", "cluttered")
UNSEEN = "patterned"
_WEIGHTS = (0.2, 0.2, 0.15, 0.2, 0.25)


def background(rng: Generator, size: tuple[int, int], family: str | None = None) -> tuple[Image.Image, str]:
    """Return an RGB background and its family, of moderate brightness and saturation, so that every object stays visible.

    Args:
        rng: Random generator.
        size: Width and height in pixels.
        family: One of `FAMILIES`, or `UNSEEN`. Default: a random one of `FAMILIES`.

    Raises:
        KeyError: No such family.
    """
    drawn = FAMILIES[int(rng.choice(len(FAMILIES), p=_WEIGHTS))]
    return _PAINTERS[family or drawn](rng, size), family or drawn


def _plain(rng: Generator, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, _tone(rng))


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


def _patterned(rng: Generator, size: tuple[int, int]) -> Image.Image:
    """Return stripes, checks, dots or waves in two tones."""
    step, tilt = float(rng.uniform(14, 70)), float(rng.uniform(0, np.pi))
    rows, columns = np.mgrid[: size[1], : size[0]].astype(float)
    along, across = columns * np.cos(tilt) + rows * np.sin(tilt), rows * np.cos(tilt) - columns * np.sin(tilt)
    sort = int(rng.integers(4))
    if sort == 0:
        mask = along % step < step / 2
    elif sort == 1:
        mask = (along % step < step / 2) ^ (across % step < step / 2)
    elif sort == 2:
        mask = np.hypot(along % step - step / 2, across % step - step / 2) < 0.3 * step
    else:
        mask = (along + 0.3 * step * np.sin(across / step * 2)) % step < step / 2
    tones = np.array([_tone(rng), _tone(rng)], dtype=np.uint8)
    return Image.fromarray(tones[mask.astype(int)])


_PAINTERS: dict[str, Callable[[Generator, tuple[int, int]], Image.Image]] = {
    "plain": _plain,
    "gradient": _gradient,
    "landscape": _landscape,
    "textured": _textured,
    "cluttered": _cluttered,
    UNSEEN: _patterned,
}
