"""A grid of things on a board: plain papers, stripes, noise, gradients, blocks and waves; flat places; rows and columns.

Every cell holds at most one thing, so nothing is hidden or cut. Sides from 128 to 512 pixels.
"""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from llamaindex_clipverify.testing import COLOURS, Scene
from llamaindex_clipverify.testing.lively import PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.worlds.art import TRAINED_STYLES, Thing, drawable, known_style, thing
from training.worlds.sheet import Sheet

Floats = NDArray[np.float64]


def draw(seed: int, style: str | None = None) -> Scene:
    """Draw one scene; the same arguments always give the same scene."""
    rng = np.random.default_rng((seed, 101))
    style = known_style(style or TRAINED_STYLES[int(rng.integers(len(TRAINED_STYLES)))])
    size = tuple(int(v) for v in np.exp(rng.uniform(np.log(128), np.log(512), size=2)) // 8 * 8)
    place = list(PLACES)[int(rng.integers(len(PLACES)))] if rng.random() < 0.3 else ""
    name = place or str(rng.choice(sorted(_GROUNDS)))
    tones = _landscape(rng, size, place) if place else _GROUNDS[name](rng, size)
    sheet = Sheet(Image.fromarray((tones.clip(0, 1) * 255).astype(np.uint8)))
    _fill(rng, sheet, _cast(rng, style))
    return sheet.scene(style=style, seed=seed, background=f"board {name}", place=place)


def _cast(rng: Generator, style: str) -> list[Thing]:
    """Return one to nine things of few kinds: the same noun is often repeated, so that counts matter."""
    kinds = [str(noun) for noun in rng.choice(drawable(style), size=int(rng.integers(1, 5)), replace=False)]
    if rng.random() < 0.25:
        kinds[0] = "person"
    cast = []
    for noun in kinds:
        colour, pattern = COLOURS[int(rng.integers(len(COLOURS)))], _pattern(rng)
        for _ in range(int(rng.choice((1, 2, 3, 4), p=(0.62, 0.2, 0.12, 0.06)))):
            other = rng.random() < 0.3
            cast.append(thing(rng, style, noun, colour=None if other else colour, pattern=pattern))
    return cast[:9]


def _pattern(rng: Generator) -> str:
    return PATTERNS[int(rng.integers(3))] if rng.random() < 0.35 else "plain"


def _fill(rng: Generator, sheet: Sheet, cast: list[Thing]) -> None:
    width, height = sheet.image.size
    columns = max(1, min(len(cast), round(np.sqrt(len(cast) * width / height))))
    lines = -(-len(cast) // columns) + int(rng.random() < 0.3)
    columns += int(rng.random() < 0.3 and lines * columns < 12)
    cells = rng.permutation(columns * lines)[: len(cast)]
    roundness = float(rng.choice((0.0, 0.0, 8.0)))
    for item, cell in zip(cast, sorted(cells), strict=True):
        across, down = width / columns, height / lines
        art = item.image.rotate(float(rng.uniform(-roundness, roundness)), Image.Resampling.BICUBIC, expand=True)
        art = art.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else art
        scale = min(across / art.width, down / art.height) * float(rng.uniform(0.5, 0.97))
        stamp = art.resize((max(6, int(art.width * scale)), max(6, int(art.height * scale))), Image.Resampling.LANCZOS)
        x = cell % columns * across + rng.random() * max(0.0, across - stamp.width)
        y = cell // columns * down + rng.random() * max(0.0, down - stamp.height)
        sheet.paste(item, stamp, int(x), int(y))


def _tone(rng: Generator, low: float = 0.25, high: float = 1.0) -> Floats:
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.random() ** 1.5, rng.uniform(low, high)))


def _grid(size: tuple[int, ...]) -> tuple[Floats, Floats]:
    down, across = np.mgrid[: size[1], : size[0]].astype(float)
    return across / size[0], down / size[1]


def _paper(rng: Generator, size: tuple[int, ...]) -> Floats:
    grain = rng.normal(0, 0.02, size=(size[1], size[0], 1))
    return _tone(rng, 0.6) + grain


def _stripes(rng: Generator, size: tuple[int, ...]) -> Floats:
    across, down = _grid(size)
    turn = float(rng.choice((0, 0.5, 0.25, -0.25))) * np.pi
    bands = np.floor((across * np.cos(turn) + down * np.sin(turn)) * rng.integers(3, 16)) % 2
    return bands[..., None] * _tone(rng) + (1 - bands[..., None]) * _tone(rng)


def _noise(rng: Generator, size: tuple[int, ...]) -> Floats:
    plain = rng.random((size[1], size[0], 3 if rng.random() < 0.5 else 1))
    return _tone(rng) + (plain - 0.5) * rng.uniform(0.2, 0.9)


def _gradient(rng: Generator, size: tuple[int, ...]) -> Floats:
    across, down = _grid(size)
    turn = rng.uniform(0, 2 * np.pi)
    ramp = across * np.cos(turn) + down * np.sin(turn)
    ramp = (ramp - ramp.min()) / np.ptp(ramp)
    return ramp[..., None] * _tone(rng) + (1 - ramp[..., None]) * _tone(rng)


def _blocks(rng: Generator, size: tuple[int, ...]) -> Floats:
    many = int(rng.integers(2, 9))
    tones = np.stack([[_tone(rng) for _ in range(many)] for _ in range(many)])
    across, down = _grid(size)
    return tones[(down * many).astype(int), (across * many).astype(int)]


def _waves(rng: Generator, size: tuple[int, ...]) -> Floats:
    across, down = _grid(size)
    bend = np.sin(across * rng.uniform(6, 30) + rng.uniform(0, 6)) * rng.uniform(0.02, 0.12)
    ramp = 0.5 + 0.5 * np.sin((down + bend) * rng.uniform(15, 70))
    return ramp[..., None] * _tone(rng) + (1 - ramp[..., None]) * _tone(rng)


def _landscape(rng: Generator, size: tuple[int, ...], place: str) -> Floats:
    """Return a flat place: sky and ground by their tones, with the marks of the place drawn by formulas."""
    across, down = _grid(size)
    horizon = rng.uniform(0.3, 0.6)
    sky, ground = (np.array(tone) / 255 for tone in _TONES[place])
    jitter = rng.normal(0, 0.03, size=(2, 3))
    tones = np.where((down < horizon)[..., None], sky + jitter[0], ground + jitter[1])
    below = ((down - horizon) / (1 - horizon)).clip(0, 1)
    marks, colour = _marks(rng, place, across, down, below, horizon)
    return np.where(marks[..., None], np.array(colour) / 255, tones)


_TONES = {
    "beach": ((120, 190, 235), (240, 216, 160)), "city": ((200, 210, 225), (105, 108, 115)),
    "desert": ((245, 225, 185), (226, 178, 104)), "forest": ((105, 150, 105), (58, 88, 46)),
    "field": ((150, 200, 245), (140, 195, 90)), "road": ((190, 210, 230), (120, 160, 90)),
    "night": ((14, 18, 52), (30, 34, 44)), "snowy": ((175, 190, 205), (240, 244, 248)),
}  # fmt: skip


def _marks(
    rng: Generator, place: str, across: Floats, down: Floats, below: Floats, horizon: float
) -> tuple[NDArray[np.bool_], tuple[int, int, int]]:
    """Return the pixels of what makes a place that place, and their colour."""
    start = rng.uniform(0, 6)
    if place == "beach":
        shore = 0.42 + 0.05 * np.sin(across * 9 + start)
        return (below > 0) & (below < shore), (30, 120, 190)
    if place == "city":
        columns = int(rng.integers(5, 11))
        tops = horizon + 0.12 - rng.uniform(0.15, horizon, size=columns)
        tall = down > tops[(across * columns).astype(int)]
        window = ((across * columns * 4) % 1 > 0.55) & ((down * 26) % 1 > 0.5) & (down < horizon)
        return tall & (down < horizon + 0.12) & ~window, (92, 96, 112)
    if place == "desert":
        return (below > 0) & (np.sin((below * 7 + 0.5 * np.sin(across * 5 + start)) * 4) > 0.75), (200, 145, 80)
    if place == "forest":
        many = int(rng.integers(5, 10))
        apart = np.abs((across * many + start) % 1 - 0.5)
        reach = (down - 0.08) / (horizon + 0.2)
        return (apart < 0.46 * (reach % 0.34) / 0.34 + 0.04) & (reach > 0) & (reach < 1), (26, 78, 38)
    if place == "field":
        return (below > 0) & (np.sin((across - 0.5) / (below + 0.12) * 9 + start) > 0.5), (104, 164, 60)
    if place == "road":
        middle = np.abs(across - 0.5)
        return (below > 0) & (middle < 0.03 + 0.36 * below) & ~(
            (middle < 0.004 + 0.02 * below) & ((down * 9) % 1 < 0.5)
        ), (84, 84, 90)
    if place == "night":
        moon = np.hypot(across - rng.uniform(0.1, 0.9), down - 0.14) < 0.06
        return ((rng.random(across.shape) < 0.004) & (down < horizon)) | moon, (248, 244, 214)
    flakes = np.asarray(Image.fromarray(rng.random(across.shape) > 0.996).filter(ImageFilter.MaxFilter(5)))
    return flakes.astype(bool), (255, 255, 255)


_GROUNDS = {
    "paper": _paper, "stripes": _stripes, "noise": _noise, "gradient": _gradient, "blocks": _blocks, "waves": _waves,
}  # fmt: skip
