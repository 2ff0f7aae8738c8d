"""Sprites for drawn scenes: 60 nouns in two styles, some of which can be drawn in any of eight colours.

Noto Color Emoji (SIL OFL 1.1) and Twemoji (CC BY 4.0), cut and partly redrawn by ``training/sprites.py``; the licences are
next to the sprites. More styles can be registered from folders of the same form; they need not have all the nouns. People who
do something are in an atlas of their own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llamaindex_clipverify.testing.patterns import pattern_mask, second_tone

NOUNS: tuple[str, ...] = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "stop sign", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra",
    "giraffe", "backpack", "umbrella", "handbag", "tie", "skis", "kite", "skateboard", "bottle", "wine glass",
    "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "toilet",
    "tv", "laptop", "mouse", "keyboard", "cell phone", "book", "clock", "scissors", "teddy bear", "toothbrush",
)  # fmt: skip
"""The 60 nouns of the drawn world, under their COCO names and in COCO's order."""

STYLES: tuple[str, ...] = ("noto", "twemoji")
"""The two styles of art: Noto Color Emoji (shaded) and Twemoji (flat)."""

RGB: dict[str, tuple[int, int, int]] = {
    "red": (220, 36, 40),
    "orange": (250, 132, 18),
    "yellow": (250, 216, 40),
    "green": (52, 160, 64),
    "blue": (40, 104, 226),
    "purple": (138, 62, 190),
    "white": (247, 247, 247),
    "black": (30, 30, 33),
}
"""The eight colours, as the middle tone of a tinted sprite."""

COLOURS: tuple[str, ...] = tuple(RGB)

VARIANTS = 3
"""Number of brightness variants of each sprite."""

_BRIGHTNESS = (0.9, 1.0, 1.08)


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """One sprite and its position in the atlas of its style."""

    style: str
    noun: str
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in the atlas, pixels."""
    tintable: bool
    """Whether the main area can be drawn in any of the eight colours."""
    colour: str | None
    """The natural colour when it is one of the eight and the sprite takes no tint."""
    action: str | None = None
    """What the person does: one of `ACTIONS`, or ``stand``."""
    state: str | None = None
    """``open`` or ``closed`` for a book or an umbrella."""
    more: bool = False
    """Whether the sprite is in the second atlas of its style."""


_REGISTERED: dict[str, Path] = {}


def register_style(style: str, folder: Path) -> None:
    """Register a further style in this process, so that scenes can be drawn in it.

    Args:
        style: Name of the style; not one of `STYLES`.
        folder: Folder with ``STYLE.png`` (atlas), ``STYLE-tint.png`` (mask) and ``sprites.json`` from ``training/sprites.py``.

    Raises:
        ValueError: The name is taken by a shipped style, or the folder holds no such style.
    """
    if style in STYLES:
        raise ValueError(f"the style {style!r} comes with the package; choose another name")
    missing = [name for name in ("sprites.json", f"{style}.png", f"{style}-tint.png") if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"no style {style!r} in {folder}: {', '.join(missing)} missing")
    _REGISTERED[style] = folder
    for cached in (sprites, lively_sprites, sprite_image, _atlas, _masks):
        cached.cache_clear()


@lru_cache
def sprites(style: str) -> dict[str, tuple[Sprite, ...]]:
    """Return the sprites of one style by noun; a registered style may lack some nouns.

    Raises:
        ValueError: the style is neither one of `STYLES` nor registered.
    """
    if style not in (*STYLES, *_REGISTERED):
        raise ValueError(
            f"unknown style of drawn scenes: {style!r}; choose one of {', '.join((*STYLES, *_REGISTERED))}"
        )
    return _by_noun(style, "sprites.json")


@lru_cache
def lively_sprites(style: str) -> dict[str, tuple[Sprite, ...]]:
    """Return the sprites of one style by noun, people who do something among them where the style has such art."""
    first = sprites(style)
    if not (_folder(style) / "more.json").is_file():
        return first
    more = _by_noun(style, "more.json")
    return {noun: first[noun] + more[noun] for noun in NOUNS}


def _by_noun(style: str, table: str) -> dict[str, tuple[Sprite, ...]]:
    found: dict[str, list[Sprite]] = {noun: [] for noun in NOUNS}
    for row in json.loads((_folder(style) / table).read_text(encoding="utf-8"))[style]:
        found[row["noun"]].append(
            Sprite(
                style=style,
                noun=row["noun"],
                box=tuple(row["box"]),
                tintable=row["tint"],
                colour=row["colour"],
                action=row.get("action"),
                state=row.get("state"),
                more=table == "more.json",
            )
        )
    return {noun: tuple(pieces) for noun, pieces in found.items()}


@lru_cache(maxsize=2048)
def sprite_image(sprite: Sprite, colour: str | None, variant: int = 1, pattern: str | None = None) -> Image.Image:
    """Return a sprite as an RGBA picture, in a colour and a pattern when it takes them.

    Args:
        sprite: One of `sprites` or `lively_sprites`.
        colour: One of `COLOURS` for a tintable sprite; ignored for the others.
        variant: Brightness, 0 (darker) to `VARIANTS` - 1 (lighter).
        pattern: One of `PATTERNS` in a second tone of the colour; ignored without a colour.
    """
    pixels = np.asarray(_atlas(sprite.style, sprite.more).crop(sprite.box), dtype=np.float32)
    rgb, alpha = pixels[..., :3], pixels[..., 3:]
    if sprite.tintable and colour is not None:
        mask = np.asarray(_masks(sprite.style).crop(sprite.box))
        painted = _tinted(rgb, mask, RGB[colour])
        if pattern is not None:
            where = pattern_mask(mask, pattern)[..., None]
            painted = np.where(where, _tinted(rgb, mask, second_tone(colour, RGB[colour])), painted)
        rgb = np.where(mask[..., None], painted, rgb)
    rgb = np.clip(rgb * _BRIGHTNESS[variant], 0, 255)
    return Image.fromarray(np.concatenate([rgb, alpha], axis=2).astype(np.uint8))


def _tinted(rgb: NDArray[np.float32], mask: NDArray[Any], colour: tuple[int, int, int]) -> NDArray[np.float32]:
    luma = rgb @ np.array([0.3, 0.59, 0.11], dtype=np.float32)
    tone = np.clip(luma / max(1.0, float(np.median(luma[mask]))), 0.45, 1.5)[..., None]
    target = np.array(colour, dtype=np.float32)
    depth = 0.3 if min(colour) > 200 else 0.55
    darker = target * (1 - depth + depth * tone)
    lighter = target + (255 - target) * (tone - 1) * (0.35 if max(colour) < 60 else 0.55)
    shaded: NDArray[np.float32] = np.where(tone <= 1, darker, lighter).astype(np.float32)
    return shaded


@lru_cache
def _atlas(style: str, more: bool = False) -> Image.Image:
    return _opened(style, "-more" if more else "").convert("RGBA")


@lru_cache
def _masks(style: str) -> Image.Image:
    return _opened(style, "-tint").convert("1")


def _opened(style: str, part: str) -> Image.Image:
    with (_folder(style) / f"{style}{part}.png").open("rb") as file:
        image = Image.open(file)
        image.load()
    return image


def _folder(style: str) -> Any:
    return _REGISTERED.get(style) or files("llamaindex_clipverify.testing") / "sprites"
