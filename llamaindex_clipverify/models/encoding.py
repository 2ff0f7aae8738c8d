"""Calls of an encoder, which may be anybody's: what it returns is checked before anything is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.protocols import Encoder

_DO = "return one row of numbers for each, all equally long: float32 (n, D)"


def image_vectors(encoder: Encoder, images: Sequence[Any]) -> Array:
    """Return float32 (images, D).

    Raises:
        ModelError: The encoder fails, or returns anything else.
    """
    with telling(ModelError, "the encoder failed on pictures", got=encoder.id, do="see its own documentation"):
        rows = encoder.encode_images(images)
    return _checked(rows, len(images), encoder.id)


def text_vectors(encoder: Encoder, texts: Sequence[str]) -> Array:
    """Return float32 (texts, D); errors as `image_vectors`."""
    with telling(ModelError, "the encoder failed on texts", got=encoder.id, do="see its own documentation"):
        rows = encoder.encode_texts(texts)
    return _checked(rows, len(texts), encoder.id)


def _checked(rows: Any, count: int, name: str) -> Array:
    try:
        made: Array = np.asarray(rows, np.float32)
    except (TypeError, ValueError) as error:
        raise ModelError("an encoder returns no vectors", got=f"{type(rows).__name__} of {name}", do=_DO) from error
    if made.ndim != 2 or len(made) != count or (count and not made.shape[1]):
        raise ModelError("an encoder returns no vectors", got=f"{made.shape} for {count} of {name}", do=_DO)
    return made
