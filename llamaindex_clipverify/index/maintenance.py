"""Maintenance of an index: regions without a picture, incomplete pictures, and missing files."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.chroma import OWN
from llamaindex_clipverify.index.records import Records
from llamaindex_clipverify.index.schema import Entry, Integrity, facts_of, hit_of, number_in
from llamaindex_clipverify.picture import Picture


def integrity(records: Records) -> tuple[Integrity, list[str]]:
    """Return the state of an index, and the ids of regions without a picture."""
    expected: dict[str, int] = {}
    gone, incomplete = [], []
    for page in chroma.pages(records.pictures, ["metadatas"]):
        for content, stored in zip(page["ids"], page["metadatas"], strict=True):
            metadata = stored or {}
            uri = str(metadata.get(f"{OWN}uri", ""))
            gone += [] if files.is_file(uri) else [uri]
            expected[content] = number_in(metadata, f"{OWN}regions", -1)
            incomplete += [] if facts_of(metadata) is not None else [content]
    actual = dict.fromkeys(expected, 0)
    orphans = []
    for page in chroma.pages(records.regions, []):
        for region in page["ids"]:
            content = region.rpartition("#")[0]
            if content in actual:
                actual[content] += 1
            else:
                orphans.append(region)
    incomplete += [
        content for content, number in expected.items() if actual[content] != number and content not in incomplete
    ]
    state = Integrity(
        pictures=len(expected),
        regions=sum(actual.values()),
        orphans=len(orphans),
        incomplete=tuple(incomplete),
        missing=tuple(gone),
    )
    return state, orphans


def delete_regions(records: Records, regions: Sequence[str]) -> None:
    """Delete regions by id."""
    for start in range(0, len(regions), chroma.MOST):
        records.regions.delete(ids=list(regions[start : start + chroma.MOST]))


def entries_to_repair(records: Records, ids: Sequence[str]) -> list[tuple[str, Entry]]:
    """Return id and entry of the pictures of some records whose files are there, to be indexed again."""
    found = chroma.named(records.pictures, ids, ["documents", "metadatas"]) if ids else {"ids": []}
    hits = [
        hit_of(content, found["documents"][index], found["metadatas"][index], 1.0)
        for index, content in enumerate(found["ids"])
    ]
    return [
        (hit.id, Entry(picture=Picture.of(hit.uri), caption=hit.caption, metadata=hit.metadata))
        for hit in hits
        if files.is_file(hit.uri)
    ]
