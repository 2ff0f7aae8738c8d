"""The session of one visitor of the chat: pictures, turns and the claims on display. It is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock

from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.spans import focus


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for each visitor."""

    file: int = 20 * 2**20
    """Maximum size of a picture in bytes."""
    pictures: int = 24
    """Maximum number of pictures."""
    question: int = 2_000
    """Maximum length of a question in characters."""
    answer: int = 20_000
    """Maximum length of a pasted answer in characters."""
    turns: int = 200
    """Maximum number of questions in a conversation."""
    total: int = 2**30
    """Maximum size of the pictures of all visitors together, in bytes."""


@dataclass(frozen=True)
class Shown:
    """A picture of a visitor, and whether it is chosen for the next question."""

    picture: Picture
    name: str
    chosen: bool = True
    size: int = 0
    """Bytes that were uploaded; 0 for a picture of the index."""


@dataclass(kw_only=True)
class Reply:
    """One answer to a question, with its report."""

    by: str
    """Name of the model; "" for an answer that the visitor pasted."""
    text: str = ""
    report: Report | None = None
    """Report on the part of the answer that is verified."""
    error: str = ""
    done: bool = False


@dataclass(kw_only=True)
class Turn:
    """A question with its answers: one, or several that are compared."""

    question: str
    pictures: tuple[Picture, ...] = ()
    replies: list[Reply] = field(default_factory=list)
    looked_at: tuple[int, int] | None = None
    """Reply and claim whose evidence is shown."""

    @property
    def done(self) -> bool:
        """Whether every answer is complete."""
        return all(reply.done for reply in self.replies)

    def look(self, reply: int, claim: int) -> None:
        """Show the evidence of a claim; unknown indices show none."""
        self.looked_at = None
        if 0 <= reply < len(self.replies):
            report = self.replies[reply].report
            if report is not None and 0 <= claim < len(report.claims):
                self.looked_at = (reply, claim)

    def look_at_worst(self) -> None:
        """Show the evidence of the claim that is trusted least, of all answers."""
        worst = [
            (one.trust if one.trust is not None else 2.0, reply, claim)
            for reply, said in enumerate(self.replies)
            if said.report is not None and (claim := focus(said.report)) is not None
            for one in [said.report.claims[claim]]
        ]
        if worst:
            _, reply, claim = min(worst)
            self.look(reply, claim)


@dataclass(kw_only=True)
class Session:
    """One visitor's conversation."""

    limits: Limits = field(default_factory=Limits)
    shown: list[Shown] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    method: str | None = None
    """Method of the heat map on display; None for no map."""
    thumbnails: dict[str, str] = field(default_factory=dict)
    """Thumbnails by content id."""
    lock: RLock = field(default_factory=RLock)

    def add(self, name: str, data: bytes) -> Shown:
        """Add a picture from the bytes of its file; a known picture is chosen again.

        Raises:
            DataError: It is too large, or there are too many.
            PictureError: It is none.
        """
        label = name[:80] or "picture"
        if len(data) > self.limits.file:
            raise DataError(
                "the file is too large",
                got=f"{label}, {_mega(len(data))}",
                do=Message("give at most {size}", size=_mega(self.limits.file)),
            )
        picture = Picture.of(data)
        try:
            _ = picture.id, picture.size
        except PictureError as error:
            raise PictureError("not a picture", got=label, do="give a PNG, JPEG, WebP or GIF") from error
        return self.put(Shown(picture, label, size=len(data)))

    def put(self, made: Shown) -> Shown:
        """Add a picture; a known picture is chosen again.

        Raises:
            DataError: There are too many.
        """
        with self.lock:
            for place, one in enumerate(self.shown):
                if one.picture.id == made.picture.id:
                    self.shown[place] = Shown(one.picture, one.name, size=one.size)
                    return self.shown[place]
            if len(self.shown) >= self.limits.pictures:
                raise DataError(
                    "too many pictures",
                    got=made.name,
                    do=Message("remove some: at most {count}", count=self.limits.pictures),
                )
            self.shown.append(made)
            return made

    def toggle(self, place: int) -> None:
        """Choose or deselect a picture; an unknown index is ignored."""
        with self.lock:
            if 0 <= place < len(self.shown):
                one = self.shown[place]
                self.shown[place] = Shown(one.picture, one.name, not one.chosen, one.size)

    def choose_only(self, chosen: Sequence[Shown]) -> None:
        """Choose these pictures, and no others."""
        wanted = {one.picture.id for one in chosen}
        with self.lock:
            self.shown = [Shown(one.picture, one.name, one.picture.id in wanted, one.size) for one in self.shown]

    def remove(self, place: int) -> None:
        """Remove a picture; earlier turns keep it."""
        with self.lock:
            if 0 <= place < len(self.shown):
                del self.shown[place]

    @property
    def chosen(self) -> tuple[Picture, ...]:
        """The pictures chosen for the next question."""
        return tuple(one.picture for one in self.shown if one.chosen)

    @property
    def size(self) -> int:
        """Bytes of its uploaded pictures."""
        return sum(one.size for one in self.shown)

    def begin(self, question: str, *replies: Reply) -> Turn:
        """Start a turn with the answers that are to come; a question may be missing where the answers are there already.

        Raises:
            DataError: The question or a pasted answer is empty or too long, or the conversation is.
        """
        text = question.strip()
        if not text and not any(reply.text for reply in replies):
            raise DataError("the question is empty", do="type one")
        for what, given, most in (
            ("the question is too long", text, self.limits.question),
            *(("the answer is too long", reply.text, self.limits.answer) for reply in replies),
        ):
            if len(given) > most:
                raise DataError(what, got=Message("{count:,} characters", count=len(given)), do="shorten it")
        if len(self.turns) >= self.limits.turns:
            raise DataError(
                "the conversation is too long",
                got=Message("{count} questions", count=len(self.turns)),
                do="begin a new one",
            )
        turn = Turn(question=text, pictures=self.chosen, replies=list(replies))
        with self.lock:
            for older in self.turns:
                older.looked_at = None
            self.turns.append(turn)
        return turn

    def place_of(self, turn: Turn) -> int | None:
        """Return the index of a turn; None if it is no longer there."""
        with self.lock:
            return next((place for place, one in enumerate(self.turns) if one is turn), None)

    def clear(self) -> None:
        """Delete the conversation; pictures are kept."""
        with self.lock:
            self.turns.clear()

    @property
    def reports(self) -> list[Report]:
        """The reports of finished answers."""
        return [
            reply.report for turn in self.turns for reply in turn.replies if reply.done and reply.report is not None
        ]


def _mega(number: int) -> str:
    return f"{number / 2**20:.0f} MB"
