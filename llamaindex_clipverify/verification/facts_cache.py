"""Observation of pictures with memory: every picture is observed once, and its facts are recalled afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from threading import RLock

from cachetools import LRUCache

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.stored import is_sound
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import Memory
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.picture import Picture

_AT_ONCE = 32
"""Pictures whose pixels are held in memory at a time."""


class FactsCache(Portable):
    """The facts of the most recently used pictures, backed by a `Memory` beyond this process; thread-safe."""

    def __init__(self, size: int, memory: Memory | None = None) -> None:
        """Keep the facts of `size` pictures in this process."""
        self.size = size
        self.memory = memory
        self._facts: LRUCache[str, Facts] | None = None
        self._lock = RLock()

    _not_pickled = {"_facts": lambda: None}  # noqa: RUF012

    def observe(self, checks: Sequence[Check], pictures: Sequence[Picture]) -> list[Facts | PictureError]:
        """Return, for each picture, the facts of all checks, or the error if it cannot be read.

        Files and addresses are read before the lock is taken: a slow one keeps nobody else waiting.
        """
        found: list[Facts | PictureError] = []
        for start in range(0, len(pictures), _AT_ONCE):
            part = pictures[start : start + _AT_ONCE]
            for picture in part:
                with suppress(PictureError):
                    _ = picture.id
            with self._lock:
                found += self._observe(checks, part)
        return found

    def keep(self, facts: Facts) -> None:
        """Replace the facts of a picture."""
        with self._lock:
            if self.size:
                self._cache[facts.picture] = facts
            if self.memory is not None:
                self.memory.keep([facts])

    def _observe(self, checks: Sequence[Check], pictures: Sequence[Picture]) -> list[Facts | PictureError]:
        results = self._known(checks, pictures)
        to_see = {
            picture.id: (picture, seen)
            for picture, seen in zip(pictures, results, strict=True)
            if isinstance(seen, Facts)
        }
        facts = [seen for _, seen in to_see.values()]
        before = [dict(seen.made_by) for seen in facts]
        observe(checks, [picture for picture, _ in to_see.values()], facts)
        new = [seen for seen, made_by in zip(facts, before, strict=True) if seen.made_by != made_by]
        if self.memory is not None and new:
            self.memory.keep(new)
        for seen in facts:
            if seen.failed:
                self._cache.pop(seen.picture, None)  # the picture is observed again next time
            elif self.size:
                self._cache[seen.picture] = seen
        for picture in pictures:
            picture.forget()
        return results

    def _known(self, checks: Sequence[Check], pictures: Sequence[Picture]) -> list[Facts | PictureError]:
        """Return the facts known so far, which may be empty, or the error of each picture."""
        recalled = self._recalled(checks, pictures)
        results: list[Facts | PictureError] = []
        batch: dict[str, Facts] = {}
        for picture in pictures:
            try:
                known = batch.get(picture.id) or self._cache.get(picture.id) or recalled.get(picture.id)
                batch[picture.id] = known or Facts(picture=picture.id, size=picture.size)
                results.append(batch[picture.id])
            except PictureError as error:
                results.append(error)
        return results

    def _recalled(self, checks: Sequence[Check], pictures: Sequence[Picture]) -> dict[str, Facts]:
        """Return the facts that the memory has of readable pictures that are not in this cache."""
        if self.memory is None:
            return {}
        wanted: dict[str, None] = {}
        for picture in pictures:
            with suppress(PictureError):
                if picture.id not in self._cache:
                    wanted[picture.id] = None
        recalled = self.memory.recall(list(wanted), checks) if wanted else {}
        return {content: facts for content, facts in recalled.items() if facts.picture == content and is_sound(facts)}

    @property
    def _cache(self) -> LRUCache[str, Facts]:
        if self._facts is None:
            self._facts = LRUCache(self.size)
        return self._facts
