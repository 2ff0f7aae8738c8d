"""What a visitor of the chat can do, each from what the page sends to the parts of the page that change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.errors import ClipVerifyError, DataError, ServiceError
from llamaindex_clipverify.languages import Language
from llamaindex_clipverify.report import labels
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import ClaimMap, Report
from llamaindex_clipverify.report.saving import content_of
from llamaindex_clipverify.report.sharing import shareable
from llamaindex_clipverify.report.spans import state
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.browsing import Browsing
from llamaindex_clipverify.ui.markup import Looks, Markup
from llamaindex_clipverify.ui.places import Places
from llamaindex_clipverify.ui.problems import problem
from llamaindex_clipverify.ui.samples import SAMPLES, prepare
from llamaindex_clipverify.ui.session import Session, Turn

Parts = dict[str, Any]
"""An answer to the page. Keys: ``parts`` (element id to HTML), ``turn`` and ``html`` (one turn), ``said``, ``problem``."""
Given = Mapping[str, Any]


@dataclass
class Actions:
    """What visitors can do."""

    answering: Answering
    looks: Looks
    browsing: Browsing | None = None
    _places: Places = field(default_factory=Places)

    def named(self, name: str) -> Callable[[Session, Given, Language], Parts] | None:
        """Return the action that the page names, or None."""
        known = {
            "show": self.show, "pick": self.pick, "remove": self.remove, "prepare": self.prepare,
            "look": self.look, "map": self.map, "clear": self.clear, "index": self.index, "choose": self.choose,
        }  # fmt: skip
        return known.get(name)

    # -- pictures -----------------------------------------------------------------------------------------------------

    def upload(self, session: Session, name: str, data: bytes, t: Language) -> Parts:
        """Add a picture."""
        try:
            session.add(name, data)
        except ClipVerifyError as error:
            return self._pictures(session, t) | {"problem": t.say(problem(error))}
        return self._pictures(session, t)

    def pick(self, session: Session, given: Given, t: Language) -> Parts:
        """Choose a picture, or leave it out."""
        session.toggle(_number(given, "place"))
        return self._pictures(session, t)

    def remove(self, session: Session, given: Given, t: Language) -> Parts:
        """Remove a picture."""
        session.remove(_number(given, "place"))
        return self._pictures(session, t)

    def prepare(self, session: Session, given: Given, t: Language) -> Parts:
        """Choose the picture of a sample question."""
        place = _number(given, "place")
        if self.looks.samples and 0 <= place < len(SAMPLES):
            prepare(session, SAMPLES[place])
        return self._pictures(session, t)

    def index(self, session: Session, given: Given, t: Language) -> Parts:
        """Show a page of the index."""
        page = self._index().page(session, str(given.get("words", ""))[:500].strip(), _number(given, "page", 0), t)
        return {"parts": {"index": self._markup(t).index(page)}}

    def choose(self, session: Session, given: Given, t: Language) -> Parts:
        """Choose a picture of the index, or leave it out."""
        self._index().choose(session, str(given.get("id", "")))
        return self._pictures(session, t)

    def _index(self) -> Browsing:
        if self.browsing is None:
            raise DataError("there is no index", do="start the chat with --store")
        return self.browsing

    def _pictures(self, session: Session, t: Language) -> Parts:
        parts = {"pictures": self._markup(t).pictures(session)}
        if not session.turns:
            parts["talk"] = self._markup(t).conversation(session)
        return {"parts": parts}

    # -- questions and answers ----------------------------------------------------------------------------------------

    def ask(self, session: Session, given: Given, t: Language) -> Iterator[Parts]:
        """Yield a turn as it grows; first the whole conversation, in which it is new."""
        try:
            with self._places.taken():
                growing = self._growing(session, given)
                turn = next(growing)
                yield self.show(session, {}, t)
                for _ in growing:
                    place = session.place_of(turn)
                    if place is None:
                        return  # the conversation was cleared meanwhile
                    yield {"turn": place, "html": self._markup(t).turn(session, place)}
                told = " ".join(_told(reply.report, t) for reply in turn.replies)
                yield {"parts": {"next": self._markup(t).next(session)}, "said": told}
        except (DataError, ServiceError) as error:
            yield {"problem": t.say(problem(error))}

    def _growing(self, session: Session, given: Given) -> Iterator[Turn]:
        """Yield the turn of what the visitor asks, pastes, or compares."""
        question, answer = str(given.get("question", "")), str(given.get("answer", ""))
        if given.get("mode") == "ask":
            return self.answering.ask(session, question)
        if given.get("compare"):
            return self.answering.ask(session, question, answer)
        return self.answering.check(session, answer, question)

    def show(self, session: Session, _: Given, t: Language) -> Parts:
        """Show the conversation."""
        return {"parts": {"talk": self._markup(t).conversation(session)}}

    def clear(self, session: Session, _: Given, t: Language) -> Parts:
        """Begin a new conversation with the same pictures."""
        session.clear()
        return self.show(session, {}, t)

    # -- evidence -----------------------------------------------------------------------------------------------------

    def look(self, session: Session, given: Given, t: Language) -> Parts:
        """Show the evidence of a claim, or hide it."""
        place = _number(given, "turn")
        if not 0 <= place < len(session.turns):
            return {}
        session.turns[place].look(_number(given, "reply"), _number(given, "claim"))
        return {"turn": place, "html": self._markup(t).turn(session, place)}

    def map(self, session: Session, given: Given, t: Language) -> Parts:
        """Add the heat map to the evidence on display, by the method that is chosen."""
        place = _number(given, "turn")
        if "method" in given:
            session.method = str(given["method"]) if given["method"] in self.looks.methods else None
        turn = session.turns[place] if 0 <= place < len(session.turns) else None
        if turn is None or turn.looked_at is None:
            return {}
        looked = reply, claim = turn.looked_at
        maps, why = self._maps(turn.replies[reply].report, claim, session.method)
        if turn.looked_at != looked or session.place_of(turn) is None:
            return {}  # something else was chosen meanwhile
        return {"turn": place, "html": self._markup(t).turn(session, place, maps, why)}

    def _maps(self, report: Report | None, claim: int, method: str | None) -> tuple[list[ClaimMap], str]:
        if report is None or method is None:
            return [], ""
        try:
            with self._places.taken():
                explained = self.answering.verifier.explain(report, method, [claim])
        except ClipVerifyError as error:
            return [], problem(error)
        maps = [one for one in explained.maps if one.claim == claim and one.map.method == method]
        return maps, "" if maps else "no heat map of such a claim"

    def export(self, session: Session, suffix: str, t: Language) -> str:
        """Return the finished answers as a page in a language, or as JSON.

        Raises:
            DataError: There is none.
        """
        reports = session.reports
        if not reports:
            raise DataError("there is no answer to save yet", do="ask something first")
        methods = list(self.looks.methods[:1])
        with self._places.taken():
            explained = [self.answering.verifier.explain(one, methods) if methods else one for one in reports]
        return content_of([shareable(report).translated(t.code) for report in explained], suffix, several=True)

    def _markup(self, t: Language) -> Markup:
        return Markup(self.looks, t)


def _number(given: Given, name: str, default: int = -1) -> int:
    value = given.get(name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _told(report: Report | None, t: Language) -> str:
    """Return what is read aloud when an answer is verified."""
    if report is None:
        return ""
    return t(
        "verified: {verdict}, trust {trust}.", verdict=t.say(labels.STATES[state(report)]), trust=number(report.trust)
    )
