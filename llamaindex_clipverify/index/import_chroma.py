"""Pictures in Chroma collections that others made: LlamaIndex's multimodal index, and Chroma's own multimodal functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary.texts import is_binary
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.schema import Entry
from llamaindex_clipverify.node_pictures import Access, decoded, path_in, picture_text
from llamaindex_clipverify.picture import Picture

_NODE = "_node_content"
"""Where LlamaIndex keeps a whole node as JSON."""
_INTERNAL = (_NODE, "_node_type", "doc_id", "document_id", "ref_doc_id", "file_path", "image_path")


def entries_in(source: Any, folders: Sequence[str | Path]) -> tuple[list[Entry], list[tuple[str, PictureError]]]:
    """Return the pictures of a collection with captions and metadata, and ids of those that may not be opened, with the error.

    Args:
        source: A Chroma collection, or an object that holds one (``ChromaVectorStore``).
        folders: Paths are opened only inside these.

    Raises:
        DataError: There is no collection, or no picture in it.
        PictureError: None of its pictures may be opened.
    """
    table = source
    for name in ("_collection", "collection", "client"):
        if not hasattr(table, "get") or not hasattr(table, "query"):
            table = getattr(source, name, table)
    if not hasattr(table, "get") or not hasattr(table, "query"):
        raise DataError(
            "no Chroma collection", got=type(source).__name__, do="give a collection or a ChromaVectorStore"
        )
    unopened: list[tuple[str, PictureError]] = []
    found = list(_entries(chroma.Guarded(table, getattr(table, "name", "a collection")), folders, unopened))
    if not found and unopened:
        raise unopened[0][1]
    if not found:
        raise DataError("the collection holds no picture", got=getattr(table, "name", table), do="check its uris")
    return found, unopened


def _entries(table: Any, folders: Sequence[str | Path], unopened: list[tuple[str, PictureError]]) -> Iterator[Entry]:
    for page in chroma.pages(table, ["documents", "metadatas", "uris"]):
        uris = page.get("uris") or [None] * len(page["ids"])
        for key, uri, document, metadata in zip(page["ids"], uris, page["documents"], page["metadatas"], strict=True):
            try:
                entry = _entry(uri, document, metadata or {}, folders)
            except PictureError as error:
                unopened.append((str(key), error))
                continue
            if entry is not None:
                yield entry


def _entry(
    uri: str | None, document: str | None, metadata: Mapping[str, Any], folders: Sequence[str | Path]
) -> Entry | None:
    node = _node(metadata)
    resource = _mapping(node.get("image_resource"))
    data = node.get("image") or resource.get("data") or picture_text(document)
    named = uri or node.get("image_path") or resource.get("path") or path_in(metadata)
    access = Access(folders)
    picture = _picture(data, named, access) if data or named else access.picture_named(document or "")
    if picture is None:
        return None
    caption = str(node.get("text") or _mapping(node.get("text_resource")).get("text") or document or "")
    kept = {key: value for key, value in metadata.items() if key not in _INTERNAL and value is not None}
    is_picture = caption in (str(named), data) or picture_text(caption) or (not data and not named)
    text = "" if is_picture or is_binary(caption) else caption
    return Entry(picture=picture, caption=text, metadata=kept)


def _picture(data: Any, named: Any, access: Access) -> Picture:
    return Picture.of(decoded(data)) if data else access.picture_of_url(str(named))


def _node(metadata: Mapping[str, Any]) -> dict[str, Any]:
    try:
        node = json.loads(metadata.get(_NODE, "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return _mapping(node)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
