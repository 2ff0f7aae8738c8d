"""The evidence index: pictures, their regions, and what every check saw in them, in Chroma; found again by text or by picture.

Two collections of cosine space. *Pictures*: the id is the content hash, the vector that of the whole picture, the document its
caption; the metadata hold the user's own, where the file lies, and the facts of the checks, packed. *Regions*: ``HASH#i`` with
the vector and box of each region. Regions are written first and the picture last: its record is the mark that it is wholly
there. Bytes are never stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.reference import LEAST
from llamaindex_clipverify.facts.disk_cache import Shelf
from llamaindex_clipverify.facts.encoding import pack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import DiskMemory, Memories
from llamaindex_clipverify.facts.observation import Observer
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.chroma import OWN
from llamaindex_clipverify.index.schema import (
    FACTS,
    OF,
    Added,
    Entry,
    Hit,
    Integrity,
    Metadata,
    better,
    edges_of,
    facts_of,
    hit_of,
    picture_of,
    regions_of,
    renewed,
    users_of,
)
from llamaindex_clipverify.models.protocols import Detector, Encoder, Reader
from llamaindex_clipverify.models.registry import as_encoder, loadable
from llamaindex_clipverify.node_pictures import picture_files, picture_in
from llamaindex_clipverify.picture import Picture

if TYPE_CHECKING:
    from llama_index.core.query_engine import BaseQueryEngine

    from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever
    from llamaindex_clipverify.verification.verifier import Verifier

SCHEMA = 2
_APART = {("similarity", "vector"), ("regions", "vectors")}
"""Facts that lie in the collections as vectors."""
_ROUNDS = 3
_MARGIN = 4
"""Regions asked for, per picture wanted: several regions of one picture may be near."""


class EvidenceIndex:
    """Pictures in a Chroma store, made with one encoder; opening it with another one is an error."""

    def __init__(
        self,
        store: Any,
        encoder: str | Encoder,
        detector: str | Detector | None = None,
        *,
        reader: str | Reader | None = None,
        regions: int = 16,
        name: str = "clipverify",
    ) -> None:
        """Open a store, or begin one. Most people want `from_documents` or `open`.

        Args:
            store: A folder (made when missing), the URL of a Chroma server (``http://HOST:PORT[/TENANT/DATABASE]``), or a Chroma
                client: ``chromadb.CloudClient()``, an ``HttpClient`` with tenant, database and headers.
            encoder: Name or object, as for `Verifier.from_defaults`; any LlamaIndex ``MultiModalEmbedding`` does.
            detector: The same: sees each picture once, when it is indexed.
            reader: The same.
            regions: Region budget: crops encoded per picture.
            name: Of the collections.

        Raises:
            ModelError: The store was made with another encoder.
            DataError: The server does not answer, or the collection is none of ours.
        """
        self.store, self.name, self.regions = store, name, regions
        self._encoder, self._detector, self._reader = encoder, detector, reader
        self.client = chroma.client_of(store)
        self._pictures = chroma.collection(self.client, f"{name}-pictures", self._made())
        self._regions = chroma.collection(self.client, f"{name}-regions", self._made())
        self._folders: tuple[int, list[Path]] = (-1, [])
        self._scaled: Verifier | None = None

    @classmethod
    def from_documents(
        cls,
        documents: Iterable[Any],
        store: Any,
        encoder: str | Encoder,
        detector: str | Detector | None = None,
        *,
        strict: bool = False,
        progress: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> EvidenceIndex:
        """Index pictures and return the index; see `add` for what a document may be, `EvidenceIndex` for options."""
        index = cls(store, encoder, detector, **options)
        index.add(documents, strict=strict, progress=progress)
        return index

    @classmethod
    def open(
        cls,
        store: Any,
        encoder: str | Encoder | None = None,
        detector: str | Detector | None = None,
        *,
        reader: str | Reader | None = None,
        name: str = "clipverify",
        **options: Any,
    ) -> EvidenceIndex:
        """Open an index that is there; models that are not given are those it was made with, loaded by their names.

        Raises:
            DataError: There is no index in the store.
        """
        if chroma.is_folder(store) and not (Path(store) / "chroma.sqlite3").is_file():
            raise DataError(
                "no index there", got=store, do="make one: EvidenceIndex.from_documents or clipverify index"
            )
        made = chroma.made_with(chroma.client_of(store), f"{name}-pictures", store)
        encoder = encoder or str(made.get(f"{OWN}loadable", ""))
        if not encoder:
            raise DataError("the index does not know how to load its encoder", got=store, do="give encoder=")
        detector = detector or made.get(f"{OWN}detector") or None
        reader = reader or made.get(f"{OWN}reader") or None
        return cls(store, encoder, detector, reader=reader, name=name, **options)

    @classmethod
    def from_vector_store(
        cls,
        source: Any,
        store: Any,
        encoder: str | Encoder,
        detector: str | Detector | None = None,
        *,
        folders: Sequence[str | Path],
        **options: Any,
    ) -> EvidenceIndex:
        """Index the pictures of somebody else's Chroma collection: captions and metadata come along, vectors are made anew.

        Reads what LlamaIndex's MultiModalVectorStoreIndex and Chroma's own multimodal functions write.

        Args:
            source: A LlamaIndex ``ChromaVectorStore`` or a Chroma collection; it is only read.
            store: As for `EvidenceIndex`; it may be the client of the collection.
            encoder: The same.
            detector: The same.
            folders: Paths in the collection are opened only inside these.
            **options: As for `from_documents`.

        Raises:
            DataError: The collection holds no picture.
            PictureError: It names a path outside the folders.
        """
        from llamaindex_clipverify.index.import_chroma import entries_in

        return cls.from_documents(entries_in(source, folders), store, encoder, detector, **options)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as the store's folder or address and the models, which are opened again.

        Raises:
            DataError: The index is in the hands of a client.
        """
        if not isinstance(self.store, (str, Path)):
            raise DataError(
                "an index on a client cannot be pickled",
                got=type(self.store).__name__,
                do="open it by folder or address",
            )
        models = (self._encoder, self._detector)
        return _opened, (self.store, *models, {"reader": self._reader, "regions": self.regions, "name": self.name})

    @cached_property
    def encoder(self) -> Encoder:
        """What makes the vectors."""
        return as_encoder(self._encoder)

    @property
    def verifier(self) -> Verifier:
        """A verifier with the index's own models: of indexed pictures it takes what is stored, and opens no file.

        What it sees in other pictures, and the vectors of phrases, are kept beside an index in a folder. An encoder without a
        profile is given a scale by pictures of the index, as soon as there are enough (see `Verifier.beside`).
        """
        if not self.observer.lacks_scale or len(self) < LEAST:
            return self.observer
        if self._scaled is None:
            self._scaled = self.observer.beside(self.sample(_REFERENCE))
        return self._scaled

    @cached_property
    def observer(self) -> Verifier:
        """The verifier whose checks look at pictures that are indexed."""
        from llamaindex_clipverify.verification.verifier import Verifier

        shelf = Shelf(Path(self.store) / "cache.sqlite3") if chroma.is_folder(self.store) else None
        own = IndexMemory(self)
        memory = Memories(own, DiskMemory(shelf)) if shelf is not None else own
        return Verifier.from_defaults(
            self.encoder, self._detector, reader=self._reader, regions=self.regions, memory=memory, texts=shelf
        )

    def _made(self) -> dict[str, str | int]:
        """Return what the collections remember of their making: the encoder's identity, and names to load the models by."""
        names = {"loadable": self._encoder, "detector": self._detector, "reader": self._reader}
        by_name = {f"{OWN}{key}": loadable(model) for key, model in names.items()}
        return {f"{OWN}schema": SCHEMA, f"{OWN}encoder": self.encoder.id, **by_name}

    # -- what is in it ------------------------------------------------------------------------------------------------

    def add(
        self, documents: Iterable[Any], *, strict: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Added:
        """Index pictures. One that is there with all facts is not looked at again; its caption and metadata become the new ones.

        Reading, looking and writing overlap, and no more than a few dozen pictures are held at once. A run that is killed goes on
        where it stopped when it is started again.

        Args:
            documents: Each a path, a folder (all pictures below it), an `Entry`, a `Picture`, or a LlamaIndex document or
                node with an image (``ImageDocument``, ``ImageNode``, ``Node``), whose text is the caption. A picture that is
                no file is written into the store's own folder.
            strict: Whether a picture that cannot be read is an error; it is left out and named otherwise.
            progress: Called with (done, total).

        Raises:
            PictureError: `strict`, and a picture cannot be read; those before it are indexed.
            DataError: A document without picture.
        """
        from llamaindex_clipverify.index.ingest import ingest

        self._folders = (-1, [])
        entries = [entry for document in documents for entry in _entries(document)]
        return ingest(self, entries, strict, progress)

    def update(self, content: str, caption: str | None = None, metadata: Metadata | None = None) -> None:
        """Give a picture another caption, other metadata, or both; what is not given stays.

        Raises:
            DataError: There is no such picture.
        """
        known = self._pictures.get(ids=[content], include=["documents", "metadatas", "embeddings"])
        if not known["ids"]:
            raise DataError("no such picture in the index", got=content, do="add it first")
        old = known["metadatas"][0] or {}
        users = users_of(old) if metadata is None else dict(metadata)
        self._pictures.upsert(
            ids=[content],
            embeddings=known["embeddings"],
            documents=[(known["documents"][0] or "") if caption is None else caption],
            metadatas=[renewed(old, users)],
        )
        if metadata is not None:
            self._recopy(content, users)

    def _recopy(self, content: str, users: Metadata) -> None:
        """Give a picture's regions the user's metadata, so that filters find them."""
        found = self._regions.get(where={OF: content}, include=["metadatas"])
        if found["ids"]:
            self._regions.update(ids=found["ids"], metadatas=[renewed(old, users) for old in found["metadatas"]])

    def remove(self, ids: Sequence[str]) -> None:
        """Forget pictures by id, with their regions; unknown ids do no harm."""
        self._folders = (-1, [])
        for content in ids:
            self._pictures.delete(ids=[content])
            self._regions.delete(where={OF: content})

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return int(self._pictures.count())

    def count(self) -> dict[str, int]:
        """Return how many pictures and regions there are."""
        return {"pictures": len(self), "regions": int(self._regions.count())}

    def hits(self, where: Mapping[str, Any] | None = None) -> Iterator[Hit]:
        """Yield every picture, or those that a Chroma metadata filter lets through, with a score of 1."""
        for page in chroma.pages(self._pictures, ["documents", "metadatas"], where):
            rows = zip(page["ids"], page["documents"], page["metadatas"], strict=True)
            yield from (hit_of(content, document, metadata, 1.0) for content, document, metadata in rows)

    def folders(self) -> list[Path]:
        """Return the folders that the indexed pictures lie in: what may be opened when an answer is verified."""
        number = len(self)
        if self._folders[0] != number:
            self._folders = (number, sorted({Path(hit.uri).parent for hit in self.hits()}))
        return self._folders[1]

    def verify_integrity(self, *, repair: bool = False) -> Integrity:
        """Look for regions without a picture, pictures that are not whole, and files that are gone.

        Args:
            repair: Whether such regions are removed and such pictures, where their files are there, looked at again.
        """
        known: dict[str, int] = {}
        gone, incomplete = [], []
        for page in chroma.pages(self._pictures, ["metadatas"]):
            for content, metadata in zip(page["ids"], page["metadatas"], strict=True):
                uri = str(metadata.get(f"{OWN}uri", ""))
                gone += [] if Path(uri).is_file() else [uri]
                known[content] = int(metadata.get(f"{OWN}regions", -1))
                incomplete += [] if facts_of(metadata) is not None else [content]
        have = dict.fromkeys(known, 0)
        orphans = []
        for page in chroma.pages(self._regions, []):
            for region in page["ids"]:
                content = region.rpartition("#")[0]
                if content in have:
                    have[content] += 1
                else:
                    orphans.append(region)
        incomplete += [
            content for content, number in known.items() if have[content] != number and content not in incomplete
        ]
        if repair:
            for start in range(0, len(orphans), chroma.MOST):
                self._regions.delete(ids=orphans[start : start + chroma.MOST])
            self._mend(incomplete)
        return Integrity(len(known), sum(have.values()), len(orphans), tuple(incomplete), tuple(gone), repair)

    def _mend(self, ids: Sequence[str]) -> None:
        found = chroma.named(self._pictures, ids, ["documents", "metadatas"]) if ids else {"ids": []}
        hits = [
            hit_of(one, found["documents"][place], found["metadatas"][place], 1.0)
            for place, one in enumerate(found["ids"])
        ]
        self.remove([hit.id for hit in hits if Path(hit.uri).is_file()])
        self.add([Entry(Picture.of(hit.uri), hit.caption, hit.metadata) for hit in hits if Path(hit.uri).is_file()])

    # -- facts --------------------------------------------------------------------------------------------------------

    def facts(self, ids: Sequence[str]) -> dict[str, Facts]:
        """Return the stored facts of pictures by id; unknown ids, and those that are not whole, are left out."""
        return self._whole(chroma.named(self._pictures, ids, ["metadatas", "embeddings"])) if ids else {}

    def _whole(self, found: Mapping[str, Any]) -> dict[str, Facts]:
        """Return the facts in records of pictures, as `Collection.get` returned them with metadata and vectors."""
        facts = {
            content: stored
            for content, metadata in zip(found["ids"], found["metadatas"], strict=True)
            if (stored := facts_of(metadata)) is not None
        }
        vectors = dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))
        regions = self._region_vectors(facts)
        for content, one in facts.items():
            if "similarity" in one.seen:
                one.seen["similarity"]["vector"] = vectors[content]
            if "regions" in one.seen:
                one.seen["regions"]["vectors"] = regions[content]
        return {
            content: one
            for content, one in facts.items()
            if "regions" not in one.seen or len(one.seen["regions"]["vectors"]) == len(one.seen["regions"]["boxes"])
        }

    def _region_vectors(self, facts: Mapping[str, Facts]) -> dict[str, Array]:
        """Return the region vectors of pictures by id, in order; fewer than there should be where some are gone."""
        wanted = {content: [f"{content}#{place}" for place in range(regions_of(one))] for content, one in facts.items()}
        every = [key for keys in wanted.values() for key in keys]
        found = chroma.named(self._regions, every, ["embeddings"]) if every else {"ids": [], "embeddings": []}
        vectors = np.asarray(found["embeddings"], np.float32)
        row = {key: place for place, key in enumerate(found["ids"])}
        return {content: vectors[[row[key] for key in keys if key in row]] for content, keys in wanted.items()}

    def sample(self, number: int) -> list[Facts]:
        """Return the facts of some pictures, spread evenly over the index: a reference for its encoder."""
        every = max(len(self) // number, 1)
        ids = [self._pictures.get(limit=1, offset=place, include=[])["ids"] for place in range(0, len(self), every)][
            :number
        ]
        return list(self.facts([one for page in ids for one in page]).values())

    # -- finding ------------------------------------------------------------------------------------------------------

    def search(
        self, text: str | None = None, image: Any = None, top_k: int = 4, where: Mapping[str, Any] | None = None,
        regions: bool = True,
    ) -> list[Hit]:  # fmt: skip
        """Return the pictures nearest to a text, to a picture, or to the mean of both, best first.

        A picture counts by its best part: the greater of the cosine with the whole picture and with its best region. A query
        that is a picture, alone or beside a text, is compared with whole pictures.

        Args:
            text: What to look for.
            image: Anything `Picture.of` takes.
            top_k: Most pictures to return.
            where: A Chroma metadata filter.
            regions: Whether regions are searched too.

        Raises:
            DataError: Neither text nor image, or a `top_k` below 1.
        """
        if top_k < 1:
            raise DataError("at least one picture must be asked for", got=top_k, do="give top_k ≥ 1")
        number = min(top_k, len(self))
        if not number:
            return []
        vector = self._query(text, image)
        wholes = self._nearest(vector, number, where)
        if not regions or image is not None or not self._regions.count():
            return wholes
        return self._fused(vector, wholes, number, where)

    def _nearest(self, vector: Array, number: int, where: Mapping[str, Any] | None) -> list[Hit]:
        found = self._pictures.query(
            query_embeddings=[vector.tolist()],
            n_results=number,
            where=dict(where) if where else None,
            include=["documents", "metadatas", "distances"],
        )
        rows = zip(*(found[key][0] for key in ("ids", "documents", "metadatas", "distances")), strict=True)
        return [hit_of(content, document, metadata, 1.0 - distance) for content, document, metadata, distance in rows]

    def _fused(self, vector: Array, wholes: list[Hit], number: int, where: Mapping[str, Any] | None) -> list[Hit]:
        """Return whole-picture hits joined with those of the nearest regions, each picture by its better score."""
        best: dict[str, tuple[float, Mapping[str, Any]]] = {}
        asked, most = _MARGIN * number, int(self._regions.count())
        if not chroma.is_folder(self.store):
            most = min(most, max(number, chroma.MOST))
        for _ in range(_ROUNDS):  # until there are as many distinct pictures
            found = self._regions.query(
                query_embeddings=[vector.tolist()],
                n_results=min(asked, most),
                where=dict(where) if where else None,
                include=["metadatas", "distances"],
            )
            for metadata, distance in zip(found["metadatas"][0], found["distances"][0], strict=True):
                best.setdefault(str(metadata[OF]), (1.0 - distance, metadata))
            if len(best) >= number or len(found["ids"][0]) < asked:
                break
            asked *= 4
        by_id = {hit.id: hit for hit in wholes}
        missing = [content for content in best if content not in by_id]
        known = (
            self._pictures.get(ids=missing, include=["documents", "metadatas", "embeddings"])
            if missing
            else {"ids": []}
        )
        for place, content in enumerate(known["ids"]):
            score = float(np.asarray(known["embeddings"][place], np.float32) @ vector)
            by_id[content] = hit_of(content, known["documents"][place], known["metadatas"][place], score)
        merged = [better(hit, best.get(hit.id)) for hit in by_id.values()]
        return sorted(merged, key=lambda hit: -hit.score)[:number]

    def _query(self, text: str | None, image: Any) -> Array:
        vectors = []
        if text and text.strip():
            vectors.append(self.encoder.encode_texts([text])[0])
        if image is not None:
            vectors.append(self.encoder.encode_images([Picture.of(image).image])[0])
        if not vectors:
            raise DataError("nothing to look for", do="give a text or an image")
        mean: Array = sum(vectors[1:], vectors[0])
        length = float((mean @ mean) ** 0.5)
        return mean / length if length else mean

    # -- LlamaIndex ---------------------------------------------------------------------------------------------------

    def as_retriever(self, similarity_top_k: int = 4, **options: Any) -> ClipVerifyRetriever:
        """Return a LlamaIndex retriever; see `ClipVerifyRetriever`."""
        from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever

        return ClipVerifyRetriever(self, similarity_top_k, **options)

    def as_query_engine(self, llm: Any, similarity_top_k: int = 4, **options: Any) -> BaseQueryEngine:
        """Return a LlamaIndex query engine that retrieves, answers, and verifies.

        Args:
            llm: A LlamaIndex LLM that sees pictures, or its name (``tiny``, ``local:ID``, ``together:MODEL``, …).
            similarity_top_k: Pictures per question.
            **options: Passed to `verified_engine`: streaming, on_doubt, prompts, passages, verifier.
        """
        from llamaindex_clipverify.llama_index.query_engine import verified_engine

        return verified_engine(self, llm, similarity_top_k, **options)

    # -- writing, for `ingest` ----------------------------------------------------------------------------------------

    def known(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the records of pictures that are there, by id: caption, metadata, and facts where they are whole."""
        found = chroma.named(self._pictures, ids, ["documents", "metadatas", "embeddings"])
        facts = self._whole(found)
        rows = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        return {
            content: {"caption": document or "", "metadata": metadata, "facts": facts.get(content)}
            for content, document, metadata in rows
        }

    def write(self, rows: Sequence[tuple[Entry, Facts]], known: Mapping[str, Mapping[str, Any]]) -> None:
        """Write pictures with their facts: regions first, the records of the pictures last.

        Args:
            rows: Pictures with their facts, each content once.
            known: Records that are there, whose keys are to go (see `known`).
        """
        parts = [self._region_rows(entry, facts) for entry, facts in rows]
        regions = {key: [one for part in parts for one in part[key]] for key in ("ids", "embeddings", "metadatas")}
        if regions["ids"]:
            chroma.upsert(self.client, self._regions, regions)
        metadatas = []
        for entry, facts in rows:
            old = (known.get(entry.picture.id) or {}).get("metadata") or {}
            metadatas.append({**dict.fromkeys(old), **self._metadata(entry, facts)})  # None takes a key away
        pictures = {
            "ids": [entry.picture.id for entry, _ in rows],
            "embeddings": [facts.seen["similarity"]["vector"].tolist() for _, facts in rows],
            "documents": [entry.caption for entry, _ in rows],
            "metadatas": metadatas,
        }
        chroma.upsert(self.client, self._pictures, pictures)
        surplus = [one for entry, facts in rows for one in _surplus(entry.picture.id, facts, known)]
        if surplus:
            self._regions.delete(ids=surplus)

    def _region_rows(self, entry: Entry, facts: Facts) -> dict[str, list[Any]]:
        seen = facts.of("regions") or {"boxes": [], "vectors": np.zeros((0, 1)), "labels": []}
        content = entry.picture.id
        return {
            "ids": [f"{content}#{place}" for place in range(len(seen["boxes"]))],
            "embeddings": [vector.tolist() for vector in seen["vectors"]],
            "metadatas": [
                {**entry.metadata, OF: content, f"{OWN}label": label, **edges_of(box)}
                for box, label in zip(seen["boxes"], seen["labels"], strict=True)
            ],
        }

    def _metadata(self, entry: Entry, facts: Facts) -> dict[str, Any]:
        own: dict[str, Any] = {
            f"{OWN}uri": self._uri(entry.picture),
            f"{OWN}width": facts.size[0],
            f"{OWN}height": facts.size[1],
            f"{OWN}regions": regions_of(facts),
        }
        pieces = {f"{FACTS}{place}": piece for place, piece in enumerate(pack(facts, _APART))}
        return {**entry.metadata, **own, **pieces}

    def _uri(self, picture: Picture) -> str:
        """Return the absolute path of a picture; one that is no file is kept in the store's folder."""
        if picture.uri and Path(picture.uri).is_file():
            return str(Path(picture.uri).resolve())
        if not chroma.is_folder(self.store):
            raise DataError(
                "a picture without a file cannot be kept on a server", got=picture.name, do="save it and index its path"
            )
        data, suffix = picture.encoded()
        kept = Path(self.store).resolve() / "pictures" / f"{picture.id}{suffix}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_bytes(data)
        part.replace(kept)
        return str(kept)


_REFERENCE = 200


def _opened(store: Any, encoder: Any, detector: Any, options: dict[str, Any]) -> EvidenceIndex:
    return EvidenceIndex(store, encoder, detector, **options)


def _surplus(content: str, facts: Facts, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the ids of regions that a picture had before and has no more."""
    before = int(((known.get(content) or {}).get("metadata") or {}).get(f"{OWN}regions", 0))
    return [f"{content}#{place}" for place in range(regions_of(facts), before)]


class IndexMemory:
    """An index as the memory of a verifier: what is stored needs no pixels; new facts of its pictures are stored too."""

    def __init__(self, index: EvidenceIndex) -> None:
        """Remember by an index."""
        self.index = index

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the stored facts of the pictures that are indexed."""
        return self.index.facts(ids)

    def keep(self, facts: Sequence[Facts]) -> None:
        """Store facts of indexed pictures; those of others are nobody's here."""
        by_id = {one.picture: one for one in facts if "similarity" in one.seen}
        known = self.index.known(list(by_id)) if by_id else {}
        rows = [
            (Entry(picture_of(content, row["metadata"]), row["caption"], users_of(row["metadata"])), by_id[content])
            for content, row in known.items()
        ]
        if rows:
            self.index.write(rows, known)


# -- documents --------------------------------------------------------------------------------------------------------


def _entries(document: Any) -> Iterator[Entry]:
    """Yield what a document holds: the pictures of a folder, or the one picture."""
    if isinstance(document, Entry):
        yield document
    elif isinstance(document, (str, Path)) and Path(document).is_dir():
        yield from (Entry(Picture.of(path)) for path in picture_files(document))
    elif hasattr(document, "node_id") or hasattr(document, "node"):
        yield _of_node(getattr(document, "node", document))
    else:
        yield Entry(Picture.of(document))


def _of_node(node: Any) -> Entry:
    picture = picture_in(node)
    if picture is None:
        raise DataError(
            "a document without a picture",
            got=f"{type(node).__name__} {node.node_id}",
            do="index pictures here; give texts to the engine by passages= (any LlamaIndex retriever)",
        )
    caption = str(getattr(node, "text", "") or "")
    excluded = set(getattr(node, "excluded_embed_metadata_keys", ()))
    return Entry(picture, caption, {key: _flat(value) for key, value in node.metadata.items() if key not in excluded})


def _flat(value: Any) -> str | int | float | bool:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
