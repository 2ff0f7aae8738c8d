"""The pictures of a page: each is embedded once and referenced by every answer about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import data_uri, shrunk

_SIZES = ((12, 900, 88), (60, 640, 84), (250, 480, 80))
"""Maximum number of pictures, and the longer side in pixels and JPEG quality used up to it."""
_SMALL = (360, 76)
"""The same for more pictures than that."""


@dataclass(frozen=True, kw_only=True)
class Print:
    """An embedded picture: its data address, or why there is none."""

    content: str | None
    """Its content id."""
    size: tuple[int, int]
    """Width and height in pixels of the upright picture; (1, 1) where it cannot be opened."""
    uri: str | None
    element: str
    """Id of the element that holds it; "" where there is none."""
    problem: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height to show it with: its proportions, 900 on the longer side."""
        scale = 900 / max(self.size)
        return max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))


class Album:
    """Prints of pictures, each made once for each content."""

    def __init__(self, pictures: int, prefix: str = "") -> None:
        """Choose a size that suits the number of pictures.

        Args:
            pictures: How many there may be; the more, the smaller each is.
            prefix: What the ids of their elements begin with.
        """
        self._longest, self._quality = next(((side, q) for most, side, q in _SIZES if pictures <= most), _SMALL)
        self._prefix = prefix
        self._prints: dict[str, Print] = {}

    def __iter__(self) -> Iterator[Print]:
        """Yield the prints in the order of their first use."""
        return iter(self._prints.values())

    def print_of(self, picture: Picture) -> Print:
        """Return its print; a picture that cannot be opened has the reason instead of an address."""
        opened = bool({"image", "_content"} & set(vars(picture)))
        try:
            if picture.id not in self._prints:
                self._prints[picture.id] = self._make(picture)
            return self._prints[picture.id]
        except PictureError as error:
            return Print(content=vars(picture).get("id"), size=(1, 1), uri=None, element="", problem=str(error))
        finally:
            if not opened:
                picture.forget()

    def _make(self, picture: Picture) -> Print:
        uri = data_uri(shrunk(picture, self._longest), self._quality)
        return Print(content=picture.id, size=picture.size, uri=uri, element=f"{self._prefix}p{len(self._prints) + 1}")
