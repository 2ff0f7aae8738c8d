"""Search: the pictures nearest to a vector, by whole picture or by best region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.records import Records
from llamaindex_clipverify.index.schema import OF, Hit, better, hit_of
from llamaindex_clipverify.models.encoding import image_vectors, text_vectors
from llamaindex_clipverify.models.protocols import Encoder
from llamaindex_clipverify.picture import Picture

_ROUNDS = 3
"""Queries for regions at most, each for four times as many."""
_REGIONS_PER_PICTURE = 4
"""Regions asked for per wanted picture: several regions of one picture may be near."""


def query_vector(encoder: Encoder, text: str | None, image: Any) -> Array:
    """Return the unit vector (D,) of a text, a picture, or the mean of both.

    Raises:
        DataError: There is neither.
        PictureError: The image is not a picture.
    """
    vectors: list[Array] = []
    if text and text.strip():
        vectors.append(text_vectors(encoder, [text])[0])
    if image is not None:
        vectors.append(image_vectors(encoder, [Picture.of(image).image])[0])
    if not vectors:
        raise DataError("nothing to look for", do="give a text or an image")
    total: Array = sum(vectors[1:], vectors[0])
    length = float((total @ total) ** 0.5)
    return total / length if length else total


def nearest(
    records: Records, vector: Array, number: int, where: Mapping[str, Any] | None, regions: bool = True
) -> list[Hit]:
    """Return the `number` nearest pictures, best first, each by the better of its whole and its best region.

    Args:
        records: The collections.
        vector: Query (D,).
        number: Number of pictures, at least 1.
        where: A Chroma metadata filter.
        regions: Whether regions are searched too.
    """
    wholes = _nearest_wholes(records, vector, number, where)
    if not regions or not records.regions.count():
        return wholes
    best = _nearest_regions(records, vector, number, where)
    by_id = {hit.id: hit for hit in wholes}
    missing = [content for content in best if content not in by_id]
    found: dict[str, Any] = {"ids": []}
    if missing:
        found = records.pictures.get(ids=missing, include=["documents", "metadatas", "embeddings"])
    for index, content in enumerate(found["ids"]):
        score = float(np.asarray(found["embeddings"][index], np.float32) @ vector)
        by_id[content] = hit_of(content, found["documents"][index], found["metadatas"][index], score)
    merged = [better(hit, best.get(hit.id)) for hit in by_id.values()]
    return sorted(merged, key=lambda hit: -hit.score)[:number]


def _nearest_wholes(records: Records, vector: Array, number: int, where: Mapping[str, Any] | None) -> list[Hit]:
    found = records.pictures.query(
        query_embeddings=[vector.tolist()],
        n_results=number,
        where=dict(where) if where else None,
        include=["documents", "metadatas", "distances"],
    )
    rows = zip(*(found[key][0] for key in ("ids", "documents", "metadatas", "distances")), strict=True)
    return [hit_of(content, document, metadata, 1.0 - distance) for content, document, metadata, distance in rows]


def _nearest_regions(
    records: Records, vector: Array, number: int, where: Mapping[str, Any] | None
) -> dict[str, tuple[float, Mapping[str, Any]]]:
    """Return score and metadata of the best region, by picture, of at least `number` pictures if there are as many."""
    best: dict[str, tuple[float, Mapping[str, Any]]] = {}
    asked, most = _REGIONS_PER_PICTURE * number, int(records.regions.count())
    if not chroma.is_folder(records.store):
        most = min(most, max(number, chroma.MOST))
    for _ in range(_ROUNDS):
        found = records.regions.query(
            query_embeddings=[vector.tolist()],
            n_results=min(asked, most),
            where=dict(where) if where else None,
            include=["metadatas", "distances"],
        )
        for metadata, distance in zip(found["metadatas"][0], found["distances"][0], strict=True):
            if metadata and isinstance(metadata.get(OF), str):  # else its record is damaged
                best.setdefault(metadata[OF], (1.0 - distance, metadata))
        if len(best) >= number or len(found["ids"][0]) < asked:
            break
        asked *= 4
    return best
