"""The evidence index: pictures with their captions in Chroma, one unit vector each, found again by text or by picture.

One collection of cosine space; a record's id is the picture's content hash, so that adding twice changes nothing. The record
holds where the picture lies, never its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.table import load_encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.protocols import Array, Detector, Encoder, Reader
from llamaindex_clipverify.source import picture_files, picture_in

if TYPE_CHECKING:
    from llama_index.core.query_engine import BaseQueryEngine

    from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever
    from llamaindex_clipverify.verifier import Verifier

SCHEMA = 1
_OWN = "clipverify_"
"""Prefix of the metadata keys that are the index's own."""
_AT_ONCE = 32


@dataclass(frozen=True)
class Entry:
    """A picture to be indexed, or one that was found."""

    picture: Picture
    caption: str = ""
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A picture that was found."""

    id: str
    """SHA-256 of the picture's content."""
    uri: str
    score: float
    """Cosine of query and picture, -1 to 1; comparable within one encoder only."""
    caption: str = ""
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)


class EvidenceIndex:
    """Pictures in a Chroma store, made with one encoder; opening it with another one is an error."""

    def __init__(
        self,
        store: Any,
        encoder: str | Encoder,
        detector: str | Detector | None = None,
        *,
        reader: str | Reader | None = None,
        name: str = "clipverify",
    ) -> None:
        """Open a store, or begin one. Most people want `from_documents` or `open`.

        Args:
            store: A folder (made when missing), the URL of a Chroma server, or a Chroma client.
            encoder: Name or object, as for `Verifier.from_defaults`.
            detector: For the verifier that `as_query_engine` makes.
            reader: The same.
            name: Of the collection.

        Raises:
            ModelError: The store was made with another encoder.
            DataError: The server does not answer, or the collection is none of ours.
        """
        self.store, self.name = store, name
        self._encoder, self._detector, self._reader = encoder, detector, reader
        self._client = _client(store)
        self._pictures = _collection(self._client, f"{name}-pictures", self._made())
        self._folders: tuple[int, list[Path]] = (-1, [])

    @classmethod
    def from_documents(
        cls,
        documents: Iterable[Any],
        store: Any,
        encoder: str | Encoder,
        detector: str | Detector | None = None,
        *,
        reader: str | Reader | None = None,
        name: str = "clipverify",
        progress: Callable[[int, int], None] | None = None,
    ) -> EvidenceIndex:
        """Index pictures and return the index; see `add` for what a document may be."""
        index = cls(store, encoder, detector, reader=reader, name=name)
        index.add(documents, progress=progress)
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
    ) -> EvidenceIndex:
        """Open an index that is there; models that are not given are those it was made with, loaded by their names.

        Raises:
            DataError: There is no index in the store.
        """
        if isinstance(store, (str, Path)) and not _is_url(store) and not (Path(store) / "chroma.sqlite3").is_file():
            raise DataError(
                "no index there", got=store, do="make one: EvidenceIndex.from_documents or clipverify index"
            )
        made = _made_with(_client(store), f"{name}-pictures", store)
        found = detector or made.get(f"{_OWN}detector") or None
        encoder = encoder or str(made.get(f"{_OWN}loadable", ""))
        if not encoder:
            raise DataError("the index does not know how to load its encoder", got=store, do="give encoder=")
        return cls(store, encoder, found, reader=reader, name=name)

    @cached_property
    def encoder(self) -> Encoder:
        """What makes the vectors."""
        return load_encoder(self._encoder) if isinstance(self._encoder, str) else self._encoder

    @cached_property
    def verifier(self) -> Verifier:
        """A verifier with the index's own encoder, detector and reader."""
        from llamaindex_clipverify.verifier import Verifier

        return Verifier.from_defaults(self.encoder, self._detector, reader=self._reader)

    def _made(self) -> dict[str, str | int]:
        """Return what the collection remembers of its making: the encoder's identity, and names to load the models by."""
        names = {f"{_OWN}loadable": _loadable(self._encoder), f"{_OWN}detector": _loadable(self._detector)}
        return {f"{_OWN}schema": SCHEMA, f"{_OWN}encoder": self.encoder.id, **names}

    # -- what is in it ------------------------------------------------------------------------------------------------

    def add(self, documents: Iterable[Any], *, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Index pictures and return their ids, in order; one that is there already gets the new caption and metadata.

        Args:
            documents: Each a path, a folder (all pictures below it), an `Entry`, a `Picture`, or a LlamaIndex document or
                node with an image (``ImageDocument``, ``ImageNode``, ``Node``), whose text is the caption. A picture that is
                no file is written into the store's own folder.
            progress: Called with (done, total).

        Raises:
            PictureError: A picture cannot be read; nothing is added then.
            DataError: A document without picture.
        """
        entries = [entry for document in documents for entry in _entries(document)]
        for entry in entries:
            _ = entry.picture.id  # a picture that cannot be read is told before anything is written
            entry.picture.forget()
        for start in range(0, len(entries), _AT_ONCE):
            self._write(entries[start : start + _AT_ONCE])
            if progress is not None:
                progress(min(start + _AT_ONCE, len(entries)), len(entries))
        return [entry.picture.id for entry in entries]

    def remove(self, ids: Sequence[str]) -> None:
        """Forget pictures by id; unknown ids do no harm."""
        self._folders = (-1, [])
        if ids:
            self._pictures.delete(ids=list(ids))

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return int(self._pictures.count())

    def hits(self) -> Iterator[Hit]:
        """Yield every picture, with a score of 1."""
        for start in range(0, len(self), 500):
            found = self._pictures.get(limit=500, offset=start, include=["documents", "metadatas"])
            rows = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
            yield from (_hit(content, document, metadata, 1.0) for content, document, metadata in rows)

    def folders(self) -> list[Path]:
        """Return the folders that the indexed pictures lie in: what may be opened when an answer is verified."""
        number = len(self)
        if self._folders[0] != number:
            self._folders = (number, sorted({Path(hit.uri).parent for hit in self.hits()}))
        return self._folders[1]

    # -- finding ------------------------------------------------------------------------------------------------------

    def search(
        self, text: str | None = None, image: Any = None, top_k: int = 4, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        """Return the pictures nearest to a text, to a picture, or to the mean of both, best first.

        Args:
            text: What to look for.
            image: Anything `Picture.of` takes.
            top_k: Most pictures to return.
            where: A Chroma metadata filter.

        Raises:
            DataError: Neither text nor image, or a `top_k` below 1.
        """
        if top_k < 1:
            raise DataError("at least one picture must be asked for", got=top_k, do="give top_k ≥ 1")
        number = min(top_k, len(self))
        if not number:
            return []
        vector = self._query(text, image)
        wanted = dict(where) if where else None
        found = self._pictures.query(
            query_embeddings=[vector.tolist()],
            n_results=number,
            where=wanted,
            include=["documents", "metadatas", "distances"],
        )
        rows = zip(*(found[key][0] for key in ("ids", "documents", "metadatas", "distances")), strict=True)
        return [_hit(content, document, metadata, 1.0 - distance) for content, document, metadata, distance in rows]

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

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(self, entries: Sequence[Entry]) -> None:
        self._folders = (-1, [])
        unique = {entry.picture.id: entry for entry in entries}
        vectors = self.encoder.encode_images([entry.picture.image for entry in unique.values()])
        known = self._pictures.get(ids=list(unique), include=[])["ids"]
        if known:
            self._pictures.delete(ids=known)  # an upsert would keep metadata keys that are gone
        self._pictures.upsert(
            ids=list(unique),
            embeddings=vectors.tolist(),
            documents=[entry.caption for entry in unique.values()],
            metadatas=[self._metadata(entry) for entry in unique.values()],
        )
        for entry in entries:
            entry.picture.forget()

    def _metadata(self, entry: Entry) -> dict[str, str | int | float | bool]:
        width, height = entry.picture.size
        own: dict[str, str | int] = {
            f"{_OWN}uri": self._uri(entry.picture),
            f"{_OWN}width": width,
            f"{_OWN}height": height,
        }
        return {**entry.metadata, **own}

    def _uri(self, picture: Picture) -> str:
        """Return the absolute path of a picture; one that is no file is kept in the store's folder."""
        if picture.uri and Path(picture.uri).is_file():
            return str(Path(picture.uri).resolve())
        if not isinstance(self.store, (str, Path)) or _is_url(self.store):
            raise DataError(
                "a picture without a file cannot be kept on a server", got=picture.name, do="save it and index its path"
            )
        kept = Path(self.store).resolve() / "pictures" / f"{picture.id}.png"
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        picture.image.save(part, "PNG")
        part.replace(kept)
        return str(kept)


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


def _hit(content: str, document: str | None, metadata: Mapping[str, Any] | None, score: float) -> Hit:
    fields = dict(metadata or {})
    uri = str(fields.get(f"{_OWN}uri", ""))
    return Hit(content, uri, score, document or "", {k: v for k, v in fields.items() if not k.startswith(_OWN)})


# -- Chroma -----------------------------------------------------------------------------------------------------------


def _is_url(store: object) -> bool:
    return str(store).lower().startswith(("http://", "https://"))


def _client(store: Any) -> Any:
    if not isinstance(store, (str, Path)):
        return store
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not _is_url(store):
        return chromadb.PersistentClient(str(Path(store).resolve()), settings)  # it keeps clients by this name
    from urllib.parse import urlsplit

    parts = urlsplit(str(store))
    ssl = parts.scheme == "https"
    try:
        return chromadb.HttpClient(parts.hostname or "", parts.port or (443 if ssl else 8000), ssl, settings=settings)
    except Exception as error:
        raise DataError("the Chroma server does not answer", got=store, do="start it: chroma run --path DIR") from error


def _loadable(model: Any) -> str:
    """Return the name by which a model can be loaded again, "" when there is none."""
    name = model if isinstance(model, str) else getattr(model, "name", "")
    if str(name).startswith("onnx:"):
        return f"onnx:{Path(name[5:]).expanduser().resolve()}"
    return str(Path(name).resolve()) if name not in ("", "tiny", "none") and Path(name).exists() else str(name)


def _collection(client: Any, name: str, made: Mapping[str, str | int]) -> Any:
    collection = client.get_or_create_collection(
        name, metadata=dict(made), configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    found = collection.metadata or {}
    if f"{_OWN}encoder" not in found:
        raise DataError("the collection is not an evidence index", got=name, do="give another name=")
    encoder = made[f"{_OWN}encoder"]
    if found[f"{_OWN}encoder"] != encoder:
        raise ModelError(
            "the index was made with another encoder",
            got=f"{encoder}, not {found[f'{_OWN}encoder']}",
            do="open it with that one, or index the pictures anew under another name=",
        )
    return collection


def _made_with(client: Any, name: str, store: object) -> Mapping[str, Any]:
    """Return what an index remembers of its making."""
    try:
        return client.get_collection(name, embedding_function=None).metadata or {}
    except Exception as error:
        raise DataError("no index there", got=f"{store} ({name})", do="make one with from_documents") from error
