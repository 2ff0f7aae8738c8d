"""LangChain integration with langchain-core only: a retriever, a document compressor, and a step that adds the report.

A picture is a `Document` whose text is its caption and whose metadata names its file; documents of langchain_chroma's
``add_images``, whose text is the picture itself in base64, are read as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun, Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import AddableDict, Runnable, RunnableGenerator
from pydantic import ConfigDict, Field

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.boundary.texts import is_binary
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Hit
from llamaindex_clipverify.node_pictures import Access, path_in, picture_text
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.ranking import rank_by_question, require_encoder
from llamaindex_clipverify.verification.streaming import on_sources
from llamaindex_clipverify.verification.verifier import Verifier

KEY = "clipverify"
"""Where a step's output holds the report, in its JSON form."""
SCORE = "clipverify_score"
"""Metadata key of a picture's cosine with the query, -1 to 1."""


class ClipVerifyRetriever(BaseRetriever):
    """Finds pictures in an `EvidenceIndex`, best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    index: EvidenceIndex
    top_k: int = Field(default=4, ge=1, description="Most pictures.")
    where: dict[str, Any] | None = Field(default=None, description="A Chroma filter on the pictures' metadata.")

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager  # the search has no callbacks
        return [_document(hit) for hit in self.index.search(query, top_k=self.top_k, where=self.where)]


class ClipVerifyCompressor(BaseDocumentCompressor):
    """Ranks pictures by their cosine with the query and drops distant ones; documents without a picture follow, unchanged.

    So do documents whose picture cannot be opened or read: the report on the answer names them in its `gaps`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    verifier: Verifier
    cutoff: float | None = Field(default=None, description="Pictures with a lower cosine are dropped.")
    top_n: int | None = Field(default=None, description="Most pictures to keep.")
    folders: list[str] = Field(default_factory=list, description="Paths in documents are opened only inside these.")

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: Callbacks | None = None,
    ) -> Sequence[Document]:
        """Return the remaining documents with their score; the given documents are not changed.

        Raises:
            DataError: The verifier has no encoder.
        """
        require_encoder(self.verifier)
        access = Access(self.folders)
        sources = [Source.tried(partial(source_of, document, access)) for document in documents]
        ranked = rank_by_question(self.verifier, query, sources, self.cutoff, self.top_n)
        kept = [_scored(documents[picture.index], picture.cosine) for picture in ranked.pictures]
        return [*kept, *(documents[index] for index in ranked.others)]


def _scored(document: Document, score: float) -> Document:
    return document.model_copy(update={"metadata": {**document.metadata, SCORE: score}})


def as_runnable(
    verifier: Verifier,
    *,
    answer: str = "answer",
    documents: str = "context",
    images: str = "images",
    question: str = "input",
    folders: Sequence[str | Path] = (),
) -> Runnable[Mapping[str, Any], dict[str, Any]]:
    """Return a step that adds the report on the answer to its input, under ``clipverify``.

    In a stream the chunks of the input pass through as they come, and the report follows when the answer is complete.

    A source that may not be opened or cannot be read is a gap of the report, and the answer is verified on the others. An answer
    that could not be verified at all has a report without trust, whose notes say why.

    Args:
        verifier: Verifies the answer.
        answer: Key of the answer: a text, or a message.
        documents: Key of the retrieved documents: pictures, and passages that may support what no picture shows; texts are
            passages.
        images: Key of further pictures: anything that `Picture.of` takes.
        question: Key of the question.
        folders: Paths in documents are opened only inside these.

    Raises (when it runs):
        DataError: The input holds no answer.
    """

    def verify(given: Mapping[str, Any]) -> AddableDict:
        if answer not in given:
            raise DataError(
                "no answer in the step's input", got=", ".join(map(str, given)), do=f"name its key: answer={answer!r}"
            )
        said, asked = given[answer], given.get(question)
        text = said if isinstance(said, str) else str(getattr(said, "text", None) or getattr(said, "content", said))
        access = Access(folders)
        sources = [
            *(Source.tried(partial(source_of, one, access)) for one in _listed(given.get(documents))),
            *(Source.tried(partial(Source.of_picture, one)) for one in _listed(given.get(images))),
        ]
        report = on_sources(verifier, text, sources, asked if isinstance(asked, str) else None)
        return AddableDict({KEY: report.to_dict()})

    def transform(chunks: Iterator[Mapping[str, Any]]) -> Iterator[AddableDict]:
        whole = AddableDict()
        for chunk in chunks:
            whole += _chunk(chunk)
            yield _chunk(chunk)
        yield verify(whole)

    async def atransform(chunks: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[AddableDict]:
        whole = AddableDict()
        async for chunk in chunks:
            whole += _chunk(chunk)
            yield _chunk(chunk)
        yield await asyncio.to_thread(verify, whole)

    return RunnableGenerator(transform, atransform, name="clipverify")


def _chunk(given: Mapping[str, Any]) -> AddableDict:
    """Return a part of the step's input in the form that LangChain adds up.

    Raises:
        DataError: No mapping.
    """
    if not isinstance(given, Mapping):
        raise DataError("the step's input is no mapping", got=type(given).__name__, do="give a dict with the answer")
    return AddableDict(given)


def _listed(given: Any) -> list[Any]:
    """Return what a key of the input holds as a list: nothing, one thing, or several."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple, set, Iterator)) else [given]


def source_of(document: Document | str, access: Access) -> Source:
    """Return the source in a document, or in a text that was made of documents; errors as `picture_of`."""
    if isinstance(document, str):
        return Source(text=document)
    picture = picture_of(document, access)
    passage = "" if is_binary(document.page_content) else document.page_content
    return Source(picture=picture) if picture is not None else Source(text=passage)


def picture_of(document: Document, access: Access) -> Picture | None:
    """Return the picture of a document, or None for a passage.

    Raises:
        PictureError: A path outside the folders.
    """
    data = picture_text(document.page_content)
    if data is not None:
        return Picture.of(data)
    path = path_in(document.metadata)
    return access.picture_at(path) if path else access.picture_named(document.page_content)


def _document(hit: Hit) -> Document:
    metadata: dict[str, Any] = {**hit.metadata, "image_path": hit.uri, SCORE: hit.score}
    if hit.region is not None:
        metadata |= {"region": [round(float(edge), 1) for edge in hit.region], "region_label": hit.label}
    return Document(page_content=hit.caption, metadata=metadata, id=hit.id)
