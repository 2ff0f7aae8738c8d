"""A conversation as its templates show it: turns with their answers, chosen pictures, and pages of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import data_uri, shrunk
from llamaindex_clipverify.report.html.album import Album
from llamaindex_clipverify.report.html.claim_view import ClaimView
from llamaindex_clipverify.report.html.report_view import ReportView
from llamaindex_clipverify.report.report import ClaimMap
from llamaindex_clipverify.ui.session import Reply, Session, Turn

THUMB = 220
"""Longer side of a thumbnail in pixels."""


@dataclass(frozen=True)
class Thumb:
    """A picture of a visitor as a thumbnail."""

    place: int
    name: str
    uri: str
    number: int | None
    """The number by which answers cite it; None if it is not chosen."""


class ReplyView:
    """An answer as shown."""

    def __init__(
        self, reply: Reply, mark: str, code: str, looked_at: int | None, maps: Sequence[ClaimMap] = ()
    ) -> None:
        self.reply, self.mark, self.code, self.looked_at = reply, mark, code, looked_at
        self._maps = tuple(maps)

    @cached_property
    def album(self) -> Album:
        """The pictures of its evidence."""
        return Album(1, prefix=f"{self.mark}-")

    @cached_property
    def report(self) -> ReportView | None:
        """Its report; None while nothing is verified."""
        report = self.reply.report
        if report is None:
            return None
        return ReportView(
            replace(report, maps=self._maps, shown_in=self.code), self.mark, self.album, shown=self.looked_at
        )

    @property
    def claim(self) -> ClaimView | None:
        """The claim whose evidence is shown."""
        return None if self.report is None or self.looked_at is None else self.report.claims[self.looked_at]

    @property
    def rest(self) -> str:
        """The end of the answer that is not verified yet."""
        verified = self.reply.report.answer if self.reply.report else ""
        return self.reply.text[len(verified) :].rstrip()


class TurnView:
    """A question with its answers as shown."""

    def __init__(
        self, session: Session, place: int, code: str, maps: Sequence[ClaimMap] = (), problem: str = ""
    ) -> None:
        self.turn: Turn = session.turns[place]
        self.place, self.problem = place, problem
        reply, claim = self.turn.looked_at or (-1, None)
        self.replies = [
            ReplyView(one, f"t{place}r{at}", code, claim if at == reply else None, maps if at == reply else ())
            for at, one in enumerate(self.turn.replies)
        ]
        self.looked_at = next((one for one in self.replies if one.claim is not None), None)
        self.pictures = [uri for picture in self.turn.pictures if (uri := thumbnail(session, picture))]

    @property
    def is_compared(self) -> bool:
        """Whether it has several answers."""
        return len(self.replies) > 1


def thumbs(session: Session) -> list[Thumb]:
    """Return a visitor's pictures."""
    numbers = iter(range(1, len(session.shown) + 1))
    return [
        Thumb(place, one.name, thumbnail(session, one.picture), next(numbers) if one.chosen else None)
        for place, one in enumerate(session.shown)
    ]


def thumbnail(session: Session, picture: Picture) -> str:
    """Return a small print as a ``data:`` address; "" where the picture cannot be opened. It is made once a session."""
    try:
        if picture.id not in session.thumbnails:
            session.thumbnails[picture.id] = data_uri(shrunk(picture, THUMB), 80)
        return session.thumbnails[picture.id]
    except ClipVerifyError:
        return ""
