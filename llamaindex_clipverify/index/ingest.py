"""Ingest: pictures are read, observed and written at the same time, in batches, so that memory stays bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.vectors import picture_vector, why_no_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.index.records import Records
from llamaindex_clipverify.index.schema import Added, Entry, users_of

_AT_ONCE = 32
_AHEAD = 2
"""Batches read ahead of the observed one, and batches waiting to be written."""


@dataclass
class _Batch:
    """Pictures that were read, each content once, with their records."""

    entries: dict[str, Entry]
    order: list[str | None]
    """Content id of each picture, in the order given; None where it cannot be read."""
    known: Mapping[str, Mapping[str, Any]]
    facts: dict[str, Facts]
    """Facts of all pictures; incomplete ones are to be observed."""
    skipped: list[tuple[str, PictureError]] = field(default_factory=list)
    todo: frozenset[str] = frozenset()
    """Ids of the pictures that were observed."""

    def leave_out(self, entry: Entry, why: PictureError, content: str | None = None) -> None:
        """Record that a picture cannot be indexed; `content` is its id if it could be read."""
        self.skipped.append((entry.picture.name, why))
        if content is not None:
            del self.entries[content]
            self.facts.pop(content, None)
            self.order = [None if other == content else other for other in self.order]


def ingest(
    records: Records,
    checks: Sequence[Check],
    entries: Sequence[Entry],
    strict: bool,
    progress: Callable[[int, int], None] | None,
) -> Added:
    """Index pictures, observed by some checks; see `EvidenceIndex.add`."""
    places: list[str | None] = []
    skipped: list[tuple[str, str]] = []
    new = done = 0
    pending: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, "reading") as readers, ThreadPoolExecutor(1, "writing") as writers:
        for batch in _read(records, checks, entries, readers):
            _observe(checks, batch)
            for name, error in batch.skipped:
                if strict:
                    raise error
                skipped.append((name, str(error)))
            pending.append(writers.submit(_write, records, batch))
            while len(pending) > _AHEAD:
                pending.popleft().result()
            places += batch.order
            new += len(batch.todo)
            done += len(batch.order)
            if progress is not None:
                progress(done, len(entries))
        for writing in pending:
            writing.result()
    changed = tuple((entry.picture.name, what) for entry in entries for what in entry.changed)
    return Added(places=tuple(places), new=new, skipped=tuple(skipped), changed=changed)


def _read(
    records: Records, checks: Sequence[Check], entries: Sequence[Entry], readers: ThreadPoolExecutor
) -> Iterator[_Batch]:
    """Yield batches; some are read ahead."""
    parts = (entries[start : start + _AT_ONCE] for start in range(0, len(entries), _AT_ONCE))
    coming: deque[Future[_Batch]] = deque()
    for part in parts:
        coming.append(readers.submit(_opened, records, checks, part))
        if len(coming) > _AHEAD:
            yield coming.popleft().result()
    while coming:
        yield coming.popleft().result()


def _opened(records: Records, checks: Sequence[Check], part: Sequence[Entry]) -> _Batch:
    """Read files, look up their records, and decode the pictures that are to be observed."""
    batch = _Batch({}, [], {}, {})
    for entry in part:
        try:
            batch.entries[entry.picture.id] = entry  # of several, the last caption is kept
            batch.order.append(entry.picture.id)
        except PictureError as error:
            batch.leave_out(entry, error)
            batch.order.append(None)
    batch.known = records.known(list(batch.entries)) if batch.entries else {}
    for content, entry in list(batch.entries.items()):
        stored = (batch.known.get(content) or {}).get("facts")
        if stored is not None and all(stored.has(check) for check in checks):
            batch.facts[content] = stored
            entry.picture.forget()
            continue
        try:
            size = entry.picture.size
            _ = entry.picture.image
            batch.facts[content] = stored or Facts(picture=content, size=size)
        except PictureError as error:
            batch.leave_out(entry, error, content)
    return batch


def _observe(checks: Sequence[Check], batch: _Batch) -> None:
    todo = [content for content, facts in batch.facts.items() if not all(facts.has(check) for check in checks)]
    observe(checks, [batch.entries[content].picture for content in todo], [batch.facts[content] for content in todo])
    batch.todo = frozenset(todo)
    for content in todo:
        facts = batch.facts[content]
        if picture_vector(facts) is None:
            why = PictureError("the encoder cannot see the picture", got=why_no_vector(facts))
            batch.leave_out(batch.entries[content], why, content)


def _write(records: Records, batch: _Batch) -> None:
    rows = [
        (entry, batch.facts[content])
        for content, entry in batch.entries.items()
        if content in batch.todo or _changed(entry, batch.known[content])
    ]
    if rows:
        records.write(rows, batch.known)
    for entry in batch.entries.values():
        entry.picture.forget()


def _changed(entry: Entry, known: Mapping[str, Any]) -> bool:
    """Whether caption or metadata have changed."""
    return known["caption"] != entry.caption or users_of(known["metadata"]) != dict(entry.metadata)
