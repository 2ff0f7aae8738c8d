"""Render the training pictures: whole scenes, detector-like crops and tiles for the encoder, pictures and boxes for the detector.

Seeds stay below one million; the fresh scenes of tests and benchmarks start there.

    python -m training.render --out data/world --scenes 16000 --detector 10000 --workers 2

The scenes come from all generators in all styles that are trained on (`training.worlds`), chosen by the seed; ``--only plain``
draws those of `draw_scene` alone, which need no art but the shipped one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from llamaindex_clipverify.testing import COLOURS, FRESH, NOUNS, STYLES, Scene
from llamaindex_clipverify.testing.lively import ACTIONS, PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.stylise import some_stylised
from training.worlds import GENERATORS, TRAINED_STYLES

SIDE = 128
"""Side of the encoder's pictures in pixels."""
MOST = 10
"""Objects kept of one picture."""
UNSURE = 4
"""Nouns kept that are neither claimed nor denied of one picture."""
DOINGS: tuple[str, ...] = (*ACTIONS, "stand")
"""What a person may do, by number."""
LOOKS: tuple[str, ...] = (*PATTERNS, "plain")
"""Patterns by number."""
CONDITIONS: tuple[str, ...] = ("open", "closed")
"""States by number."""
WHERE: tuple[str, ...] = ("", *PLACES)
"""Places by number; 0 is none."""
DETECTOR_SIDE = 352
"""Longer side of the detector's pictures in pixels."""
TILES = 2

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to render."""

    out: Path
    first: int
    """First seed; it also names the shelves."""
    detector: int
    """Scenes with seeds below it become the detector's pictures."""
    stylised: float
    """Share 0–1 of the scenes that are drawn otherwise (`stylise`)."""
    style: str | None
    only: str | None
    crops: bool = True
    """Whether to put away the encoder's pictures, too."""


@dataclass
class Shelf:
    """Where one worker puts its pictures: arrays on disk, one row a picture."""

    folder: Path
    rows: int

    def __post_init__(self) -> None:
        """Create the arrays."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shapes: dict[str, tuple[str, tuple[int, ...]]] = {
            "pictures": ("uint8", (SIDE, SIDE, 3)),
            "kind": ("int8", ()),
            "scene": ("int32", ()),
            "noun": ("int8", (MOST,)),
            "colour": ("int8", (MOST,)),
            "box": ("float32", (MOST, 4)),
            "inside": ("float32", (MOST,)),
            "action": ("int8", (MOST,)),
            "pattern": ("int8", (MOST,)),
            "state": ("int8", (MOST,)),
            "place": ("int8", ()),
            "unsure": ("int8", (UNSURE,)),
        }
        self.arrays: dict[str, NDArray[np.generic]] = {
            name: open_memmap(self.folder / f"{name}.npy", "w+", dtype, (self.rows, *shape))
            for name, (dtype, shape) in shapes.items()
        }
        self.used = 0

    def add(self, kind: int, scene: Scene, region: Box) -> None:
        """Put away one region of a scene, squashed to a square, with the objects in it."""
        row = self.used
        if row >= self.rows:
            return
        self.used += 1
        picture = scene.image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=region)
        self.arrays["pictures"][row] = np.asarray(picture)
        self.arrays["kind"][row], self.arrays["scene"][row] = kind, scene.seed
        for name in ("noun", "action", "pattern", "state", "unsure"):
            self.arrays[name][row] = -1
        self.arrays["place"][row] = _place(scene, whole=kind == 0)
        for slot, noun in enumerate(scene.unclaimed[:UNSURE]):
            self.arrays["unsure"][row, slot] = NOUNS.index(noun)
        for slot, thing in enumerate(scene.objects[:MOST]):
            box, inside = _within(thing.box, region)
            self.arrays["noun"][row, slot] = NOUNS.index(thing.noun)
            self.arrays["colour"][row, slot] = COLOURS.index(thing.colour) if thing.colour else -1
            self.arrays["box"][row, slot], self.arrays["inside"][row, slot] = box, inside
            for name, values in (("action", DOINGS), ("pattern", LOOKS), ("state", CONDITIONS)):
                self.arrays[name][row, slot] = _number(values, getattr(thing, name))

    def close(self) -> None:
        """Write how many rows are in use."""
        for array in self.arrays.values():
            array.flush()  # type: ignore[attr-defined]
        (self.folder / "used.json").write_text(json.dumps(self.used))


def _number(values: tuple[str, ...], value: str | None) -> int:
    return -1 if value is None else values.index(value)


def _place(scene: Scene, whole: bool) -> int:
    """Return the number of a scene's place; -1 where it cannot be said: a part of a place, or a bare horizon."""
    if scene.background == "landscape" or (scene.place and not whole):
        return -1
    return WHERE.index(scene.place)


def scene_of(seed: int, only: str | None = None, style: str | None = None) -> Scene:
    """Return the training scene of a seed: the generator follows from the seed.

    Args:
        seed: Seed of the scene.
        only: Name of the one generator to draw with.
        style: Style to draw all in. By default each generator chooses, and every other lively scene is of any trained style.
    """
    rng = np.random.default_rng((seed, 9))
    name = only or str(rng.choice(sorted(GENERATORS)))
    if name == "lively" and style is None and rng.random() < 0.5:
        style = str(rng.choice(TRAINED_STYLES))
    return GENERATORS[name](seed, style)


def _within(box: tuple[int, int, int, int], region: Box) -> tuple[Box, float]:
    """Return a box in coordinates of the region, 0 to 1, and the share of it that is inside."""
    width, height = region[2] - region[0], region[3] - region[1]
    x0, x1 = (float(np.clip((box[i] - region[0]) / width, 0, 1)) for i in (0, 2))
    y0, y1 = (float(np.clip((box[i] - region[1]) / height, 0, 1)) for i in (1, 3))
    whole = (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
    return (x0, y0, x1, y1), (x1 - x0) * (y1 - y0) / whole


def detector_crop(box: tuple[int, int, int, int], size: tuple[int, int], rng: Generator) -> Box:
    """Return a crop like a detector's: the box with jitter and some margin, at times made square with what is around it."""
    x0, y0, x1, y1 = (float(v) for v in box)
    width, height = x1 - x0, y1 - y0
    if rng.random() < 0.35:
        side = max(width, height)
        x0, x1 = (x0 + x1 - side) / 2, (x0 + x1 + side) / 2
        y0, y1 = (y0 + y1 - side) / 2, (y0 + y1 + side) / 2
    left, top, right, bottom = rng.uniform(-0.04, 0.06, size=4) + rng.uniform(0, 0.16)
    crop = (x0 - left * width, y0 - top * height, x1 + right * width, y1 + bottom * height)
    return max(0.0, crop[0]), max(0.0, crop[1]), min(float(size[0]), crop[2]), min(float(size[1]), crop[3])


def tile(size: tuple[int, int], rng: Generator) -> Box:
    """Return a part of a picture: 35 to 75 % of each side."""
    width, height = size[0] * rng.uniform(0.35, 0.75), size[1] * rng.uniform(0.35, 0.75)
    x, y = rng.uniform(0, size[0] - width), rng.uniform(0, size[1] - height)
    return float(x), float(y), float(x + width), float(y + height)


def _detector_picture(scene: Scene, folder: Path) -> None:
    scale = DETECTOR_SIDE / max(scene.image.size)
    size = round(scene.image.width * scale), round(scene.image.height * scale)
    scene.image.resize(size, Image.Resampling.BICUBIC).save(folder / "images" / f"{scene.seed:07}.jpg", quality=95)
    lines = []
    for thing in scene.objects:
        x, y = thing.centre
        width, height = thing.box[2] - thing.box[0], thing.box[3] - thing.box[1]
        across, down = scene.image.size
        lines.append(
            f"{NOUNS.index(thing.noun)} {x / across:.5f} {y / down:.5f} {width / across:.5f} {height / down:.5f}"
        )
    (folder / "labels" / f"{scene.seed:07}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def render(job: Job, seeds: range, worker: int) -> None:
    """Render a range of seeds into one shelf; scenes below `detector` also become the detector's pictures."""
    out = job.out
    shelf = Shelf(out / f"shelf-{job.first}-{worker}", rows=len(seeds) * 8) if job.crops else None
    for part in ("images", "labels"):
        (out / "detector" / part).mkdir(parents=True, exist_ok=True)
    started = time.time()
    for done, seed in enumerate(seeds):
        rng = np.random.default_rng((seed, 1))
        scene = some_stylised(rng, scene_of(seed, job.only, job.style), job.stylised)
        if seed < job.detector:
            _detector_picture(scene, out / "detector")
        if shelf is not None:
            _put_away(shelf, scene, rng)
        if done % 1000 == 999:
            print(f"worker {worker}: {done + 1} scenes, {time.time() - started:.0f} s", flush=True)
    if shelf is not None:
        shelf.close()


def _put_away(shelf: Shelf, scene: Scene, rng: Generator) -> None:
    """Put the whole scene, its things and two tiles of it on the shelf."""
    shelf.add(0, scene, (0, 0, *scene.image.size))
    for thing in scene.objects:
        shelf.add(1, scene, detector_crop(thing.box, scene.image.size, rng))
    for _ in range(TILES):
        shelf.add(2, scene, tile(scene.image.size, rng))


def main() -> None:
    """Render with several processes, each taking every n-th seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=24_000, help="seeds below this number")
    parser.add_argument("--first", type=int, default=0, help="first seed: a later rendering into the same folder")
    parser.add_argument("--stylised", type=float, default=0.0, help="share of scenes that are drawn otherwise")
    parser.add_argument("--detector", type=int, default=12_000, help="how many of the scenes the detector trains on")
    parser.add_argument("--no-crops", dest="crops", action="store_false", help="draw for the detector alone")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--style", choices=sorted({*STYLES, *TRAINED_STYLES}), help="draw in this style alone")
    parser.add_argument("--only", choices=sorted(GENERATORS), help="draw with this generator alone")
    arguments = parser.parse_args()
    if arguments.scenes > FRESH:
        parser.error(f"seeds from {FRESH} on are for tests: ask for fewer scenes")
    if not 0 <= arguments.first < arguments.scenes:
        parser.error("--first is a seed from 0 to below --scenes")
    if not 0 <= arguments.stylised <= 1:
        parser.error("--stylised is a share from 0 to 1")
    job = Job(
        out=arguments.out, first=arguments.first, detector=arguments.detector, stylised=arguments.stylised,
        style=arguments.style, only=arguments.only, crops=arguments.crops,
    )  # fmt: skip
    workers = [
        multiprocessing.Process(target=render, args=(job, range(job.first + k, arguments.scenes, arguments.workers), k))
        for k in range(arguments.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        parser.exit(1, "a worker failed: its scenes are incomplete\n")


if __name__ == "__main__":
    main()
