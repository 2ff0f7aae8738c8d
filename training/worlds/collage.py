"""Cut-outs thrown on a table: made textures (wood, stone, cloth, bricks), outlines, overlap, things cut at the border, any angle.

Sides from 200 to 1,024 pixels; up to ten things, from a tenth of the picture to most of it. Part of the pictures are reduced and
saved as JPEG of poor quality.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from llamaindex_clipverify.testing import Scene
from llamaindex_clipverify.testing.lively import PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.worlds.art import TRAINED_STYLES, Thing, drawable, known_style, thing
from training.worlds.sheet import CLAIMED, Sheet

Tone = tuple[int, int, int]


def draw(seed: int, style: str | None = None) -> Scene:
    """Draw one scene; the same arguments always give the same scene."""
    rng = np.random.default_rng((seed, 202))
    style = known_style(style or TRAINED_STYLES[int(rng.integers(len(TRAINED_STYLES)))])
    longer = int(200 * 5.12 ** (rng.random() ** 1.6))
    shorter = max(128, int(longer * rng.uniform(0.5, 1.0)))
    size = (longer, shorter) if rng.random() < 0.6 else (shorter, longer)
    place = sorted(PLACES)[int(rng.integers(len(PLACES)))] if rng.random() < 0.3 else ""
    name = place or sorted(_TEXTURES)[int(rng.integers(len(_TEXTURES)))]
    sheet = Sheet(_poster(rng, size, place) if place else _TEXTURES[name](rng, size))
    number = int(rng.choice((1, 2, 3, 4, 5, 7, 10), p=(0.22, 0.2, 0.18, 0.14, 0.12, 0.09, 0.05)))
    for item in _cast(rng, style, number):
        _throw(rng, sheet, item, number)
    if not sheet.things:
        _throw(rng, sheet, thing(rng, style, "person"), 1, sure=True)
    image = _copied(rng, sheet.image)
    return sheet.scene(style=style, seed=seed, background=f"collage {name}", place=place, image=image)


def _cast(rng: Generator, style: str, number: int) -> list[Thing]:
    nouns = drawable(style)
    cast: list[Thing] = []
    while len(cast) < number:
        if cast and rng.random() < 0.25:
            noun = cast[int(rng.integers(len(cast)))].noun
        else:
            noun = "person" if rng.random() < 0.14 else nouns[int(rng.integers(len(nouns)))]
        pattern = str(rng.choice(PATTERNS)) if rng.random() < 0.3 else "plain"
        cast.append(thing(rng, style, noun, pattern=pattern))
    return cast


def _throw(rng: Generator, sheet: Sheet, item: Thing, number: int, sure: bool = False) -> None:
    """Draw a thing at a random spot, angle and size, unless it or one below it would be too hidden."""
    angle = float(rng.normal(0, 22)) if rng.random() < 0.8 else float(rng.uniform(-90, 90))
    art = item.image.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    largest = (0.95, 0.7, 0.55, 0.45, 0.4)[min(number, 5) - 1] if number < 8 else 0.3
    outline = int(rng.integers(1, 4)) if rng.random() < 0.4 else 0
    for attempt in range(30):
        share = float(rng.uniform(0.12, largest)) * (0.96**attempt)
        scale = share * min(sheet.image.size) / max(art.size)
        stamp = art.resize((max(8, int(art.width * scale)), max(8, int(art.height * scale))), Image.Resampling.BICUBIC)
        stamp = _outlined(stamp, outline) if outline else stamp
        x = int(rng.uniform(-0.3 * stamp.width, sheet.image.width - 0.7 * stamp.width))
        y = int(rng.uniform(-0.3 * stamp.height, sheet.image.height - 0.7 * stamp.height))
        clear = sheet.share_free(stamp, x, y) if sheet.things else 1.0
        inside = _inside(stamp, x, y, sheet.image.size)
        if sure or (inside >= 0.7 and clear >= 0.6 and sheet.would_hide(stamp, x, y) >= CLAIMED + 0.1):
            sheet.paste(item, stamp, x, y)
            return


def _inside(stamp: Image.Image, x: int, y: int, size: tuple[int, int]) -> float:
    wide = min(x + stamp.width, size[0]) - max(x, 0)
    tall = min(y + stamp.height, size[1]) - max(y, 0)
    return max(0, wide) * max(0, tall) / (stamp.width * stamp.height)


def _outlined(stamp: Image.Image, width: int) -> Image.Image:
    """Return the stamp on a white or dark rim, as cut from paper."""
    spread = Image.new("RGBA", (stamp.width + 2 * width + 2, stamp.height + 2 * width + 2), (0, 0, 0, 0))
    spread.paste(stamp, (width + 1, width + 1))
    rim = spread.getchannel("A").point(lambda a: 255 * (a > 90)).filter(ImageFilter.MaxFilter(2 * width + 1))
    tone = (252, 252, 250) if stamp.width % 3 else (40, 36, 40)
    below = Image.new("RGBA", spread.size, (*tone, 255))
    below.putalpha(rim)
    return Image.alpha_composite(below, spread)


def _copied(rng: Generator, image: Image.Image) -> Image.Image:
    """Return the picture as it may be after copying: smaller, and with the marks of a JPEG."""
    if rng.random() < 0.35:
        share = float(rng.uniform(0.4, 0.9))
        small = (max(128, int(image.width * share)), max(128, int(image.height * share)))
        image = image.resize(small, Image.Resampling.BILINEAR)
    if rng.random() < 0.6:
        stored = io.BytesIO()
        image.save(stored, "JPEG", quality=int(rng.integers(25, 90)))
        image = Image.open(stored).convert("RGB")
    return image


def _clouds(rng: Generator, size: tuple[int, int], cells: tuple[int, int]) -> Image.Image:
    """Return smooth grey noise with the given number of cells across and down."""
    grain = rng.integers(0, 256, size=(cells[1], cells[0])).astype(np.uint8)
    return Image.fromarray(grain).resize(size, Image.Resampling.BICUBIC)


def _between(shade: Image.Image, dark: Tone, light: Tone) -> Image.Image:
    return Image.composite(Image.new("RGB", shade.size, light), Image.new("RGB", shade.size, dark), shade)


def _wood(rng: Generator, size: tuple[int, int]) -> Image.Image:
    grain = ImageChops.add(_clouds(rng, size, (3, 60)), _clouds(rng, size, (5, 140)), scale=2)
    dark = (int(rng.integers(80, 150)), int(rng.integers(50, 95)), int(rng.integers(25, 60)))
    image = _between(grain, dark, (dark[0] + 80, dark[1] + 70, dark[2] + 55))
    pen = ImageDraw.Draw(image)
    for x in range(int(rng.integers(0, 60)), size[0], max(40, size[0] // int(rng.integers(3, 8)))):
        pen.line((x, 0, x, size[1]), fill=(dark[0] // 2, dark[1] // 2, dark[2] // 2), width=2)
    return image


def _stone(rng: Generator, size: tuple[int, int]) -> Image.Image:
    shade = ImageChops.add(_clouds(rng, size, (6, 6)), _clouds(rng, size, (70, 70)), scale=2)
    tone = int(rng.integers(60, 130))
    return _between(shade, (tone, tone, tone + 4), (tone + 95, tone + 93, tone + 90))


def _cloth(rng: Generator, size: tuple[int, int]) -> Image.Image:
    first, second = (tuple(int(v) for v in rng.integers(60, 240, size=3)) for _ in range(2))
    image = Image.new("RGB", size, first)
    pen = ImageDraw.Draw(image, "RGBA")
    step = int(rng.integers(10, 50))
    for x in range(0, size[0], 2 * step):
        pen.rectangle((x, 0, x + step, size[1]), fill=(*second, 110))
    for y in range(0, size[1], 2 * step):
        pen.rectangle((0, y, size[0], y + step), fill=(*second, 110))
    return image


def _bricks(rng: Generator, size: tuple[int, int]) -> Image.Image:
    base = rng.integers(90, 190, size=3)
    image = Image.new("RGB", size, (200, 195, 188))
    pen = ImageDraw.Draw(image)
    tall = max(8, size[1] // int(rng.integers(7, 16)))
    for row, y in enumerate(range(0, size[1], tall)):
        for x in range(-tall * (row % 2), size[0], 2 * tall):
            tone = tuple(int(v) for v in (base + rng.integers(-18, 19, size=3)).clip(0, 255))
            pen.rectangle((x + 1, y + 1, x + 2 * tall - 2, y + tall - 2), fill=tone)
    return image


def _plain(rng: Generator, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, tuple(int(v) for v in rng.integers(30, 256, size=3)))


_TEXTURES: dict[str, Callable[[Generator, tuple[int, int]], Image.Image]] = {
    "wood": _wood, "stone": _stone, "cloth": _cloth, "bricks": _bricks, "card": _plain,
}  # fmt: skip


def _poster(rng: Generator, size: tuple[int, int], place: str) -> Image.Image:
    """Return a place as a printed poster: noisy areas of ink and the marks of the place."""
    sky, ground, ink = _INKS[place]
    horizon = int(size[1] * rng.uniform(0.35, 0.62))
    image = _between(_clouds(rng, size, (4, 5)), sky, tuple(min(255, v + 22) for v in sky))
    image.paste(_between(_clouds(rng, size, (40, 22)), ground, tuple(min(255, v + 26) for v in ground)), (0, horizon))
    _MARKS[place](rng, ImageDraw.Draw(image), size, horizon, ink)
    return image


_INKS: dict[str, tuple[Tone, Tone, Tone]] = {
    "beach": ((110, 180, 225), (226, 200, 140), (26, 105, 165)), "city": ((175, 190, 210), (95, 95, 100), (70, 74, 92)),
    "desert": ((240, 205, 150), (205, 150, 80), (60, 115, 60)), "forest": ((120, 155, 115), (60, 82, 42), (30, 70, 34)),
    "field": ((140, 195, 235), (112, 172, 66), (196, 176, 70)), "road": ((165, 195, 225), (105, 140, 80), (72, 72, 78)),
    "night": ((12, 14, 44), (22, 26, 32), (250, 246, 200)), "snowy": ((150, 168, 188), (226, 232, 238), (255, 255, 255)),
}  # fmt: skip

Marks = Callable[[Generator, ImageDraw.ImageDraw, tuple[int, int], int, Tone], None]


def _sea(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    shore = horizon + (size[1] - horizon) * rng.uniform(0.3, 0.5)
    edge = [(x, shore + 0.02 * size[1] * np.sin(x / size[0] * 14)) for x in range(0, size[0] + 16, 16)]
    pen.polygon([(0, horizon), *edge, (size[0] + 16, horizon)], fill=ink)
    pen.line(edge, fill=(240, 246, 250), width=max(2, size[1] // 90))


def _towers(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    for _ in range(int(rng.integers(7, 13))):
        x, wide, tall = (
            rng.uniform(-0.05, 0.95) * size[0],
            rng.uniform(0.08, 0.16) * size[0],
            rng.uniform(0.3, 0.95) * horizon,
        )
        shade = int(rng.integers(-20, 40))
        pen.rectangle((x, horizon + 4 - tall, x + wide, horizon + 4), fill=tuple(v + shade for v in ink))
        for y in np.arange(horizon - tall + 10, horizon - 8, max(9, wide / 4)):
            for lamp in np.arange(x + wide * 0.15, x + wide * 0.85, max(5, wide / 4)):
                pen.rectangle(
                    (lamp, y, lamp + wide / 9, y + wide / 8), fill=(244, 226, 150) if rng.random() < 0.6 else ink
                )


def _cacti(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    pen.ellipse((size[0] * 0.7, horizon * 0.15, size[0] * 0.7 + horizon * 0.3, horizon * 0.45), fill=(255, 236, 150))
    for _ in range(int(rng.integers(2, 6))):
        x, foot = rng.uniform(0, size[0]), rng.uniform(horizon, size[1])
        tall = (0.1 + 0.25 * (foot - horizon) / size[1]) * size[1]
        wide = max(2, tall / 9)
        pen.rounded_rectangle((x - wide, foot - tall, x + wide, foot), wide, fill=ink)
        pen.line(
            (x, foot - tall * 0.4, x + 3 * wide, foot - tall * 0.4, x + 3 * wide, foot - tall * 0.75),
            fill=ink,
            width=int(wide) + 1,
        )


def _trunks(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    for _ in range(int(rng.integers(9, 17))):
        x, foot = rng.uniform(0, size[0]), horizon + rng.uniform(0, 0.3) * (size[1] - horizon)
        wide, tall = size[0] * rng.uniform(0.012, 0.025), foot * rng.uniform(0.7, 1.0)
        pen.rectangle((x - wide, foot - tall, x + wide, foot), fill=(84, 58, 38))
        crown = tall * rng.uniform(0.22, 0.34)
        pen.ellipse((x - crown, foot - tall - crown / 2, x + crown, foot - tall + 1.4 * crown), fill=ink)


def _furrows(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    for y in np.geomspace(4, size[1] - horizon, int(rng.integers(6, 12))):
        pen.line((0, horizon + y, size[0], horizon + y + rng.uniform(-5, 5)), fill=ink, width=max(2, int(y / 16)))


def _lane(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    top, foot = rng.uniform(0.3, 0.7) * size[0], rng.uniform(0.3, 0.7) * size[0]
    pen.polygon(
        [(top - 6, horizon), (top + 6, horizon), (foot + 0.42 * size[0], size[1]), (foot - 0.42 * size[0], size[1])],
        fill=ink,
    )
    for a in np.arange(0.06, 1.0, 0.17):
        x, y = top + (foot - top) * a, horizon + (size[1] - horizon) * a
        pen.line(
            (x, y, x + (foot - top) * 0.06, y + (size[1] - horizon) * 0.07),
            fill=(246, 240, 200),
            width=max(2, int(a * size[0] / 40)),
        )


def _stars(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    for _ in range(int(rng.integers(30, 90))):
        x, y, wide = rng.uniform(0, size[0]), rng.uniform(0, horizon), rng.uniform(0.5, max(1.0, size[0] / 170))
        pen.ellipse((x - wide, y - wide, x + wide, y + wide), fill=ink)
    x, wide = rng.uniform(0.1, 0.9) * size[0], 0.14 * horizon
    pen.ellipse((x - wide, 0.3 * horizon - wide, x + wide, 0.3 * horizon + wide), fill=ink)
    pen.ellipse((x - 0.3 * wide, 0.26 * horizon - wide, x + 1.5 * wide, 0.26 * horizon + 0.8 * wide), fill=(14, 16, 46))


def _flakes(rng: Generator, pen: ImageDraw.ImageDraw, size: tuple[int, int], horizon: int, ink: Tone) -> None:
    for _ in range(int(rng.integers(60, 160))):
        x, y, arm = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.006, 0.016) * size[0]
        pen.line((x - arm, y, x + arm, y), fill=ink, width=2)
        pen.line((x, y - arm, x, y + arm), fill=ink, width=2)


_MARKS: dict[str, Marks] = {
    "beach": _sea, "city": _towers, "desert": _cacti, "forest": _trunks, "field": _furrows, "road": _lane,
    "night": _stars, "snowy": _flakes,
}  # fmt: skip
