"""Encoded pictures: opened, decoded, turned upright and made RGB, with limits that hold before anything is decoded.

Formats that need another program (EPS runs Ghostscript) or have no decoder here are refused. The files come from anywhere, and
decoders fail in many ways: each failure is one `PictureError`.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.message import Message

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
"""Maximum number of pixels; larger pictures (for example decompression bombs) are refused before decoding. A larger JPEG, up to
`MAX_JPEG`, is decoded at a half, a quarter or an eighth of its size."""
MAX_JPEG = 400_000_000
_REFUSED = frozenset(("EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "FPX", "MIC"))
"""Formats of Pillow that start another program, or that it knows by name only."""
_WITH_FRAMES = ("GIF", "TIFF", "WEBP", "PNG", "AVIF", "HEIF")
"""File formats whose frames or pages a person would see; the further frames of a phone's MPO are the same picture."""
_DEPTHS = (255, 1023, 4095, 16383, 65535)
"""Brightest value of 8, 10, 12, 14 and 16 bits."""
_DIM = 16
"""Brightest value of 12 bits after the conversion from 16 to 8."""
_ROWS = 1024
"""Rows that are laid on a ground at a time."""
_PALE = 246
"""Brightness from which what is seen of a transparent picture would not be seen on white."""
REPLACE = "replace the file or leave it out"
_SHRINK = Message("shrink it below {pixels:,} pixels", pixels=MAX_PIXELS)
_SCALE = "convert it to 8 bits a channel"


@dataclass(frozen=True)
class Decoded:
    """A decoded picture."""

    image: Image.Image
    """RGB, upright."""
    reduced: int = 1
    """The picture was decoded at one part in so many of its width and height."""


def opened(data: bytes, name: str) -> Image.Image:
    """Return the unread image of a file's bytes.

    Raises:
        PictureError: No picture, or of a format that is not read; the message says what to do.
    """
    from PIL import Image, UnidentifiedImageError

    with telling(PictureError, "the picture cannot be opened", got=name, do=REPLACE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the size is checked here, before decoding
        try:
            return Image.open(io.BytesIO(data), formats=_formats())
        except Image.DecompressionBombError as error:
            raise PictureError("the picture has too many pixels", got=name, do=_SHRINK) from error
        except (UnidentifiedImageError, ImportError) as error:
            raise _unknown(data, name) from error
        except ValueError as error:
            if (bare := _without_texts(data)) is None:
                raise PictureError("the picture cannot be opened", got=f"{name} ({error})", do=REPLACE) from error
            return Image.open(io.BytesIO(bare), formats=_formats())


def decoded(source: bytes | Image.Image, name: str) -> Decoded:
    """Return the upright RGB image of encoded bytes or of an image.

    Raises:
        PictureError: It cannot be decoded, is too large, or has values that are no brightness.
    """
    image = opened(source, name) if isinstance(source, bytes) else source
    from PIL import ImageOps

    with telling(PictureError, "the picture cannot be decoded", got=name, do=REPLACE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduced = _afforded(image, name) if isinstance(source, bytes) else _whole(image, name)
        wide = any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
        try:
            upright = ImageOps.exif_transpose(image)
        except ValueError:
            if not isinstance(source, bytes) or (bare := _without_texts(source)) is None:
                raise
            upright = ImageOps.exif_transpose(opened(bare, name))
        made = _rgb(upright, name)
        if wide and upright.mode in ("RGB", "RGBA") and 0 < int(np.asarray(made).max()) < _DIM:
            raise PictureError("16-bit colours of which few bits are used", got=name, do=_SCALE)
        return Decoded(made, reduced)


def frames(data: bytes, name: str) -> int:
    """Return the number of frames or pages in a file; 1 where what follows the first is broken."""
    image = opened(data, name)
    if image.format not in _WITH_FRAMES:
        return 1
    try:
        with telling(PictureError, "the frames cannot be counted"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(getattr(image, "n_frames", 1))
    except PictureError:
        return 1


@cache
def _formats() -> tuple[str, ...]:
    """Return the formats that are read; HEIC where pillow-heif is installed."""
    from PIL import Image

    try:
        from pillow_heif import register_heif_opener

        register_heif_opener()
    except ImportError:
        pass
    Image.init()
    return tuple(name for name in Image.ID if name not in _REFUSED)


@cache
def suffixes() -> frozenset[str]:
    """Return the endings of picture files, in lower case; HEIC among them, whether it is read or gets a remedy."""
    from PIL import Image

    known = set(_formats())
    endings = Image.registered_extensions().items()
    return frozenset(
        {ending for ending, name in endings if name in known and name != "PDF"} | {".heic", ".heif", ".avif"}
    )


REMEDIED = frozenset((".svg", ".svgz", ".pdf", ".eps", ".jxl", ".dng", ".cr2", ".nef", ".arw"))
"""Endings of files that show pictures and are not read; their error says what to do."""
_UNREAD: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"%PDF",), "a PDF is not a picture", "read its pages with llama_index.PdfPageReader, or render them as PNG"),
    ((b"%!PS", b"\xc5\xd0\xd3\xc6"), "PostScript is not read, because it is a program", "convert it to PNG first"),
    ((b"\xff\x0a", b"\0\0\0\x0cJXL "), "JPEG XL is not read", "convert it to PNG first"),
    ((b"<?xml", b"<svg", b"<!DOCTYPE svg"), "an SVG drawing is not read", "render it as PNG first"),
)
_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_HEIC_REMEDY = "pip install 'llamaindex-clipverify[heif]', or convert it to JPEG"


def _unknown(data: bytes, name: str) -> PictureError:
    """Return the error for bytes that no decoder takes, with what to do where the format is known."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return PictureError("HEIC is not read", got=name, do=_HEIC_REMEDY)
    for starts, what, do in _UNREAD:
        if start.startswith(starts) and (not start.startswith(b"<?xml") or b"<svg" in data[:4096]):
            return PictureError(what, got=name, do=do)
    return PictureError("not a picture file", got=name, do=REPLACE)


def _whole(image: Image.Image, name: str) -> int:
    """Check that an image has some pixels and not too many; return 1."""
    if image.size[0] * image.size[1] > MAX_PIXELS:
        shape = f"{name} ({image.size[0]:,} × {image.size[1]:,})"
        raise PictureError("the picture has too many pixels", got=shape, do=_SHRINK)
    if not image.size[0] or not image.size[1]:
        raise PictureError("the picture has no pixels", got=name, do=REPLACE)
    return 1


def _afforded(image: Image.Image, name: str) -> int:
    """Check the size of an unread file; a large JPEG is set to be decoded at a part of its size, which is returned."""
    from PIL.JpegImagePlugin import JpegImageFile

    width, height = image.size
    is_jpeg = isinstance(image, JpegImageFile) and not image.info.get("progressive")
    if not is_jpeg or not MAX_PIXELS < width * height <= MAX_JPEG:
        return _whole(image, name)
    part = next(part for part in (2, 4, 8) if (width // part + 1) * (height // part + 1) <= MAX_PIXELS)
    image.draft(image.mode, (width // part, height // part))
    _whole(image, name)
    return part


def _without_texts(data: bytes) -> bytes | None:
    """Return a PNG without its text chunks, whose size Pillow limits; None if it is no PNG or has none."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    kept, place = [data[:8]], 8
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            kept.append(data[place : place + 12 + length])
        place += 12 + length
    bare = b"".join(kept)
    return bare if len(bare) < len(data) else None


def _rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _eight_bit(image, name)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_ground(image.convert("RGBA"))
    return image.convert("RGB")


def _on_ground(layered: Image.Image) -> Image.Image:
    """Return a picture with transparency on white; on black where it is so pale that nothing of it would be seen."""
    from PIL import Image

    made = Image.new("RGB", layered.size)
    ground = "black" if _is_pale(layered) else "white"
    for strip in _strips(layered.size):
        part = layered.crop(strip)
        made.paste(Image.alpha_composite(Image.new("RGBA", part.size, ground), part).convert("RGB"), strip)
    return made


def _strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, size[1], _ROWS):
        yield 0, top, size[0], min(top + _ROWS, size[1])


def _is_pale(layered: Image.Image) -> bool:
    """Whether a picture is partly transparent and all that is seen of it is nearly white."""
    small = layered.reduce(max(1, max(layered.size) // 1024)) if max(layered.size) > 2048 else layered
    pixels = np.asarray(small)
    seen = pixels[..., 3] > 32
    return bool(seen.any() and not seen.all() and pixels[..., :3][seen].min() >= _PALE)


def _eight_bit(image: Image.Image, name: str) -> Image.Image:
    """Scale deep greyscale to eight bits; PIL's own conversion clips it to white.

    Floats up to 1 are shares of white. Other values are scaled by the smallest usual depth (8, 10, 12, 14, 16 bits) that holds
    them.

    Raises:
        PictureError: Values that are no brightness: below zero, above 16 bits, not finite.
    """
    from PIL import Image

    values = np.asarray(image)
    if values.dtype != np.float32:
        values = values.astype(np.float64 if values.dtype.itemsize > 2 else np.float32)
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > _DEPTHS[-1]:
        got = f"{name} ({image.mode}, {low:g} to {high:g})"
        raise PictureError("values that are no brightness", got=got, do=_SCALE)
    white = 1.0 if image.mode == "F" and high <= 1 else next(top for top in _DEPTHS if high <= top)
    made = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), _ROWS):
        made[top : top + _ROWS] = np.round(values[top : top + _ROWS].astype(np.float64) / white * 255.0)
    return Image.fromarray(made).convert("RGB")
