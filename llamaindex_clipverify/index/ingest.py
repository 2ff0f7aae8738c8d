"""How pictures get into an index: read, looked at and written at the same time, in batches, so that memory stays bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.index.schema import Added, Entry, users_of

if TYPE_CHECKING:
    from llamaindex_clipverify.index.index import EvidenceIndex

_AT_ONCE = 32
_AHEAD = 2
"""Batches read ahead of the one that is looked at, and batches waiting to be written."""


@dataclass
class _Batch:
    """Pictures that were read, each content once, with what the index knows of them."""

    entries: dict[str, Entry]
    order: list[str | None]
    """Content id of each picture, in the order given; None where it cannot be read."""
    known: Mapping[str, Mapping[str, Any]]
    facts: dict[str, Facts]
    """Of all of them; those that are not whole are to be looked at."""
    skipped: list[tuple[str, PictureError]] = field(default_factory=list)
    todo: frozenset[str] = frozenset()
    """Those that were looked at."""

    def leave_out(self, entry: Entry, why: PictureError, content: str | None = None) -> None:
        """Note that a picture cannot be indexed; `content` is its id where it could be read."""
        self.skipped.append((entry.picture.name, why))
        if content is not None:
            del self.entries[content]
            self.facts.pop(content, None)
            self.order = [None if one == content else one for one in self.order]


def ingest(
    index: EvidenceIndex, entries: Sequence[Entry], strict: bool, progress: Callable[[int, int], None] | None
) -> Added:
    """Index pictures; see `EvidenceIndex.add`."""
    places: list[str | None] = []
    skipped: list[tuple[str, str]] = []
    new = done = 0
    pending: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, "reading") as readers, ThreadPoolExecutor(1, "writing") as writers:
        for batch in _read(index, entries, readers):
            _look(index, batch)
            for name, error in batch.skipped:
                if strict:
                    raise error
                skipped.append((name, str(error)))
            pending.append(writers.submit(_write, index, batch))
            while len(pending) > _AHEAD:
                pending.popleft().result()
            places += batch.order
            new += len(batch.todo)
            done += len(batch.order)
            if progress is not None:
                progress(done, len(entries))
        for one in pending:
            one.result()
    return Added(tuple(places), new, tuple(skipped))


def _read(index: EvidenceIndex, entries: Sequence[Entry], readers: ThreadPoolExecutor) -> Iterator[_Batch]:
    """Yield batches, of which some are read ahead."""
    parts = (entries[start : start + _AT_ONCE] for start in range(0, len(entries), _AT_ONCE))
    coming: deque[Future[_Batch]] = deque()
    for part in parts:
        coming.append(readers.submit(_opened, index, part))
        if len(coming) > _AHEAD:
            yield coming.popleft().result()
    while coming:
        yield coming.popleft().result()


def _opened(index: EvidenceIndex, part: Sequence[Entry]) -> _Batch:
    """Read files, ask the index what it knows of them, and decode those that are to be looked at."""
    batch = _Batch({}, [], {}, {})
    for entry in part:
        try:
            batch.entries[entry.picture.id] = entry  # the last one's caption counts
            batch.order.append(entry.picture.id)
        except PictureError as error:
            batch.leave_out(entry, error)
            batch.order.append(None)
    batch.known = index.known(list(batch.entries)) if batch.entries else {}
    for content, entry in list(batch.entries.items()):
        stored = (batch.known.get(content) or {}).get("facts")
        if stored is not None and all(stored.has(check) for check in index.observer.checks):
            batch.facts[content] = stored
            entry.picture.forget()
            continue
        try:
            size = entry.picture.size
            _ = entry.picture.image
            batch.facts[content] = stored or Facts(content, size)
        except PictureError as error:
            batch.leave_out(entry, error, content)
    return batch


def _look(index: EvidenceIndex, batch: _Batch) -> None:
    checks = index.observer.checks
    todo = [content for content, facts in batch.facts.items() if not all(facts.has(check) for check in checks)]
    observe(checks, [batch.entries[content].picture for content in todo], [batch.facts[content] for content in todo])
    batch.todo = frozenset(todo)
    for content in todo:
        facts = batch.facts[content]
        if "similarity" not in facts.seen:
            why = PictureError("the encoder cannot see the picture", got=facts.failed.get("similarity", ""))
            batch.leave_out(batch.entries[content], why, content)


def _write(index: EvidenceIndex, batch: _Batch) -> None:
    rows = [
        (entry, batch.facts[content])
        for content, entry in batch.entries.items()
        if content in batch.todo or _changed(entry, batch.known[content])
    ]
    if rows:
        index.write(rows, batch.known)
    for entry in batch.entries.values():
        entry.picture.forget()


def _changed(entry: Entry, known: Mapping[str, Any]) -> bool:
    """Whether caption or metadata are not as they were."""
    return known["caption"] != entry.caption or users_of(known["metadata"]) != dict(entry.metadata)
