"""Text vectors of one encoder, kept: foils and common claims are encoded once, whatever check asks for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import RLock

import numpy as np

from llamaindex_clipverify.protocols import Array, Encoder

PROMPT = "a photo of {}"
"""The frame that a phrase is put in (Radford et al. 2021, section 3.1.4)."""


class TextVectors:
    """A least-recently-used table from prompted phrase to unit vector; thread-safe."""

    def __init__(self, encoder: Encoder, limit: int = 50_000) -> None:
        """Keep at most `limit` vectors of `encoder`."""
        self.encoder = encoder
        self.limit = limit
        self._table: OrderedDict[str, Array] = OrderedDict()
        self._lock = RLock()

    def of(self, phrases: Sequence[str]) -> Array:
        """Return float32 (phrases, D); missing ones are encoded in one batch."""
        with self._lock:
            missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._table]
            if missing:
                vectors = self.encoder.encode_texts([PROMPT.format(phrase) for phrase in missing])
                self._table.update(zip(missing, vectors, strict=True))
            rows = [self._take(phrase) for phrase in phrases]
            while len(self._table) > self.limit:
                self._table.popitem(last=False)
            return np.stack(rows)

    def _take(self, phrase: str) -> Array:
        self._table.move_to_end(phrase)
        return self._table[phrase]
