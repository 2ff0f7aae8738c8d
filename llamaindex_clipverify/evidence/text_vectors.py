"""Text vectors of one encoder, cached: foils and common claims are encoded once, whichever check needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock

import numpy as np
from cachetools import LRUCache

from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.encoding import text_vectors
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Encoder

PROMPT = "a photo of {}"
"""Prompt template around a phrase (Radford et al. 2021, section 3.1.4)."""
_STACKS = 512
"""Sets of phrases whose stacked vectors are kept: a claim and its foils are needed again for every picture."""


def _no_stacks() -> LRUCache[tuple[str, ...], Array]:
    return LRUCache(_STACKS)


class TextVectors(Portable):
    """A least-recently-used cache from phrase to unit vector; thread-safe."""

    _not_pickled = {"_vectors": dict, "_stacks": _no_stacks}  # noqa: RUF012

    def __init__(self, encoder: Encoder, limit: int = 50_000, disk: DiskCache | None = None) -> None:
        """Keep at most `limit` vectors of `encoder` in memory, and all of them on disk if a cache is given."""
        self.encoder = encoder
        self.limit = limit
        self.disk = disk
        self._vectors: dict[str, Array] = {}
        self._stacks = _no_stacks()
        self._lock = RLock()

    def of(self, phrases: Sequence[str]) -> Array:
        """Return float32 (phrases, D), read-only; missing phrases are encoded in one batch."""
        key = tuple(phrases)
        with self._lock:
            if (stack := self._stacks.get(key)) is not None:
                return stack
            self._load([phrase for phrase in dict.fromkeys(phrases) if phrase not in self._vectors])
            stack = np.stack([self._used(phrase) for phrase in phrases])
            self._forget()
            self._stacks[key] = stack
            return stack

    def prepare(self, phrases: Iterable[str]) -> None:
        """Encode phrases that are missing in one batch, as many as are kept, before they are asked for one by one."""
        with self._lock:
            missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._vectors]
            self._load(missing[: self.limit])
            self._forget()

    def _forget(self) -> None:
        """Drop the vectors that were least recently used, beyond the limit."""
        while len(self._vectors) > self.limit:
            del self._vectors[next(iter(self._vectors))]

    def _used(self, phrase: str) -> Array:
        """Return a vector and make it the most recently used; a dict is quicker here than an LRUCache of 50,000."""
        vector = self._vectors[phrase] = self._vectors.pop(phrase)
        return vector

    def _load(self, phrases: list[str]) -> None:
        """Read vectors from disk, and encode those that are not there."""
        if not phrases:
            return
        known = self.disk.get([self._key(phrase) for phrase in phrases]) if self.disk is not None else {}
        for phrase in phrases:
            if (vector := _read(known.get(self._key(phrase)))) is not None:
                self._vectors[phrase] = vector
        missing = [phrase for phrase in phrases if phrase not in self._vectors]
        if not missing:
            return
        vectors = text_vectors(self.encoder, [PROMPT.format(phrase) for phrase in missing])
        self._vectors.update(zip(missing, vectors, strict=True))
        if self.disk is not None:
            rows = zip(missing, vectors, strict=True)
            self.disk.put({self._key(phrase): vector.astype(np.float32).tobytes() for phrase, vector in rows})

    def _key(self, phrase: str) -> str:
        return f"{self.encoder.id}|{PROMPT.format(phrase)}"


def is_known(vector: Array) -> bool:
    """Return whether an encoder has a vector for a text: it is 0 where published vectors lack the text."""
    return bool(vector[0]) or bool(vector.any())


def _read(value: bytes | None) -> Array | None:
    """Return a stored vector; None for none, and for a damaged one, which is encoded again."""
    if not isinstance(value, bytes) or not value or len(value) % 4:
        return None
    vector = np.frombuffer(value, np.float32)
    return vector if bool(np.isfinite(vector).all()) and 0.5 < float(vector @ vector) < 2 else None
