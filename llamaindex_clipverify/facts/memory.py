"""Facts that outlive a process: of any picture, by its content and the very model that saw it, in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.disk_cache import Shelf
from llamaindex_clipverify.facts.encoding import pack, unpack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import Observer


class Memory(Protocol):
    """Facts that outlive a verifier: those of pictures that were looked at before."""

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return what is known of those pictures, by content id, for these checks; other facts do no harm."""
        ...

    def keep(self, facts: Sequence[Facts]) -> None:
        """Keep facts that were found."""
        ...


class DiskMemory:
    """A `Memory` on a shelf; facts of one check by one model are one value."""

    def __init__(self, shelf: Shelf | str | Path) -> None:
        """Keep facts on a shelf, or in a file of that path, made when missing."""
        self.shelf = shelf if isinstance(shelf, Shelf) else Shelf(shelf)

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return what these checks, in these versions and with these models, saw in those pictures."""
        keys = {_key(content, check.name, check.version, check.model): content for content in ids for check in checks}
        found: dict[str, Facts] = {}
        for key, value in self.shelf.get(list(keys)).items():
            try:
                part = unpack([value.decode("ascii")])
            except (DataError, UnicodeDecodeError):
                continue  # it is looked at again
            facts = found.setdefault(keys[key], Facts(part.picture, part.size))
            facts.seen |= part.seen
            facts.made_by |= part.made_by
        return found

    def keep(self, facts: Sequence[Facts]) -> None:
        """Keep what every check saw."""
        rows = {}
        for one in facts:
            for name, (version, model) in one.made_by.items():
                part = Facts(one.picture, one.size, {name: one.seen[name]}, {name: (version, model)})
                rows[_key(one.picture, name, version, model)] = "".join(pack(part)).encode("ascii")
        if rows:
            self.shelf.put(rows)


class Memories:
    """Several memories as one: the first that knows a picture is asked, and all keep what is new to it."""

    def __init__(self, *memories: Memory) -> None:
        """Ask in this order."""
        self.memories = memories

    def recall(self, ids: Sequence[str], checks: Sequence[Observer]) -> dict[str, Facts]:
        """Return the facts that any of them knows."""
        found: dict[str, Facts] = {}
        for memory in self.memories:
            left = [content for content in ids if content not in found]
            found |= memory.recall(left, checks) if left else {}
        return found

    def keep(self, facts: Sequence[Facts]) -> None:
        """Let each keep what it keeps."""
        for memory in self.memories:
            memory.keep(facts)


def _key(content: str, check: str, version: int, model: str) -> str:
    return f"{content}:{check}:{version}:{model}"
