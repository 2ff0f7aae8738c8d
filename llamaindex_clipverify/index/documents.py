"""Documents to index: paths, folders, pictures and LlamaIndex nodes as entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
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
        DataError: A node without a picture, or a folder without pictures.
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
    metadata = {key: _flat(value) for key, value in node.metadata.items() if key not in excluded}
    return Entry(picture=picture, caption=str(getattr(node, "text", "") or ""), metadata=metadata)


def _flat(value: Any) -> str | int | float | bool:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
