"""What a search in the index of a server finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.boundary.records import record
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.index.schema import Hit
from llamaindex_clipverify.picture import Picture

Opened = Callable[[str, tuple[int, int], str], Picture]
"""Returns the picture of an id, a size and a name."""


@dataclass(frozen=True, kw_only=True)
class RemoteHit(Hit):
    """A picture found in the index of a server; `uri` is its name there."""

    opened: Opened = field(repr=False, compare=False)

    @property
    def picture(self) -> Picture:
        """The picture, which is fetched only when its pixels are needed."""
        return self.opened(self.id, self.size, self.uri)


@dataclass(frozen=True, kw_only=True)
class _HitForm:
    id: str
    name: str
    score: float
    caption: str
    metadata: Mapping[str, Any]
    width: int
    height: int
    region: Box | None = None
    label: str = ""


def hit_to_dict(hit: Hit, name: str) -> dict[str, Any]:
    """Return a hit as JSON; `name` stands for the path of its file."""
    return {
        "id": hit.id,
        "name": name,
        "score": float(hit.score),
        "caption": hit.caption,
        "metadata": dict(hit.metadata),
        "width": hit.size[0],
        "height": hit.size[1],
        "region": None if hit.region is None else [float(edge) for edge in hit.region],
        "label": hit.label,
    }


def hit_of(data: Any, opened: Opened) -> RemoteHit:
    """Return the hit in JSON.

    Raises:
        DataError: It is none.
    """
    read = record(
        _HitForm, data, "the server's hit is not of the documented form", "use the same version here and there"
    )
    return RemoteHit(
        id=read.id,
        uri=read.name,
        score=read.score,
        caption=read.caption,
        metadata=dict(read.metadata),
        size=(read.width, read.height),
        region=read.region,
        label=read.label,
        opened=opened,
    )
