"""Pictures inside other people's nodes: LlamaIndex documents and nodes by their attributes, without importing LlamaIndex.

A path or URL in a node may come from anywhere, so neither is opened without the user's leave.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture

_OWN_ANSWER = re.compile(r"Sub question: .*\nResponse: ")
"""What LlamaIndex's SubQuestionQueryEngine hands on among its sources: an answer does not support itself."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Endings of picture files, in lower case."""


def picture_in(node: Any, folders: Sequence[str | Path] | None = None, allow_urls: bool = False) -> Picture | None:
    """Return the picture that a node carries, or None.

    Args:
        node: ``ImageNode``, ``ImageDocument``, or ``Node`` with an image resource; others have none.
        folders: Paths are opened only inside these folders; None opens any: for documents that the user made.
        allow_urls: Whether a URL may be fetched.

    Raises:
        PictureError: A path outside `folders`, or a URL without leave.
    """
    known = getattr(node, "picture", None)
    if isinstance(known, Picture):  # made in this process: of an index, whose pictures the user chose
        return known
    data, path, url = _carried(node)
    if data:
        return Picture.of(decoded(data))
    if path:
        return Picture.of(allowed(Path(str(path)), folders))
    return Picture.of(str(url), allow_urls=allow_urls) if url else None


def passages_in(nodes: Iterable[Any]) -> list[str]:
    """Return the texts of nodes that carry no picture, each once, in their order.

    The caption of a picture is no passage, nor is what an engine of sub-questions answered itself.
    """
    plain = [inner for node in nodes if not carries_picture(inner := getattr(node, "node", node))]
    found = [str(getattr(node, "text", None) or node.get_content() or "").strip() for node in plain]
    return list(dict.fromkeys(text for text in found if text and not _OWN_ANSWER.match(text)))


def carries_picture(node: Any) -> bool:
    """Whether a node has a picture: bytes, a path, or a URL."""
    return any(_carried(node))


def _carried(node: Any) -> tuple[Any, Any, Any]:
    """Return what a node has of a picture: data, path, URL; each may be nothing."""
    resource = getattr(node, "image_resource", None)
    metadata = getattr(node, "metadata", None) or {}
    data = getattr(resource, "data", None) or getattr(node, "image", None)
    path = getattr(resource, "path", None) or getattr(node, "image_path", None) or path_in(metadata)
    return data, path, getattr(resource, "url", None) or getattr(node, "image_url", None)


def picture_files(path: str | Path) -> list[Path]:
    """Return the picture files below a folder in the order of their names, or the one file.

    Raises:
        DataError: There is no such file or folder, or no picture in the folder.
    """
    place = Path(path)
    if not place.exists():
        raise DataError("no such picture or folder", got=path, do="check the path")
    if place.is_file():
        return [place]
    files = sorted(file for file in place.rglob("*") if file.suffix.lower() in SUFFIXES)
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


def allowed(path: Path, folders: Sequence[str | Path] | None) -> Path:
    """Return the resolved path if it lies inside one of the folders.

    Raises:
        PictureError: It does not.
    """
    place = path.expanduser().resolve()
    if folders is not None and not any(place.is_relative_to(Path(root).expanduser().resolve()) for root in folders):
        raise PictureError("a node names a path that may not be opened", got=path, do="give its folder: folders=[…]")
    return place


def path_in(metadata: Mapping[str, Any]) -> str | None:
    """Return the path of a picture that metadata name, or None."""
    for key in ("image_path", "file_path"):
        path = metadata.get(key)
        if isinstance(path, str) and path.lower().endswith(SUFFIXES):
            return path
    return None


_HEADS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")


def picture_text(text: str | None) -> bytes | None:
    """Return the bytes of a picture that a text is, in base64, as langchain_chroma stores one; None for any other text."""
    if not text or len(text) < 64 or " " in text[:64]:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if data.startswith(_HEADS) else None
