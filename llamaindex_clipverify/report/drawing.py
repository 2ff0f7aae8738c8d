"""Draws on a copy of a picture: boxes with labels, and heat maps as an overlay.

Heat maps use matplotlib's *inferno* (van der Walt and Smith 2015): its lightness rises with the value, so colour-blind readers
and grey prints keep the order. Low values are nearly transparent.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.picture import Picture

LONGEST = 900
"""Longer side in pixels that pictures are reduced to before they are drawn."""
NO_EVIDENCE = "no evidence"
_INK = {"supported": "#15803d", "contradicted": "#c81e3a", "unverifiable": "#52606d"}


@dataclass(frozen=True)
class Mark:
    """A box to draw, with its label and the verdict that gives its colour; "" for a neutral colour."""

    box: Box
    """Left, top, right, bottom in pixels of the upright, full-size picture."""
    label: str = ""
    verdict: str = ""


def shrunk(picture: Picture, longest: int = LONGEST) -> Image.Image:
    """Return a copy whose longer side is at most `longest` pixels."""
    copy = picture.image.copy()
    copy.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return copy


def draw_boxes(picture: Picture, marks: Sequence[Mark], longest: int = LONGEST) -> Image.Image:
    """Return a copy of the picture with boxes and labels; boxes are scaled with the picture."""
    image = shrunk(picture, longest)
    _draw_marks(image, marks, image.width / picture.size[0])
    return image


def draw_map(picture: Picture, heat: HeatMap, marks: Sequence[Mark] = (), longest: int = LONGEST) -> Image.Image:
    """Return a copy of the picture under the heat map; an empty map is a grey veil that says "no evidence"."""
    image = shrunk(picture, longest)
    veil = Image.new("RGBA", image.size, (118, 124, 132, 150)) if heat.empty else heat_layer(heat, image.size)
    image = Image.alpha_composite(image.convert("RGBA"), veil).convert("RGB")
    if heat.empty:
        _write_middle(image, NO_EVIDENCE)
    _draw_marks(image, marks, image.width / picture.size[0])
    return image


def heat_layer(heat: HeatMap, size: tuple[int, int]) -> Image.Image:
    """Return the map alone, RGBA of `size` (width, height): colour and opacity both rise with its value."""
    smooth = np.asarray(_grey(heat).resize(size, Image.Resampling.BILINEAR), np.float64)
    return Image.fromarray(_shades(smooth).round().astype(np.uint8), "RGBA")


def heat_stamp(heat: HeatMap) -> Image.Image:
    """Return the map alone, as a small palette image to be stretched over the picture.

    It is the smallest of a few sizes whose stretched version does not differ visibly.
    """
    whole = _grey(heat)
    whole.thumbnail((_STAMPS[-1], _STAMPS[-1]), Image.Resampling.BOX)
    small = next((tried for side in _STAMPS[:-1] if (tried := _shrunk_alike(whole, side)) is not None), whole)
    levels = (np.asarray(small) * (_LEVELS - 1)).round().astype(np.uint8)
    palette = _shades(np.linspace(0.0, 1.0, _LEVELS)).round().astype(np.uint8)
    stamp = Image.fromarray(levels, "P")
    stamp.putpalette(palette[:, :3].tobytes())
    stamp.info["transparency"] = palette[:, 3].tobytes()
    return stamp


_STAMPS = (48, 96, 192)
"""Longer sides of a stamp that are tried, in pixels."""
_LEVELS = 64
_ALIKE = 0.06
"""Largest difference allowed between a stretched stamp and the map, in values 0–1."""


def _shrunk_alike(whole: Image.Image, side: int) -> Image.Image | None:
    if side >= max(whole.size):
        return None
    small = whole.copy()
    small.thumbnail((side, side), Image.Resampling.BOX)
    stretched = np.asarray(small.resize(whole.size, Image.Resampling.BILINEAR))
    return small if np.abs(stretched - np.asarray(whole)).max() <= _ALIKE else None


def _grey(heat: HeatMap) -> Image.Image:
    return Image.fromarray(np.clip(np.nan_to_num(np.asarray(heat.values, np.float32)), 0.0, 1.0))


def _shades(values: Array) -> Array:
    """Return the colours with their opacity, float (…, 4), 0–255."""
    return np.concatenate([_coloured(values), 40 + 185 * values[..., None]], axis=-1)


def data_uri(image: Image.Image, quality: int = 88) -> str:
    """Return the image as a ``data:`` address: PNG where it has transparency, else JPEG of that quality, 1–95."""
    file = io.BytesIO()
    kind = "jpeg" if image.mode == "RGB" else "png"
    image.save(file, kind, **({"optimize": True} if kind == "png" else {"quality": quality, "optimize": True}))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _coloured(values: Array) -> Array:
    from matplotlib import colormaps

    colours: Array = colormaps["inferno"](values)[..., :3] * 255.0
    return colours


def _draw_marks(image: Image.Image, marks: Sequence[Mark], scale: float) -> None:
    pen = ImageDraw.Draw(image)
    width = max(2, round(max(image.size) / 220))
    for mark in marks:
        left, top, right, bottom = _inside(mark.box, scale, image.size)
        ink = _INK.get(mark.verdict, "#1f6feb")
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline="white", width=width + 2)
        pen.rectangle((left, top, right, bottom), outline=ink, width=width)
        if mark.label:
            _write_label(pen, (left, top), mark.label, ink, image.size)


def _inside(box: Box, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Scale a box and keep it in the picture, at least one pixel wide and high, its corners in order."""
    left, right = sorted((box[0] * scale, box[2] * scale))
    top, bottom = sorted((box[1] * scale, box[3] * scale))
    x, y = (round(min(max(edge, 0), most - 2)) for edge, most in zip((left, top), size, strict=True))
    return x, y, round(min(max(right, x + 1), size[0] - 1)), round(min(max(bottom, y + 1), size[1] - 1))


def _write_label(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], label: str, ink: str, size: tuple[int, int]
) -> None:
    face = ImageFont.load_default(max(12, round(max(size) / 38)))
    left, top, right, bottom = pen.textbbox((0, 0), label, font=face)
    wide, high = right - left + 10, bottom - top + 8
    x = max(0, min(corner[0], round(size[0] - wide)))
    y = corner[1] - high if corner[1] >= high else corner[1]
    pen.rectangle((x, y, x + wide, y + high), fill=ink)
    pen.text((x + 5 - left, y + 4 - top), label, font=face, fill="white")


def _write_middle(image: Image.Image, text: str) -> None:
    pen = ImageDraw.Draw(image)
    face = ImageFont.load_default(max(12, round(max(image.size) / 20)))
    pen.text((image.width / 2, image.height / 2), text, font=face, fill="white", anchor="mm", stroke_width=2,
             stroke_fill="#3b4149")  # fmt: skip
