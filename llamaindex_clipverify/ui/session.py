"""What one visitor of the chat has: pictures, turns, what is looked at. Nobody sees another's; nothing lies on the disk."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a visitor may bring."""

    file: int = 20 * 2**20
    """Bytes of one picture."""
    pictures: int = 24
    """Pictures at once."""
    question: int = 2_000
    """Characters of a question."""
    turns: int = 200
    """Questions of one conversation."""


@dataclass(frozen=True)
class Shown:
    """A picture that a visitor has, and whether the next question is about it."""

    picture: Picture
    name: str
    chosen: bool = True


@dataclass(kw_only=True)
class Turn:
    """A question with what came of it."""

    question: str
    pictures: tuple[Picture, ...] = ()
    answer: str = ""
    report: Report | None = None
    """On as much of the answer as is verified."""
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
    """Of the heat map; None for none."""
    exports: list[Path] = field(default_factory=list)
    """Folders of what was exported."""
    thumbnails: dict[str, str] = field(default_factory=dict)
    """Small prints by content id."""
    lock: RLock = field(default_factory=RLock)

    def add(self, name: str, data: bytes) -> Shown:
        """Take a picture in; one that is there already is chosen again.

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
        """Choose a picture, or leave it out; a place that is not there changes nothing."""
        with self.lock:
            if 0 <= place < len(self.shown):
                one = self.shown[place]
                self.shown[place] = Shown(one.picture, one.name, not one.chosen)

    def remove(self, place: int) -> None:
        """Take a picture out; turns keep theirs."""
        with self.lock:
            if 0 <= place < len(self.shown):
                del self.shown[place]

    @property
    def chosen(self) -> tuple[Picture, ...]:
        """The pictures that the next question is about."""
        return tuple(one.picture for one in self.shown if one.chosen)

    def begin(self, question: str) -> Turn:
        """Begin a turn.

        Raises:
            DataError: The question is empty or too long, or there were too many.
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
        """Look at the evidence of a claim; one that is not there changes nothing."""
        if 0 <= turn < len(self.turns):
            report = self.turns[turn].report
            if report is not None and 0 <= claim < len(report.claims):
                self.looked_at = (turn, claim)

    @property
    def chosen_claim(self) -> tuple[Turn, int, str | None] | None:
        """The turn and the claim that are looked at, and the method of the heat map; None for none."""
        with self.lock:
            if self.looked_at is None:
                return None
            place, claim = self.looked_at
            return self.turns[place], claim, self.method

    def clear(self) -> None:
        """Forget the conversation; pictures stay."""
        with self.lock:
            self.turns.clear()
            self.looked_at = None

    @property
    def reports(self) -> list[Report]:
        """The reports of the turns that are done."""
        return [turn.report for turn in self.turns if turn.done and turn.report is not None]


class Sessions:
    """The sessions by the browser tab's id; the one unused for longest goes when there are too many."""

    def __init__(self, limits: Limits | None = None, most: int = 100) -> None:
        """Keep at most `most`."""
        self.limits, self.most = limits or Limits(), most
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = RLock()

    def of(self, tab: str | None) -> Session:
        """Return a tab's session, new where there is none."""
        with self._lock:
            session = self._open.setdefault(tab or "", Session(limits=self.limits))
            self._open.move_to_end(tab or "")
            while len(self._open) > self.most:
                self._open.popitem(last=False)
            return session

    def drop(self, tab: str | None) -> list[Path]:
        """Forget a tab's session with its pictures, and return the folders of what it exported."""
        with self._lock:
            session = self._open.pop(tab or "", None)
        return [] if session is None else session.exports

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._open)


def complaint(problems: Sequence[str]) -> str:
    """Return what went wrong with several files as one message."""
    return "\n".join(dict.fromkeys(problems))


def _mega(number: int) -> str:
    return f"{number / 2**20:.0f} MB"
