"""Text vectors of one encoder, kept: foils and common claims are encoded once, whatever check asks for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import RLock

import numpy as np

from llamaindex_clipverify.facts.disk_cache import Shelf
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Encoder

PROMPT = "a photo of {}"
"""The frame that a phrase is put in (Radford et al. 2021, section 3.1.4)."""


_STACKS = 512
"""Sets of phrases whose vectors are kept stacked: a claim and its foils are asked for in every picture."""


class TextVectors(Portable):
    """A least-recently-used table from prompted phrase to unit vector; thread-safe."""

    _not_pickled = {"_table": OrderedDict, "_stacks": dict}  # noqa: RUF012

    def __init__(self, encoder: Encoder, limit: int = 50_000, shelf: Shelf | None = None) -> None:
        """Keep at most `limit` vectors of `encoder` in memory, and all of them on a shelf where there is one."""
        self.encoder = encoder
        self.limit = limit
        self.shelf = shelf
        self._table: OrderedDict[str, Array] = OrderedDict()
        self._stacks: dict[tuple[str, ...], Array] = {}
        self._lock = RLock()

    def of(self, phrases: Sequence[str]) -> Array:
        """Return float32 (phrases, D), not to be written to; missing ones are encoded in one batch."""
        key = tuple(phrases)
        with self._lock:
            if (stacked := self._stacks.get(key)) is not None:
                return stacked
            missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._table]
            if missing and self.shelf is not None:
                missing = self._unshelved(missing, self.shelf)
            if missing:
                vectors = self.encoder.encode_texts([PROMPT.format(phrase) for phrase in missing])
                self._table.update(zip(missing, vectors, strict=True))
                if self.shelf is not None:
                    new = zip(missing, vectors, strict=True)
                    self.shelf.put({self._key(phrase): vector.astype(np.float32).tobytes() for phrase, vector in new})
            rows = [self._take(phrase) for phrase in phrases]
            while len(self._table) > self.limit:
                self._table.popitem(last=False)
            if len(self._stacks) >= _STACKS:
                self._stacks.clear()
            stacked = self._stacks[key] = np.stack(rows)
            return stacked

    def _unshelved(self, phrases: Sequence[str], shelf: Shelf) -> list[str]:
        """Take what is on the shelf and return the rest."""
        found = shelf.get([self._key(phrase) for phrase in phrases])
        for phrase in phrases:
            if (value := found.get(self._key(phrase))) is not None:
                self._table[phrase] = np.frombuffer(value, np.float32)
        return [phrase for phrase in phrases if phrase not in self._table]

    def _key(self, phrase: str) -> str:
        return f"{self.encoder.id}|{PROMPT.format(phrase)}"

    def _take(self, phrase: str) -> Array:
        self._table.move_to_end(phrase)
        return self._table[phrase]
