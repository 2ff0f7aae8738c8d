"""The evidence index: pictures, their regions and facts in Chroma, searched by text or picture.

This file is the public face. `records` reads and writes the two collections, `search` finds, `ingest` adds, `maintenance`
repairs, `schema` says what a record contains, and `chroma` is the only file that imports the database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from numbers import Integral
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify import tracing
from llamaindex_clipverify.boundary import files, texts
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.evidence.reference import LEAST
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import DiskMemory, Memories
from llamaindex_clipverify.index import chroma, maintenance
from llamaindex_clipverify.index.chroma import OWN
from llamaindex_clipverify.index.documents import entries_of
from llamaindex_clipverify.index.import_chroma import entries_in
from llamaindex_clipverify.index.ingest import ingest
from llamaindex_clipverify.index.records import Records
from llamaindex_clipverify.index.schema import Added, Entry, Hit, Integrity, Metadata, picture_of
from llamaindex_clipverify.index.search import nearest, query_vector
from llamaindex_clipverify.models.protocols import Detector, Encoder, Reader
from llamaindex_clipverify.models.registry import as_encoder, loadable
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.verifier import Verifier

if TYPE_CHECKING:
    from llama_index.core.query_engine import BaseQueryEngine

    from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever

SCHEMA = 2
_logger = logging.getLogger(__name__)
_REFERENCE = 200
"""Pictures of the index that serve as reference for an encoder without a profile."""


class EvidenceIndex:
    """Pictures in a Chroma store, indexed with one encoder; opening it with another encoder is an error."""

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
        """Open or create an index. Most people want `from_documents` or `open`.

        Args:
            store: A folder (created when missing), the URL of a Chroma server (``http://HOST:PORT[/TENANT/DATABASE]``), or a
                Chroma client: ``chromadb.CloudClient()``, an ``HttpClient`` with tenant, database and headers.
            encoder: Name or object, as for `Verifier.from_defaults`; also any LlamaIndex ``MultiModalEmbedding``.
            detector: Name or object, as for `Verifier.from_defaults`; it sees each picture once, when it is indexed.
            reader: Name or object, as for `Verifier.from_defaults`.
            regions: Region budget: crops encoded per picture.
            name: Common name of the collections.

        Raises:
            ModelError: The store was made with another encoder.
            DataError: The server does not answer, or the collections are not an index.
        """
        self.store, self.name, self.regions = store, name, regions
        self._encoder, self._detector, self._reader = encoder, detector, reader
        self.records = Records(store, name, self._made_with())
        self._folders: tuple[int, list[Path]] = (-1, [])
        self._with_reference: Verifier | None = None
        self.skipped: tuple[tuple[str, str], ...] = ()
        """Names of the pictures that this object could not index, and why."""

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
        """Index pictures and return the index; see `add` for documents, and `EvidenceIndex` for options."""
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
        """Open an existing index. Default models: those that it was made with, loaded by name.

        Raises:
            DataError: There is no index in the store.
        """
        if chroma.is_folder(store) and not files.is_file(Path(store) / "chroma.sqlite3"):
            raise DataError(
                "no index there", got=store, do="make one: EvidenceIndex.from_documents or clipverify index"
            )
        made = chroma.made_with(chroma.client_of(store), f"{name}-pictures", store)
        encoder = encoder or str(made.get(f"{OWN}loadable", ""))
        if not encoder:
            raise DataError("the index does not name its encoder", got=store, do="give encoder=")
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
        """Index the pictures of another Chroma collection: captions and metadata are copied, vectors are computed.

        Reads what LlamaIndex's MultiModalVectorStoreIndex and Chroma's multimodal functions write.

        Args:
            source: A LlamaIndex ``ChromaVectorStore`` or a Chroma collection; it is only read.
            store: As for `EvidenceIndex`; it may be the client of the collection.
            encoder: As for `EvidenceIndex`.
            detector: As for `EvidenceIndex`.
            folders: Paths in the collection are opened only inside these.
            **options: As for `from_documents`.

        Raises:
            DataError: The collection has no picture.
            PictureError: None of the pictures may be opened, or one may not, and it is `strict`; else `skipped` lists it.
        """
        entries, unopened = entries_in(source, folders)
        if options.get("strict") and unopened:
            raise unopened[0][1]
        index = cls.from_documents(entries, store, encoder, detector, **options)
        for name, error in unopened:
            _logger.warning("%s: %s", name, error)
        index.skipped += tuple((name, str(error)) for name, error in unopened)
        return index

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the folder or address of the store and the models, which are opened again.

        Raises:
            DataError: The index was opened with a client object.
        """
        options = {"reader": self._reader, "regions": self.regions, "name": self.name}
        return _opened, (chroma.address_of(self.store), self._encoder, self._detector, options)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that makes the vectors."""
        return as_encoder(self._encoder)

    @property
    def verifier(self) -> Verifier:
        """A verifier with the models of the index: for indexed pictures it uses the stored facts and opens no file.

        Facts of other pictures and text vectors are cached in the folder of the index. An encoder without a profile gets pictures
        of the index as reference, as soon as there are enough (see `Verifier.with_reference`).
        """
        if not self.observer.needs_reference or len(self) < LEAST:
            return self.observer
        if self._with_reference is None:
            self._with_reference = self.observer.with_reference(self.sample(_REFERENCE))
        return self._with_reference

    @cached_property
    def observer(self) -> Verifier:
        """The verifier whose checks observe pictures when they are indexed; without reference pictures."""
        cache = DiskCache(Path(self.store) / "cache.sqlite3") if chroma.is_folder(self.store) else None
        memory = Memories(self.records, DiskMemory(cache)) if cache is not None else self.records
        return Verifier.from_defaults(
            self.encoder, self._detector, reader=self._reader, regions=self.regions, memory=memory, texts=cache
        )

    def _made_with(self) -> dict[str, str | int]:
        """Return what is stored with the collections: schema, id of the encoder, and names to load the models by."""
        models = {"loadable": self._encoder, "detector": self._detector, "reader": self._reader}
        names = {f"{OWN}{key}": loadable(model) for key, model in models.items()}
        return {f"{OWN}schema": SCHEMA, f"{OWN}encoder": self.encoder.id, **names}

    # -- contents -----------------------------------------------------------------------------------------------------

    def add(
        self, documents: Iterable[Any], *, strict: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Added:
        """Index pictures. Pictures that are indexed with all facts are not observed again; caption and metadata are updated.

        Reading, observing and writing overlap, and a few dozen pictures are in memory at a time. A run that was killed resumes
        when it is started again.

        Args:
            documents: Each a path, a folder (all pictures below it), an `Entry`, a `Picture`, or a LlamaIndex document or
                node with an image (``ImageDocument``, ``ImageNode``, ``Node``), whose text is the caption. A picture without a
                file is written into the folder of the store.
            strict: Whether an unreadable picture, or a document without one, is an error. Default: it is left out and listed, in
                what is returned, in `skipped`, and in the log.
            progress: Progress callback: called with (done, total).

        Raises:
            PictureError: `strict`, and a picture cannot be read; those before it are indexed.
            DataError: `strict`, and a document has no picture; or the store failed.
        """
        self._folders = (-1, [])
        entries, unopened = _entries(documents, strict)
        added = ingest(self.records, self.observer.checks, entries, strict, progress)
        added = replace(added, skipped=(*unopened, *added.skipped))
        for name, why in (*added.skipped, *added.changed):
            _logger.warning("%s: %s", name, why)
        self.skipped += added.skipped
        return added

    def update(self, content: str, caption: str | None = None, metadata: Metadata | None = None) -> None:
        """Change the caption, the metadata, or both, of a picture by its id; arguments that are None change nothing.

        Raises:
            DataError: There is no such picture.
        """
        self.records.update(content, caption, metadata)

    def remove(self, ids: Sequence[str]) -> None:
        """Delete pictures by id, with their regions; unknown ids are ignored."""
        self._folders = (-1, [])
        self.records.remove(ids)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.records)

    def count(self) -> dict[str, int]:
        """Return the number of pictures and regions."""
        return {"pictures": len(self), "regions": int(self.records.regions.count())}

    def hits(self, where: Mapping[str, Any] | None = None, start: int = 0) -> Iterator[Hit]:
        """Yield every picture, or those that a Chroma metadata filter matches, with a score of 1, from number `start` on."""
        return self.records.hits(where, start)

    def picture(self, content: str) -> Picture | None:
        """Return a picture by its id, None if there is none; its file is opened only when pixels are needed."""
        found = self.records.pictures.get(ids=[content], include=["metadatas"])
        return picture_of(content, found["metadatas"][0] or {}) if found["ids"] else None

    def facts(self, ids: Sequence[str]) -> dict[str, Facts]:
        """Return the stored facts of pictures by id, without unknown and incomplete ones."""
        return self.records.facts(ids)

    def sample(self, number: int) -> list[Facts]:
        """Return the facts of at most `number` pictures, spread evenly over the index."""
        if not _is_number_of_pictures(number):
            raise DataError("at least one picture must be asked for", got=repr(number), do="give a number ≥ 1")
        return self.records.sample(number)

    def folders(self) -> list[Path]:
        """Return the folders of the indexed pictures: what may be opened when an answer is verified."""
        number = len(self)
        if self._folders[0] != number:
            self._folders = (number, sorted({Path(hit.uri).parent for hit in self.hits()}))
        return self._folders[1]

    def verify_integrity(self, *, repair: bool = False) -> Integrity:
        """Return regions without a picture, incomplete pictures, and missing files.

        Args:
            repair: Whether such regions are deleted, and such pictures indexed again if their files are there.
        """
        state, orphans = maintenance.integrity(self.records)
        if not repair:
            return state
        maintenance.delete_regions(self.records, orphans)
        entries = maintenance.entries_to_repair(self.records, state.incomplete)
        self.remove([content for content, _ in entries])
        self.add([entry for _, entry in entries])
        return state.as_repaired()

    # -- search -------------------------------------------------------------------------------------------------------

    def search(
        self,
        text: str | None = None,
        image: Any = None,
        top_k: int = 4,
        where: Mapping[str, Any] | None = None,
        regions: bool = True,
    ) -> list[Hit]:
        """Return the pictures nearest to a text, to a picture, or to the mean of both, best first.

        The score of a picture is the greater of two cosines: with the whole picture and with its best region. A query that
        contains a picture is compared with whole pictures only.

        Args:
            text: Text query.
            image: Picture query: anything that `Picture.of` takes.
            top_k: Maximum number of pictures.
            where: A Chroma metadata filter.
            regions: Whether regions are searched too.

        Raises:
            DataError: Neither text nor image, or a `top_k` below 1.
            PictureError: The image is not a picture.
        """
        if not _is_number_of_pictures(top_k):
            raise DataError("at least one picture must be asked for", got=repr(top_k), do="give top_k ≥ 1")
        if not isinstance(where, (Mapping, NoneType)):
            raise DataError("a filter is a mapping", got=type(where).__name__, do='give where={"name": "value"}')
        if text is not None:
            texts.checked(text, "the query")
        number = min(top_k, len(self))
        if not number:
            return []
        with tracing.span("retrieve", "RETRIEVER") as span:
            vector = query_vector(self.encoder, text, image)
            hits = nearest(self.records, vector, number, where, regions and image is None)
            if span.is_recorded:
                span.set({"input.value": text, "clipverify.encoder": self.encoder.id, **_found(hits)})
        return hits

    # -- LlamaIndex ---------------------------------------------------------------------------------------------------

    def as_retriever(self, similarity_top_k: int = 4, **options: Any) -> ClipVerifyRetriever:
        """Return a LlamaIndex retriever; see `ClipVerifyRetriever`."""
        from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever

        return ClipVerifyRetriever(self, similarity_top_k, **options)

    def as_query_engine(self, llm: Any, similarity_top_k: int = 4, **options: Any) -> BaseQueryEngine:
        """Return a LlamaIndex query engine that retrieves, answers, and verifies.

        Args:
            llm: A LlamaIndex LLM that sees pictures, or its name (``tiny``, ``local:ID``, ``together:MODEL``, …).
            similarity_top_k: Number of pictures per question.
            **options: Passed to `verified_engine`: streaming, on_doubt, min_coverage, prompts, passages, verifier, where.
        """
        from llamaindex_clipverify.llama_index.query_engine import verified_engine

        return verified_engine(self, llm, similarity_top_k, **options)


def _entries(documents: Iterable[Any], strict: bool) -> tuple[list[Entry], tuple[tuple[str, str], ...]]:
    """Return the pictures of documents, and names of those that have none, or none that may be opened, with the reason."""
    entries: list[Entry] = []
    unopened: list[tuple[str, str]] = []
    for document in documents:
        try:
            entries += entries_of(document)
        except ClipVerifyError as error:
            if strict:
                raise
            node = getattr(document, "node", document)
            name = (
                str(document)
                if isinstance(document, (str, Path))
                else getattr(node, "node_id", type(document).__name__)
            )
            unopened.append((str(name), str(error)))
    return entries, tuple(unopened)


def _opened(store: Any, encoder: Any, detector: Any, options: dict[str, Any]) -> EvidenceIndex:
    return EvidenceIndex(store, encoder, detector, **options)


def _is_number_of_pictures(number: Any) -> bool:
    return isinstance(number, Integral) and int(number) >= 1


def _found(hits: Sequence[Hit]) -> dict[str, Any]:
    """Return hits as attributes of a span: id, score and caption, else name, of each, in OpenInference's names."""
    return {
        f"retrieval.documents.{place}.document.{name}": value
        for place, hit in enumerate(hits)
        for name, value in (("id", hit.id), ("score", float(hit.score)), ("content", hit.caption or hit.picture.name))
    }
