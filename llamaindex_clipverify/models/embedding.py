"""Wraps a multimodal embedding as an encoder: LlamaIndex's MultiModalEmbedding, ClipEmbedding and classes alike."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.identity import identity
from llamaindex_clipverify.models.pickling import Portable

SCALE = 100.0
"""Logit scale of the published CLIP models; an embedding does not expose its own."""
_SHORTEST = 16
"""Minimum length of a text after cutting, in characters."""
_log = logging.getLogger(__name__)


class EmbeddingEncoder(Portable):
    """An `Encoder` on an embedding: normalises its vectors to length 1 and cuts texts that it rejects as too long.

    A cut is logged as a warning. Embeddings give no gradients, so there are no heat maps.
    """

    def __init__(self, embedding: Any, logit_scale: float = SCALE) -> None:
        """Take an embedding with ``get_text_embedding_batch`` and ``get_image_embedding_batch``."""
        self.embedding, self.logit_scale = embedding, logit_scale
        self._lock = RLock()

    @cached_property
    def id(self) -> str:
        """Class and model name, for a file or folder the weights in it: vectors of two embeddings must never be mixed."""
        kind = getattr(self.embedding, "class_name", lambda: type(self.embedding).__name__)()
        name = str(getattr(self.embedding, "model_name", ""))
        return f"{kind}:{identity(name) if name else name}"

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 (images, D), rows of length 1; pictures are passed as PNG in memory."""
        return self._asked("pictures", self.embedding.get_image_embedding_batch, [_file(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 (texts, D), rows of length 1; a text too long for the model is cut by a quarter until it fits."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        try:
            return self._asked("texts", self.embedding.get_text_embedding_batch, list(texts))
        except ModelError:
            return np.concatenate([self._cut(text) for text in texts])

    def _cut(self, text: str) -> Array:
        length = len(text)
        while True:
            try:
                vector = self._asked("a text", self.embedding.get_text_embedding_batch, [text[:length]])
            except ModelError:
                if length <= _SHORTEST:
                    raise
                length = 3 * length // 4
            else:
                if length < len(text):
                    _log.warning("%s: a text of %d characters is too long; %d were read", self.id, len(text), length)
                return vector

    def _asked(self, what: str, ask: Callable[[list[Any]], Any], given: list[Any]) -> Array:
        if not given:
            return np.zeros((0, 0), np.float32)
        try:
            with self._lock:
                vectors = np.asarray(ask(given), np.float32)
        except Exception as error:
            raise ModelError(
                f"the embedding refuses {what}", got=f"{self.id} ({error})", do="see its message"
            ) from error
        if vectors.ndim != 2 or len(vectors) != len(given) or not np.isfinite(vectors).all():
            raise ModelError(
                "the embedding returns no vectors", got=f"{self.id}, shape {vectors.shape}", do="take another"
            )
        found: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return found


def _file(image: Image.Image) -> io.BytesIO:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    stream.seek(0)
    return stream
