"""Looking through the index in the chat: pages of thumbnails, and a search."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from cachetools import LRUCache

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.languages import Language
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import shrunk
from llamaindex_clipverify.ui.session import Session, Shown

PER_PAGE = 24
"""Pictures on a page."""
_MOST_PAGES = 4000
_THUMB = 240
"""Longer side of a thumbnail in pixels."""
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class IndexPicture:
    """A picture of a page."""

    id: str
    name: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class IndexPage:
    """A page of the index."""

    words: str
    pictures: Sequence[IndexPicture]
    summary: str
    before: int | None
    after: int | None


class Browsing:
    """The index as visitors look through it."""

    def __init__(self, index: EvidenceIndex) -> None:
        """Show an index."""
        self.index = index
        self._thumbnails: LRUCache[str, bytes] = LRUCache(500)

    def page(self, session: Session, words: str, number: int, t: Language) -> IndexPage:
        """Return a page, of the whole index or, best first, of the pictures that fit some words."""
        number = min(max(number, 0), _MOST_PAGES)
        start, end = number * PER_PAGE, (number + 1) * PER_PAGE
        found = (
            self.index.search(words, top_k=end + 1)[start:]
            if words
            else list(islice(self.index.hits(start=start), PER_PAGE + 1))
        )
        chosen = {picture.id for picture in session.chosen}
        pictures = [
            IndexPicture(hit.id, hit.caption or re.split(r"[\\/]", hit.uri)[-1], hit.id in chosen)
            for hit in found[:PER_PAGE]
        ]
        shown = t("{first}–{last} of {count}", first=start + 1, last=start + len(pictures), count=len(self.index))
        return IndexPage(
            words=words,
            pictures=pictures,
            summary=shown if pictures else t("no pictures"),
            before=number - 1 if number else None,
            after=number + 1 if len(found) > PER_PAGE else None,
        )

    def _picture(self, content: str) -> Picture | None:
        return self.index.picture(content) if _ID.fullmatch(content) else None

    def choose(self, session: Session, content: str) -> None:
        """Add a picture of the index to those of a visitor; one that is chosen is left out.

        Raises:
            DataError: It is not in the index.
        """
        for place, one in enumerate(session.shown):
            if one.picture.id == content:
                session.toggle(place)
                return
        picture = self._picture(content)
        if picture is None:
            raise DataError("no such picture in the index", do="reload the page")
        session.put(Shown(picture, picture.name))

    def thumbnail(self, content: str) -> bytes | None:
        """Return a small JPEG of a picture; None if there is no such picture.

        Raises:
            PictureError: Its file cannot be opened.
        """
        if content not in self._thumbnails:
            picture = self._picture(content)
            if picture is None:
                return None
            file = io.BytesIO()
            shrunk(picture, _THUMB).convert("RGB").save(file, "jpeg", quality=80)
            picture.forget()
            self._thumbnails[content] = file.getvalue()
        return self._thumbnails[content]
