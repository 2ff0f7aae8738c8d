"""The index of a server: what retrievers and engines need of an `EvidenceIndex`, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.errors import ClipVerifyError, OnlyLocalError
from llamaindex_clipverify.index.documents import entries_of
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Added, Entry, Hit
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.wire import Field

if TYPE_CHECKING:
    from llamaindex_clipverify.remote.verifier import RemoteVerifier
    from llamaindex_clipverify.verification.verifier import Verifier

_PAGE = 100
"""Pictures listed in one request."""


class RemoteIndex(EvidenceIndex):
    """The index of a server: `search`, `add`, `as_retriever` and `as_query_engine` work; what needs the store does not."""

    def __init__(self, verifier: RemoteVerifier) -> None:
        """Ask the server of a verifier. Most people want `Verifier.remote(url).index`."""
        self._remote = verifier
        self.store = self.name = verifier.url
        self.skipped = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the verifier."""
        return RemoteIndex, (self._remote,)

    @property
    def verifier(self) -> Verifier:
        """The verifier of the server."""
        return self._remote

    def __len__(self) -> int:
        """Return the number of pictures."""
        return self._remote.told().pictures or 0

    def folders(self) -> list[Path]:
        """Return no folder: its pictures are fetched."""
        return []

    def search(
        self,
        text: str | None = None,
        image: Any = None,
        top_k: int = 4,
        where: Mapping[str, Any] | None = None,
        regions: bool = True,
    ) -> list[Hit]:
        """Return the pictures nearest to a text, to a picture, or to both; regions are always searched."""
        return self._remote.search(text, image, top_k, where)

    def hits(self, where: Mapping[str, Any] | None = None, start: int = 0) -> Iterator[Hit]:
        """Yield every picture with a score of 1, page by page, from the one at `start` on, each once.

        Raises:
            OnlyLocalError: A filter is given.
        """
        if where is not None:
            raise OnlyLocalError("EvidenceIndex.hits with a filter", self._remote.url)
        known: set[str] = set()
        while page := self._remote.listed(start, _PAGE):
            before = len(known)
            for hit in page:
                if hit.id not in known:
                    known.add(hit.id)
                    yield hit
            if len(known) == before:  # a server, or a cache before it, that always sends the same page
                return
            start += len(page)

    def picture(self, content: str) -> Picture | None:
        """Return a picture by its id; whether it is there is seen when its pixels are needed."""
        return self._remote.picture(content)

    def add(
        self, documents: Iterable[Any], *, strict: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Added:
        """Send pictures to the server, one at a time; parameters and errors as for `EvidenceIndex.add`."""
        entries: list[Entry] = []
        skipped: list[tuple[str, str]] = []
        for document in documents:
            try:
                entries += entries_of(document)
            except ClipVerifyError as error:
                if strict:
                    raise
                skipped.append((str(document)[:200], str(error)))
        places: list[str | None] = []
        new = 0
        for done, entry in enumerate(entries, 1):
            try:
                content, is_new = self._sent(entry)
                places.append(content)
                new += is_new
            except ClipVerifyError as error:
                if strict:
                    raise
                places.append(None)
                skipped.append((entry.picture.name, str(error)))
            if progress is not None:
                progress(done, len(entries))
        self.skipped += tuple(skipped)
        return Added(places=tuple(places), new=new, skipped=tuple(skipped))

    def _sent(self, entry: Entry) -> tuple[str, int]:
        fields = [Field(name="caption", value=entry.caption)] if entry.caption else []
        fields += [Field(name="metadata", value=json.dumps(dict(entry.metadata)))] if entry.metadata else []
        [content], new = self._remote.send_picture(entry.picture, fields)
        return content, new

    # -- what needs the store ---------------------------------------------------------------------------------------------

    @cached_property
    def records(self) -> Any:  # type: ignore[override]
        """Raise: the records are in the server."""
        raise OnlyLocalError("EvidenceIndex.records", self._remote.url)

    @cached_property
    def encoder(self) -> Any:
        """Raise: the encoder is in the server."""
        raise OnlyLocalError("EvidenceIndex.encoder", self._remote.url)

    @cached_property
    def observer(self) -> Any:
        """Raise: the checks are in the server."""
        raise OnlyLocalError("EvidenceIndex.observer", self._remote.url)
