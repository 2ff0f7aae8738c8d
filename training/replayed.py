"""An encoder that looks vectors up: published vectors of real weights, where the weights are not at hand.

It encodes whole photographs, known by their pixels, and "a NOUN"; everything else gets a zero vector, which is like nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from llamaindex_clipverify import Picture
from llamaindex_clipverify.geometry import Array

_PROMPT, _ARTICLES = "a photo of ", ("a ", "an ")
_SIDE = 64


class Replayed:
    """Vectors of CLIP ViT-B/32 from a folder with photo_vectors.npz, text_vectors.npz and photos/."""

    id = "openai/clip-vit-base-patch32@replayed"
    logit_scale = 100.0

    def __init__(self, folder: Path) -> None:
        """Read the vectors (N, 512) of the photographs and of the nouns, and the pixels of the photographs."""
        with np.load(folder / "photo_vectors.npz") as data:
            rows = zip(data["files"].tolist(), _unit(data["image"]), strict=True)
            self._pictures = {_key(Picture.of(folder / str(name)).image): vector for name, vector in rows}
        with np.load(folder / "text_vectors.npz") as data:
            self.nouns: list[str] = data["nouns"].tolist()
            self._texts = dict(zip(self.nouns, _unit(data["vectors"]), strict=True))
        self._nothing = np.zeros(len(next(iter(self._texts.values()))), np.float32)

    def knows(self, phrase: str) -> bool:
        """Return whether a phrase has a vector."""
        return _noun(phrase) in self._texts

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 (images, 512)."""
        return np.stack([self._pictures.get(_key(image), self._nothing) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 (texts, 512)."""
        return np.stack([self._texts.get(_noun(text), self._nothing) for text in texts])


def _unit(rows: Array) -> Array:
    found: Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def _key(image: Image.Image) -> str:
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return hashlib.sha1(np.asarray(small).tobytes(), usedforsecurity=False).hexdigest()


def _noun(text: str) -> str:
    noun = text.lower().strip(" .").removeprefix(_PROMPT)
    return next((noun.removeprefix(article) for article in _ARTICLES if noun.startswith(article)), noun)
