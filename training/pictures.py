"""Batches of rendered pictures with the truth of each as dense arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.random import Generator
from numpy.typing import NDArray

from llamaindex_clipverify.testing import COLOURS, NOUNS

INSIDE, GONE = 0.6, 0.15
"""An object counts as shown from the first share inside on, and as absent up to the second; between, nothing is claimed."""

TOLD = ("action", "pattern", "state")
"""What is stored of an object beside its noun and colour."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Pictures and what is true of them."""

    pixels: torch.Tensor
    """Float, ``(batch, 3, side, side)``, from -1 to 1."""
    nouns: Ints
    """``(batch, objects)``: index into `NOUNS`, -1 for none."""
    colours: Ints
    """``(batch, objects)``: index into `COLOURS`, -1 for none that can be claimed."""
    boxes: NDArray[np.float32]
    """``(batch, objects, 4)``: visible part, 0 to 1."""
    shown: NDArray[np.bool_]
    """``(batch, objects)``: enough of the object is inside."""
    counts: Ints
    """``(batch, nouns)``: how many are shown."""
    partial: NDArray[np.bool_]
    """``(batch, nouns)``: one of them is neither shown nor absent, or is part of another thing."""
    coloured: Ints
    """``(batch, nouns, colours)``: how many of that colour are shown."""
    told: dict[str, Ints]
    """``action``, ``pattern`` and ``state``, ``(batch, objects)`` each: number in a list of `training.render`, -1 for unknown."""
    places: Ints
    """``(batch,)``: number of the place, 0 for none, -1 for unknown."""

    def __len__(self) -> int:
        return len(self.nouns)

    def token_targets(self, grid: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return noun (0 for background) and colour (-100 for none) at every cell of a grid, ``(batch, grid, grid)``."""
        return self.on_grid(self.nouns, grid, elsewhere=-1) + 1, self.on_grid(self.colours, grid)

    def on_grid(self, values: Ints, grid: int, elsewhere: int = -100) -> torch.Tensor:
        """Return the value of the thing over each cell of a grid, ``(batch, grid, grid)``. Where things overlap, the last counts.

        Args:
            values: ``(batch, objects)``, -1 where it is unknown.
            grid: Cells of a side.
            elsewhere: What stands where there is no thing, or where it is unknown of it.
        """
        found = np.full((len(self), grid, grid), elsewhere, dtype=np.int64)
        cells = (np.arange(grid) + 0.5) / grid
        half = 0.35 / grid
        visible = (self.nouns >= 0) & (_areas(self.boxes) > 0)
        for picture, slot in zip(*np.nonzero(visible), strict=True):
            x0, y0, x1, y1 = self.boxes[picture, slot]
            rows = (cells >= y0 - half) & (cells <= y1 + half)
            columns = (cells >= x0 - half) & (cells <= x1 + half)
            value = values[picture, slot]
            found[picture][np.ix_(rows, columns)] = value if value >= 0 else elsewhere
        return torch.from_numpy(found)


class Mix(NamedTuple):
    """How many pictures of each sort a batch has."""

    scenes: int
    crops: int
    tiles: int
    twos: int
    """Grids of two by two crops."""
    threes: int
    """Grids of three by three crops."""

    def times(self, factor: float) -> Mix:
        """Return a larger or smaller mix of the same shares."""
        return Mix(*(round(number * factor) for number in self))


EASY, HARD = Mix(24, 16, 8, 8, 8), Mix(40, 8, 8, 0, 8)
"""What a training starts with, and goes on with once single objects are known: whole scenes are the hardest pictures."""


@dataclass(frozen=True)
class Raw:
    """Pictures and their objects as arrays: pixels, nouns, colours, boxes and the share of each object that is inside."""

    pixels: torch.Tensor
    nouns: Ints
    colours: Ints
    boxes: NDArray[np.float32]
    inside: NDArray[np.float32]
    told: dict[str, Ints]
    places: Ints
    unsure: Ints


class Pictures:
    """The rendered shelves, opened without reading them into memory."""

    def __init__(self, folder: Path, side: int) -> None:
        self.side = side
        self.shelves: list[dict[str, NDArray[Any]]] = []
        for shelf in sorted(folder.glob("shelf-*")):
            used = json.loads((shelf / "used.json").read_text())
            self.shelves.append({path.stem: np.load(path, mmap_mode="r")[:used] for path in shelf.glob("*.npy")})
        kinds = [np.array(shelf["kind"]) for shelf in self.shelves]
        self._rows = [[np.flatnonzero(kind == wanted) for wanted in range(3)] for kind in kinds]

    def batch(self, rng: Generator, mix: Mix) -> Batch:
        """Return a random batch of a mix, every other picture mirrored."""
        index = int(rng.integers(len(self.shelves)))
        plain = [rng.choice(rows, number) for rows, number in zip(self._rows[index], mix[:3], strict=True)]
        parts = [_cut(self._raw(index, np.concatenate(plain), rng), self.side, rng)]
        for grid, number in ((2, mix.twos), (3, mix.threes)):
            if number:
                cells = rng.choice(self._rows[index][1], (number, grid * grid))
                parts.append(_mosaic(self._raw(index, cells.ravel(), rng), grid, self.side))
        whole = _together(parts)
        return _batch(replace(whole, pixels=varied(whole.pixels, rng)))

    def _raw(self, index: int, rows: Ints, rng: Generator) -> Raw:
        shelf = self.shelves[index]
        pixels = np.stack([shelf["pictures"][row] for row in rows])
        boxes = np.array(shelf["box"][rows])
        mirrored = rng.random(len(rows)) < 0.5
        pixels[mirrored] = pixels[mirrored, :, ::-1]
        boxes[mirrored] = boxes[mirrored][..., [2, 1, 0, 3]]
        boxes[mirrored, :, 0::2] = 1 - boxes[mirrored, :, 0::2]
        floats = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
        nouns, colours, places, unsure = (
            np.array(shelf[name][rows]).astype(np.int64) for name in ("noun", "colour", "place", "unsure")
        )
        told = {name: np.array(shelf[name][rows]).astype(np.int64) for name in TOLD}
        return Raw(floats, nouns, colours, boxes, np.array(shelf["inside"][rows]), told, places, unsure)


def varied(pixels: torch.Tensor, rng: Generator) -> torch.Tensor:
    """Return pictures in another light and of another camera, three in four of them: names of colours stay true.

    Each picture has a brightness, a contrast, a saturation, a tint of the light, a blur or loss of resolution and a grain of its
    own, all of them small.

    Args:
        pixels: ``(batch, 3, side, side)``, -1 to 1.
        rng: Random generator.
    """
    number, side = len(pixels), pixels.shape[-1]

    def drawn(low: float, high: float, *shape: int) -> torch.Tensor:
        values = rng.uniform(low, high, size=(number, *(shape or (1, 1, 1))))
        return torch.from_numpy(values.astype(np.float32))

    light = (pixels + 1) / 2
    grey = light.mean(dim=1, keepdim=True)
    light = grey + (light - grey) * drawn(0.65, 1.25)
    middle = light.mean(dim=(1, 2, 3), keepdim=True)
    light = middle + (light - middle) * drawn(0.7, 1.25)
    light = light * drawn(0.8, 1.2) * drawn(0.93, 1.07, 3, 1, 1)
    coarse = functional.interpolate(light, scale_factor=float(rng.uniform(0.4, 0.9)), mode="bilinear", antialias=True)
    soft = functional.interpolate(coarse, (side, side), mode="bilinear")
    light = torch.where(drawn(0, 1) < 0.3, soft, light)
    grain = torch.from_numpy(rng.standard_normal(light.shape, dtype=np.float32))
    light = light + grain * drawn(0, 0.06) * (drawn(0, 1) < 0.4)
    return torch.where(drawn(0, 1) < 0.75, light.clamp(0, 1) * 2 - 1, pixels)


def _cut(raw: Raw, side: int, rng: Generator) -> Raw:
    """Return a random cut of every picture, a few pixels smaller than it."""
    stored = raw.pixels.shape[-1]
    offsets = rng.integers(0, stored - side + 1, size=(len(raw.pixels), 2))
    pixels = torch.stack([p[:, y : y + side, x : x + side] for p, (x, y) in zip(raw.pixels, offsets, strict=True)])
    moved = (raw.boxes * stored - np.tile(offsets, 2)[:, None]) / side
    boxes = moved.clip(0, 1).astype(np.float32)
    kept = _areas(boxes) / np.maximum(_areas(moved), 1e-6)
    return replace(raw, pixels=pixels, boxes=boxes, inside=raw.inside * kept.astype(np.float32))


def _mosaic(raw: Raw, grid: int, side: int) -> Raw:
    """Return grids of small pictures, `grid` by `grid`: many objects for the price of one picture."""
    cell, number = side // grid, len(raw.pixels) // (grid * grid)
    small = functional.interpolate(raw.pixels, (cell, cell), mode="bilinear", antialias=True)
    pixels = small.view(number, grid, grid, 3, cell, cell).permute(0, 3, 1, 4, 2, 5).reshape(number, 3, side, side)
    places = np.arange(len(raw.pixels)) % (grid * grid)
    corners = np.stack([places % grid, places // grid, places % grid, places // grid], axis=1)
    boxes = ((raw.boxes + corners[:, None]) / grid).astype(np.float32)
    flat = {name: getattr(raw, name).reshape(number, -1) for name in ("nouns", "colours", "inside", "unsure")}
    told = {name: values.reshape(number, -1) for name, values in raw.told.items()}
    nowhere = np.full(number, -1, dtype=np.int64)
    return Raw(pixels=pixels.contiguous(), boxes=boxes.reshape(number, -1, 4), told=told, places=nowhere, **flat)


def _together(parts: list[Raw]) -> Raw:
    slots = max(max(part.nouns.shape[1], part.unsure.shape[1]) for part in parts)

    def padded(array: NDArray[Any], value: float) -> NDArray[Any]:
        width = [(0, 0), (0, slots - array.shape[1])] + [(0, 0)] * (array.ndim - 2)
        return np.pad(array, width, constant_values=value)

    return Raw(
        torch.cat([part.pixels for part in parts]),
        np.concatenate([padded(part.nouns, -1) for part in parts]),
        np.concatenate([padded(part.colours, -1) for part in parts]),
        np.concatenate([padded(part.boxes, 0) for part in parts]),
        np.concatenate([padded(part.inside, 0) for part in parts]),
        {name: np.concatenate([padded(part.told[name], -1) for part in parts]) for name in TOLD},
        np.concatenate([part.places for part in parts]),
        np.concatenate([padded(part.unsure, -1) for part in parts]),
    )


def _areas(boxes: NDArray[Any]) -> NDArray[Any]:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _batch(raw: Raw) -> Batch:
    nouns, colours = raw.nouns, raw.colours
    there = nouns >= 0
    shown = there & (raw.inside >= INSIDE)
    between = there & ~shown & (raw.inside > GONE)
    counts = np.zeros((len(nouns), len(NOUNS)), dtype=np.int64)
    partial = np.zeros(counts.shape, dtype=bool)
    coloured = np.zeros((*counts.shape, len(COLOURS)), dtype=np.int64)
    for picture, slot in zip(*np.nonzero(shown), strict=True):
        noun, colour = nouns[picture, slot], colours[picture, slot]
        counts[picture, noun] += 1
        if colour >= 0:
            coloured[picture, noun, colour] += 1
    for picture, slot in zip(*np.nonzero(between), strict=True):
        partial[picture, nouns[picture, slot]] = True
    for picture, slot in zip(*np.nonzero(raw.unsure >= 0), strict=True):
        partial[picture, raw.unsure[picture, slot]] = True
    return Batch(raw.pixels, nouns, colours, raw.boxes, shown, counts, partial, coloured, raw.told, raw.places)
