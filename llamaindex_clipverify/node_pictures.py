"""Pictures in nodes, documents and messages of other frameworks, read by their attributes without importing the frameworks.

A path or URL in a node may come from anywhere, so neither is opened unless an `Access` allows it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from llamaindex_clipverify.boundary import decoding, files
from llamaindex_clipverify.boundary.texts import is_binary
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture, from_base64

_SUB_ANSWER = re.compile(r"Sub question: .*\nResponse: ")
"""A source of LlamaIndex's SubQuestionQueryEngine that is an answer itself: an answer does not support itself."""
_FILE_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"\0\0\0")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.I)

Folders = Sequence[str | Path] | Callable[[], Sequence[str | Path]]
"""Folders, or a function that returns them."""


class AccessOptions(TypedDict, total=False):
    """The keyword arguments by which every public class takes an `Access`."""

    folders: Folders
    """Paths are opened only inside these folders. Default: none."""
    allow_urls: bool
    """Whether http(s) URLs may be fetched. Default: False."""
    allow_private: bool
    """Whether such a URL may lead to this machine or a private network. Default: False."""


@dataclass(frozen=True)
class Access:
    """Which paths and URLs in nodes, documents and messages may be opened. Default: none; bytes and base64 are always read."""

    folders: Folders | None = ()
    """Paths are opened only inside these folders; None opens any path, for documents that the user made."""
    allow_urls: bool = False
    """Whether http(s) URLs may be fetched."""
    allow_private: bool = False
    """Whether such a URL may lead to this machine or a private network."""

    def __post_init__(self) -> None:
        """Take a single folder for a list of one.

        Raises:
            DataError: Something else than folders is given.
        """
        if isinstance(self.folders, (str, Path)):
            object.__setattr__(self, "folders", (self.folders,))
        elif not (self.folders is None or callable(self.folders)) and not all(
            isinstance(folder, (str, Path)) for folder in self.folders
        ):
            raise DataError("folders is a list of paths", got=repr(self.folders), do='give folders=["pictures"]')

    def path(self, path: str | Path) -> Path:
        """Return the resolved path if it may be opened. The error is the same whether the file exists or not.

        Raises:
            PictureError: It is outside the folders, or no path.
        """
        try:
            resolved = files.resolved(path)
        except (OSError, ValueError):
            raise self._closed(path) from None
        if not self._is_open(resolved):
            raise self._closed(path)
        return resolved

    def _is_open(self, resolved: Path) -> bool:
        folders = self.folders() if callable(self.folders) else self.folders
        return folders is None or any(resolved.is_relative_to(files.resolved(folder)) for folder in folders)

    @staticmethod
    def _closed(path: object) -> PictureError:
        return PictureError("a node names a path that may not be opened", got=path, do="give its folder: folders=[…]")

    def picture_at(self, path: str | Path) -> Picture:
        """Return the picture at a path; errors as `path`."""
        return Picture.of(self.path(path))

    def picture_of_url(self, url: str) -> Picture:
        """Return the picture of an address: http and https, data, file; whatever else is treated as a path.

        Raises:
            PictureError: URLs may not be fetched, or the path is outside the folders.
        """
        scheme = url.partition(":")[0].lower()
        if scheme == "data":
            return Picture.of(url)
        if scheme in ("http", "https"):
            return Picture.named_by_others(url, allow_urls=self.allow_urls, allow_private=self.allow_private)
        return self.picture_at(url)

    def picture_named(self, text: str) -> Picture | None:
        """Return the picture whose path is the whole of a text; None for any other text.

        A path without folders may be a caption as well: it counts where it names a file that may be opened.

        Raises:
            PictureError: A full path or a URL that may not be opened.
        """
        name = text.strip()
        if len(name) > _LONGEST or "\n" in name or Path(name).suffix.lower() not in decoding.suffixes():
            return None
        if _SCHEME.match(name) or Path(name).is_absolute() or name.startswith("~"):
            return self.picture_of_url(name)
        try:
            return Picture.of(found) if (found := self.path(name)).is_file() else None
        except (PictureError, OSError):
            return None


_LONGEST = 2000
"""Longest text in characters that may be a path."""
NO_ACCESS = Access()
ANY_PATH = Access(folders=None)
"""For documents that the user made: any path, no URL."""


def picture_in(node: Any, access: Access = NO_ACCESS) -> Picture | None:
    """Return the picture of a node, or None.

    Args:
        node: ``ImageNode``, ``ImageDocument``, or ``Node`` with an image resource; other nodes have no picture.
        access: What may be opened.

    Raises:
        PictureError: A path or URL that may not be opened.
    """
    known = getattr(node, "picture", None)
    if isinstance(known, Picture):  # a node of this package, made in this process from a picture that the user chose
        return known
    data, path, url = _image_fields(node)
    if data:
        return Picture.of(decoded(data)).called(_page_of(node))
    if path:
        return access.picture_at(str(path))
    return access.picture_of_url(str(url)) if url else None


def _page_of(node: Any) -> str | None:
    """Return the page that a node is the picture of, ``slides.pdf#page=3``, from the metadata of LlamaIndex's readers."""
    metadata = getattr(node, "metadata", None)
    if not isinstance(metadata, Mapping):
        return None
    name, page = metadata.get("file_name"), metadata.get("page_label")
    return f"{name}#page={page}" if isinstance(name, str) and name and isinstance(page, (str, int)) and page else None


def picture_given(image: Any) -> Picture:
    """Return a picture that the user gave: what `Picture.of` takes, or the picture of a node, message block or media resource.

    Raises:
        PictureError: It is no picture, or one at a URL.
    """
    inner = getattr(image, "node", image)
    if isinstance(inner, (str, bytes, Path, Picture)) or hasattr(inner, "tobytes"):
        return Picture.of(inner)
    found = picture_in(inner, ANY_PATH) if carries_picture(inner) else _of_resource(inner)
    return found or Picture.of(inner)


def _of_resource(resource: Any) -> Picture | None:
    """Return the picture of a ``MediaResource`` or of an ``ImageBlock``, whose fields are the same but for their names."""
    fields = {name: getattr(resource, name, None) for name in ("data", "image", "path", "url")}
    data = fields["data"] or fields["image"]
    if isinstance(data, (str, bytes)) and data:
        return Picture.of(decoded(data))
    if fields["path"]:
        return ANY_PATH.picture_at(str(fields["path"]))
    return ANY_PATH.picture_of_url(str(fields["url"])) if fields["url"] else None


def text_in(node: Any) -> str:
    """Return the text of a node: a passage, or the caption of its picture; "" for a file's bytes that were read as text."""
    text = getattr(node, "text", None)
    if not text and hasattr(node, "get_content"):
        text = node.get_content()
    found = str(text or "").strip()
    return "" if is_binary(found) else found


def passage_in(node: Any) -> str:
    """Return the text of a node without a picture; "" if it is the answer of a sub-question engine."""
    text = text_in(node)
    return "" if _SUB_ANSWER.match(text) else text


def carries_picture(node: Any) -> bool:
    """Whether a node has a picture: bytes, a path, or a URL."""
    return isinstance(getattr(node, "picture", None), Picture) or any(_image_fields(node))


def _image_fields(node: Any) -> tuple[Any, Any, Any]:
    """Return the image data, path and URL of a node; each may be None."""
    resource = getattr(node, "image_resource", None)
    metadata = getattr(node, "metadata", None) or {}
    data = getattr(resource, "data", None) or getattr(node, "image", None)
    path = getattr(resource, "path", None) or getattr(node, "image_path", None) or path_in(metadata)
    return data, path, getattr(resource, "url", None) or getattr(node, "image_url", None)


def picture_files(path: str | Path, *, others: bool = False) -> list[Path]:
    """Return the picture files below a folder, sorted by name, or the one file.

    Args:
        path: A file or folder.
        others: Whether files that cannot be read, and whose error says what to do, are listed too: SVG, PDF, folders without
            rights.

    Raises:
        DataError: There is no such file or folder, or no picture in the folder.
    """
    try:
        source = files.local(path)
        there, folder = source.exists(), source.is_dir()
    except (OSError, ValueError) as error:
        raise DataError("no such picture or folder", got=path, do="check the path") from error
    if not there:
        raise DataError("no such picture or folder", got=path, do="check the path")
    if not folder:
        return [source]
    closed: list[Path] = []
    endings = decoding.suffixes() | (decoding.REMEDIED if others else frozenset())
    walked = os.walk(source, onerror=lambda error: closed.append(Path(str(error.filename))))
    found = sorted(Path(parent) / name for parent, _, names in walked for name in names)
    pictures = [file for file in found if file.suffix.lower() in endings]
    if not pictures and not closed:
        raise DataError("no picture in the folder", got=path, do="it needs files such as .jpg, .png, .webp or .tiff")
    return [*pictures, *(closed if others else ())]


def in_folders(images: Sequence[Any]) -> list[Any]:
    """Return images with each folder replaced by the picture files in it; errors as `picture_files`."""
    listed = [images] if isinstance(images, (str, Path)) else images
    return [
        found
        for image in listed
        for found in (picture_files(image) if isinstance(image, (str, Path)) and Path(image).is_dir() else [image])
    ]


def decoded(data: str | bytes) -> bytes:
    """Return the bytes of a picture given as bytes, base64 (of either alphabet, in lines or not) or data URL.

    Raises:
        PictureError: It is none of these.
    """
    if not isinstance(data, (str, bytes, bytearray, memoryview)):
        raise PictureError("a node's image is neither bytes nor base64", got=type(data).__name__, do="give bytes")
    text = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
    if text[:5].lower() == b"data:" and b"," in text:
        head, text = text.split(b",", 1)
        if not head.lower().endswith(b";base64"):
            return text
    try:
        return from_base64(text)
    except ValueError:
        return text


def path_in(metadata: Mapping[str, Any]) -> str | None:
    """Return the path of a picture in metadata, or None."""
    for key in ("image_path", "file_path", "source"):
        path = metadata.get(key)
        if isinstance(path, str) and Path(path).suffix.lower() in decoding.suffixes():
            return path
    return None


def picture_text(text: str | None) -> bytes | None:
    """Return the bytes of a picture stored as base64 text, as langchain_chroma does; None for any other text."""
    if not text or len(text) < 64 or " " in text[:64]:
        return None
    try:
        start = from_base64("".join(text[:512].split())[:64].encode("ascii"))
        return from_base64(text.encode("ascii")) if start.startswith(_FILE_SIGNATURES) else None
    except ValueError:
        return None
