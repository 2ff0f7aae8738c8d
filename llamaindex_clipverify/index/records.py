"""The records of an index in two Chroma collections: reading and writing pictures, regions and facts.

*Pictures*: the id is the content hash, the vector that of the whole picture, the document its caption; the metadata are those of
the user, the path of the file, and the packed facts. *Regions*: ``HASH#i`` with the vector and box of each region. Regions are
written first and the picture last, so that a picture's record means that all of it is there. Picture bytes are never stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence import vectors
from llamaindex_clipverify.evidence.stored import is_sound
from llamaindex_clipverify.facts.encoding import pack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import Observer
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.chroma import OWN
from llamaindex_clipverify.index.schema import (
    FACTS,
    OF,
    Entry,
    Hit,
    Metadata,
    edges_of,
    facts_of,
    hit_of,
    number_in,
    picture_of,
    renewed,
    users_of,
)
from llamaindex_clipverify.picture import Picture


class Records:
    """The two collections of an index. It is also the `Memory` of the index's verifier."""

    def __init__(self, store: Any, name: str, made_with: Mapping[str, str | int]) -> None:
        """Open the collections, or create them.

        Args:
            store: See `chroma.client_of`.
            name: Common name of the collections.
            made_with: Schema and models, stored with new collections; see `chroma.collection`.

        Raises:
            ModelError: The collections were made with another encoder.
            DataError: The server does not answer, or the collections are not an index.
        """
        self.store, self.name, self.made_with = store, name, dict(made_with)
        self.client = chroma.client_of(store)
        self.pictures = chroma.collection(self.client, f"{name}-pictures", made_with)
        self.regions = chroma.collection(self.client, f"{name}-regions", made_with)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the folder or address of the store, which is opened again.

        Raises:
            DataError: The store was given as a client object.
        """
        return Records, (chroma.address_of(self.store), self.name, self.made_with)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return int(self.pictures.count())

    # -- reading ------------------------------------------------------------------------------------------------------

    def hits(self, where: Mapping[str, Any] | None = None, start: int = 0) -> Iterator[Hit]:
        """Yield every picture that a Chroma metadata filter matches, with a score of 1, from the one at `start` on."""
        for page in chroma.pages(self.pictures, ["documents", "metadatas"], where, start=start):
            rows = zip(page["ids"], page["documents"], page["metadatas"], strict=True)
            yield from (hit_of(content, document, metadata, 1.0) for content, document, metadata in rows)

    def known(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the records of known pictures by id: ``caption``, ``metadata``, and ``facts``, None if incomplete."""
        found = chroma.named(self.pictures, ids, ["documents", "metadatas", "embeddings"])
        facts = self._complete(found)
        rows = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        return {
            content: {"caption": document or "", "metadata": metadata or {}, "facts": facts.get(content)}
            for content, document, metadata in rows
        }

    def facts(self, ids: Sequence[str]) -> dict[str, Facts]:
        """Return the stored facts of pictures by id, without unknown and incomplete ones."""
        return self._complete(chroma.named(self.pictures, ids, ["metadatas", "embeddings"])) if ids else {}

    def sample(self, number: int) -> list[Facts]:
        """Return the facts of at most `number` pictures, spread evenly over the index."""
        step = max(len(self) // number, 1)
        offsets = list(range(0, len(self), step))[:number]
        pages = [self.pictures.get(limit=1, offset=offset, include=[])["ids"] for offset in offsets]
        return list(self.facts([content for page in pages for content in page]).values())

    def _complete(self, found: Mapping[str, Any]) -> dict[str, Facts]:
        """Return the complete facts in picture records, which `Collection.get` returned with metadata and embeddings."""
        packed = {
            content: stored
            for content, metadata in zip(found["ids"], found["metadatas"], strict=True)
            if (stored := facts_of(metadata or {})) is not None and stored.picture == content and is_sound(stored)
        }
        wholes = dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))
        regions = self._region_vectors(packed)
        complete = {}
        for content, facts in packed.items():
            if len(regions[content]) == vectors.region_count(facts):
                whole = vectors.with_vectors(facts, wholes[content], regions[content])
                if is_sound(whole):
                    complete[content] = whole
        return complete

    def _region_vectors(self, facts: Mapping[str, Facts]) -> dict[str, Array]:
        """Return the region vectors of pictures by id, in order; fewer than expected if some are missing."""
        wanted = {
            content: [f"{content}#{number}" for number in range(vectors.region_count(known))]
            for content, known in facts.items()
        }
        keys = [key for own in wanted.values() for key in own]
        found = chroma.named(self.regions, keys, ["embeddings"]) if keys else {"ids": [], "embeddings": []}
        table = np.asarray(found["embeddings"], np.float32)
        row = {key: number for number, key in enumerate(found["ids"])}
        return {content: table[[row[key] for key in own if key in row]] for content, own in wanted.items()}

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, rows: Sequence[tuple[Entry, Facts]], known: Mapping[str, Mapping[str, Any]]) -> None:
        """Write pictures with their facts: regions first, the records of the pictures last.

        Args:
            rows: Pictures with their facts, each content once.
            known: Their present records (see `known`), whose other keys are deleted.
        """
        parts = [_region_rows(entry, facts) for entry, facts in rows]
        regions = {key: [value for part in parts for value in part[key]] for key in ("ids", "embeddings", "metadatas")}
        if regions["ids"]:
            chroma.upsert(self.client, self.regions, regions)
        metadatas = []
        for entry, facts in rows:
            old = (known.get(entry.picture.id) or {}).get("metadata") or {}
            metadatas.append({**dict.fromkeys(old), **self._metadata(entry, facts)})  # None deletes a key
        pictures = {
            "ids": [entry.picture.id for entry, _ in rows],
            "embeddings": [_vector(facts).tolist() for _, facts in rows],
            "documents": [entry.caption for entry, _ in rows],
            "metadatas": metadatas,
        }
        chroma.upsert(self.client, self.pictures, pictures)
        surplus = [key for entry, facts in rows for key in _surplus(entry.picture.id, facts, known)]
        if surplus:
            self.regions.delete(ids=surplus)

    def update(self, content: str, caption: str | None = None, metadata: Metadata | None = None) -> None:
        """Change the caption or the user's metadata of a picture; see `EvidenceIndex.update`."""
        known = self.pictures.get(ids=[content], include=["documents", "metadatas", "embeddings"])
        if not known["ids"]:
            raise DataError("no such picture in the index", got=content, do="add it first")
        old = known["metadatas"][0] or {}
        users = users_of(old) if metadata is None else dict(metadata)
        self.pictures.upsert(
            ids=[content],
            embeddings=known["embeddings"],
            documents=[(known["documents"][0] or "") if caption is None else caption],
            metadatas=[renewed(old, users)],
        )
        if metadata is not None:
            self._copy_to_regions(content, users)

    def _copy_to_regions(self, content: str, users: Metadata) -> None:
        """Give the regions of a picture the user's metadata, so that filters match them."""
        found = self.regions.get(where={OF: content}, include=["metadatas"])
        if found["ids"]:
            self.regions.update(ids=found["ids"], metadatas=[renewed(old, users) for old in found["metadatas"]])

    def remove(self, ids: Sequence[str]) -> None:
        """Delete pictures by id, with their regions; unknown ids are ignored."""
        for content in ids:
            self.pictures.delete(ids=[content])
            self.regions.delete(where={OF: content})

    def _metadata(self, entry: Entry, facts: Facts) -> dict[str, Any]:
        own: dict[str, Any] = {
            f"{OWN}uri": self._uri(entry.picture),
            f"{OWN}width": facts.size[0],
            f"{OWN}height": facts.size[1],
            f"{OWN}regions": vectors.region_count(facts),
        }
        pieces = {f"{FACTS}{number}": piece for number, piece in enumerate(pack(facts, vectors.ARRAYS))}
        return {**entry.metadata, **own, **pieces}

    def _uri(self, picture: Picture) -> str:
        """Return the absolute path of a picture; a picture without a file is written into the store's folder."""
        if picture.uri and files.is_file(picture.uri):
            return str(files.resolved(picture.uri))
        if not chroma.is_folder(self.store):
            raise DataError(
                "a picture without a file cannot be kept on a server", got=picture.name, do="save it and index its path"
            )
        data, suffix = picture.encoded()
        kept = Path(self.store).resolve() / "pictures" / f"{picture.id}{suffix}"
        return str(files.write_bytes(kept, data))

    # -- as a memory --------------------------------------------------------------------------------------------------

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the stored facts of indexed pictures."""
        return self.facts(ids)

    def keep(self, facts: Sequence[Facts]) -> None:
        """Store new facts of indexed pictures; those of other pictures are ignored."""
        by_id = {known.picture: known for known in facts if vectors.picture_vector(known) is not None}
        records = self.known(list(by_id)) if by_id else {}
        rows = [
            (
                Entry(
                    picture=picture_of(content, record["metadata"]),
                    caption=record["caption"],
                    metadata=users_of(record["metadata"]),
                ),
                by_id[content],
            )
            for content, record in records.items()
        ]
        if rows:
            self.write(rows, records)


def _vector(facts: Facts) -> Array:
    vector = vectors.picture_vector(facts)
    assert vector is not None  # pictures that the encoder cannot see are left out before
    return vector


def _region_rows(entry: Entry, facts: Facts) -> dict[str, list[Any]]:
    regions = vectors.region_vectors(facts)
    content = entry.picture.id
    if regions is None:
        return {"ids": [], "embeddings": [], "metadatas": []}
    return {
        "ids": [f"{content}#{number}" for number in range(len(regions))],
        "embeddings": [vector.tolist() for vector in regions.vectors],
        "metadatas": [
            {**entry.metadata, OF: content, f"{OWN}label": label, **edges_of(box)}
            for box, label in zip(regions.boxes, regions.labels, strict=True)
        ],
    }


def _surplus(content: str, facts: Facts, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the ids of regions that a picture had before and no longer has."""
    before = number_in((known.get(content) or {}).get("metadata") or {}, f"{OWN}regions")
    return [f"{content}#{number}" for number in range(vectors.region_count(facts), before)]
