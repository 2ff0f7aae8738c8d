"""The session of one visitor of the chat: pictures, turns and the claim on display. Sessions are separate and kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for each visitor."""

    file: int = 20 * 2**20
    """Maximum size of a picture in bytes."""
    pictures: int = 24
    """Maximum number of pictures."""
    question: int = 2_000
    """Maximum length of a question in characters."""
    turns: int = 200
    """Maximum number of questions in a conversation."""
    uploads: int = 2**30
    """Maximum size of all files that were uploaded and not taken yet, of all visitors, in bytes."""


@dataclass(frozen=True)
class Shown:
    """A picture of a visitor, and whether it is chosen for the next question."""

    picture: Picture
    name: str
    chosen: bool = True


@dataclass(kw_only=True)
class Turn:
    """A question with its answer and report."""

    question: str
    pictures: tuple[Picture, ...] = ()
    answer: str = ""
    report: Report | None = None
    """Report on the part of the answer that is verified."""
    error: str = ""
    done: bool = False


@dataclass(kw_only=True)
class Session:
    """One visitor's conversation."""

    limits: Limits = field(default_factory=Limits)
    shown: list[Shown] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    looked_at: tuple[int, int] | None = None
    """Turn and claim of the evidence panel."""
    method: str | None = None
    """Method of the heat map on display; None for no map."""
    exports: list[Path] = field(default_factory=list)
    """Folders of exported files."""
    thumbnails: dict[str, str] = field(default_factory=dict)
    """Thumbnails by content id."""
    lock: RLock = field(default_factory=RLock)

    def add(self, name: str, data: bytes) -> Shown:
        """Add a picture; a known picture is chosen again.

        Raises:
            DataError: It is too large, or there are too many.
            PictureError: It is none.
        """
        label = name[:80] or "picture"
        if len(data) > self.limits.file:
            raise DataError(
                "the file is too large",
                got=f"{label}, {_mega(len(data))}",
                do=f"give at most {_mega(self.limits.file)}",
            )
        picture = Picture.of(data)
        try:
            content, _ = picture.id, picture.size
        except PictureError as error:
            raise PictureError("not a picture", got=label, do="give a PNG, JPEG, WebP or GIF") from error
        with self.lock:
            for place, one in enumerate(self.shown):
                if one.picture.id == content:
                    self.shown[place] = Shown(one.picture, one.name)
                    return self.shown[place]
            if len(self.shown) >= self.limits.pictures:
                raise DataError("too many pictures", got=label, do=f"remove some: at most {self.limits.pictures}")
            self.shown.append(Shown(picture, label))
            return self.shown[-1]

    def toggle(self, place: int) -> None:
        """Choose or deselect a picture; an unknown index is ignored."""
        with self.lock:
            if 0 <= place < len(self.shown):
                one = self.shown[place]
                self.shown[place] = Shown(one.picture, one.name, not one.chosen)

    def remove(self, place: int) -> None:
        """Remove a picture; earlier turns keep it."""
        with self.lock:
            if 0 <= place < len(self.shown):
                del self.shown[place]

    @property
    def chosen(self) -> tuple[Picture, ...]:
        """The pictures chosen for the next question."""
        return tuple(one.picture for one in self.shown if one.chosen)

    def begin(self, question: str) -> Turn:
        """Start a turn.

        Raises:
            DataError: The question is empty or too long, or the conversation is.
        """
        text = question.strip()
        if not text:
            raise DataError("the question is empty", do="type one")
        if len(text) > self.limits.question:
            raise DataError("the question is too long", got=f"{len(text):,} characters", do="shorten it")
        if len(self.turns) >= self.limits.turns:
            raise DataError("the conversation is too long", got=f"{len(self.turns)} questions", do="begin a new one")
        turn = Turn(question=text, pictures=self.chosen)
        with self.lock:
            self.turns.append(turn)
        return turn

    def look(self, turn: int, claim: int) -> None:
        """Show the evidence of a claim; unknown indices are ignored."""
        if 0 <= turn < len(self.turns):
            report = self.turns[turn].report
            if report is not None and 0 <= claim < len(report.claims):
                self.looked_at = (turn, claim)

    @property
    def chosen_claim(self) -> tuple[Turn, int, str | None] | None:
        """The turn and claim on display and the method of the heat map; None when nothing is on display."""
        with self.lock:
            if self.looked_at is None:
                return None
            place, claim = self.looked_at
            return self.turns[place], claim, self.method

    def clear(self) -> None:
        """Delete the conversation; pictures are kept."""
        with self.lock:
            self.turns.clear()
            self.looked_at = None

    @property
    def reports(self) -> list[Report]:
        """The reports of finished turns."""
        return [turn.report for turn in self.turns if turn.done and turn.report is not None]


class Sessions:
    """Sessions by the id of the browser tab.

    When there are too many, the least recently used one without pictures and questions is deleted; if all have some, the least
    recently used one.
    """

    def __init__(
        self, limits: Limits | None = None, most: int = 100, dropped: Callable[[Session], None] | None = None
    ) -> None:
        """Keep at most `most`; `dropped` is called with each session that is deleted."""
        self.limits, self.most, self.dropped = limits or Limits(), most, dropped
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = RLock()

    def of(self, tab: str | None) -> Session:
        """Return the session of a tab; a new one if there is none."""
        with self._lock:
            session = self._open.setdefault(tab or "", Session(limits=self.limits))
            self._open.move_to_end(tab or "")
            gone = []
            while len(self._open) > self.most:
                others = [name for name, one in self._open.items() if one is not session]
                unused = (name for name in others if not self._open[name].turns and not self._open[name].shown)
                gone.append(self._open.pop(next(unused, others[0])))
        for one in gone:
            self._tell(one)
        return session

    def drop(self, tab: str | None) -> list[Path]:
        """Delete the session of a tab with its pictures; return the folders of its exported files."""
        with self._lock:
            session = self._open.pop(tab or "", None)
        if session is None:
            return []
        self._tell(session)
        return session.exports

    def _tell(self, session: Session) -> None:
        if self.dropped is not None:
            self.dropped(session)

    def __len__(self) -> int:
        """Return the number of sessions."""
        return len(self._open)


def complaint(problems: Sequence[str]) -> str:
    """Return the problems of several files as one message."""
    return "\n".join(dict.fromkeys(problems))


def _mega(number: int) -> str:
    return f"{number / 2**20:.0f} MB"
