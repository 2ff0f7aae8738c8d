"""Draws scenes with exactly known truth.

A scene is a function of its seed. Training uses seeds below `FRESH`; tests and benchmarks use seeds from `FRESH` on, so a scene
is never both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from llamaindex_clipverify.testing import lively as life
from llamaindex_clipverify.testing import statements
from llamaindex_clipverify.testing.art import (
    COLOURS,
    NOUNS,
    STYLES,
    VARIANTS,
    Sprite,
    lively_sprites,
    sprite_image,
    sprites,
)
from llamaindex_clipverify.testing.backgrounds import background
from llamaindex_clipverify.testing.patterns import PATTERNS
from llamaindex_clipverify.testing.places import any_place, place_picture
from llamaindex_clipverify.testing.themes import THEMES, WORDS

FRESH = 1_000_000
"""The first seed of fresh scenes: no model of this project was trained on a seed from here on."""

SMALLEST, LARGEST = 44.0, 200.0
"""Longer side of an object in pixels, on a scene 448 pixels wide."""

_VISIBLE = 0.72
_PLACED, _ACTING, _PATTERNED = 0.6, 0.5, 0.4
"""In lively scenes: shares of backgrounds that are places, of scenes that begin with a person, and of tinted things with a
pattern."""


@dataclass(frozen=True)
class SceneObject:
    """One drawn object."""

    noun: str
    colour: str | None
    """One of `COLOURS`, or None if the object has no definite colour."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom of the visible part, in pixels; right and bottom are exclusive."""
    action: str | None = None
    """What a person does: one of `lively.ACTIONS` or ``stand``. None: nothing is known of it."""
    pattern: str | None = None
    """One of `PATTERNS`, or ``plain``. None: nothing is known of it."""
    state: str | None = None
    """``open`` or ``closed``. None: nothing is known of it."""

    @property
    def centre(self) -> tuple[float, float]:
        """Return the centre of the box."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Relation:
    """A clear spatial fact between two nouns that occur once each."""

    subject: str
    relation: str
    """``left of``, ``right of``, ``above`` or ``below``."""
    other: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A drawn picture with its complete truth."""

    image: Image.Image = field(repr=False)
    objects: tuple[SceneObject, ...]
    words: tuple[str, ...]
    """Words written in the picture, in capitals."""
    style: str
    seed: int
    background: str = ""
    """Its family (see `backgrounds`)."""
    place: str = ""
    """Where or when it is: one of `lively.PLACES`. Empty: no place is drawn."""
    unclaimed: tuple[str, ...] = ()
    """Nouns that show only in part (mostly hidden, or the bicycle under a cyclist): they are neither claimed nor denied."""

    def count(self, noun: str) -> int:
        """Return how many objects of a noun there are."""
        return sum(thing.noun == noun for thing in self.objects)

    def nouns(self) -> list[str]:
        """Return the nouns that occur, each once, in the order of drawing."""
        return list(dict.fromkeys(thing.noun for thing in self.objects))

    def colours_of(self, noun: str) -> set[str] | None:
        """Return the colours of a noun's objects, or None when one of them has no colour that can be claimed."""
        if noun in self.unclaimed:
            return None
        colours = {thing.colour for thing in self.objects if thing.noun == noun}
        named = {colour for colour in colours if colour is not None}
        return named if named and len(named) == len(colours) else None

    def relations(self) -> list[Relation]:
        """Return the spatial facts that are true by a safe margin, between nouns that occur once."""
        single = [t for t in self.objects if self.count(t.noun) == 1 and t.noun not in self.unclaimed]
        pairs = [(a, b) for a in single for b in single if a is not b]
        return [Relation(a.noun, name, b.noun) for a, b in pairs for name in _clear(a, b, self.image.size)]

    def captions(self, rng: Generator | int) -> list[str]:
        """Return true sentences about the scene in various phrasing, from one object to the whole.

        Args:
            rng: A NumPy generator, or a seed for one.
        """
        return statements.captions(self, np.random.default_rng(rng))

    def claims(self, rng: Generator | int) -> list[dict[str, str | int]]:
        """Return true and false claims of every kind, as rows ``{"claim", "label", "kind"}``.

        Every kind has as many true as false rows; ``kind`` is object, attribute, count, relation or negation, and where the
        scene has any of these, action, pattern, state or scene.

        Args:
            rng: A NumPy generator, or a seed for one.
        """
        return statements.claims(self, np.random.default_rng(rng))


def draw_scene(
    seed: int,
    *,
    style: str | None = None,
    objects: tuple[int, int] = (1, 6),
    size: int | None = None,
    family: str | None = None,
    lively: bool = False,
) -> Scene:
    """Draw one scene; the same arguments always give the same scene.

    Args:
        seed: Any non-negative number; use `FRESH` and above for tests.
        style: One of `STYLES`, or a registered one (`register_style`); one of `STYLES` at random when None.
        objects: Least and greatest number of objects, both inclusive. Fewer are drawn when there is no room.
        size: Width and height in pixels; 384 to 512 and not always square when None.
        family: Of the background: one of `FAMILIES`, or ``patterned``, which is drawn in no training.
        lively: Whether people do something, things have patterns and states, and most backgrounds are places.
    """
    rng = np.random.default_rng(seed)
    drawn_style = STYLES[int(rng.integers(len(STYLES)))]
    style = style or drawn_style
    shape = _scene_size(rng, size)
    place = any_place(rng) if lively and family is None and rng.random() < _PLACED else ""
    image, shown = (place_picture(rng, shape, place), "place") if place else background(rng, shape, family)
    canvas = _Canvas(image)
    cast = _cast(
        rng, int(rng.integers(objects[0], objects[1] + 1)), {n for n, art in sprites(style).items() if art}, lively
    )
    placed = _coloured(rng, style, cast, canvas, objects[0], lively)
    things = tuple(
        SceneObject(piece.noun, colour, box, *((piece.action, pattern, piece.state) if lively else ()))
        for (piece, colour, pattern), box in zip(placed, canvas.boxes(), strict=True)
    )
    words = _write(rng, canvas, {thing.noun for thing in things})
    parts = {life.ACTIONS[thing.action].shows for thing in things if thing.action in life.ACTIONS}
    return Scene(
        image=canvas.finished(rng),
        objects=things,
        words=words,
        style=style,
        seed=seed,
        background=shown,
        place=place,
        unclaimed=tuple(sorted(part for part in parts if part)),
    )


def _scene_size(rng: Generator, size: int | None) -> tuple[int, int]:
    if size is not None:
        return size, size
    if rng.random() < 0.5:
        return 448, 448
    width, height = rng.integers(24, 33, size=2) * 16
    return int(width), int(height)


def _cast(rng: Generator, number: int, drawable: set[str], lively: bool = False) -> list[str]:
    """Return the nouns of a scene: from one theme mostly, some of them more than once, and only those that have art."""
    theme = list(THEMES.values())[int(rng.integers(len(THEMES)))]
    cast: list[str] = ["person"] if lively and rng.random() < _ACTING else []
    while len(cast) < min(number, len(drawable)):
        if cast and rng.random() < 0.32 and cast.count(cast[-1]) < 4:
            cast.append(cast[-1])
            continue
        pool = theme if rng.random() < 0.6 else NOUNS
        noun = pool[int(rng.integers(len(pool)))]
        if noun not in cast and noun in drawable:
            cast.append(noun)
    return cast


def _coloured(
    rng: Generator, style: str, cast: list[str], canvas: _Canvas, least: int, lively: bool
) -> list[tuple[Sprite, str | None, str | None]]:
    """Place the cast and return the sprite, colour and pattern of each object that found room."""
    placed: list[tuple[Sprite, str | None, str | None]] = []
    last: dict[str, tuple[int, str | None]] = {}
    for index, noun in enumerate(cast):
        pieces = (lively_sprites if lively else sprites)(style)[noun]
        number, colour = int(rng.integers(len(pieces))), COLOURS[int(rng.integers(len(COLOURS)))]
        if noun in last and rng.random() < 0.6:
            number, colour = last[noun][0], last[noun][1] or colour
        piece = pieces[number]
        shown = colour if piece.tintable else piece.colour
        last[noun] = (number, shown)
        pattern = _pattern(rng) if lively and piece.tintable else None
        art = sprite_image(piece, shown, int(rng.integers(VARIANTS)), pattern if pattern in PATTERNS else None)
        if canvas.place(rng, art, crowd=len(cast), must=index < least):
            placed.append((piece, shown, pattern))
    return placed


def _pattern(rng: Generator) -> str:
    return PATTERNS[int(rng.integers(len(PATTERNS)))] if rng.random() < _PATTERNED else "plain"


class _Canvas:
    """A picture being drawn: its pixels and the object that owns each pixel."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.owner = np.full((image.height, image.width), -1, dtype=np.int16)
        self.areas: list[int] = []

    def place(self, rng: Generator, art: Image.Image, crowd: int, must: bool) -> bool:
        """Draw the art where it hides no object too much; return whether there was room."""
        unit = min(self.image.size) / 448
        top = LARGEST * min(1.0, 1.25 - 0.1 * crowd)
        side = SMALLEST * unit * (top / SMALLEST) ** float(rng.random() ** 0.8)
        mirror, angle, stretch = rng.random() < 0.5, float(rng.uniform(-25, 25)), float(rng.uniform(0.9, 1.1))
        touching = rng.random() < 0.2
        for attempt in range(200 if must else 40):
            if attempt % 10 == 0:
                stamp = _stamp(art, max(side, SMALLEST * unit), mirror, angle, stretch)
                side *= 0.85
            x = int(rng.integers(0, max(1, self.image.width - stamp.width)))
            y = int(rng.integers(0, max(1, self.image.height - stamp.height)))
            if self._fits(x, y, stamp, touching):
                self._draw(x, y, stamp)
                return True
        return False

    def _fits(self, x: int, y: int, stamp: Image.Image, touching: bool) -> bool:
        window = self.owner[y : y + stamp.height, x : x + stamp.width]
        if not touching:
            return bool((window < 0).all())
        covered = window[np.asarray(stamp)[..., 3] > 96]
        hidden = np.bincount(covered[covered >= 0], minlength=len(self.areas))
        return all(
            int((self.owner == index).sum()) - count >= _VISIBLE * self.areas[index]
            for index, count in enumerate(hidden)
            if count
        )

    def _draw(self, x: int, y: int, stamp: Image.Image) -> None:
        self.image.paste(stamp, (x, y), stamp)
        shape = np.asarray(stamp)[..., 3] > 96
        self.owner[y : y + stamp.height, x : x + stamp.width][shape] = len(self.areas)
        self.areas.append(int(shape.sum()))

    def boxes(self) -> list[tuple[int, int, int, int]]:
        """Return the box around the visible part of every object."""
        found = []
        for index in range(len(self.areas)):
            own = self.owner == index
            across, down = np.flatnonzero(own.any(axis=0)), np.flatnonzero(own.any(axis=1))
            found.append((int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1))
        return found

    def finished(self, rng: Generator) -> Image.Image:
        """Return the picture at a brightness of its own."""
        factor = float(rng.uniform(0.86, 1.1))
        return self.image.point(lambda value: min(255, round(value * factor)))


def _stamp(art: Image.Image, side: float, mirror: bool, angle: float, stretch: float) -> Image.Image:
    scale = side / max(art.size)
    width, height = max(4, round(art.width * scale * stretch)), max(4, round(art.height * scale))
    stamp = art.resize((width, height), Image.Resampling.BILINEAR)
    if mirror:
        stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    stamp = stamp.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    return stamp.crop(stamp.getchannel("A").getbbox())


@lru_cache
def _face(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _write(rng: Generator, canvas: _Canvas, present: set[str]) -> tuple[str, ...]:
    """Write one word on a free spot of some scenes and return it."""
    if rng.random() >= 0.14:
        return ()
    absent = [noun.upper() for noun in NOUNS if noun not in present]
    pool = absent if rng.random() < 0.6 else WORDS
    word = pool[int(rng.integers(len(pool)))]
    face = _face(int(rng.integers(10, 25)) * 2)
    width, height = (int(v) + 12 for v in face.getbbox(word)[2:])
    ink, paper = ((250, 250, 250), (40, 60, 80)) if rng.random() < 0.5 else ((30, 30, 30), (235, 232, 220))
    for _ in range(20):
        if width >= canvas.image.width or height >= canvas.image.height:
            return ()
        x = int(rng.integers(0, canvas.image.width - width))
        y = int(rng.integers(0, canvas.image.height - height))
        if (canvas.owner[y : y + height, x : x + width] < 0).all():
            pen = ImageDraw.Draw(canvas.image)
            pen.rectangle((x, y, x + width, y + height), fill=paper)
            pen.text((x + 6, y + 4), word, font=face, fill=ink)
            return (word,)
    return ()


def _clear(a: SceneObject, b: SceneObject, size: tuple[int, int]) -> list[str]:
    names = []
    for axis, (before, after) in enumerate((("left of", "right of"), ("above", "below"))):
        apart = abs(a.centre[axis] - b.centre[axis]) >= 0.16 * size[axis]
        if apart and a.box[axis + 2] <= b.box[axis] + 0.02 * size[axis]:
            names.append(before)
        elif apart and b.box[axis + 2] <= a.box[axis] + 0.02 * size[axis]:
            names.append(after)
    return names
