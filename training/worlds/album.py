"""NEVER trained or fitted on: the generator of the benchmarks. Stickers in an album: rings, diagonals and scattered rows.

Backgrounds are mosaics of cells, sunbursts, halftone, tartan and ruled paper; places are painted in coarse pixels. Things have a
drop shadow or a white halo, lie over the edge of others or of the page, and the page may be posterised, faded or made of coarse
pixels. Sides from 160 to 800 pixels, one to ten things.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from llamaindex_clipverify.testing import NOUNS, Scene
from llamaindex_clipverify.testing.art import STYLES
from llamaindex_clipverify.testing.lively import PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.worlds.art import Thing, drawable, known_style, thing
from training.worlds.sheet import CLAIMED, Sheet

Bytes = NDArray[np.uint8]
Size = tuple[int, int]


def draw(seed: int, style: str | None = None) -> Scene:
    """Draw one scene, in one of the shipped styles by default; the same arguments always give the same scene."""
    rng = np.random.default_rng((seed, 404))
    style = known_style(style or STYLES[int(rng.integers(len(STYLES)))])
    size = (int(rng.integers(160, 801)), int(rng.integers(160, 801)))
    if max(size) > 2.5 * min(size):
        size = (max(size), max(size))
    place = list(PLACES)[int(rng.integers(len(PLACES)))] if rng.random() < 0.4 else ""
    name = place or list(_PAGES)[int(rng.integers(len(_PAGES)))]
    page = Image.fromarray(_tiles(rng, size, place) if place else _PAGES[name](rng, size))
    sheet = Sheet(page)
    number = int(min(10, 1 + rng.geometric(0.32)))
    things = _stickers(rng, style, number)
    for item, (x, y, span) in zip(things, _spots(rng, size, number), strict=False):
        _stick(rng, sheet, item, x, y, span)
    printed = _printed(rng, sheet.image)
    return sheet.scene(style=style, seed=seed, background=f"album {name}", place=place, image=printed)


def _stickers(rng: Generator, style: str, number: int) -> list[Thing]:
    """Return things of which some come in sheets of the same sticker."""
    nouns = [noun for noun in NOUNS if noun in drawable(style)]
    found: list[Thing] = []
    while len(found) < number:
        noun = "person" if rng.random() < 0.2 else nouns[int(rng.integers(len(nouns)))]
        pattern = PATTERNS[int(rng.integers(3))] if rng.random() < 0.33 else "plain"
        one = thing(rng, style, noun, pattern=pattern)
        found += [one] * (int(rng.integers(2, 5)) if rng.random() < 0.2 else 1)
    return found[:number]


def _spots(rng: Generator, size: Size, number: int) -> Iterator[tuple[float, float, float]]:
    """Yield centre and span of each sticker: on a ring, on a diagonal, or in rows that are out of step."""
    plan, least = int(rng.integers(3)), min(size)
    if number == 1:
        yield size[0] * rng.uniform(0.35, 0.65), size[1] * rng.uniform(0.35, 0.65), least * rng.uniform(0.25, 1.0)
        return
    turn = rng.uniform(0, 2 * np.pi)
    for index in range(number):
        share = (index + 0.5) / number
        if plan == 0:
            angle = turn + 2 * np.pi * share
            x, y = size[0] * (0.5 + 0.33 * np.cos(angle)), size[1] * (0.5 + 0.33 * np.sin(angle))
            span = least * min(0.36, 1.7 / number)
        elif plan == 1:
            x, y = size[0] * share, size[1] * (share if turn < np.pi else 1 - share)
            span = max(size) * min(0.4, 0.95 / number)
        else:
            columns = int(np.ceil(np.sqrt(number)))
            row, column = divmod(index, columns)
            x = size[0] * ((column + 0.5 + 0.25 * (row % 2)) / (columns + 0.25))
            y = size[1] * (row + 0.5) / int(np.ceil(number / columns))
            span = least * 0.85 / columns
        yield x + rng.normal(0, 0.04) * least, y + rng.normal(0, 0.04) * least, span * rng.uniform(0.6, 1.15)


def _stick(rng: Generator, sheet: Sheet, item: Thing, x: float, y: float, span: float) -> None:
    angle = float(rng.uniform(-40, 40)) if rng.random() < 0.6 else 0.0
    art = ImageOps.mirror(item.image) if rng.random() < 0.5 else item.image
    art = art.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    scale = max(span, 22.0) / max(art.size)
    stamp = art.resize((max(6, round(art.width * scale)), max(6, round(art.height * scale))), Image.Resampling.LANCZOS)
    left, top = round(x - stamp.width / 2), round(y - stamp.height / 2)
    hidden = sheet.would_hide(stamp, left, top) < CLAIMED
    if hidden or (sheet.things and sheet.share_free(stamp, left, top) < 0.5):
        return
    halo = int(rng.integers(3))
    if halo:
        _haloed(sheet.image, stamp, left, top, dark=halo == 1)
    sheet.paste(item, stamp, left, top)


def _haloed(page: Image.Image, stamp: Image.Image, left: int, top: int, dark: bool) -> None:
    room = max(2, stamp.width // 20)
    veil = ImageOps.expand(stamp.getchannel("A"), room)
    if dark:
        page.paste((30, 30, 36), (left, top), veil.filter(ImageFilter.BoxBlur(room / 2)).point(lambda a: a // 2))
    else:
        page.paste((255, 255, 255), (left - room, top - room), veil.filter(ImageFilter.MaxFilter(5)))


def _printed(rng: Generator, page: Image.Image) -> Image.Image:
    """Return the page as printed: as it is, posterised, faded, in coarse pixels or as a poor WebP."""
    way = int(rng.integers(5))
    if way == 1:
        return ImageOps.posterize(page, int(rng.integers(3, 6)))
    if way == 2:
        paper = Image.new("RGB", page.size, (236, 226, 204))
        return Image.blend(page, paper, float(rng.uniform(0.1, 0.3)))
    if way == 3:
        step = max(1.0, min(page.size) / rng.uniform(110, 200))
        coarse = page.resize(
            (max(1, round(page.width / step)), max(1, round(page.height / step))), Image.Resampling.BOX
        )
        return coarse.resize(page.size, Image.Resampling.NEAREST)
    if way == 4:
        stored = io.BytesIO()
        page.save(stored, "WEBP", quality=int(rng.integers(20, 60)))
        return Image.open(stored).convert("RGB")
    return page


def _ink(rng: Generator) -> Bytes:
    return rng.integers(40, 250, size=3).astype(np.uint8)


def _cells(rng: Generator, size: Size) -> Bytes:
    """Return a mosaic: each pixel takes the tone of the nearest of some centres."""
    number = int(rng.integers(8, 50))
    small = (max(8, size[0] // 3), max(8, size[1] // 3))
    down, across = np.mgrid[: small[1], : small[0]]
    spots = rng.random((number, 2)) * small
    near = np.argmin([(across - x) ** 2 + (down - y) ** 2 for x, y in spots], axis=0)
    tones = (_ink(rng).astype(int) + rng.integers(-60, 61, size=(number, 3))).clip(0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(tones[near]).resize(size, Image.Resampling.NEAREST))


def _sunburst(rng: Generator, size: Size) -> Bytes:
    down, across = np.mgrid[: size[1], : size[0]]
    x, y = size[0] * rng.uniform(0.2, 0.8), size[1] * rng.uniform(0.2, 0.8)
    rays = np.floor(np.arctan2(down - y, across - x) / np.pi * int(rng.integers(5, 16))).astype(int) % 2
    return np.stack([_ink(rng), _ink(rng)])[rays]


def _halftone(rng: Generator, size: Size) -> Bytes:
    down, across = np.mgrid[: size[1], : size[0]]
    step = float(rng.uniform(7, 26))
    radius = step * (0.15 + 0.4 * down / size[1])
    dots = np.hypot(across % step - step / 2, down % step - step / 2) < radius
    return np.stack([_ink(rng), _ink(rng)])[dots.astype(int)]


def _tartan(rng: Generator, size: Size) -> Bytes:
    bands = [np.repeat(rng.integers(0, 4, size=1 + side // 12), 12)[:side] for side in size]
    threads = np.stack([_ink(rng) for _ in range(4)]).astype(int)
    mixed = (threads[bands[1]][:, None] + threads[bands[0]][None]) // 2
    return mixed.astype(np.uint8)


def _ruled(rng: Generator, size: Size) -> Bytes:
    page = np.full((size[1], size[0], 3), (250, 248, 240), dtype=np.uint8)
    step = int(rng.integers(12, 40))
    page[::step] = (150, 180, 220)
    if rng.random() < 0.5:
        page[:, ::step] = (150, 180, 220)
    return page


_PAGES: dict[str, Callable[[Generator, Size], Bytes]] = {
    "cells": _cells, "sunburst": _sunburst, "halftone": _halftone, "tartan": _tartan, "ruled": _ruled,
}  # fmt: skip


def _tiles(rng: Generator, size: Size, place: str) -> Bytes:
    """Return a place in coarse pixels, about forty across, as in an old video game."""
    columns = int(rng.integers(34, 64))
    lines = max(12, round(columns * size[1] / size[0]))
    horizon = int(lines * rng.uniform(0.38, 0.6))
    sky, ground = _PALETTES[place]
    board = np.empty((lines, columns, 3), dtype=int)
    board[:horizon], board[horizon:] = sky, ground
    _DETAILS[place](rng, board, horizon)
    board += rng.integers(-7, 8, size=(lines, columns, 1))
    return np.asarray(Image.fromarray(board.clip(0, 255).astype(np.uint8)).resize(size, Image.Resampling.NEAREST))


_PALETTES = {
    "beach": ((135, 206, 250), (244, 220, 160)), "city": ((170, 190, 220), (100, 100, 104)),
    "desert": ((250, 220, 160), (230, 180, 110)), "forest": ((140, 175, 130), (64, 92, 44)),
    "field": ((140, 200, 250), (130, 190, 80)), "road": ((180, 205, 235), (128, 150, 88)),
    "night": ((18, 20, 56), (34, 40, 46)), "snowy": ((160, 176, 196), (236, 240, 246)),
}  # fmt: skip


def _shore(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    edge = horizon + max(2, int((len(board) - horizon) * rng.uniform(0.3, 0.5)))
    for x in range(board.shape[1]):
        board[horizon : edge + int(rng.integers(-1, 2)), x] = (40, 125, 195)
    board[edge + 1] = (236, 244, 248)


def _blocks(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    x = 0
    while x < board.shape[1]:
        wide, top = int(rng.integers(4, 9)), int(rng.integers(1, max(2, horizon - 3)))
        board[top:horizon, x : x + wide] = rng.integers(70, 150)
        board[top + 1 : horizon - 1 : 2, x + 1 : x + wide - 1 : 2] = (242, 224, 140)
        x += wide + int(rng.integers(0, 2))


def _dunes(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    for x in range(board.shape[1]):
        crest = horizon + int(2 + 2 * np.sin(x / 6 + horizon))
        board[crest : crest + 2, x] = (205, 150, 84)
    for x in rng.integers(2, board.shape[1] - 3, size=3):
        foot = int(rng.integers(horizon + 2, len(board)))
        board[max(0, foot - 6) : foot, x] = (60, 130, 66)
        board[max(0, foot - 4), x - 2 : x + 3] = (60, 130, 66)


def _firs(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    for middle in rng.integers(0, board.shape[1], size=int(rng.integers(7, 13))):
        foot, tall = horizon + int(rng.integers(0, 4)), int(horizon * rng.uniform(0.6, 0.95))
        for row in range(tall):
            reach = (row * 5 // tall) + 1
            board[max(0, foot - tall + row - 2), max(0, middle - reach) : middle + reach + 1] = (28, 86, 44)
        board[foot - 2 : foot + 1, middle : middle + 1] = (92, 62, 38)


def _furrows(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    middle = board.shape[1] * rng.uniform(0.3, 0.7)
    for row in range(horizon, len(board)):
        depth = (row - horizon + 1) / (len(board) - horizon)
        stripe = ((np.arange(board.shape[1]) - middle) / (depth + 0.15) // 4).astype(int) % 2 == 0
        board[row, stripe] = (100, 158, 58)


def _lanes(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    middle = int(board.shape[1] * rng.uniform(0.4, 0.6))
    for row in range(horizon, len(board)):
        reach = 1 + int(0.42 * board.shape[1] * (row - horizon) / (len(board) - horizon))
        board[row, max(0, middle - reach) : middle + reach + 1] = (86, 86, 92)
        if (row - horizon) % 4 < 2:
            board[row, middle] = (244, 238, 200)


def _stars(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    lit = rng.random((horizon, board.shape[1])) < 0.05
    board[:horizon][lit] = (240, 240, 214)
    x, wide = int(rng.integers(2, board.shape[1] - 6)), 4
    board[2 : 2 + wide, x : x + wide] = (250, 244, 200)


def _flakes(rng: Generator, board: NDArray[np.int_], horizon: int) -> None:
    board[rng.random(board.shape[:2]) < 0.08] = (255, 255, 255)
    board[horizon : horizon + 1] = (210, 218, 228)


_DETAILS: dict[str, Callable[[Generator, NDArray[np.int_], int], None]] = {
    "beach": _shore, "city": _blocks, "desert": _dunes, "forest": _firs, "field": _furrows, "road": _lanes, "night": _stars,
    "snowy": _flakes,
}  # fmt: skip
