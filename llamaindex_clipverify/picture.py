"""A lazily loaded picture: upright, RGB, identified by its content, with a size limit checked before decoding."""

from __future__ import annotations

import hashlib
import io
import urllib.request
import warnings
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llamaindex_clipverify.errors import PictureError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 100_000_000
"""Maximum number of pixels; larger pictures (for example decompression bombs) raise an error before decoding."""
MAX_BYTES = 200_000_000
_WITH_FRAMES = ("GIF", "TIFF", "WEBP", "PNG")
"""File formats whose frames or pages a person would see; the further frames of a phone's MPO are the same picture."""
_DEPTHS = (255, 1023, 4095, 16383, 65535)
"""Brightest value of 8, 10, 12, 14 and 16 bits."""
_URL_PREFIXES = ("http://", "https://")


class Picture:
    """One picture from a path, URL, bytes, array or PIL image. Nothing is read until `id`, `size` or `image` is asked for.

    Equality and hash go by content, so the same file under two names is one picture.
    """

    def __init__(self, read: Callable[[], bytes | Image.Image], uri: str | None = None) -> None:
        """Store `read`, which returns encoded bytes or a decoded image. Prefer `Picture.of`."""
        self._read = read
        self.uri = uri

    @classmethod
    def of(cls, source: Any, *, allow_urls: bool = False) -> Picture:
        """Make a picture of a path, URL, bytes, HxW[xC] uint8 array, PIL image or another picture.

        Args:
            source: What to take. Strings that start with http:// or https:// are URLs, all others paths.
            allow_urls: URLs are opened only when this is true: they may come from an answer or a node.

        Raises:
            PictureError: Of a type or array shape that is no picture, or a URL without `allow_urls`.
        """
        if isinstance(source, Picture):
            return source
        if isinstance(source, str) and source.lower().startswith(_URL_PREFIXES):
            return cls._of_url(source, allow_urls)
        if isinstance(source, (str, Path)):
            path = Path(source)
            return cls(lambda: _read_file(path), str(source))
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            return cls(lambda: data)
        if isinstance(source, io.BytesIO):
            data = source.getvalue()
            return cls(lambda: data)
        if isinstance(source, np.ndarray):
            return cls._of_array(source)
        if hasattr(source, "getexif") and hasattr(source, "convert"):
            filename = getattr(source, "filename", None)
            return cls(lambda: source, str(filename) if filename else None)
        raise PictureError(
            "not a picture", got=type(source).__name__, do="give a path, URL, bytes, uint8 array or PIL image"
        )

    @classmethod
    def known(cls, content: str, size: tuple[int, int], uri: str) -> Picture:
        """Make a picture whose content is known without opening it: the file at `uri` is read only where pixels are needed.

        Args:
            content: Its `id`.
            size: Width and height in pixels, upright.
            uri: Path of the file.
        """
        path = Path(uri)
        made = cls(lambda: _read_file(path), uri)
        made.__dict__["id"], made.__dict__["size"] = content, size
        return made

    @classmethod
    def closed(cls, content: str, size: tuple[int, int], uri: str | None) -> Picture:
        """Make a picture that is only known by name: it has an id, a size and an address, and reading its pixels is an error.

        Args:
            content: Its `id`.
            size: Width and height in pixels, upright.
            uri: Its address, which is never opened.
        """

        def refuse() -> bytes:
            raise PictureError(
                "a picture named by a saved report is not opened",
                got=uri,
                do="name its folder: Report.from_dict(data, folders=[…])",
            )

        picture = cls(refuse, uri)
        picture.__dict__["id"], picture.__dict__["size"] = content, size
        return picture

    @classmethod
    def _of_url(cls, url: str, allow_urls: bool) -> Picture:
        if not allow_urls:
            raise PictureError(
                "URLs are not opened by default", got=url, do="pass allow_urls=True if you trust where it comes from"
            )
        return cls(lambda: _read_url(url), url)

    @classmethod
    def _of_array(cls, array: np.ndarray[Any, Any]) -> Picture:
        shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
        if array.dtype != np.uint8 or not shaped or not array.size:
            raise PictureError(
                "not a picture array", got=f"{array.dtype} {array.shape}", do="give uint8 of H×W, H×W×3 (RGB) or H×W×4"
            )
        from PIL import Image

        pixels = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
        return cls(lambda: Image.fromarray(pixels))

    @cached_property
    def image(self) -> Image.Image:
        """Return the decoded PIL image: RGB, EXIF orientation applied, transparency on white. Do not draw into it."""
        from PIL import ImageOps

        raw = self._content
        opened = raw if not isinstance(raw, bytes) else _open(raw, self.name)
        _check_size(opened.size, self.name)
        try:
            wide = any(";16" in str(tile[3]) for tile in getattr(opened, "tile", ()))
            upright = ImageOps.exif_transpose(opened)
            made = _on_white(upright, self.name)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise PictureError("the picture cannot be decoded", got=f"{self.name} ({error})", do=_REPLACE) from error
        if wide and upright.mode in ("RGB", "RGBA") and 0 < int(np.asarray(made).max()) < _DIM:
            raise PictureError("16-bit colours of which few bits are used", got=self.name, do=_SCALE)
        return made

    @cached_property
    def frames(self) -> int:
        """Return the number of frames or pages in the file; only the first is looked at. 1 without a file."""
        raw = self._content
        if not isinstance(raw, bytes):
            return 1
        opened = _open(raw, self.name)
        if opened.format not in _WITH_FRAMES:
            return 1
        try:
            return int(getattr(opened, "n_frames", 1))
        except (OSError, SyntaxError, ValueError, EOFError):
            return 1  # what follows the first frame is broken

    @cached_property
    def size(self) -> tuple[int, int]:
        """Return width and height of the upright picture, in pixels."""
        return self.image.size

    @cached_property
    def id(self) -> str:
        """Return the SHA-256 of the file's bytes, or of the upright RGB pixels if there is no file."""
        raw = self._content
        if isinstance(raw, bytes):
            return hashlib.sha256(raw).hexdigest()
        width, height = self.size
        return hashlib.sha256(f"{width}x{height}:".encode() + self.image.tobytes()).hexdigest()

    def forget(self) -> None:
        """Drop decoded pixels and bytes; they are read again when needed. Size and id stay."""
        for kept in ("image", "_content"):
            self.__dict__.pop(kept, None)

    @property
    def name(self) -> str:
        """Return a name for messages: the last part of the path or URL, or "picture"."""
        return self.uri.rstrip("/").rsplit("/", 1)[-1] if self.uri else "picture"

    def encoded(self) -> tuple[bytes, str]:
        """Return the bytes of a file of it and the ending of its name: as they came, or PNG of pixels that came without."""
        raw = self._content
        if isinstance(raw, bytes):
            return raw, f".{(_open(raw, self.name).format or 'png').lower()}"
        stream = io.BytesIO()
        self.image.save(stream, "PNG")
        return stream.getvalue(), ".png"

    def array(self) -> np.ndarray[Any, Any]:
        """Return the pixels: H×W×3 uint8, RGB; a fresh copy."""
        return np.array(self.image)

    def crop(self, region: tuple[float, float, float, float]) -> Image.Image:
        """Return a part; `region` is xyxy pixels, clipped to the picture and at least one pixel wide and high."""
        width, height = self.size
        left, top = min(max(int(region[0]), 0), width - 1), min(max(int(region[1]), 0), height - 1)
        right, bottom = (
            min(max(int(round(region[2])), left + 1), width),
            min(max(int(round(region[3])), top + 1), height),
        )
        return self.image.crop((left, top, right, bottom))

    @cached_property
    def _content(self) -> bytes | Image.Image:
        return self._read()

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same content."""
        return isinstance(other, Picture) and self.id == other.id

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.id)

    def __repr__(self) -> str:
        """Name the picture without reading it."""
        return f"Picture({self.uri!r})" if self.uri else "Picture()"


_REPLACE = "replace the file or leave it out"


def _read_file(path: Path) -> bytes:
    if path.is_dir():
        raise PictureError("a folder is not a picture", got=path, do="name a file, or the files in it")
    if not path.exists():
        raise PictureError("no such picture", got=path, do="check the path")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PictureError("the file is too large", got=f"{path} ({path.stat().st_size:,} bytes)", do=_REPLACE)
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(
            "the picture cannot be read", got=f"{path} ({error.strerror})", do="check its rights"
        ) from error
    if not data:
        raise PictureError("the file is empty", got=path, do=_REPLACE)
    return data


def _read_url(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            data: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PictureError("the picture cannot be fetched", got=f"{url} ({error})", do="check the address") from error
    if len(data) > MAX_BYTES:
        raise PictureError("the file is too large", got=url, do=_REPLACE)
    return data


def _open(data: bytes, name: str) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size is checked by us, before decoding
            return Image.open(io.BytesIO(data))
    except (UnidentifiedImageError, ImportError) as error:  # ImportError: where ultralytics replaced PIL's open
        raise PictureError("not a picture file", got=name, do=_REPLACE) from error
    except Image.DecompressionBombError as error:
        raise PictureError("the picture has too many pixels", got=name, do=_SHRINK) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureError("the picture cannot be opened", got=f"{name} ({error})", do=_REPLACE) from error


_SHRINK = f"shrink it below {MAX_PIXELS:,} pixels"


def _check_size(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise PictureError("the picture has too many pixels", got=f"{name} ({size[0]:,} × {size[1]:,})", do=_SHRINK)
    if not size[0] or not size[1]:
        raise PictureError("the picture has no pixels", got=name, do=_REPLACE)


def _on_white(image: Image.Image, name: str) -> Image.Image:
    from PIL import Image

    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _eight_bit(image, name)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")


_DIM = 16
"""Brightest value of 12 bits after the conversion from 16 to 8."""
_SCALE = "convert it to 8 bits a channel"


def _eight_bit(image: Image.Image, name: str) -> Image.Image:
    """Scale deep greyscale to eight bits; PIL's own conversion clips it to white.

    Floats up to 1 are shares of white. Other values are scaled by the smallest usual depth (8, 10, 12, 14, 16 bits) that holds
    them.

    Raises:
        PictureError: Values that are no brightness: below zero, above 16 bits, not finite.
    """
    from PIL import Image

    values = np.asarray(image, dtype=np.float64)
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high > _DEPTHS[-1]:
        raise PictureError(
            "values that are no brightness", got=f"{name} ({image.mode}, {low:g} to {high:g})", do=_SCALE
        )
    white = 1.0 if image.mode == "F" and high <= 1 else next(top for top in _DEPTHS if high <= top)
    return Image.fromarray(np.round(values / white * 255.0).astype(np.uint8)).convert("RGB")
