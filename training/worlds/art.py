"""The art of one drawn thing with its truth, and which styles are trained on: all that the generators share besides `Sheet`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from numpy.random import Generator
from PIL import Image

from llamaindex_clipverify.testing import COLOURS, register_style
from llamaindex_clipverify.testing.art import STYLES, VARIANTS, lively_sprites, sprite_image
from llamaindex_clipverify.testing.patterns import PATTERNS

FOLDER = Path(__file__).parents[2] / "data" / "styles"
"""Where `training.iconify` writes the styles that are not shipped."""

TRAINED_STYLES: tuple[str, ...] = (*STYLES, "fluent", "emojione", "noto-v1", "fluent-shaded", "fxemoji", "streamline")
UNSEEN_STYLE = "openmoji"
"""The style of the benchmarks: nothing is ever trained or fitted on it."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing to draw: its picture with transparency, and what is true of it."""

    image: Image.Image
    noun: str
    colour: str | None
    action: str | None
    pattern: str | None
    state: str | None


@lru_cache
def known_style(style: str) -> str:
    """Return a style, registered from `FOLDER` if it is not shipped.

    Raises:
        ValueError: There is no such style; build it with ``python -m training.iconify``.
    """
    if style not in STYLES:
        register_style(style, FOLDER / style)
    return style


@lru_cache
def drawable(style: str) -> tuple[str, ...]:
    """Return the nouns that a style has art for."""
    return tuple(noun for noun, art in lively_sprites(known_style(style)).items() if art)


def thing(rng: Generator, style: str, noun: str, *, colour: str | None = None, pattern: str | None = None) -> Thing:
    """Return a thing in one of its drawings.

    Args:
        rng: Random generator.
        style: Style of the art.
        noun: One of `drawable`.
        colour: Colour of its main area, if the drawing takes one; a random one when None.
        pattern: One of `PATTERNS` or ``plain``, if the drawing takes one; plain when None.
    """
    pieces = lively_sprites(style)[noun]
    piece = pieces[int(rng.integers(len(pieces)))]
    wanted = colour or COLOURS[int(rng.integers(len(COLOURS)))]
    shown = wanted if piece.tintable else piece.colour
    painted = pattern if piece.tintable and pattern in PATTERNS else None
    image = sprite_image(piece, shown, int(rng.integers(VARIANTS)), painted)
    told = (painted or "plain") if piece.tintable else None
    return Thing(image=image, noun=noun, colour=shown, action=piece.action, pattern=told, state=piece.state)
