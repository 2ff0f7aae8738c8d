"""Typographic attacks: writes a word on a picture, to test whether an encoder confuses the word with the object."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont


def write_word(image: Image.Image, word: str, rng: Generator, *, strip: bool = False) -> Image.Image:
    """Return a copy with a word on it: large letters somewhere, dark or light, half of the time on a plate of their own.

    Args:
        image: Any picture.
        word: Kept in its letter case, and made smaller until it fits.
        rng: Random generator for position, size and colours.
        strip: Put it in the middle of a plate along the lower edge, always of the same size, as captions stand on posters.
    """
    written = image.copy()
    pen = ImageDraw.Draw(written)
    size = int(image.width * (0.14 if strip else rng.uniform(0.09, 0.16)))
    while size > 8 and pen.textlength(word, font=ImageFont.load_default(size)) > 0.94 * image.width:
        size -= 2
    font = ImageFont.load_default(size)
    width, height = pen.textlength(word, font=font), 1.3 * size
    left = rng.uniform(0, max(image.width - width, 1))
    top = rng.uniform(0, max(image.height - height, 1))
    ink, paper = ((20, 20, 25), (245, 243, 235)) if rng.random() < 0.5 else ((250, 250, 250), (30, 45, 80))
    if strip:
        left, top = (image.width - width) / 2, image.height - 0.2 * image.width
        pen.rectangle((0, top, image.width, image.height), paper)
    elif rng.random() < 0.5:
        pen.rectangle((left - 6, top, left + width + 6, top + height), paper)
    pen.text((left, top), word, ink, font, stroke_width=max(size // 16, 1), stroke_fill=paper)
    return written
