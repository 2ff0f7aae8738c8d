"""The chat without a browser: what a visitor may bring, who sees what, what is shown, and what the verb demands."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import Drawn
from hostile import HOSTILE
from llama_index.core.llms import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.llms.mock import MockLLM

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.cli import main
from llamaindex_clipverify.errors import DataError, PictureError, ServiceError
from llamaindex_clipverify.llama_index import load_llm
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.ui import markup
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.session import Limits, Session, Sessions, Turn

SCENES = Drawn(1500, 4, objects=(1, 3))


def png(scene: Scene) -> bytes:
    file = io.BytesIO()
    scene.image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def session(scene: Scene) -> Session:
    made = Session(limits=Limits(file=2 * 2**20, pictures=3, question=50, turns=2))
    made.add("scene.png", png(scene))
    return made


# -- what a visitor may bring -----------------------------------------------------------------------------------------


def test_pictures_are_told_by_their_content(session: Session, scene: Scene) -> None:
    session.toggle(0)
    assert session.chosen == ()
    session.add("again.png", png(scene))
    assert len(session.shown) == 1 and session.chosen == (Picture.of(png(scene)),)


@pytest.mark.parametrize(("name", "data", "error", "said"), [
    ("notes.png", b"only words", PictureError, "not a picture; got notes.png; give a PNG"),
    ("empty.png", b"", PictureError, "not a picture; got empty.png"),
    ("big.png", b"x" * (2 * 2**20 + 1), DataError, "the file is too large; got big.png, 2 MB; give at most 2 MB"),
])  # fmt: skip
def test_what_is_no_picture_or_too_large_is_refused(
    session: Session, name: str, data: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)):
        session.add(name, data)
    assert len(session.shown) == 1


def test_there_are_not_more_than_so_many(session: Session) -> None:
    for place in range(2):
        session.add(f"{place}", png(draw_scene(FRESH + 850_000 + place)))
    with pytest.raises(DataError, match="too many pictures; got one more; remove some: at most 3"):
        session.add("one more", png(draw_scene(FRESH + 850_009)))
    session.remove(0)
    session.remove(7)
    session.toggle(-1)
    assert len(session.shown) == 2 and all(one.chosen for one in session.shown)


def test_questions_are_limited(session: Session) -> None:
    for text, said in (("  ", "the question is empty"), ("x" * 51, "the question is too long; got 51 characters")):
        with pytest.raises(DataError, match=said):
            session.begin(text)
    session.begin("one")
    session.begin("two")
    with pytest.raises(DataError, match="the conversation is too long"):
        session.begin("three")
    session.clear()
    assert session.turns == [] and len(session.shown) == 1


def test_tabs_are_apart_and_forgotten(scene: Scene) -> None:
    sessions = Sessions(most=2)
    for tab in ("a", "b"):
        assert sessions.of(tab).shown == []
        sessions.of(tab).add("scene.png", png(scene))
    sessions.of("c").add("scene.png", png(scene))
    assert len(sessions) == 2 and len(sessions.of("b").shown) == 1
    sessions.drop("b")
    assert sessions.of("a").shown == [], "the one unused for longest was dropped"


# -- answers ----------------------------------------------------------------------------------------------------------


class Said(MockLLM):
    """A model that says a text word by word, and may then fail."""

    text: str = ""
    error: Any = None

    def __init__(self, text: str, error: Exception | None = None) -> None:
        super().__init__()
        self.text, self.error = text, error

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, context_window=8192, num_output=64)

    def stream_chat(self, messages: Any, **options: Any) -> Iterator[ChatResponse]:
        for word in re.findall(r"\S+\s*", self.text):
            yield ChatResponse(message=ChatMessage(role="assistant", content=word), delta=word)
        if self.error is not None:
            raise self.error


def test_claims_are_marked_while_the_answer_comes(session: Session, tiny: Verifier) -> None:
    answering = Answering(verifier=tiny, llm=Said("There is a zebra. There is a pizza. It is lovely."))
    seen = [
        (turn.answer, turn.report.answer if turn.report else None, turn.done)
        for turn in answering.ask(session, "What?")
    ]
    assert seen[0] == ("", None, False)
    assert ("There is a zebra. There ", "There is a zebra.", False) in seen
    assert seen[-1] == ("There is a zebra. There is a pizza. It is lovely.",) * 2 + (True,)
    (turn,) = session.turns
    assert turn.report is not None and [one.claim.noun for one in turn.report.doubtful()] == ["pizza"]
    shown = markup.conversation(session)
    assert re.findall(r'cvc-claim cvc-(\w+)" data-turn="0" data-claim="(\d)"', shown) == [
        ("supported", "0"), ("contradicted", "1"), ("unverifiable", "2")]  # fmt: skip
    assert "trust 0.0" in shown and "2 of 3 claims could be checked" in shown


def test_what_goes_wrong_is_told_and_loses_nothing(session: Session, tiny: Verifier) -> None:
    dead = ServiceError("the server does not answer", got="http://127.0.0.1:9", do="start it")
    last = list(Answering(verifier=tiny, llm=Said("There is a zebra. There", dead)).ask(session, "What?"))[-1]
    assert (
        last.done and last.error == str(dead) and last.report is not None and last.answer == "There is a zebra. There"
    )
    last = list(Answering(verifier=tiny, llm=Said("", ValueError("<b>odd</b>"))).ask(session, "And?"))[-1]
    assert last.error == "the model failed: ValueError: <b>odd</b>"
    shown = markup.conversation(session)
    assert "the server does not answer" in shown and "&lt;b&gt;odd" in shown and "<b>odd" not in shown


def test_without_pictures_there_is_nothing_to_ask_about(tiny: Verifier) -> None:
    last = list(Answering(verifier=tiny, llm=Said("A dog.")).ask(Session(), "What?"))[-1]
    assert last.error == "no picture is chosen; upload one, or choose one" and last.answer == ""


def test_pictures_of_an_index_are_retrieved_where_none_is_chosen(
    tiny: Verifier, files: list[Path], tmp_path: Path, session: Session
) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    answering = Answering(verifier=tiny, llm=load_llm("tiny"), index=index, top_k=2)
    retrieved = list(answering.ask(Session(), "Is there a dog?"))[-1]
    assert [one.id for one in retrieved.pictures] == [hit.id for hit in index.search("Is there a dog?", top_k=2)]
    assert retrieved.answer and retrieved.report is not None and not retrieved.error
    own = list(answering.ask(session, "Is there a zebra?"))[-1]
    assert own.pictures == session.chosen


# -- what is shown ----------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Notes tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), "${alert(1)} {{value}} `x` <img src=x onerror=alert(1)>"], ids=[*HOSTILE, "braces"]
)
def test_hostile_words_are_shown_and_do_nothing(text: str, tiny: Verifier, scene: Scene) -> None:
    session = Session()
    session.add(f"{text}.png", png(scene))
    list(Answering(verifier=tiny, llm=Said(f"There is a zebra. {text}")).ask(session, f"{text[:1500]} ?"))
    (turn,) = session.turns
    assert turn.report is not None
    session.look(0, 0)
    parts = [markup.conversation(session), markup.album(session), markup.evidence(turn, 0, None, text)]
    for part in parts:
        seen = Tags()
        seen.feed(part)
        assert seen.tags <= {
            "div",
            "section",
            "p",
            "button",
            "span",
            "img",
            "b",
            "i",
            "q",
            "ul",
            "li",
            "h3",
            "figure",
            "figcaption",
        }
        assert not any(name.startswith("on") for name in seen.names)
        assert not re.search(r"[{}$`]", part)
    whole = Tags()
    whole.feed(parts[0])
    assert " ".join(printable(turn.answer).split()) in " ".join(whole.text.split())


def test_evidence_shows_box_and_map(session: Session, tiny: Verifier) -> None:
    list(Answering(verifier=tiny, llm=Said("There is a zebra.")).ask(session, "What?"))
    report = session.turns[0].report
    assert report is not None
    heat = tiny.explain(report, "attention", [0]).maps[0].map
    shown = markup.evidence(session.turns[0], 0, heat)
    assert "supported, trust 0.9" in shown and "by attention" in shown and "box of zebra" in shown
    assert shown.count("<img ") == 1 and 'src="data:image/jpeg;base64,' in shown
    assert "no evidence" not in shown and "heat map" not in markup.evidence(session.turns[0], 0, None)


def test_a_claim_that_is_not_there_is_not_looked_at(session: Session, tiny: Verifier) -> None:
    list(Answering(verifier=tiny, llm=Said("There is a zebra.")).ask(session, "What?"))
    for turn, claim in ((0, 9), (3, 0), (-1, 0), (0, -1)):
        session.look(turn, claim)
        assert session.looked_at is None
    session.turns.append(Turn(question="unanswered"))
    session.look(1, 0)
    assert session.looked_at is None


# -- the verb ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flags", "said"), [
    ([], "no models are named"),
    (["--encoder", "tiny"], "no vision model is named"),
    (["--models", "tiny", "--llm", "nothing:such"], "nothing"),
    (["--store", "nowhere", "--llm", "tiny"], "no index there"),
])  # fmt: skip
def test_bad_flags_are_one_line(
    flags: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["chat", *flags])
    error = capsys.readouterr().err
    assert left.value.code == 2 and said in error and error.count("\n") == 1


def test_without_gradio_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['gradio'] = None\n"
        "from llamaindex_clipverify.cli import main; main(['chat', '--models', 'tiny'])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2 and "pip install 'llamaindex-clipverify[ui]'" in ran.stderr
