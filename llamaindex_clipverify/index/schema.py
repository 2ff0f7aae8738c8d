"""The schema of an evidence index: what goes in, what is found, and the metadata of its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.encoding import unpack
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.index.chroma import OWN
from llamaindex_clipverify.picture import Picture

FACTS = f"{OWN}facts_"
"""Prefix of the keys of packed facts, followed by a number."""
OF = f"{OWN}picture"
"""Key of the picture of a region."""
_PIECES = 5_000
"""Maximum number of pieces of packed facts."""
_EDGES = ("left", "top", "right", "bottom")

Metadata = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A picture to be indexed."""

    picture: Picture
    caption: str = ""
    metadata: Metadata = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    """What of the document is not kept as it was, and why."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A picture found by a search."""

    id: str
    """SHA-256 of the picture's content."""
    uri: str
    score: float
    """Cosine, -1 to 1, of the query and what matched: the whole picture or a region; comparable within one encoder only."""
    caption: str = ""
    metadata: Metadata = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    """Width and height in pixels, upright."""
    region: Box | None = None
    """The region that matched, xyxy pixels; None where the whole picture matched better."""
    label: str = ""
    """What the detector sees in that region; "" for a tile."""

    @property
    def picture(self) -> Picture:
        """The picture, known by its id; its file is opened only when pixels are needed."""
        return Picture.known(self.id, self.size, self.uri)


@dataclass(frozen=True, kw_only=True)
class Added:
    """The result of `EvidenceIndex.add`."""

    places: tuple[str | None, ...]
    """Content id of each picture, in the order given; None for a skipped one."""
    new: int
    """Number of pictures that were observed; the others were indexed before, with all facts."""
    skipped: tuple[tuple[str, str], ...] = ()
    """Names of unreadable pictures and of documents without one, and why."""
    changed: tuple[tuple[str, str], ...] = ()
    """Names of pictures, and what of their captions and metadata is not kept as it was."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Content ids of the indexed pictures, in the order given."""
        return tuple(content for content in self.places if content is not None)


@dataclass(frozen=True, kw_only=True)
class Integrity:
    """The result of `EvidenceIndex.verify_integrity`."""

    pictures: int
    regions: int
    orphans: int = 0
    """Number of regions without a picture, left by a run that was killed."""
    incomplete: tuple[str, ...] = ()
    """Ids of pictures with missing facts or regions."""
    missing: tuple[str, ...] = ()
    """Paths of missing files."""
    repaired: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing needs repair; missing files do not affect verification."""
        return not self.orphans and not self.incomplete

    def as_repaired(self) -> Integrity:
        """Return it marked as repaired."""
        return replace(self, repaired=True)


def users_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's part of the metadata of a record."""
    return {key: value for key, value in metadata.items() if not key.startswith(OWN)}


def renewed(old: Mapping[str, Any], users: Metadata) -> dict[str, Any]:
    """Return the metadata of a record with a new user's part; None deletes a key."""
    return {**dict.fromkeys(old), **users, **{key: value for key, value in old.items() if key.startswith(OWN)}}


def picture_of(content: str, metadata: Mapping[str, Any]) -> Picture:
    """Return the picture of a record, unopened."""
    return Picture.known(content, size_of(metadata), str(metadata.get(f"{OWN}uri", "")))


def size_of(metadata: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height in pixels, 0 if the record lacks them."""
    return number_in(metadata, f"{OWN}width"), number_in(metadata, f"{OWN}height")


def number_in(metadata: Mapping[str, Any], key: str, default: int = 0) -> int:
    """Return a number of a record that is not negative; the default if it is missing or something else."""
    value = metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6 else default


def facts_of(metadata: Mapping[str, Any]) -> Facts | None:
    """Return the packed facts of a picture's record, without vectors; None if they are damaged."""
    pieces: list[str] = []
    while len(pieces) < _PIECES and (piece := metadata.get(f"{FACTS}{len(pieces)}")) is not None:
        pieces.append(str(piece))
    try:
        return unpack(pieces)
    except DataError:
        return None


def edges_of(box: Array) -> dict[str, float]:
    """Return a box (4,) as metadata."""
    return {f"{OWN}{edge}": float(value) for edge, value in zip(_EDGES, box, strict=True)}


def better(hit: Hit, region: tuple[float, Mapping[str, Any]] | None) -> Hit:
    """Return the hit, changed to its best region (score and metadata) if that is nearer."""
    if region is None or region[0] <= hit.score:
        return hit
    score, metadata = region
    edges = [metadata.get(f"{OWN}{edge}") for edge in _EDGES]
    if not all(isinstance(edge, (int, float)) and abs(edge) < 10**6 for edge in edges):
        return hit  # the record of the region is damaged
    left, top, right, bottom = (float(edge) for edge in edges if edge is not None)
    return replace(hit, score=score, region=(left, top, right, bottom), label=str(metadata.get(f"{OWN}label", "")))


def hit_of(content: str, document: str | None, metadata: Mapping[str, Any] | None, score: float) -> Hit:
    """Return a record as a hit."""
    fields = dict(metadata or {})
    return Hit(
        id=content,
        uri=str(fields.get(f"{OWN}uri", "")),
        score=score,
        caption=document or "",
        metadata=users_of(fields),
        size=size_of(fields),
    )
