"""Build the sprites of the drawn world: emoji art in two styles, one atlas and one mask each, and a table.

Run once; the output is committed under ``llamaindex_clipverify/testing/sprites/``. Inputs:

* Noto Color Emoji (Debian package ``fonts-noto-color-emoji``, SIL OFL 1.1): bitmaps of the font.
* Twemoji (npm package ``@twemoji/svg`` 15.0.0, unpacked; art CC BY 4.0): SVG files.
* :mod:`drawings`: a few things drawn by this project, because their emoji show two things at once.

People who do something are in an atlas of their own (``NAME-more.png``, ``more.json``), so that the first one stays as it is.

    python -m training.sprites --twemoji DIR [--font NotoColorEmoji.ttf] [--more]
"""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cairosvg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training import drawings
from training.doing import ACTIONS, described

OUT = Path(__file__).parent.parent / "llamaindex_clipverify" / "testing" / "sprites"
CELL = 120
COLUMNS = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """One piece of art: where it comes from, which area takes a tint, and its natural colour."""

    noun: str
    source: str
    """An emoji's code point in hex, or ``draw:NAME`` of :mod:`drawings`."""
    tint: str = ""
    """Which pixels take a tint: space-separated hues in degrees, ``main`` (the commonest hue), ``bright``, ``dark``, ``grey``
    or ``vivid``."""
    natural: str = ""
    """One of the eight colours, or nothing when none fits."""
    edit: str = ""
    """``left`` or ``right`` half; ``-HEX,...`` drops paths with these fills; ``+HEX,...`` keeps only these."""


def _pieces(table: str) -> list[Piece]:
    pieces = []
    for line in filter(None, map(str.strip, table.splitlines())):
        noun, source, *rest = (part.strip() for part in line.split("|"))
        pieces.append(Piece(noun, source, *rest))
    return pieces


NOTO = _pieces(
    """
person|1f9cd
person|1f6b6
bicycle|1f6b2|190
car|1f697|0
car|1f699|215
motorcycle|1f3cd|0
motorcycle|1f6f5|45
airplane|2708|bright
airplane|1f6e9|190
bus|draw:BUS|300
bus|1f68c
train|1f686|215
train|1f682
truck|1f69a|vivid
boat|26f5|10
boat|1f6a4|20 40
traffic light|1f6a6
traffic light|1f6a5
stop sign|1f6d1||red
bird|1f426||blue
bird|1f99c||green
cat|1f408
cat|1f431
dog|1f415
dog|1f436
horse|1f40e
horse|1f434
sheep|1f411||white
cow|1f404
cow|1f42e
elephant|1f418
bear|1f43b
zebra|1f993
giraffe|1f992
backpack|1f392|0
umbrella|2602|250 222
umbrella|1f302|250 222
handbag|1f45c|25
tie|draw:TIE|300
skis|draw:SKIS|300
kite|1fa81|vivid
skateboard|1f6f9|dark
bottle|draw:BOTTLE|300
bottle|1f9f4|175
wine glass|1f377
cup|draw:MUG|300
cup|2615
fork|1f374||left|left
knife|1f52a
knife|1f374||right|right
spoon|1f944
bowl|draw:BOWL|300
banana|1f34c||yellow
apple|1f34e||red
apple|1f34f||green
sandwich|1f96a
orange|1f34a||orange
broccoli|1f966||green
carrot|1f955||orange
hot dog|1f32d
pizza|1f355
donut|1f369
cake|1f382
cake|1f370
chair|1fa91|25
couch|draw:COUCH|300
potted plant|1fab4
bed|1f6cf|25 210
toilet|1f6bd
tv|1f4fa
laptop|1f4bb
mouse|1f5b1
keyboard|2328
cell phone|draw:PHONE|300
cell phone|1f4f1
book|1f4d5|0
book|1f4d6
clock|23f0|0
clock|1f550
scissors|2702|0
teddy bear|1f9f8
toothbrush|1faa5|25
""".replace("||left|left", "|||left").replace("||right|right", "|||right")
)

TWEMOJI = _pieces("""
person|1f9cd
person|1f6b6
bicycle|1f6b2|352
car|1f697|352
car|1f699|205
motorcycle|1f3cd|95
motorcycle|1f6f5|352
airplane|2708|bright
airplane|1f6e9|352
bus|draw:BUS|300
bus|1f68c|grey
train|1f686|grey
train|1f682
truck|1f69a|bright
truck|1f69b|95 45
boat|26f5|35||-55ACEE
boat|1f6a4|352 45||-55ACEE
traffic light|1f6a6
traffic light|1f6a5
stop sign|1f6d1||red
bird|1f426||red
bird|1f99c||green
cat|1f408
cat|1f431
dog|1f415
dog|1f436
horse|1f40e
horse|1f434
sheep|1f411||white
cow|1f404
cow|1f42e
elephant|1f418
bear|1f43b
zebra|1f993
giraffe|1f992
backpack|1f392|352
umbrella|2602|270
umbrella|1f302|270
handbag|1f45c|270
tie|1f454|352||+DD2E44,A0041E
skis|draw:SKIS|300
kite|1fa81|205
skateboard|1f6f9|352
bottle|draw:BOTTLE|300
bottle|1f9f4|35
wine glass|1f377
cup|draw:MUG|300
cup|2615
fork|1f374|||left
knife|1f52a
knife|1f374|||right
spoon|1f944
bowl|1f963|352 12||-99AAB5,CCD6DD
banana|1f34c||yellow
apple|1f34e||red
apple|1f34f||green
sandwich|1f96a
orange|1f34a||orange
broccoli|1f966||green
carrot|1f955||orange
hot dog|1f32d
pizza|1f355
donut|1f369
cake|1f382
cake|1f370
chair|1fa91|15
couch|1f6cb|95||+5D9040,3F7123,78B159
potted plant|1fab4
bed|1f6cf|15 205
toilet|1f6bd
tv|1f4fa
laptop|1f4bb
mouse|1f5b1
keyboard|2328
cell phone|draw:PHONE|300
cell phone|1f4f1
book|1f4d5|352
book|1f4d6
clock|23f0|352
clock|1f550
scissors|2702|352
teddy bear|1f9f8
toothbrush|1faa5|182
""")


def noto_art(font: Path) -> Callable[[Piece], Image.Image]:
    """Return a renderer of Noto pieces: the font's own bitmaps, or a shaded drawing."""
    face = ImageFont.truetype(str(font), 109)

    def render(piece: Piece) -> Image.Image:
        if piece.source.startswith("draw:"):
            return _drawn(piece, shaded=True)
        image = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
        ImageDraw.Draw(image).text((8, 8), chr(int(piece.source, 16)), font=face, embedded_color=True)
        return _half(image, piece.edit)

    return render


def twemoji_art(folder: Path) -> Callable[[Piece], Image.Image]:
    """Return a renderer of Twemoji pieces: the SVG with paths dropped where told, or a flat drawing."""

    def render(piece: Piece) -> Image.Image:
        if piece.source.startswith("draw:"):
            return _drawn(piece, shaded=False)
        text = _edited((folder / f"{piece.source}.svg").read_text(encoding="utf-8"), piece.edit)
        return _half(_rendered(text), piece.edit)

    return render


def _drawn(piece: Piece, shaded: bool) -> Image.Image:
    return _rendered(drawings.svg(getattr(drawings, piece.source.removeprefix("draw:")), shaded))


def _rendered(svg: str) -> Image.Image:
    png = cairosvg.svg2png(bytestring=svg.encode(), output_width=256, output_height=256)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _edited(svg: str, edit: str) -> str:
    fills = {f.upper() for f in edit[1:].split(",")}
    if edit.startswith("-"):
        return re.sub(r"<[a-z]+ [^<]*?/>", lambda m: "" if _fill(m[0]) in fills else m[0], svg)
    if edit.startswith("+"):
        return re.sub(r"<[a-z]+ [^<]*?/>", lambda m: m[0] if _fill(m[0]) in fills else "", svg)
    return svg


def _fill(element: str) -> str:
    found = re.search(r'fill="#([0-9A-Fa-f]+)"', element)
    return found[1].upper() if found else ""


def _half(image: Image.Image, edit: str) -> Image.Image:
    if edit not in ("left", "right"):
        return image
    x0, y0, x1, y1 = image.getbbox() or (0, 0, *image.size)
    alpha = np.asarray(image)[:, x0:x1, 3].max(axis=0)
    middle = len(alpha) // 2
    gap = x0 + middle - 10 + int(np.argmin(alpha[middle - 10 : middle + 10]))
    return image.crop((x0, y0, gap, y1) if edit == "left" else (gap + 1, y0, x1, y1))


def fitted(image: Image.Image) -> Image.Image:
    """Return the art cut to what is visible and scaled so that its longer side is CELL pixels."""
    image = image.crop(image.getchannel("A").point(lambda a: 255 * (a > 40)).getbbox())
    scale = CELL / max(image.size)
    return image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS
    )


def tint_mask(image: Image.Image, tint: str) -> NDArray[np.bool_]:
    """Return the pixels that take a tint."""
    pixels = np.asarray(image.convert("RGB").convert("HSV"), dtype=np.float32)
    hue, saturation, value = pixels[..., 0] * 360 / 255, pixels[..., 1] / 255, pixels[..., 2] / 255
    mask = np.zeros(hue.shape, dtype=bool)
    for part in tint.split():
        if part == "bright":
            mask |= value > 0.5
        elif part == "dark":
            mask |= (value < 0.45) & (saturation < 0.4)
        elif part == "grey":
            mask |= (saturation < 0.2) & (value > 0.3)
        elif part == "vivid":
            mask |= (saturation > 0.4) & (value > 0.3)
        else:
            wanted = _main_hue(hue[(saturation > 0.35) & (value > 0.25)]) if part == "main" else float(part)
            away = np.abs((hue - wanted + 180) % 360 - 180)
            mask |= (away < 28) & (saturation > 0.28) & (value > 0.2)
    return mask & (np.asarray(image)[..., 3] > 30)


def _main_hue(hues: Floats) -> float:
    counts = np.histogram(hues, bins=36, range=(0, 360))[0]
    around = counts + np.roll(counts, 1) + np.roll(counts, -1)
    return 10.0 * int(around.argmax()) + 5.0


def flattened(image: Image.Image, colours: int) -> Image.Image:
    """Return the art with few colours and few alpha levels, so that the atlas packs small."""
    rgb = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).convert("RGB")
    alpha = image.getchannel("A").point(lambda a: min(255, round(a / 51) * 51))
    rgb.putalpha(alpha)
    array = np.array(rgb)
    array[array[..., 3] == 0] = 0
    return Image.fromarray(array)


def build(
    style: str,
    pieces: list[Piece],
    render: Callable[[Piece], Image.Image],
    colours: int,
    out: Path = OUT,
    part: str = "",
) -> list[dict[str, object]]:
    """Draw one style's atlas and mask, save both and return its rows of the table."""
    out.mkdir(parents=True, exist_ok=True)
    size = (COLUMNS * CELL, -(-len(pieces) // COLUMNS) * CELL)
    atlas, masks = Image.new("RGBA", size), Image.new("1", size)
    rows: list[dict[str, object]] = []
    for index, piece in enumerate(pieces):
        art = flattened(fitted(render(piece)), colours)
        x, y = index % COLUMNS * CELL, index // COLUMNS * CELL
        atlas.paste(art, (x, y))
        mask = tint_mask(art, piece.tint)
        masks.paste(Image.fromarray(mask), (x, y))
        box = [x, y, x + art.width, y + art.height]
        row = {"noun": piece.noun, "box": box, "tint": bool(piece.tint), "colour": piece.natural or None}
        rows.append(row | described(piece.source))
        if piece.tint:
            share = mask.sum() / (np.asarray(art)[..., 3] > 30).sum()
            print(f"{style:8} {piece.noun:14} {piece.source:12} tinted share {share:.2f}")
    atlas.save(out / f"{style}{part}.png", optimize=True)
    if not part:
        masks.save(out / f"{style}-tint.png", optimize=True)
    return rows


def people() -> list[Piece]:
    """Return the pieces of people who do something, by code point."""
    return [Piece("person", code) for _, code, _ in ACTIONS]


def write_table(table: dict[str, list[dict[str, object]]], out: Path = OUT, name: str = "sprites.json") -> None:
    """Write which sprite lies where in each style's atlas."""
    rows = {style: "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]" for style, rows in table.items()}
    text = "{\n" + ",\n".join(f' "{style}": {body}' for style, body in rows.items()) + "\n}\n"
    (out / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Build both styles, or only the people who do something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--twemoji", type=Path, required=True, help="folder of the npm package's SVG files")
    parser.add_argument("--font", type=Path, default=Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"))
    parser.add_argument(
        "--more", action="store_true", help="leave the first atlas alone: only the people who do something"
    )
    arguments = parser.parse_args()
    noto, twemoji = noto_art(arguments.font), twemoji_art(arguments.twemoji)
    if not arguments.more:
        write_table({"noto": build("noto", NOTO, noto, 56), "twemoji": build("twemoji", TWEMOJI, twemoji, 32)})
    more = {
        "noto": build("noto", people(), noto, 56, part="-more"),
        "twemoji": build("twemoji", people(), twemoji, 32, part="-more"),
    }
    write_table(more, name="more.json")


if __name__ == "__main__":
    main()
