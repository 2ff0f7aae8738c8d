"""Places as backgrounds of lively scenes: plain shapes over bands of colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from llamaindex_clipverify.testing.lively import PLACES

Tone = tuple[int, int, int]


def place_picture(rng: Generator, size: tuple[int, int], place: str) -> Image.Image:
    """Return an RGB background of one of `PLACES`.

    Raises:
        KeyError: No such place.
    """
    image = Image.new("RGB", size)
    _PAINTERS[place](rng, image, ImageDraw.Draw(image))
    return image


def any_place(rng: Generator) -> str:
    """Return one of `PLACES`."""
    return list(PLACES)[int(rng.integers(len(PLACES)))]


def _near(rng: Generator, tone: Tone, spread: int = 18) -> Tone:
    red, green, blue = (int(np.clip(value + rng.integers(-spread, spread + 1), 0, 255)) for value in tone)
    return red, green, blue


def _bands(
    rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw, tones: list[Tone], at: list[float]
) -> list[int]:
    """Paint bands from the top and return where each begins, in pixels."""
    starts = [0, *(int(image.height * (share + rng.uniform(-0.06, 0.06))) for share in at)]
    for start, tone in zip(starts, tones, strict=True):
        pen.rectangle((0, start, image.width, image.height), fill=_near(rng, tone))
    return starts


def _beach(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(150, 205, 240), (40, 130, 190), (238, 214, 150)], [0.32, 0.56])
    for _ in range(int(rng.integers(4, 12))):
        x, y = int(rng.integers(0, image.width)), int(rng.integers(starts[1], max(starts[1] + 1, starts[2] - 4)))
        pen.arc((x, y, x + 40, y + 10), 180, 360, fill=(220, 240, 250), width=2)


def _city(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(180, 205, 225), (120, 120, 124)], [0.78])
    x = 0
    while x < image.width:
        width, top = int(image.width * rng.uniform(0.09, 0.2)), int(starts[1] * rng.uniform(0.1, 0.7))
        pen.rectangle((x, top, x + width, starts[1]), fill=_near(rng, (135, 130, 140), 35))
        step = max(6, width // 4)
        for left in range(x + step // 2, x + width - step // 2, step):
            for upper in range(top + step // 2, starts[1] - step, step + 4):
                pen.rectangle((left, upper, left + step // 2, upper + step // 2), fill=_near(rng, (235, 225, 170), 20))
        x += width + int(rng.integers(0, 8))


def _desert(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(235, 215, 170), (220, 165, 90)], [0.45])
    for _ in range(int(rng.integers(2, 5))):
        x, width = int(rng.integers(-100, image.width)), int(image.width * rng.uniform(0.4, 0.9))
        y = int(rng.uniform(starts[1] - 20, image.height * 0.9))
        pen.ellipse((x, y, x + width, y + image.height // 2), fill=_near(rng, (214, 158, 84), 16))
    for _ in range(int(rng.integers(1, 4))):
        x, y = int(rng.uniform(0, image.width)), int(rng.uniform(starts[1], image.height * 0.9))
        pen.rectangle((x, y - 44, x + 9, y), fill=(70, 130, 70))
        pen.rectangle((x - 14, y - 30, x + 22, y - 24), fill=(70, 130, 70))


def _forest(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    _bands(rng, image, pen, [(130, 165, 120), (70, 100, 55)], [0.7])
    for _ in range(int(rng.integers(9, 18))):
        x, foot = int(rng.uniform(0, image.width)), int(image.height * rng.uniform(0.7, 0.92))
        tall = int(image.height * rng.uniform(0.4, 0.75))
        pen.rectangle((x - 6, foot - tall // 2, x + 6, foot), fill=_near(rng, (95, 65, 40)))
        for part in range(3):
            top, wide = foot - tall + part * tall // 4, 24 + 16 * part
            pen.polygon(
                [(x, top), (x - wide, top + tall // 3), (x + wide, top + tall // 3)], fill=_near(rng, (40, 95, 50))
            )


def _field(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(165, 210, 240), (120, 180, 75)], [0.42])
    middle = int(image.width * rng.uniform(0.3, 0.7))
    for x in range(-2 * image.width, 3 * image.width, max(24, image.width // 9)):
        pen.line((middle, starts[1], x, image.height), fill=_near(rng, (95, 150, 55), 12), width=5)


def _road(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(185, 205, 220), (125, 150, 95)], [0.4])
    middle, near = int(image.width * rng.uniform(0.35, 0.65)), image.width * float(rng.uniform(0.35, 0.5))
    corners = [
        (middle - 12, starts[1]),
        (middle + 12, starts[1]),
        (middle + near, image.height),
        (middle - near, image.height),
    ]
    pen.polygon(corners, fill=_near(rng, (88, 88, 92), 12))
    for share in np.arange(0.05, 1, 0.19):
        y, tall = starts[1] + share * (image.height - starts[1]), 6 + share * 24
        pen.rectangle((middle - 2 - 5 * share, y, middle + 2 + 5 * share, y + tall), fill=(240, 236, 220))


def _night(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    starts = _bands(rng, image, pen, [(24, 28, 66), (36, 44, 52)], [0.76])
    for _ in range(int(rng.integers(25, 70))):
        x, y, wide = int(rng.uniform(0, image.width)), int(rng.uniform(0, starts[1])), int(rng.integers(1, 4))
        pen.ellipse((x, y, x + wide, y + wide), fill=(240, 240, 220))
    x, y, wide = int(rng.uniform(0, image.width * 0.85)), int(rng.uniform(0, starts[1] * 0.4)), image.width // 9
    pen.ellipse((x, y, x + wide, y + wide), fill=(245, 240, 205))


def _snowy(rng: Generator, image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    _bands(rng, image, pen, [(165, 180, 198), (232, 238, 244)], [0.6])
    for _ in range(int(rng.integers(80, 200))):
        x, y, wide = int(rng.uniform(0, image.width)), int(rng.uniform(0, image.height)), int(rng.integers(3, 9))
        pen.ellipse((x, y, x + wide, y + wide), fill=(252, 253, 255))


_PAINTERS: dict[str, Callable[[Generator, Image.Image, ImageDraw.ImageDraw], None]] = {
    "beach": _beach,
    "city": _city,
    "desert": _desert,
    "forest": _forest,
    "field": _field,
    "road": _road,
    "night": _night,
    "snowy": _snowy,
}
