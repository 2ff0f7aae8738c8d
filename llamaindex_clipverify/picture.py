"""A lazily loaded picture: upright, RGB, identified by its content, with a size limit checked before decoding."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_to_bytes

import numpy as np

from llamaindex_clipverify.boundary import decoding, files, urls
from llamaindex_clipverify.boundary.decoding import MAX_PIXELS, REPLACE
from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import PictureError

__all__ = ["MAX_BYTES", "MAX_PIXELS", "Picture"]

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 200_000_000
"""Maximum size of a file, and of what is fetched from an address, in bytes."""
_URL_PREFIXES = ("http://", "https://")


T = TypeVar("T")


class _kept(cached_property[T]):  # noqa: N801 - it is used as a decorator
    """A value that is computed once for each picture.

    In Python 3.11 `cached_property` holds one lock for all objects of a class: a slow address would keep the pictures of every
    other thread waiting.
    """

    if not TYPE_CHECKING:

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            """Return the value, without a lock."""
            if instance is None:
                return self
            known = instance.__dict__
            if self.attrname not in known:
                known[self.attrname] = self.func(instance)
            return known[self.attrname]


class Picture:
    """One picture from a path, URL, bytes, array or PIL image. Nothing is read until `id`, `size` or `image` is asked for.

    Equality and hash go by content, so the same file under two names is one picture.
    """

    def __init__(self, read: Callable[[], bytes | Image.Image], uri: str | None = None) -> None:
        """Store `read`, which returns encoded bytes or a decoded image. Prefer `Picture.of`."""
        self._read = read
        self.uri = uri

    @classmethod
    def of(cls, source: Any, *, allow_urls: bool = False, allow_private: bool = False) -> Picture:
        """Make a picture of a path, URL, bytes, HxW[xC] uint8 array, PIL image or another picture.

        Args:
            source: What to take. Strings that start with http:// or https:// are URLs, with data: the picture itself, all others
                paths; file:// is a path, too.
            allow_urls: URLs are opened only when this is true: they may come from an answer or a node.
            allow_private: Whether a URL may redirect to an address that is not public: this machine, or a private network.

        Raises:
            PictureError: Of a type or array shape that is no picture, or a URL without `allow_urls`.
        """
        if isinstance(source, Picture):
            return source
        if isinstance(source, str) and source.lower().startswith(_URL_PREFIXES):
            return cls._of_url(source, allow_urls, named_by_user=True, private=allow_private)
        if isinstance(source, str) and source[:5].lower() == "data:":
            return cls.of(_data_url(source))
        if isinstance(source, (str, Path)):
            return cls(lambda: _read_file(source), str(source))
        if isinstance(source, (bytes, bytearray, memoryview)):
            data = bytes(source)
            return cls(lambda: data)
        if isinstance(source, io.BytesIO):
            held = source.getvalue()
            return cls(lambda: held)
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

        A file of other content is an error then: it is not the picture that the facts are about.

        Args:
            content: Its `id`.
            size: Width and height in pixels, upright.
            uri: Path of the file.
        """
        made = cls(lambda: _read_known(uri, content), uri)
        made.note(content=content, size=size)
        return made

    @classmethod
    def named_by_others(cls, url: str, *, allow_urls: bool, allow_private: bool) -> Picture:
        """Make a picture of an http or https address that a node, a document or a report names.

        Args:
            url: The address.
            allow_urls: Whether it is fetched at all.
            allow_private: Whether it may be, or redirect to, an address that is not public.

        Raises:
            PictureError: Without `allow_urls`.
        """
        return cls._of_url(url, allow_urls, named_by_user=False, private=allow_private)

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
        picture.note(content=content, size=size)
        return picture

    @classmethod
    def _of_url(cls, url: str, allow_urls: bool, *, named_by_user: bool, private: bool) -> Picture:
        if not allow_urls:
            raise PictureError(
                "URLs are not opened by default", got=url, do="pass allow_urls=True if you trust where it comes from"
            )
        return cls(lambda: urls.fetched(url, MAX_BYTES, named_by_user=named_by_user, private=private), url)

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

    @_kept
    def image(self) -> Image.Image:
        """Return the decoded PIL image: RGB, EXIF orientation applied, transparency on white. Do not draw into it."""
        made = decoding.decoded(self._content, self.name)
        self.__dict__["reduced"] = made.reduced
        return made.image

    @_kept
    def reduced(self) -> int:
        """Return 2, 4 or 8 for a JPEG of more than `MAX_PIXELS`, decoded at that part of its width and height; else 1."""
        _ = self.image
        return int(self.__dict__["reduced"])

    @_kept
    def frames(self) -> int:
        """Return the number of frames or pages in the file; only the first is looked at. 1 without a file."""
        raw = self._content
        return decoding.frames(raw, self.name) if isinstance(raw, bytes) else 1

    @_kept
    def size(self) -> tuple[int, int]:
        """Return width and height of the upright picture, in pixels."""
        return self.image.size

    @_kept
    def id(self) -> str:
        """Return the SHA-256 of the file's bytes, or of the upright RGB pixels if there is no file."""
        raw = self._content
        if isinstance(raw, bytes):
            return hashlib.sha256(raw).hexdigest()
        return _pixel_id(self.image)

    def forget(self) -> None:
        """Drop decoded pixels and bytes; they are read again when needed. Size and id stay."""
        for kept in ("image", "_content"):  # `reduced` stays
            self.__dict__.pop(kept, None)

    def note(self, *, content: str | None = None, size: tuple[int, int] | None = None) -> None:
        """Keep an id or a size that is known from elsewhere, so that the picture need not be opened for it."""
        if content is not None:
            self.__dict__.setdefault("id", content)
        if size is not None:
            self.__dict__.setdefault("size", size)

    def called(self, uri: str | None) -> Picture:
        """Return it with a name for reports, unless it has one: nothing is opened by it."""
        if uri is not None and self.uri is None:
            self.uri = uri
        return self

    @property
    def name(self) -> str:
        """Return a name for messages: the last part of the path or URL, or "picture"."""
        return self.uri.rstrip("/").rsplit("/", 1)[-1] if self.uri else "picture"

    def encoded(self) -> tuple[bytes, str]:
        """Return the bytes of a file of it and the ending of its name: as they came, or PNG of pixels that came without."""
        raw = self._content
        if isinstance(raw, bytes):
            return raw, f".{(decoding.opened(raw, self.name).format or 'png').lower()}"
        return self.data(), ".png"

    def data(self) -> bytes:
        """Return the bytes of a file of it: as they came, whatever they are, or PNG of pixels that came without."""
        raw = self._content
        if isinstance(raw, bytes):
            return raw
        stream = io.BytesIO()
        self.image.save(stream, "PNG")
        return stream.getvalue()

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

    @_kept
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


def _read_file(source: str | Path) -> bytes:
    try:
        data = files.content(files.local(source), MAX_BYTES)
    except IsADirectoryError as error:
        raise PictureError("a folder is not a picture", got=source, do="name a file, or the files in it") from error
    except FileNotFoundError as error:
        raise PictureError("no such picture", got=source, do="check the path") from error
    except files.NotRegularError as error:
        raise PictureError("a pipe or device is not a picture", got=source, do="name a regular file") from error
    except (OSError, ValueError) as error:
        what = "the file is too large" if getattr(error, "errno", None) == errno.EFBIG else "the picture cannot be read"
        raise PictureError(what, got=f"{source} ({reason(error)})", do="check path and rights") from error
    if not data:
        raise PictureError("the file is empty", got=source, do=REPLACE)
    return data


def _read_known(uri: str, content: str) -> bytes:
    """Return the bytes of a file whose content is known by its hash: that of the bytes, or of the pixels."""
    return of_content(_read_file(uri), content, uri)


def of_content(data: bytes, content: str, name: str) -> bytes:
    """Return the bytes of a file if they are the picture with that content id.

    Raises:
        PictureError: They are another picture, or none.
    """
    if hashlib.sha256(data).hexdigest() != content and _pixel_id(decoding.decoded(data, name).image) != content:
        raise PictureError("the file is not the picture that was looked at", got=name, do="index or verify it again")
    return data


def _pixel_id(image: Image.Image) -> str:
    return hashlib.sha256(f"{image.width}x{image.height}:".encode() + image.tobytes()).hexdigest()


def _data_url(url: str) -> bytes:
    """Return the bytes in a data URL; errors name its head only."""
    head, comma, body = url.partition(",")
    try:
        data = unquote_to_bytes(body) if comma else b""
        return from_base64(data) if head.lower().endswith(";base64") else data
    except ValueError as error:
        raise PictureError("the data URL cannot be read", got=head[:80], do="give data:image/png;base64,…") from error


def from_base64(text: bytes) -> bytes:
    """Return what base 64 stands for; line breaks, the URL-safe alphabet and missing padding are all right.

    Raises:
        ValueError: It is no base 64.
    """
    bare = b"".join(text.split()).translate(_STANDARD).rstrip(b"=")
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)


_STANDARD = bytes.maketrans(b"-_", b"+/")
