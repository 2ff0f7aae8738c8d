"""The records of an evidence index: what goes in, what comes out, and what lies in a database's metadata in between."""

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
"""Keys of the pieces of packed facts: this and a number."""
OF = f"{OWN}picture"
"""Key of a region's picture."""
_EDGES = ("left", "top", "right", "bottom")

Metadata = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Entry:
    """A picture to be indexed."""

    picture: Picture
    caption: str = ""
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A picture that was found."""

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
    """What the detector sees in that region."""

    @property
    def picture(self) -> Picture:
        """The picture, known by its id; its file is opened only where pixels are needed."""
        return Picture.known(self.id, self.size, self.uri)


@dataclass(frozen=True)
class Added:
    """What became of documents that were added."""

    places: tuple[str | None, ...]
    """Content id of each picture, in the order given; None for one that was left out."""
    new: int
    """How many of them were looked at; the others were there with all facts."""
    skipped: tuple[tuple[str, str], ...] = ()
    """Names of the pictures that could not be read, and why."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Content ids of the pictures that are now there, in the order given."""
        return tuple(content for content in self.places if content is not None)


@dataclass(frozen=True)
class Integrity:
    """What `EvidenceIndex.verify_integrity` found."""

    pictures: int
    regions: int
    orphans: int = 0
    """Regions without a picture: what a run left that was killed."""
    incomplete: tuple[str, ...] = ()
    """Ids of pictures whose facts or regions are not all there."""
    missing: tuple[str, ...] = ()
    """Paths of files that are gone."""
    repaired: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is amiss; files that are gone do no harm to verification."""
        return not self.orphans and not self.incomplete


def users_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that are the user's own."""
    return {key: value for key, value in metadata.items() if not key.startswith(OWN)}


def renewed(old: Mapping[str, Any], users: Metadata) -> dict[str, Any]:
    """Return a record's metadata with others of the user's: None takes a key away, the index's own stay."""
    return {**dict.fromkeys(old), **users, **{key: value for key, value in old.items() if key.startswith(OWN)}}


def picture_of(content: str, metadata: Mapping[str, Any]) -> Picture:
    """Return the picture of a record, unopened."""
    return Picture.known(content, size_of(metadata), str(metadata.get(f"{OWN}uri", "")))


def size_of(metadata: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height in pixels, 0 where a record does not tell."""
    return int(metadata.get(f"{OWN}width", 0)), int(metadata.get(f"{OWN}height", 0))


def facts_of(metadata: Mapping[str, Any]) -> Facts | None:
    """Return the facts in a picture's record, without their vectors; None where they are not whole."""
    pieces: list[str] = []
    while (piece := metadata.get(f"{FACTS}{len(pieces)}")) is not None:
        pieces.append(str(piece))
    try:
        return unpack(pieces)
    except DataError:
        return None


def regions_of(facts: Facts) -> int:
    """Return how many regions were seen."""
    return len((facts.of("regions") or {"boxes": ()})["boxes"])


def edges_of(box: Array) -> dict[str, float]:
    """Return a box (4,) as metadata."""
    return {f"{OWN}{edge}": float(value) for edge, value in zip(_EDGES, box, strict=True)}


def better(hit: Hit, region: tuple[float, Mapping[str, Any]] | None) -> Hit:
    """Return a hit on a whole picture, or on its best region (score and metadata) where that is nearer."""
    if region is None or region[0] <= hit.score:
        return hit
    score, metadata = region
    left, top, right, bottom = (float(metadata[f"{OWN}{edge}"]) for edge in _EDGES)
    return replace(hit, score=score, region=(left, top, right, bottom), label=str(metadata[f"{OWN}label"]))


def hit_of(content: str, document: str | None, metadata: Mapping[str, Any] | None, score: float) -> Hit:
    """Return the hit of a record."""
    fields = dict(metadata or {})
    return Hit(content, str(fields.get(f"{OWN}uri", "")), score, document or "", users_of(fields), size_of(fields))
