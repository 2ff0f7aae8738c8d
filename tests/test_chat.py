"""The chat without a browser: what a visitor may bring, who sees what, what is shown, and what the verb demands."""

from __future__ import annotations

import io
import json
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
from llamaindex_clipverify.languages import ENGLISH, language
from llamaindex_clipverify.llama_index import load_llm
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.ui.actions import Actions
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.browsing import Browsing
from llamaindex_clipverify.ui.markup import Looks, Markup
from llamaindex_clipverify.ui.samples import SAMPLES, prepare
from llamaindex_clipverify.ui.session import Limits, Reply, Session
from llamaindex_clipverify.ui.sessions import Sessions

SCENES = Drawn(1500, 4, objects=(1, 3))
MARKUP = Markup(Looks(title="", methods=("attention",)), ENGLISH)


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
    assert len(sessions) == 2 and len(sessions.of("b").shown) == 1 and sessions.size == 2 * len(png(scene))
    sessions.drop("b")
    assert sessions.of("a").shown == [], "the one unused for longest was dropped"


# -- answers ----------------------------------------------------------------------------------------------------------


def of(verifier: Verifier, *llms: Any) -> Answering:
    """Return a verifier with models."""
    return Answering(verifier=verifier, llms={f"model {place}": llm for place, llm in enumerate(llms, 1)})


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
    answering = of(tiny, Said("There is a zebra. There is a pizza. It is lovely."))
    seen, shown = [], []
    for turn in answering.ask(session, "What?"):
        (reply,) = turn.replies
        seen.append((reply.text, reply.report.answer if reply.report else None, reply.done))
        shown.append(MARKUP.turn(session, 0))
    assert seen[0] == ("", None, False) and "looking …" in shown[0]
    there = seen.index(("There is a zebra. There ", "There is a zebra.", False))
    assert marked(shown[there]) == [("supported", "0")] and '<span class="cv-rest"> There</span>' in shown[there]
    assert seen[-1] == ("There is a zebra. There is a pizza. It is lovely.",) * 2 + (True,)
    report = session.turns[0].replies[0].report
    assert report is not None and [one.claim.noun for one in report.doubtful()] == ["pizza"]
    assert marked(shown[-1]) == [("supported", "0"), ("contradicted", "1"), ("unverifiable", "2")]
    assert "trust 0.0" in shown[-1] and "2 of 3 claims could be checked" in shown[-1]
    assert session.turns[0].looked_at == (0, 1), "the evidence of the claim that is trusted least is open"


def test_what_goes_wrong_is_told_and_loses_nothing(session: Session, tiny: Verifier) -> None:
    dead = ServiceError("the server does not answer", got="http://127.0.0.1:9", do="start it")
    last = list(of(tiny, Said("There is a zebra. There", dead)).ask(session, "What?"))[-1].replies[0]
    assert last.done and last.error == str(dead) and last.report is not None and last.text == "There is a zebra. There"
    last = list(of(tiny, Said("", ValueError("<b>odd</b>"))).ask(session, "And?"))[-1].replies[0]
    assert last.error == "the model failed: ValueError: <b>odd</b>"
    shown = MARKUP.conversation(session)
    assert "the server does not answer" in shown and "&lt;b&gt;odd" in shown and "<b>odd" not in shown


def test_without_pictures_there_is_nothing_to_ask_about(tiny: Verifier) -> None:
    last = list(of(tiny, Said("A dog.")).ask(Session(), "What?"))[-1].replies[0]
    assert last.error == "no picture is chosen; add one, or choose one" and last.text == ""


def test_pictures_of_an_index_are_retrieved_where_none_is_chosen(
    tiny: Verifier, files: list[Path], tmp_path: Path, session: Session
) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    answering = Answering(verifier=tiny, llms={"tiny": load_llm("tiny")}, index=index, top_k=2)
    retrieved = list(answering.ask(Session(), "Is there a dog?"))[-1]
    assert [one.id for one in retrieved.pictures] == [hit.id for hit in index.search("Is there a dog?", top_k=2)]
    (reply,) = retrieved.replies
    assert reply.text and reply.report is not None and not reply.error
    own = list(answering.ask(session, "Is there a zebra?"))[-1]
    assert own.pictures == session.chosen


# -- what is shown ----------------------------------------------------------------------------------------------------


_TAGS = set(
    "html head meta title link script body a header main nav form label input fieldset legend textarea small h1 h2 h3 div section "
    "article p button span img b i q ul li figure figcaption details summary svg defs use image g rect strong select option".split()
)


def marked(shown: str) -> list[tuple[str, str]]:
    """Return the state and the claims of each marked part of an answer."""
    return re.findall(r'class="cv-piece cv-v-(\w+)[^"]*" href="[^"]+" data-claims="([\d ]+)"', shown)


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
    list(of(tiny, Said(f"There is a zebra. {text}")).ask(session, f"{text[:1500]} ?"))
    (turn,) = session.turns
    plain = Markup(Looks(title=text, models=[text], samples=True), ENGLISH)
    for part in (
        plain.conversation(session),
        plain.pictures(session),
        plain.turn(session, 0, (), text),
        plain.page(session),
    ):
        seen = Tags()
        seen.feed(part)
        assert seen.tags <= _TAGS and not any(name.startswith("on") for name in seen.names)
    whole = Tags()
    whole.feed(plain.conversation(session))
    assert " ".join(printable(turn.replies[0].text).split()) in " ".join(whole.text.split())


def test_evidence_shows_the_box_first_and_the_map_below_with_its_meaning(session: Session, tiny: Verifier) -> None:
    list(of(tiny, Said("There is a zebra.")).ask(session, "What?"))
    report = session.turns[0].replies[0].report
    assert report is not None and session.turns[0].looked_at == (0, 0)
    plain = MARKUP.turn(session, 0)
    assert 'data-map="wanted"' not in plain, "no method is chosen"
    session.method = "attention"
    assert 'data-map="wanted"' in MARKUP.turn(session, 0)
    shown = MARKUP.turn(session, 0, tiny.explain(report, "attention", [0]).maps)
    assert 'data-map="wanted"' not in shown and shown.count("cv-box ") >= 1
    assert (
        shown.index('class="cv-figure"') < shown.index('class="cv-map"') < shown.index("shows where the model looked")
    )
    assert "attention for “a zebra”, cosine" in shown and 'data-map="wanted"' not in MARKUP.turn(
        session, 0, (), "no map"
    )


def test_a_claim_that_is_not_there_is_not_looked_at(session: Session, tiny: Verifier) -> None:
    list(of(tiny, Said("There is a zebra.")).ask(session, "What?"))
    (turn,) = session.turns
    for reply, claim in ((0, 9), (3, 0), (-1, 0), (0, -1)):
        turn.look(reply, claim)
        assert turn.looked_at is None
    turn.look(0, 0)
    assert turn.looked_at == (0, 0) and Actions(of(tiny), Looks(title="")).look(session, {"turn": 7}, ENGLISH) == {}
    session.begin("next", Reply(by="", text="And?"))
    assert turn.looked_at is None, "older evidence is folded"


# -- pasted answers, comparisons, samples, the index -------------------------------------------------------------------


def test_a_pasted_answer_needs_no_model(session: Session, tiny: Verifier) -> None:
    answering = of(tiny)
    (turn,) = {
        id(one): one for one in answering.check(session, " There is a zebra. There is a pizza. ", "What is there?")
    }.values()
    (reply,) = turn.replies
    assert turn.question == "What is there?" and reply.done and not reply.error and reply.report is not None
    assert [(one.said, one.verdict) for one in reply.report.claims] == [
        ("zebra", "supported"),
        ("pizza", "contradicted"),
    ]
    shown = MARKUP.conversation(session)
    assert marked(shown) == [("supported", "0"), ("contradicted", "1")] and "pasted answer" in shown
    list(answering.check(session, "There is a zebra."))
    assert "Is this true of the pictures?" in MARKUP.conversation(session)
    with pytest.raises(DataError, match="the answer is empty; paste one"):
        list(answering.check(session, "  ", "What?"))
    with pytest.raises(DataError, match="no model answers here; paste an answer"):
        list(answering.ask(session, "What?"))


def test_answers_are_compared_side_by_side(session: Session, tiny: Verifier) -> None:
    answering = Answering(verifier=tiny, llms={"one": Said("There is a zebra."), "two": Said("There is a cat.")})
    turn = list(answering.ask(session, "What?", "There is a pizza."))[-1]
    verdicts = [(one.by, one.report.verdict) for one in turn.replies if one.report]
    assert verdicts == [("", "contradicted"), ("one", "supported"), ("two", "contradicted")] and turn.done
    shown = MARKUP.conversation(session)
    assert "is-compared" in shown and re.findall(r'cvc-by">([^<]+)', shown) == ["pasted answer", "one", "two"]
    assert shown.count('class="cvc-verdict') == 3 and shown.count("cvc-evidence") == 1
    assert turn.looked_at is not None and turn.looked_at[0] != 1
    assert len(session.reports) == 3


def test_one_sample_question_makes_the_model_invent_something(tiny: Verifier) -> None:
    """The first minute: what the bundled model invents about a sample picture is doubted, and so is what is pasted."""
    answering = Answering(verifier=tiny, llms={"tiny": load_llm("tiny")})
    doubted = {}
    for sample in SAMPLES:
        session = Session()
        prepare(session, sample)
        assert len(session.shown) == 3 and len(session.chosen) == 1
        turns = answering.check(session, sample.answer) if sample.answer else answering.ask(session, sample.question)
        reply = list(turns)[-1].replies[0]
        assert reply.report is not None and not reply.error
        doubted[sample.question or sample.answer] = [one.said for one in reply.report.doubtful()]
    assert [asked for asked, doubts in doubted.items() if asked.endswith("?") and doubts], doubted
    assert all(doubts for asked, doubts in doubted.items() if not asked.endswith("?")), doubted
    assert doubted["What does the picture show?"] == []


def test_an_answer_that_was_cleared_away_ends_and_breaks_nothing(session: Session, tiny: Verifier) -> None:
    actions = Actions(
        of(tiny, Said("There is a zebra. There is a pizza.")), Looks(title="", models=["m"], methods=["attention"])
    )
    growing = actions.ask(session, {"mode": "ask", "question": "What?"}, ENGLISH)
    assert "What?" in next(growing)["parts"]["talk"] and "html" in next(growing)
    actions.clear(session, {}, ENGLISH)
    assert list(growing) == [] and session.turns == []
    for _ in range(2):  # the same question twice: each is its own turn
        told = [
            one["turn"] for one in actions.ask(session, {"mode": "ask", "question": "What?"}, ENGLISH) if "turn" in one
        ]
    assert set(told) == {1} and len(session.turns) == 2
    cleared = tiny.explain

    class Clearing:
        def explain(self, *given: Any) -> Any:
            session.clear()
            return cleared(*given)

    actions.answering.verifier = Clearing()  # type: ignore[assignment]
    assert actions.map(session, {"turn": 1, "method": "attention"}, ENGLISH) == {}


def test_what_is_saved_is_in_the_language_of_the_page(session: Session, tiny: Verifier) -> None:
    actions = Actions(of(tiny), Looks(title=""))
    with pytest.raises(DataError, match="there is no answer to save yet; ask something first"):
        actions.export(session, ".html", ENGLISH)
    list(actions.ask(session, {"mode": "check", "answer": "There is a pizza."}, ENGLISH))
    assert '<html lang="ko"' in actions.export(session, ".html", language("ko"))
    assert '<html lang="en"' in actions.export(session, ".html", ENGLISH)
    (report,) = json.loads(actions.export(session, ".json", language("ko")))
    assert report["verdict"] == "contradicted"


def test_samples_are_offered_until_they_are_tried(tiny: Verifier) -> None:
    actions = Actions(of(tiny, Said("There is a zebra.")), Looks(title="", models=["m"], samples=True))
    session = Session()
    assert actions.show(session, {}, ENGLISH)["parts"]["talk"].count("data-sample=") == 4
    told = list(actions.ask(session, {"mode": "ask", "question": SAMPLES[0].question}, ENGLISH))[-1]
    assert told["parts"]["next"].count("data-sample=") == 3 and SAMPLES[0].question not in told["parts"]["next"]
    assert "data-sample" not in Actions(of(tiny), Looks(title="")).show(Session(), {}, ENGLISH)["parts"]["talk"]


def test_the_index_is_looked_through_in_pages_and_searched(tiny: Verifier, files: list[Path], tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    session, browsing = Session(), Browsing(index)
    page = browsing.page(session, "", 0, ENGLISH)
    assert page.summary == f"1–{len(files)} of {len(files)}" and page.before is page.after is None
    found = browsing.page(session, "a zebra", 0, ENGLISH)
    assert [one.id for one in found.pictures] == [hit.id for hit in index.search("a zebra", top_k=len(files))]
    assert browsing.page(session, "", 9, ENGLISH).summary == "no pictures"
    small = browsing.thumbnail(found.pictures[0].id)
    assert (
        small is not None
        and small.startswith(b"\xff\xd8")
        and browsing.thumbnail("0" * 64) is browsing.thumbnail("../x") is None
    )
    browsing.choose(session, found.pictures[0].id)
    assert [one.id for one in session.chosen] == [found.pictures[0].id]
    assert browsing.page(session, "a zebra", 0, ENGLISH).pictures[0].chosen
    browsing.choose(session, found.pictures[0].id)
    assert session.chosen == () and len(session.shown) == 1
    with pytest.raises(DataError, match="no such picture in the index"):
        browsing.choose(session, "f" * 64)


def test_pages_of_the_index_follow_each_other(
    tiny: Verifier, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llamaindex_clipverify.ui.browsing.PER_PAGE", 3)
    index = EvidenceIndex.from_documents(files, tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    for words in ("", "a zebra"):
        seen, number = [], 0
        while True:
            page = Browsing(index).page(Session(), words, number, ENGLISH)
            seen += [one.id for one in page.pictures]
            assert len(page.pictures) <= 3 and page.before == (number - 1 if number else None)
            if page.after is None:
                break
            number = page.after
        assert len(seen) == len(set(seen)) == len(files)


# -- the verb ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flags", "said"), [
    ([], "no models are named"),
    (["--models", "tiny", "--language", "xx"], "no such language"),
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


def test_without_starlette_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['starlette'] = None\n"
        "from llamaindex_clipverify.cli import main; main(['chat', '--models', 'tiny'])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2 and "pip install 'llamaindex-clipverify[ui]'" in ran.stderr
