"""Pictures in nodes, documents and messages of other frameworks, read by their attributes without importing the frameworks.

A path or URL in a node may come from anywhere, so neither is opened unless an `Access` allows it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Endings of picture files, in lower case."""
_SUB_ANSWER = re.compile(r"Sub question: .*\nResponse: ")
"""A source of LlamaIndex's SubQuestionQueryEngine that is an answer itself: an answer does not support itself."""
_FILE_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")

Folders = Sequence[str | Path] | Callable[[], Sequence[str | Path]]
"""Folders, or a function that returns them."""


class AccessOptions(TypedDict, total=False):
    """The keyword arguments by which every public class takes an `Access`."""

    folders: Folders
    """Paths are opened only inside these folders. Default: none."""
    allow_urls: bool
    """Whether http(s) URLs may be fetched. Default: False."""


@dataclass(frozen=True)
class Access:
    """Which paths and URLs in nodes, documents and messages may be opened. Default: none; bytes and base64 are always read."""

    folders: Folders | None = ()
    """Paths are opened only inside these folders; None opens any path, for documents that the user made."""
    allow_urls: bool = False
    """Whether http(s) URLs may be fetched."""

    def path(self, path: str | Path) -> Path:
        """Return the resolved path if it may be opened.

        Raises:
            PictureError: It is outside the folders.
        """
        resolved = Path(path).expanduser().resolve()
        folders = self.folders() if callable(self.folders) else self.folders
        if folders is not None and not any(
            resolved.is_relative_to(Path(folder).expanduser().resolve()) for folder in folders
        ):
            raise PictureError(
                "a node names a path that may not be opened", got=path, do="give its folder: folders=[…]"
            )
        return resolved

    def picture_at(self, path: str | Path) -> Picture:
        """Return the picture at a path; errors as `path`."""
        return Picture.of(self.path(path))

    def picture_of_url(self, url: str) -> Picture:
        """Return the picture of a URL.

        Raises:
            PictureError: URLs may not be fetched.
        """
        return Picture.of(url, allow_urls=self.allow_urls)


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
        return Picture.of(decoded(data))
    if path:
        return access.picture_at(str(path))
    return access.picture_of_url(str(url)) if url else None


def text_in(node: Any) -> str:
    """Return the text of a node: a passage, or the caption of its picture."""
    text = getattr(node, "text", None)
    if not text and hasattr(node, "get_content"):
        text = node.get_content()
    return str(text or "").strip()


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


def picture_files(path: str | Path) -> list[Path]:
    """Return the picture files below a folder, sorted by name, or the one file.

    Raises:
        DataError: There is no such file or folder, or no picture in the folder.
    """
    source = Path(path)
    if not source.exists():
        raise DataError("no such picture or folder", got=path, do="check the path")
    if source.is_file():
        return [source]
    files = sorted(file for file in source.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError("no picture in the folder", got=path, do=f"it needs files {', '.join(SUFFIXES)}")
    return files


def decoded(data: str | bytes) -> bytes:
    """Return the bytes of a picture given as bytes, base64 or data URL."""
    text = data.encode() if isinstance(data, str) else bytes(data)
    body = text.split(b",", 1)[1] if text.startswith(b"data:") else text
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return bytes(text)


def path_in(metadata: Mapping[str, Any]) -> str | None:
    """Return the path of a picture in metadata, or None."""
    for key in ("image_path", "file_path"):
        path = metadata.get(key)
        if isinstance(path, str) and path.lower().endswith(SUFFIXES):
            return path
    return None


def picture_text(text: str | None) -> bytes | None:
    """Return the bytes of a picture stored as base64 text, as langchain_chroma does; None for any other text."""
    if not text or len(text) < 64 or " " in text[:64]:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if data.startswith(_FILE_SIGNATURES) else None
