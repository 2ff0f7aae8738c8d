"""Pictures as a caller gives them: the id of one in the index, or bytes. Never a path, and never an address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture, from_base64

_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class GivenPicture:
    """One picture of a request."""

    content: str | None = None
    """Its id in the index."""
    data: bytes = b""
    name: str = ""

    @classmethod
    def of(cls, content: str | None, text: str | None, name: str) -> GivenPicture:
        """Read a picture of JSON.

        Raises:
            DataError: Neither or both are given, or the id cannot be one.
            PictureError: The text is no base 64.
        """
        if (content is None) == (text is None):
            raise DataError("a picture is an id or data", got="both" if content else "neither", do="give one of them")
        if text is None:
            return cls.named(str(content))
        try:
            return cls(data=from_base64(text.encode("utf-8", "replace")), name=name)
        except ValueError as error:
            raise PictureError(
                "the picture is no base 64", got=name or "data", do="encode the bytes of the file"
            ) from error

    @classmethod
    def named(cls, content: str) -> GivenPicture:
        """Return the picture of the index with an id.

        Raises:
            DataError: It cannot be an id.
        """
        if not _ID.fullmatch(content):
            raise DataError("not the id of a picture", got=content, do="give the 64 digits that /v1/search returns")
        return cls(content=content)

    def uploaded(self) -> Picture:
        """Return the picture of its bytes."""
        picture = Picture.of(self.data)
        picture.uri = self.name.replace("\\", "/").rsplit("/", 1)[-1][:200] or None
        return picture
