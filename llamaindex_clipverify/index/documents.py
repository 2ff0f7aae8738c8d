"""Documents to index: paths, folders, pictures and LlamaIndex nodes as entries."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.texts import is_binary
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.index.schema import Entry
from llamaindex_clipverify.node_pictures import ANY_PATH, picture_files, picture_in
from llamaindex_clipverify.picture import Picture


def entries_of(document: Any) -> Iterator[Entry]:
    """Yield the pictures of a document: all pictures below a folder, or the one picture.

    Args:
        document: A path, a folder, an `Entry`, a `Picture`, or a LlamaIndex document or node with an image. Documents are the
            user's own, so paths in nodes are opened; URLs are not.

    Raises:
        DataError: A node without a picture, a folder without pictures, or metadata that no store holds.
        PictureError: Not a picture.
    """
    if isinstance(document, Entry):
        yield document
    elif isinstance(document, (str, Path)) and files.is_folder(document):
        yield from (Entry(picture=Picture.of(path)) for path in picture_files(document, others=True))
    elif hasattr(document, "node_id") or hasattr(document, "node"):
        yield _entry_of_node(getattr(document, "node", document))
    else:
        yield Entry(picture=Picture.of(document))


def _entry_of_node(node: Any) -> Entry:
    picture = picture_in(node, ANY_PATH)
    if picture is None:
        raise DataError(
            "a document without a picture",
            got=f"{type(node).__name__} {node.node_id}",
            do="index pictures here; give texts to the engine by passages= (any LlamaIndex retriever)",
        )
    excluded = set(getattr(node, "excluded_embed_metadata_keys", ()))
    given = {str(key): value for key, value in node.metadata.items() if key not in excluded}
    caption = str(getattr(node, "text", "") or "")
    changed = [f"metadata {key} ({why})" for key, value in given.items() if (why := _why_not_kept(value))]
    if is_binary(caption):
        caption = ""
        changed.append("its text (the bytes of a file)")
    metadata = {key: _flat(value) for key, value in given.items() if not _is_left_out(value)}
    return Entry(picture=picture, caption=caption, metadata=metadata, changed=tuple(changed))


def _is_left_out(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _why_not_kept(value: Any) -> str:
    """Return why a value is not kept as it is; "" if it is."""
    if _is_left_out(value):
        return f"{value}: left out"
    return "" if isinstance(value, (str, int, float, bool)) else f"{type(value).__name__}: kept as JSON text"


def _flat(value: Any) -> str | int | float | bool:
    if isinstance(value, (str, int, float, bool)):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)[:10_000]
