"""Memories: facts that outlive a process, by picture content, check, version and model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.encoding import pack, unpack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import Observer


class Memory(Protocol):
    """Facts that outlive a verifier: those of pictures that were observed before."""

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the known facts of pictures by content id; facts of other checks may be among them."""
        ...

    def keep(self, facts: Sequence[Facts]) -> None:
        """Store new facts."""
        ...


class DiskMemory:
    """A `Memory` in a disk cache: the facts of one check by one model are one value."""

    def __init__(self, cache: DiskCache | str | Path) -> None:
        """Use a cache, or the file at that path, created when missing."""
        self.cache = cache if isinstance(cache, DiskCache) else DiskCache(cache)

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the facts of these checks, in these versions and with these models, by picture."""
        keys = {_key(content, check.name, check.version, check.model): content for content in ids for check in checks}
        recalled: dict[str, Facts] = {}
        for key, value in self.cache.get(list(keys)).items():
            try:
                part = unpack([value.decode("ascii")])
            except (DataError, UnicodeDecodeError, AttributeError):
                continue  # the picture is observed again
            facts = recalled.setdefault(keys[key], Facts(picture=part.picture, size=part.size))
            facts.seen |= part.seen
            facts.made_by |= part.made_by
        return recalled

    def keep(self, facts: Sequence[Facts]) -> None:
        """Store the facts of every check."""
        rows = {}
        for known in facts:
            for name, (version, model) in known.made_by.items():
                part = Facts(
                    picture=known.picture,
                    size=known.size,
                    seen={name: known.seen[name]},
                    made_by={name: (version, model)},
                )
                rows[_key(known.picture, name, version, model)] = "".join(pack(part)).encode("ascii")
        if rows:
            self.cache.put(rows)


class Memories:
    """Several memories as one: each is asked for what those before it do not know, and all keep new facts."""

    def __init__(self, *memories: Memory) -> None:
        """Ask in this order."""
        self.memories = memories

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the facts that any memory knows."""
        recalled: dict[str, Facts] = {}
        for memory in self.memories:
            missing = [content for content in ids if content not in recalled]
            recalled |= memory.recall(missing, checks) if missing else {}
        return recalled

    def keep(self, facts: Sequence[Facts]) -> None:
        """Store facts in every memory."""
        for memory in self.memories:
            memory.keep(facts)


def _key(content: str, check: str, version: int, model: str) -> str:
    return f"{content}:{check}:{version}:{model}"
