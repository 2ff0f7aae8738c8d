"""The HTML of the chat. Everything that a visitor, a file or a model wrote is escaped by the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.languages import NAMES, Language
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import data_uri, shrunk
from llamaindex_clipverify.report.html import style, templates, words_of
from llamaindex_clipverify.report.report import ClaimMap
from llamaindex_clipverify.ui.samples import SAMPLES, Sample, scene
from llamaindex_clipverify.ui.session import Limits, Session
from llamaindex_clipverify.ui.views import THUMB, Thumb, TurnView, thumbs

if TYPE_CHECKING:
    from llamaindex_clipverify.ui.browsing import IndexPage

_UI = "llamaindex_clipverify.ui"
_REPORT = "llamaindex_clipverify.report.html"


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What the page of a chat offers, the same for every visitor."""

    title: str
    """Models and pictures in use."""
    models: Sequence[str] = ()
    """Names of the models that answer."""
    methods: Sequence[str] = ()
    """Methods of heat maps."""
    has_index: bool = False
    samples: bool = False
    limits: Limits = field(default_factory=Limits)


class Markup:
    """The parts of the page in one language."""

    def __init__(self, looks: Looks, language: Language) -> None:
        """Render what a chat offers in a language."""
        self.looks, self.language = looks, language
        self._context = words_of(language)

    def page(self, session: Session) -> str:
        """Return the whole page."""
        others = {code: name for code, name in NAMES.items() if code != self.language.code}
        template = _template("chat.html.j2")
        return str(template.render(**self._context, **vars(self.looks), view=self._view(session), others=others))

    def conversation(self, session: Session) -> str:
        """Return all turns, the newest last; without any, what to do first."""
        return self._part("conversation", self._view(session))

    def turn(self, session: Session, place: int, maps: Sequence[ClaimMap] = (), problem: str = "") -> str:
        """Return one turn.

        Args:
            session: Of the visitor.
            place: Index of the turn.
            maps: Heat maps of the claim on display.
            problem: Why there is none.
        """
        turn = TurnView(session, place, self.language.code, maps, problem)
        return self._part("one_turn", turn, self._view(session, turns=False))

    def next(self, session: Session) -> str:
        """Return the samples that are left to try."""
        return self._part("next", self._view(session))

    def pictures(self, session: Session) -> str:
        """Return a visitor's pictures: a click chooses one or leaves it out, the cross removes it."""
        return self._part("pictures", self._view(session, turns=False))

    def index(self, page: IndexPage) -> str:
        """Return a page of the index."""
        return self._part("index", page)

    def _part(self, name: str, *values: object) -> str:
        return str(getattr(_template("talk.html.j2").make_module(self._context), name)(*values))

    def _view(self, session: Session, *, turns: bool = True) -> View:
        return View(
            turns=[TurnView(session, place, self.language.code) for place in range(len(session.turns))]
            if turns
            else [],
            thumbs=thumbs(session),
            method=session.method,
            methods=list(self.looks.methods),
            samples=_samples(self.language.code) if self.looks.samples else [],
            first_step=self._first_step(session),
        )

    def _first_step(self, session: Session) -> str:
        t = self.language
        if not session.shown:
            first = t("Add pictures or choose some of the index.") if self.looks.has_index else t("Add pictures.")
        elif not session.chosen:
            first = t("Choose at least one of the pictures.")
        else:
            first = t("The pictures are here.")
        then = (
            t("Then ask about them, or paste an answer.")
            if self.looks.models
            else t("Then paste an answer about them.")
        )
        return f"{first} {then} {t('Select underlined words to see the evidence.')}"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the parts of a page show of a session."""

    turns: Sequence[TurnView]
    thumbs: Sequence[Thumb]
    method: str | None
    methods: list[str]
    samples: Sequence[tuple[int, Sample, str]]
    first_step: str

    @property
    def left(self) -> Sequence[tuple[int, Sample, str]]:
        """The samples that were not tried yet."""
        asked = {turn.turn.question for turn in self.turns} | {
            one.reply.text for turn in self.turns for one in turn.replies
        }
        return [row for row in self.samples if not {row[1].question or row[1].answer} & asked]


def _samples(code: str) -> list[tuple[int, Sample, str]]:
    """Return the samples for a page in a language, with their places and pictures."""
    return [
        (place, sample, _scene_uri(sample.picture))
        for place, sample in enumerate(SAMPLES)
        if sample.language in ("", code)
    ]


@lru_cache
def _scene_uri(place: int) -> str:
    return data_uri(shrunk(Picture.of(scene(place)), THUMB), 80)


def _template(name: str) -> Any:
    return templates(_UI, _REPORT).get_template(name)


def chat_style() -> str:
    """Return the style of the page: that of reports, and its own."""
    own: str = _template("chat.css").render()
    return f"{style()}\n{own}"


def chat_script() -> str:
    """Return the script of the page."""
    script: str = _template("chat.js").render()
    return script
