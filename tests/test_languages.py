"""Reports and pages in Korean: every text has a translation with the same values; particles; what is shown where."""

from __future__ import annotations

import copy
import json
import pickle
import re
import string
from pathlib import Path

import pytest
from conftest import Drawn
from translatable import ROOT, messages, plain_reasons, shown_errors

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.cli import main
from llamaindex_clipverify.errors import (
    ClipVerifyError,
    DataError,
    MissingExtraError,
    ModelError,
    PictureError,
    UnreachableError,
)
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.languages import ENGLISH, language, language_for, preferred
from llamaindex_clipverify.languages.korean_values import korean_name, with_particle
from llamaindex_clipverify.languages.stored import restored, stored
from llamaindex_clipverify.message import Listed, Message
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.saving import save_all
from llamaindex_clipverify.report.sharing import shareable, without_paths
from llamaindex_clipverify.report.terminal import renderable
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.ui.markup import Looks, Markup
from llamaindex_clipverify.ui.problems import problem
from llamaindex_clipverify.ui.session import Session
from llamaindex_clipverify.verification.streaming import on_sources

SCENES = Drawn(1500, 4, objects=(1, 3))
KO = language("ko")
PARTS = json.loads((ROOT / "languages" / "ko.json").read_text("utf-8"))
ANSWER = "노란 컵이 있다. 시계는 빨간색이다. 개가 두 마리 있다. 가격은 9유로이다."
COUNTED = "개: 답변에는 2, 보이는 것은 0"


def fields(template: str) -> set[str]:
    return {name.split("!")[0] for _, name, _, _ in string.Formatter().parse(template) if name}


# -- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", sorted(messages() | plain_reasons() | shown_errors()))
def test_every_text_has_a_translation(text: str) -> None:
    assert text in KO.table, "add it to languages/ko.json"


def test_translations_use_the_values_of_their_templates_and_no_others() -> None:
    extra = {"noun"}  # is at hand wherever things are counted, in the singular
    for english, korean in KO.table.items():
        assert fields(korean) <= fields(english) | extra, english
        left_out = fields(english) - fields(korean) - {"things"}
        assert not left_out, english
        assert re.search("[가-힣]", korean) or not re.search("[a-z]{4}", re.sub(r"{[^}]*}", "", english)), english


def test_no_translation_is_given_twice() -> None:
    texts = [english for part in PARTS.values() for english in part]
    assert len(texts) == len(set(texts))


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_is_its_english_text() -> None:
    message = Message("named {number} {things}, saw {saw}", number=2, things="dogs", saw=0, noun="dog")
    assert message == "named 2 dogs, saw 0" and f"{message}!" == "named 2 dogs, saw 0!"
    assert json.dumps(message) == '"named 2 dogs, saw 0"' and ENGLISH.say(message) == message
    for again in (pickle.loads(pickle.dumps(message)), copy.deepcopy(message)):
        assert again == message and KO.say(again) == KO.say(message) == "개: 답변에는 2, 보이는 것은 0"
    assert Message("a {brace} that is text") == "a {brace} that is text"
    listed = Listed([Message("actions"), Message("scenes")])
    assert listed == "actions, scenes" and KO.say(pickle.loads(pickle.dumps(listed))) == "동작, 장면"


def test_messages_in_messages_and_unknown_texts() -> None:
    inner = Message("{noun} at {where}, {other} at {there}", noun="cup", where="A", other="dog", there="B")
    assert KO("too close to tell: {reason}", reason=inner) == "경계에 가까워 알 수 없음: 컵: A, 개: B"
    assert KO.say("a text of somebody's check") == "a text of somebody's check"
    assert KO("a new {thing}", thing="text") == "a new text"


@pytest.mark.parametrize(
    ("word", "particle", "said"),
    [
        ("컵", "이", "이"), ("개", "이", "가"), ("컵", "을", "을"), ("자동차", "을", "를"), ("“책”", "은", "은"), ("2", "은", "는"),
        ("1", "은", "은"), ("지하철", "으로", "로"), ("컵", "으로", "으로"), ("자동차", "과", "와"), ("cup", "은", "은(는)"), ("", "을", "을(를)"),
    ],
)  # fmt: skip
def test_particles_follow_the_sound_before_them(word: str, particle: str, said: str) -> None:
    assert with_particle(word, particle) == said


def test_nouns_have_their_korean_names() -> None:
    assert [korean_name(word) for word in ("dog", "cup", "red", "animal", "zebra", "flurble")] == [
        "개", "컵", "빨간색", "동물", "얼룩말", "flurble"]  # fmt: skip


def test_the_language_of_a_browser() -> None:
    assert preferred("ko-KR,ko;q=0.9,en;q=0.8") == "ko" and preferred("en-US,ko;q=0.5") == "en"
    assert preferred("fr,de;q=0.9,ko;q=0.1") == "ko"
    for odd in ("", "*", "fr", ";;;q=,", "ko;q=x", "k" * 9999):
        assert preferred(odd) == "en"
    assert language_for("fr") is ENGLISH and language_for(None) is ENGLISH
    with pytest.raises(DataError, match="no such language; got fr; give one of en, ko"):
        language("fr")


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (UnreachableError("the server cannot be reached", got="http://a (Connection refused)", do="check base_url= and the network"),
         "서버에 연결할 수 없다: http://a (Connection refused). base_url=과 네트워크를 확인한다"),
        (MissingExtraError("captum", "cam"), "captum이(가) 설치되어 있지 않다. pip install 'llamaindex-clipverify[cam]'"),
        (ModelError("the model does not fit into memory", got="llava: 14 GB"), "모델이 메모리에 들어가지 않는다: llava: 14 GB"),
        (PictureError("not a picture file"), "사진 파일이 아니다"),
        (DataError("an error of somebody's {check}", got="{x}\ny"), "an error of somebody's {check}: {x} y"),
    ],
)  # fmt: skip
def test_an_error_is_a_message_of_its_text(error: ClipVerifyError, shown: str) -> None:
    assert error.message == str(error) and KO.say(error.message) == shown
    assert KO.say(problem(error)) == shown


def test_why_a_picture_was_not_looked_at_is_korean(tiny: Verifier, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    sources = [
        Source(picture=Picture.of(draw_scene(FRESH).image)),
        Source.tried(lambda: Source(picture=Picture.of(tmp_path / "broken.png"))),
        Source.tried(lambda: Source.of_picture(tmp_path / "gone.png")),
    ]
    report = on_sources(tiny, ANSWER, sources)
    assert len(report.gaps) == 2 and all(f"not looked at: {gap}" in report.notes for gap in report.gaps)
    told = [KO.say(note) for note in report.notes if note.startswith("not looked at")]
    assert (
        "사진 파일이 아니다: " in " ".join(told)
        and "파일을 바꾸거나 뺀다" in " ".join(told)
        and "그런 사진이 없다" in " ".join(told)
    )
    assert str(Report.from_dict(json.loads(json.dumps(report.to_dict(exact=True))))) == str(report)
    shared = shareable(report)
    assert str(tmp_path) not in " ".join([*shared.notes, *shared.gaps]) and str(tmp_path) in " ".join(report.gaps)
    assert "그런 사진이 없다: gone.png" in " ".join(map(KO.say, shared.notes))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (Message("{folder}/{name}", folder="/srv", name="a.png"), "a.png"),
        (Message("not looked at: {gap}", gap=Path("/srv/data/a.png")), "not looked at: a.png"),
        (Message("not looked at: {gap}", gap=Message("{what}; got {got}", what="x", got="/srv/data/a.png")), "not looked at: x; got a.png"),
        (Listed([Message("/srv/data/a.png"), Message("b")]), "a.png, b"),
        (Message("saw {saw} {things}", saw=1 / 2, things="cups"), "saw 0.5 cups"),
        ("C:\\data\\a.png", "a.png"),
    ],
)  # fmt: skip
def test_no_folder_is_shared_whatever_a_message_is_made_of(text: str, shown: str) -> None:
    assert without_paths(text) == shown and KO.say(without_paths(text))


def test_a_message_of_any_values_can_be_written_and_read() -> None:
    written = json.loads(json.dumps(stored([Message("not looked at: {gap}", gap=Path("a.png"))])))
    assert restored(written) == {"not looked at: a.png": "not looked at: a.png"}
    few = {"saw 1 cups": {"template": "saw {saw} {things}", "values": {"saw": 1, "things": "cups"}}}
    assert KO.say(restored(few)["saw 1 cups"]) == "saw 1 cups", "the Korean text needs the noun, too"
    long = next(one for one in KO.table if "{times:.0f}" in one)
    for value in (10**400, -(10**400), "x", None, {}, {"template": 1}, {"items": [1]}, True):
        assert restored({"a": {"template": long, "values": {"times": value}}}) == {}


# -- reports ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def korean(tiny: Verifier) -> Report:
    return tiny.verify(ANSWER, [draw_scene(FRESH).image])


def english_words(text: str) -> list[str]:
    """Return the English words of a text, without those in quotation marks and names of models."""
    plain = re.sub(r"“[^”]*”", "", text)
    return [word for word in re.findall(r"[A-Za-z]{3,}", plain) if word not in ("tiny", "rapidocr")]


def test_a_korean_answer_has_a_korean_report(korean: Report) -> None:
    assert [one.verdict for one in korean.claims] == ["supported", "contradicted", "contradicted", "unverifiable"]
    text = str(korean)
    assert (
        text.startswith("신뢰도 0.0")
        and "반박됨 · 주장 4개 · 뒷받침됨 1, 반박됨 2, 확인 불가 1" in text
        and "보정됨" in text
    )
    assert COUNTED in text and "글자 인식기가 없다" in text
    assert not english_words(text), text
    markdown = korean.to_markdown()
    assert "| | 주장 | 신뢰도 | 판정 | 이유 | 사진 |" in markdown and not english_words(re.sub("<[^>]+>", "", markdown))


def test_terminal_and_page_are_korean_too(korean: Report, tmp_path: Path) -> None:
    from rich.console import Console

    console = Console(width=160, color_system=None)
    with console.capture() as seen:
        console.print(renderable(korean))
    assert "✗ 반박됨" in seen.get() and not english_words(seen.get())
    page = korean.save(tmp_path / "r.html").read_text("utf-8")
    body = re.sub(r"<(style|script)>.*?</\\1>|<[^>]+>|data:[^\"]+", " ", page[page.index("<body") :], flags=re.DOTALL)
    assert '<html lang="ko"' in page and "언급된 사물과 보이는 사물" in body
    names = {*korean.models.values(), *korean.object_agreement.named, *korean.object_agreement.seen, "Esc clipverify"}
    assert not set(english_words(body)) - set(re.findall("[A-Za-z]{3,}", " ".join(names))), body


def test_another_language_can_be_asked_for(korean: Report, tiny: Verifier) -> None:
    english = korean.translated("en")
    assert str(english).startswith("trust 0.0") and "named 2 dogs, saw 0" in str(english)
    assert english == korean and english.to_dict() == korean.to_dict()
    other = tiny.verify("There are two dogs.", [draw_scene(FRESH).image])
    assert "named 2 dogs, saw 0" in str(other) and COUNTED in str(other.translated("ko"))
    assert str(other.translated("ko").translated(None)) == str(other)
    with pytest.raises(DataError, match="no such language"):
        other.translated("fr")


def test_json_is_english_unless_asked(korean: Report) -> None:
    told = [piece["reason"] for claim in korean.to_dict()["claims"] for piece in claim["evidence"]]
    assert not re.search("[가-힣]", " ".join(told)) and "no reader of written words" in korean.to_json()
    asked = korean.to_dict(language="ko")
    assert asked["claims"][2]["evidence"][0]["reason"] == COUNTED
    assert asked["claims"][3]["note"].startswith("글자 인식기가 없다") and asked["verdict"] == "contradicted"


def test_a_report_read_back_is_korean_again(korean: Report) -> None:
    again = Report.from_dict(json.loads(json.dumps(korean.to_dict(exact=True))))
    assert str(again) == str(korean)


@pytest.mark.parametrize(
    "data",
    [
        {"template": "{noun.__class__}", "values": {"noun": "x"}}, {"template": "{noun:>99999999}", "values": {"noun": "x"}},
        {"template": "saw {saw} {things}", "values": {"saw": 1}}, {"template": 3, "values": {}}, {"items": [3]}, [], "text", None,
        {"template": "“{text}”", "values": {"text": {"template": "“{text}”", "values": {"no": 1}}}},
        {"template": "cosine {cosine:.2f} with the whole picture", "values": {"cosine": "x"}},
    ],
)  # fmt: skip
def test_templates_of_strangers_are_not_filled_in(data: object) -> None:
    assert restored({"x": data, "<class 'str'>": data}) == {}


def test_a_page_of_both_languages_is_english(korean: Report, tiny: Verifier, tmp_path: Path) -> None:
    other = tiny.verify("There are two dogs.", [draw_scene(FRESH).image])
    page = save_all([korean, other], tmp_path / "all.html").read_text("utf-8")
    assert '<html lang="en"' in page and "개: 답변에는" not in page
    page = save_all([korean, korean], tmp_path / "all.html").read_text("utf-8")
    assert '<html lang="ko"' in page and "사진과 대조한 답변 2개" in page


def test_the_chat_is_korean(tiny: Verifier) -> None:
    shown = Markup(Looks(title="", models=["m"], samples=True, has_index=True), KO).page(Session())
    body = re.sub(r"<[^>]+>", " ", shown[shown.index("<body") :])
    assert "바로 해 보기" in body and '<html lang="ko"' in shown and 'href="?lang=en"' in shown
    kept = ("What does the picture show?", "What colour is the car?", "Is there a red car?", "English", "clipverify")
    for text in kept:  # the bundled model reads English only
        body = body.replace(text, "")
    assert not re.findall("[A-Za-z]{3,}", body.replace("JSON", "")), body


def test_the_command_line_takes_a_language(tmp_path: Path, capsys: pytest.CaptureFixture[str], scene: Scene) -> None:
    picture = tmp_path / "scene.png"
    scene.image.save(picture)
    with pytest.raises(SystemExit):
        main(
            [
                "verify",
                "--answer",
                "There are two dogs.",
                "--image",
                str(picture),
                "--models",
                "tiny",
                "--language",
                "ko",
            ]
        )
    assert "개: 답변에는 2" in capsys.readouterr().out


def test_evidence_of_strangers_keeps_its_words() -> None:
    piece = Evidence(check="mine", stance="supports", reason="a reason of mine")
    assert KO.say(piece.reason) == "a reason of mine" and piece.to_dict()["reason"] == "a reason of mine"
