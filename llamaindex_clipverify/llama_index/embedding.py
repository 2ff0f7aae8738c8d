"""A LlamaIndex multi-modal embedding for any `Encoder`: batched and normalised, without blocking the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.embeddings.base import Embedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.embeddings import MultiModalEmbedding
from llama_index.core.instrumentation.events.embedding import EmbeddingEndEvent, EmbeddingStartEvent
from llama_index.core.schema import ImageType
from llama_index_instrumentation import get_dispatcher

from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.protocols import Encoder
from llamaindex_clipverify.models.registry import load_encoder
from llamaindex_clipverify.picture import Picture

dispatcher = get_dispatcher(__name__)


class ClipVerifyEmbedding(MultiModalEmbedding):
    """Pictures and texts as unit vectors of one space.

    Pictures may be paths, bytes, ``BytesIO``, PIL images or `Picture`s; EXIF orientation is applied. Texts beyond the model's
    length are cut before its end token, which is logged. Serialises by its name;
    an encoder given as an object must be given again.
    """

    encoder: str = Field(description="Name, hub id or folder of the encoder.")
    _encoder: Encoder | None = PrivateAttr(default=None)

    def __init__(self, encoder: str | Encoder, embed_batch_size: int = 32, **options: Any) -> None:
        """Embed with a named encoder (read on first use) or an `Encoder` object."""
        name = encoder if isinstance(encoder, str) else encoder.id
        options.setdefault("model_name", name)
        options["encoder"] = name
        super().__init__(embed_batch_size=embed_batch_size, **options)
        self._encoder = None if isinstance(encoder, str) else encoder

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyEmbedding"

    def _model(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder(self.encoder)
        return self._encoder

    def _get_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return _rows(self._model().encode_texts(texts))

    def _get_text_embedding(self, text: str) -> Embedding:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._get_text_embedding(query)

    def _get_image_embeddings(self, img_file_paths: list[ImageType]) -> list[Embedding]:
        dispatcher.event(EmbeddingStartEvent(model_dict=self.to_dict()))
        pictures = [Picture.of(source) for source in img_file_paths]
        rows = _rows(self._model().encode_images([picture.image for picture in pictures]))
        dispatcher.event(EmbeddingEndEvent(chunks=[picture.name for picture in pictures], embeddings=rows))
        return rows

    def _get_image_embedding(self, img_file_path: ImageType) -> Embedding:
        return self._get_image_embeddings([img_file_path])[0]

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> Embedding:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[Embedding]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    async def _aget_image_embedding(self, img_file_path: ImageType) -> Embedding:
        return await asyncio.to_thread(self._get_image_embedding, img_file_path)

    async def _aget_image_embeddings(self, img_file_paths: list[ImageType]) -> list[Embedding]:
        return await asyncio.to_thread(self._get_image_embeddings, img_file_paths)


def _rows(vectors: Array) -> list[Embedding]:
    rows: list[Embedding] = vectors.tolist()
    return rows
