"""A drawn page: paper, fonts, and lines of words with their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Colour = tuple[int, int, int]


class Face:
    """A typeface, plain and bold."""

    def __init__(self, rng: Generator, names: Sequence[str]) -> None:
        self.name = names[int(rng.integers(len(names)))]

    def plain(self, size: int) -> _Font:
        """Return the regular font of a size in pixels."""
        return _font(self.name, size)

    def bold(self, size: int) -> _Font:
        """Return the bold font of a size in pixels."""
        return _font(f"{self.name}-Bold", size)


class Page:
    """A page to draw on; lines are placed by their vertical centre."""

    def __init__(self, width: int, height: int, paper: _Colour, ink: _Colour = (25, 25, 25)) -> None:
        self.image = Image.new("RGB", (width, height), paper)
        self.ink = ink
        self._pen = ImageDraw.Draw(self.image)

    def left(self, middle: float, text: str, font: _Font, at: float = 30) -> None:
        """Write a text from the left."""
        self._pen.text((at, middle), text, self.ink, font, anchor="lm")

    def right(self, middle: float, text: str, font: _Font, at: float) -> None:
        """Write a text that ends at a position."""
        self._pen.text((at, middle), text, self.ink, font, anchor="rm")

    def centre(self, middle: float, text: str, font: _Font) -> None:
        """Write a text in the middle."""
        self._pen.text((self.image.width / 2, middle), text, self.ink, font, anchor="mm")

    def pair(self, middle: float, label: str, value: str, font: _Font, margin: float = 30) -> None:
        """Write a label at the left and its value at the right."""
        self.left(middle, label, font, margin)
        self.right(middle, value, font, self.image.width - margin)

    def rule(self, height: float) -> None:
        """Draw a horizontal line."""
        self._pen.line((28, height, self.image.width - 28, height), self.ink)

    def band(self, top: float, height: float, colour: _Colour) -> None:
        """Draw a filled band."""
        self._pen.rectangle((20, top, self.image.width - 20, top + height), colour)


@lru_cache
def _font(name: str, size: int) -> _Font:
    return ImageFont.truetype(str(_fonts() / f"{name}.ttf"), size)


@lru_cache
def _fonts() -> Path:
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
