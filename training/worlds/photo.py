"""Pictures that look taken with a camera: blurred many-coloured backgrounds, a floor with depth, shadows, grain and vignette.

Things stand one behind another and hide parts of those behind them; at times one thing fills the picture. Sides from 224 to 900
pixels, in the usual aspects of photographs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from llamaindex_clipverify.testing import COLOURS, Scene
from llamaindex_clipverify.testing.lively import PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.worlds.art import TRAINED_STYLES, Thing, drawable, known_style, thing
from training.worlds.sheet import CLAIMED, Sheet

_ASPECTS = ((4, 3), (3, 2), (16, 9), (1, 1), (3, 4), (2, 3), (9, 16))
_SMALL = 192
"""Longer side at which backgrounds are painted before they are enlarged: a camera's background is soft."""


def draw(seed: int, style: str | None = None) -> Scene:
    """Draw one scene; the same arguments always give the same scene."""
    rng = np.random.default_rng((seed, 303))
    style = known_style(style or TRAINED_STYLES[int(rng.integers(len(TRAINED_STYLES)))])
    wide, tall = _ASPECTS[int(rng.integers(len(_ASPECTS)))]
    unit = int(np.exp(rng.uniform(np.log(224), np.log(900)))) / max(wide, tall)
    size = (max(128, round(unit * wide)), max(128, round(unit * tall)))
    close = rng.random() < 0.18
    place = list(PLACES)[int(rng.integers(len(PLACES)))] if rng.random() < 0.5 and not close else ""
    image, floor = _backdrop(rng, size, place)
    sheet = Sheet(image)
    if close:
        _close_up(rng, sheet, style)
    else:
        _stand(rng, sheet, style, floor)
    shot = _developed(rng, sheet.image, dark=place == "night")
    return sheet.scene(style=style, seed=seed, background=f"photo {place or 'blur'}", place=place, image=shot)


def _close_up(rng: Generator, sheet: Sheet, style: str) -> None:
    """Draw one thing that fills the picture, cut at the border a little."""
    item = _any(rng, style)
    scale = min(sheet.image.width / item.image.width, sheet.image.height / item.image.height) * float(
        rng.uniform(0.85, 1.2)
    )
    stamp = _turned(rng, item.image, scale, 12)
    x, y = (round((room - own) * rng.uniform(0.3, 0.7)) for room, own in zip(sheet.image.size, stamp.size, strict=True))
    sheet.paste(item, stamp, x, y)


def _any(rng: Generator, style: str, noun: str | None = None, colour: str | None = None) -> Thing:
    nouns = drawable(style)
    if noun is None:
        noun = "person" if rng.random() < 0.22 else nouns[int(rng.integers(len(nouns)))]
    pattern = PATTERNS[int(rng.integers(len(PATTERNS)))] if rng.random() < 0.3 else "plain"
    return thing(rng, style, noun, colour=colour, pattern=pattern)


def _stand(rng: Generator, sheet: Sheet, style: str, floor: float) -> None:
    """Draw things from the far ones to the near ones, each larger and lower than the last, with its shadow."""
    number = int(rng.choice((1, 2, 3, 4, 5, 6, 8), p=(0.15, 0.22, 0.22, 0.16, 0.12, 0.08, 0.05)))
    items = [_any(rng, style)]
    while len(items) < number:
        same = rng.random() < 0.3
        colour = COLOURS[int(rng.integers(len(COLOURS)))]
        items.append(
            _any(
                rng,
                style,
                items[-1].noun if same else None,
                items[-1].colour if same and rng.random() < 0.5 else colour,
            )
        )
    near = np.sort(rng.uniform(0, 1, size=number))
    for item, depth in zip((items[int(i)] for i in rng.permutation(number)), near, strict=True):
        _set_down(rng, sheet, item, float(depth), floor, number)


def _set_down(rng: Generator, sheet: Sheet, item: Thing, depth: float, floor: float, number: int) -> None:
    width, height = sheet.image.size
    size = (0.16 + 0.3 * depth) * (1.5 if number < 3 else 1.15 if number < 5 else 0.85) * float(rng.uniform(0.8, 1.2))
    for attempt in range(14):
        scale = min(size, 0.9) * 0.95**attempt * min(width, height) / max(item.image.size)
        stamp = _turned(rng, item.image, scale, 6)
        foot = height * (floor + (0.99 - floor) * (0.15 + 0.85 * depth) + rng.normal(0, 0.03))
        x, y = int(rng.uniform(-0.15, 1.15) * (width - stamp.width)), int(foot - stamp.height)
        y = max(y, 0)
        room = sheet.share_free(stamp, x, y) if x < 0 or x + stamp.width > width or y + stamp.height > height else 1.0
        if room >= CLAIMED + 0.15 and sheet.would_hide(stamp, x, y) >= CLAIMED + 0.05:
            _shadow(sheet.image, stamp, x, y, 0.5)
            sheet.paste(item, stamp, x, y)
            return


def _turned(rng: Generator, art: Image.Image, scale: float, spread: float) -> Image.Image:
    size = max(8, round(art.width * scale)), max(8, round(art.height * scale * rng.uniform(0.92, 1.08)))
    stamp = art.resize(size, Image.Resampling.BICUBIC)
    stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else stamp
    return stamp.rotate(float(rng.normal(0, spread)), Image.Resampling.BICUBIC, expand=True)


def _shadow(image: Image.Image, stamp: Image.Image, x: int, y: int, strength: float) -> None:
    """Darken the ground below a thing: its outline, flattened and blurred."""
    shape = stamp.getchannel("A").resize((stamp.width, max(2, stamp.height // 4)))
    soft = max(2, stamp.width // 16)
    spread = Image.new("L", (shape.width + 4 * soft, shape.height + 4 * soft))
    spread.paste(shape, (2 * soft, 2 * soft))
    veil = spread.filter(ImageFilter.GaussianBlur(soft)).point(lambda a: int(a * strength))
    dark = Image.new("RGB", veil.size, (18, 18, 24))
    image.paste(dark, (x - 2 * soft + stamp.width // 10, y + stamp.height - shape.height // 2 - 2 * soft), veil)


def _developed(rng: Generator, image: Image.Image, dark: bool) -> Image.Image:
    """Return the picture with the faults of a camera: soft focus, light, contrast, vignette and grain."""
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2)) * max(image.size) / 600))
    image = ImageEnhance.Brightness(image).enhance(float(rng.uniform(0.8, 1.05) if dark else rng.uniform(0.78, 1.15)))
    image = ImageEnhance.Contrast(image).enhance(float(rng.uniform(0.8, 1.2)))
    pixels = np.asarray(image, dtype=np.float32)
    if rng.random() < 0.5:
        down, across = np.ogrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
        pixels = pixels * (1 - rng.uniform(0.1, 0.4) * (across**2 + down**2) / 2)[..., None].astype(np.float32)
    if rng.random() < 0.7:
        grain = rng.standard_normal((image.height, image.width, 1), dtype=np.float32)
        pixels = pixels + grain * float(rng.uniform(2, 14))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _backdrop(rng: Generator, size: tuple[int, int], place: str) -> tuple[Image.Image, float]:
    """Return a soft background and where its floor begins, as a share of the height."""
    scale = _SMALL / max(size)
    small = (max(24, round(size[0] * scale)), max(24, round(size[1] * scale)))
    floor = float(rng.uniform(0.4, 0.65))
    lights = _PLACES[place](rng, small, floor) if place else _bokeh(rng, small)
    soft = Image.fromarray(lights.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8 if place else 2.5))
    return soft.resize(size, Image.Resampling.BICUBIC), floor


Floats = NDArray[np.float32]


def _octaves(rng: Generator, size: tuple[int, int], coarse: int = 3, levels: int = 5) -> Floats:
    """Return fractal noise between 0 and 1: each level has cells half as large and counts half as much."""
    total = np.zeros((size[1], size[0]), dtype=np.float32)
    for level in range(levels):
        cells = coarse * 2**level
        grain = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
        total += np.asarray(grain.resize(size, Image.Resampling.BICUBIC)) * 0.5**level
    return (total - total.min()) / max(1e-6, float(np.ptp(total)))


def _mix(share: Floats, low: tuple[float, ...], high: tuple[float, ...]) -> Floats:
    mixed: Floats = (np.array(low) + share[..., None] * (np.array(high) - np.array(low))).astype(np.float32)
    return mixed


def _bokeh(rng: Generator, size: tuple[int, int]) -> Floats:
    """Return a room out of focus: fractal light in two colours with discs of light and dark furniture."""
    tones = rng.uniform(20, 250, size=(3, 3))
    light = _mix(_octaves(rng, size), tuple(tones[0]), tuple(tones[1]))
    veil = _octaves(rng, size, coarse=2, levels=3)[..., None] ** 2
    image = Image.fromarray((light * (1 - veil) + tones[2].astype(np.float32) * veil).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image, "RGBA")
    for _ in range(int(rng.integers(0, 26))):
        x, y, wide = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(3, 16)
        pen.ellipse(
            (x - wide, y - wide, x + wide, y + wide), fill=(*(int(v) for v in rng.integers(60, 256, size=3)), 110)
        )
    for _ in range(int(rng.integers(0, 6))):
        x, y = rng.uniform(-10, size[0]), rng.uniform(0, size[1])
        corner = (x, y, x + rng.uniform(10, 70), y + rng.uniform(10, 70))
        pen.rectangle(corner, fill=(*(int(v) for v in rng.integers(10, 200, size=3)), 150))
    return np.asarray(image, dtype=np.float32)


def _ground(
    rng: Generator, size: tuple[int, int], floor: float, sky: tuple[float, ...], earth: tuple[float, ...]
) -> tuple[Floats, int]:
    """Return cloudy sky over grainy earth and the row of the horizon."""
    above = _mix(_octaves(rng, size, 2, 4), sky, tuple(min(255.0, v * 1.2 + 14) for v in sky))
    below = _mix(_octaves(rng, size, 8, 4), tuple(v * 0.75 for v in earth), tuple(min(255.0, v * 1.15) for v in earth))
    line = int(size[1] * floor)
    return np.concatenate([above[:line], below[line:]]), line


def _beach(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor * 0.75, (130, 180, 225), (225, 200, 150))
    water = _mix(_octaves(rng, size, 10, 3), (16, 90, 130), (70, 160, 190))
    edge = line + (size[1] - line) * rng.uniform(0.28, 0.45) + 3 * np.sin(np.arange(size[0]) / 17 + rng.uniform(0, 6))
    rows = np.arange(size[1])[:, None]
    lights = np.where(((rows >= line) & (rows < edge))[..., None], water, lights)
    return np.where((np.abs(rows - edge) < 1.6)[..., None], np.float32(240), lights)


def _city(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor, (160, 175, 195), (110, 110, 112))
    image = Image.fromarray(lights.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for far in (0.55, 0.8, 1.0):
        x = -float(rng.uniform(0, 14))
        while x < size[0]:
            wide, top = rng.uniform(12, 30), line * (1 - far * rng.uniform(0.45, 0.95))
            grey = 165 - 80 * far + rng.uniform(-14, 14)
            pen.rectangle((x, top, x + wide, line), fill=(int(grey), int(grey), int(grey + 8)))
            for y in np.arange(top + 3, line - 2, 5):
                for left in np.arange(x + 2, x + wide - 2, 4):
                    shine = (
                        (235, 215, 150)
                        if rng.random() < 0.25
                        else (int(grey * 0.7), int(grey * 0.75), int(grey * 0.85))
                    )
                    pen.rectangle((left, y, left + 2, y + 2), fill=shine)
            x += wide + rng.uniform(-2, 10)
    return np.asarray(image, dtype=np.float32)


def _desert(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor * 0.8, (225, 205, 170), (222, 172, 105))
    across = np.arange(size[0])
    for part in range(4):
        top = (
            line
            + part * (size[1] - line) / 5
            + rng.uniform(3, 10) * np.sin(across / rng.uniform(14, 40) + rng.uniform(0, 6))
        )
        inside = np.arange(size[1])[:, None] - top
        shade = np.clip(1 - np.abs(inside) / 14, 0, 1) * (inside > 0)
        lights = lights * (1 - 0.35 * shade[..., None]).astype(np.float32)
    return lights


def _forest(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights = _mix(_octaves(rng, size, 12, 4), (18, 40, 16), (110, 150, 80))
    lights[int(size[1] * max(floor, 0.6)) :] *= np.float32(0.62)
    image = Image.fromarray(lights.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(7, 15))):
        x, wide, foot = rng.uniform(0, size[0]), rng.uniform(1.5, 6), size[1] * rng.uniform(0.6, 0.85)
        brown = int(rng.integers(28, 80))
        pen.rectangle((x - wide, 0, x + wide, foot), fill=(brown + 14, brown, brown // 2))
    return np.asarray(image, dtype=np.float32)


def _field(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor * 0.9, (130, 180, 230), (115, 165, 62))
    down, across = np.mgrid[: size[1], : size[0]]
    depth = ((down - line) / (size[1] - line)).clip(0, 1)
    rows = np.sin((across - size[0] * rng.uniform(0.3, 0.7)) / (depth + 0.08) / rng.uniform(4, 9))
    return lights * np.where(depth > 0, 0.85 + 0.2 * rows, 1.0)[..., None].astype(np.float32)


def _road(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor * 0.85, (170, 195, 220), (120, 140, 85))
    tar = _mix(_octaves(rng, size, 16, 3), (66, 66, 70), (104, 104, 106))
    down, across = np.mgrid[: size[1], : size[0]]
    depth = (down - line) / (size[1] - line)
    away = np.abs(across - size[0] * rng.uniform(0.4, 0.6)) / size[0]
    lights = np.where(((depth > 0) & (away < 0.03 + 0.38 * depth))[..., None], tar, lights)
    side = (depth > 0) & (np.abs(away - 0.9 * (0.03 + 0.38 * depth)) < 0.008 + 0.01 * depth)
    dashes = (depth > 0) & (away < 0.004 + 0.014 * depth) & (np.sqrt(depth.clip(0, 1)) * 9 % 1 < 0.55)
    return np.where((side | dashes)[..., None], np.float32(225), lights)


def _night(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, line = _ground(rng, size, floor, (14, 18, 46), (24, 26, 32))
    stars = rng.random((size[1], size[0])) < 0.006
    stars[line:] = False
    lights[stars] = 245
    down, across = np.mgrid[: size[1], : size[0]]
    away = np.hypot(across - size[0] * rng.uniform(0.1, 0.9), down - line * rng.uniform(0.15, 0.4))
    glow = np.exp(-((away / 22) ** 2)) * 70 + 190 * (away < rng.uniform(6, 11))
    return lights + glow[..., None].astype(np.float32)


def _snowy(rng: Generator, size: tuple[int, int], floor: float) -> Floats:
    lights, _ = _ground(rng, size, floor, (150, 162, 178), (226, 232, 240))
    flakes = Image.fromarray(rng.random((size[1], size[0])) < 0.007).filter(ImageFilter.MaxFilter(3))
    return np.where(np.asarray(flakes)[..., None], np.float32(252), lights)


_PLACES: dict[str, Callable[[Generator, tuple[int, int], float], Floats]] = {
    "beach": _beach, "city": _city, "desert": _desert, "forest": _forest, "field": _field, "road": _road, "night": _night,
    "snowy": _snowy,
}  # fmt: skip
