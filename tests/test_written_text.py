"""Written words: what the check says of them, and that they do not sway the encoder."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.errors import DataError, MissingExtraError, ModelError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.lettering import Lettering, naming_line, painted_over, without_letters
from llamaindex_clipverify.evidence.written_text import BELIEF, WrittenText
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.models import registry
from llamaindex_clipverify.models.protocols import Reader
from llamaindex_clipverify.models.registry import load_reader
from llamaindex_clipverify.models.text_lines import Line
from llamaindex_clipverify.testing.documents import KINDS, compressed, draw_document, rotated
from llamaindex_clipverify.trust.profile import Feature, KindModel, Profile

needs_reader = pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None, reason="rapidocr is not installed: make setup, or the extra [ocr]"
)


class Given:
    """A reader that reads what it is told."""

    id = "given"

    def __init__(self, *lines: Line) -> None:
        self.lines = list(lines)

    def read(self, pictures: list[Picture]) -> list[list[Line]]:
        return [self.lines for _ in pictures]


def line(text: str, left: float, top: float, confidence: float = 0.99) -> Line:
    return Line(text=text, confidence=confidence, box=(left, top, left + 9.0 * len(text), top + 20))


RECEIPT = (
    line("CORNER CAFE", 100, 0),
    line("Date: 03/05/2026", 20, 40),
    line("Coffee", 20, 80), line("3.50", 240, 80),
    line("Subtotal", 20, 120), line("12.50", 240, 120),
    line("Tax 10%", 20, 160), line("1.25", 240, 160),
    line("TOTAL", 20, 200), line("$13.75", 240, 200),
    line("Cashier: Ben Carter", 20, 240),
    line("Customer: Anna Smith", 20, 280),
)  # fmt: skip


def judged(text: str, *lines: Line) -> Evidence:
    picture = Picture.of(Image.new("RGB", (320, 320), "white"))
    check, facts = WrittenText(Given(*lines)), Facts(picture=picture.id, size=picture.size)
    observe([check], [picture], [facts])
    assert not facts.failed
    claim = next(one for one in EnglishSplitter().split(text) if one.kind == "text")
    evidence = check.judge(claim, Facts.from_dict(json.loads(json.dumps(facts.to_dict()))))
    assert evidence is not None
    return evidence


@pytest.mark.parametrize(
    "text",
    ["The total is $13.75.", "The total is 13.75 dollars.", "The tax is 1.25.", "Coffee costs 3.50.", "12.50 is the subtotal.",
     "The receipt is dated 3 May 2026.", "The tax rate is 10%.", "The cashier is Ben Carter.", "The store is called Corner Café.",
     'It says "customer".'],
)  # fmt: skip
def test_what_is_written_is_supported_with_its_place(text: str) -> None:
    evidence = judged(text, *RECEIPT)
    assert evidence.stance == "supports" and evidence.region is not None and evidence.score is not None
    assert evidence.score > 0.9


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The total is $12.50.", "TOTAL: “$13.75”, not “$12.50” at (240, 200)–(294, 220)"),
        ("The tax is 13.75.", "Tax: “1.25”, not “13.75” at (240, 160)–(276, 180)"),
        ("The coffee costs 3.60.", "Coffee: “3.50”, not “3.60” at (240, 80)–(276, 100)"),
        ("The cashier is Anna Smith.", "Cashier: “Ben Carter” at (20, 240)–(191, 260)"),
        ("The cashier is Omar Haddad.", "Cashier: “Ben Carter” at (20, 240)–(191, 260)"),
        (
            "The receipt is dated 4 May 2026.",
            "“4 May 2026” is nowhere; the nearest is “03/05/2026” at (20, 40)–(164, 60)",
        ),
    ],
)
def test_another_value_in_the_place_meant_contradicts(text: str, reason: str) -> None:
    evidence = judged(text, *RECEIPT)
    assert evidence.stance == "contradicts" and evidence.reason == reason


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("The total is $13.75.", ()),
        ("The total is $12.50.", (line("TOTAL", 20, 200), line("$18.75", 240, 200, 0.6))),
        ("It costs $5.", (line("OPEN", 20, 20),)),
        ("It costs $5.", (line("$7.00", 20, 20), line("$b.0", 20, 60, 0.5))),
        ('The sign says "EXIT".', (line("STAFF ONLY", 20, 20), line("EX1F", 20, 60, 0.7))),
        ('The sign says "EXIT".', (line("EXFT", 20, 60, 0.97),)),
        ("The code is 4711.", (line("4712", 20, 60),)),
        ("The flag is American.", (line("MAIN STREET", 20, 60),)),
    ],
)
def test_it_is_silent_where_nothing_of_that_sort_is_legible(text: str, lines: tuple[Line, ...]) -> None:
    evidence = judged(text, *lines)
    assert evidence.stance == "silent" and evidence.score is None and evidence.reason


def test_what_is_not_read_is_denied_on_a_page_and_not_in_a_street() -> None:
    small = (Line(text="GLADYS", confidence=1.0, box=(20, 20, 70, 40)),)
    large = (Line(text="GLADYS", confidence=1.0, box=(20, 20, 300, 100)),)
    assert judged('The sign says "PARKING".', *small).stance == "silent"
    assert judged('The sign says "PARKING".', *large).stance == "contradicts"
    assert judged("It costs $5.", Line(text="$7.00", confidence=1.0, box=(20, 20, 70, 40))).stance == "silent"


def test_a_cell_is_found_by_row_and_column() -> None:
    heads = [line("2024", 160, 0), line("2025", 240, 0)]
    rows = [line("Asia", 20, 40), line("310", 165, 40), line("340", 245, 40)]
    more = [line("Europe", 20, 80), line("520", 165, 80), line("580", 245, 80)]
    cells = [line("Sales by region", 90, -40), *heads, *rows, *more]
    assert judged("Sales in Asia in 2025 were 340.", *cells).stance == "supports"
    for wrong in ("310", "580", "999"):
        evidence = judged(f"Sales in Asia in 2025 were {wrong}.", *cells)
        assert evidence.stance == "contradicts" and "“340”" in evidence.reason


def test_belief_falls_with_the_legibility_of_the_line() -> None:
    clear, faint = (judged('It says "OPEN".', line("OPEN", 20, 20, sure)).score for sure in (0.99, 0.7))
    assert clear is not None and faint is not None and 0.5 < faint < clear < 1
    assert all(0 < belief < 1 for belief in BELIEF.values())


# -- the whole flow -------------------------------------------------------------------------------------------------------


def test_a_reader_alone_verifies_and_says_where() -> None:
    verifier = Verifier.from_defaults(reader=Given(*RECEIPT))
    report = verifier.verify(
        "The total is $13.75. The tax is 3.50. There is a dog.", [np.zeros((320, 320, 3), np.uint8)]
    )
    total, tax, dog = report.claims
    assert total.verdict == "supported" and total.region == (240, 200, 294, 220)
    assert tax.verdict == "contradicted" and dog.trust is None
    assert report.calibration == "uncalibrated" and report.models["written_text"] == "given"
    negated = verifier.verify("The tax is not 3.50.", [np.zeros((320, 320, 3), np.uint8)])
    assert negated.verdict == "supported"


def test_a_picture_without_words_keeps_no_other_from_contradicting() -> None:
    class Second(Given):
        def read(self, pictures: list[Picture]) -> list[list[Line]]:
            return [self.lines if picture.size == (320, 320) else [] for picture in pictures]

    verifier = Verifier.from_defaults(reader=Second(*RECEIPT))
    blank, page = np.zeros((40, 40, 3), np.uint8), np.zeros((320, 320, 3), np.uint8)
    report = verifier.verify("The total is $12.50.", [blank, page])
    assert report.verdict == "contradicted" and report.claims[0].picture == Picture.of(page).id
    assert verifier.verify("The total is $12.50.", [blank]).claims[0].note == "nothing is written in the picture"


def test_without_a_reader_words_are_unverifiable_and_the_report_says_what_to_do(tiny: Verifier) -> None:
    report = tiny.verify("The total is $13.75.", [np.zeros((64, 64, 3), np.uint8)])
    assert report.trust is None and report.claims[0].note == "no reader of written words: name one (rapidocr)"


def test_readers_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_reader("none") is None
    with pytest.raises(ModelError, match="no such reader; got tesseract; give rapidocr or none"):
        load_reader("tesseract")
    with pytest.raises(DataError, match="no model named"):
        Verifier.from_defaults(reader="none")

    def missing(module: str) -> None:
        raise ModuleNotFoundError(module, name="rapidocr")

    monkeypatch.setattr(registry.importlib, "import_module", missing)
    with pytest.raises(
        MissingExtraError, match=r"rapidocr is not installed; pip install 'llamaindex-clipverify\[ocr\]'"
    ):
        load_reader("rapidocr")


# -- the guard ------------------------------------------------------------------------------------------------------------

INK = (200, 0, 200)
BOX: Box = (20, 20, 90, 40)


class Swayed:
    """An encoder that takes anything in violet ink for a zebra, and everything else for a dog."""

    id, logit_scale = "swayed", 20.0

    def encode_images(self, images: list[Image.Image]) -> Array:
        inked = [(np.asarray(image) == INK).all(axis=2).any() for image in images]
        return np.array([[1.0, 0.0] if one else [0.0, 1.0] for one in inked], np.float32)

    def encode_texts(self, texts: list[str]) -> Array:
        found = [[1.0, 0.0] if "zebra" in one else [0.0, 1.0] if "dog" in one else [0.6, 0.8] for one in texts]
        return np.array(found, np.float32)


PROFILE = Profile(
    name="p", data="made up", date="2026-01-01", models={}, parts={"contrast": "swayed", "similarity": "swayed", "regions": "swayed"},
    kinds={"object": KindModel(intercept=0.0, features={"contrast.margin": Feature(1.0, 0.0, 0.0)})},
)  # fmt: skip


def written(word: str) -> Image.Image:
    image = Image.new("RGB", (120, 80), "white")
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    pen.text((25, 22), word, INK)
    return image


def swayed_verifier(reader: Reader | None) -> Verifier:
    return Verifier.from_defaults(Swayed(), reader=reader, profile=PROFILE)


def test_a_verdict_that_rests_on_letters_is_withdrawn() -> None:
    image, text = written("zebra"), "There is a zebra."
    assert swayed_verifier(None).verify(text, [image]).verdict == "supported"
    report = swayed_verifier(Given(Line(text="ZEBRA", confidence=0.9, box=BOX))).verify(text, [image])
    (claim,) = report.claims
    why = "“ZEBRA” is written in the picture, and without it the encoder says otherwise"
    assert claim.verdict == "unverifiable" and claim.trust is None and claim.note == why
    assert {one.reason for one in claim.evidence if one.check in ("similarity", "contrast", "regions")} == {why}
    assert why in str(report)


def test_so_is_one_that_a_foils_name_has_hidden() -> None:
    report = swayed_verifier(Given(Line(text="a zebra", confidence=0.9, box=BOX))).verify(
        "There is a dog.", [written("zebra")]
    )
    assert swayed_verifier(None).verify("There is a dog.", [written("zebra")]).verdict == "contradicted"
    assert report.claims[0].trust is None


@pytest.mark.parametrize("lines", [(), (Line(text="WELCOME", confidence=0.9, box=BOX),)])
def test_words_that_name_nothing_of_the_claim_change_nothing(lines: tuple[Line, ...]) -> None:
    image = written("zebra")
    plain, guarded = (swayed_verifier(reader).verify("There is a zebra.", [image]) for reader in (None, Given(*lines)))
    assert guarded.trust == plain.trust is not None


def test_a_verdict_that_stands_without_the_letters_stays() -> None:
    report = swayed_verifier(Given(Line(text="DOG", confidence=0.9, box=BOX))).verify(
        "There is a dog.", [Image.new("RGB", (120, 80), "white")]
    )
    assert report.verdict == "supported"


def test_facts_judge_without_pixels_and_cost_nothing_without_words() -> None:
    image = Picture.of(written("zebra"))
    verifier = swayed_verifier(Given(Line(text="ZEBRA", confidence=0.9, box=BOX)))
    (facts,) = verifier.facts([image])
    again = Facts.from_dict(json.loads(json.dumps(facts.to_dict())))
    bare = without_letters(again)
    assert bare is not None and bare.seen["similarity"]["vector"].tolist() == [0.0, 1.0]
    assert again.seen["similarity"]["vector"].tolist() == [1.0, 0.0]
    assert not (bare.seen["regions"]["vectors"] == [1.0, 0.0]).all(axis=1).any()
    claim = Claim(text="zebra", start=0, end=5, kind="object", noun="zebra")
    assert naming_line(claim, again) == "ZEBRA"
    (empty,) = swayed_verifier(Given()).facts([image])
    assert empty.seen["lettering"] == {} and without_letters(empty) is None
    assert Lettering(Swayed(), Given()).model == "swayed given"


@pytest.mark.parametrize(("line_text", "noun"), [("Zebras", "zebra"), ("ZEBR4", "zebra"), ("hotdog stand", "hot dog"),
                                                 ("puppies", "dog"), ("the cat", "dog")])  # fmt: skip
def test_words_are_known_in_other_forms_and_misread(line_text: str, noun: str) -> None:
    picture = Picture.of(Image.new("RGB", (120, 80)))
    facts = Facts(picture=picture.id, size=picture.size)
    observe([WrittenText(Given(Line(text=line_text, confidence=0.9, box=BOX)))], [picture], [facts])
    assert naming_line(Claim(text=noun, start=0, end=1, kind="object", noun=noun), facts) == line_text
    assert naming_line(Claim(text="it", start=0, end=1, kind="other"), facts) is None


def test_painting_over_takes_the_colour_of_the_paper() -> None:
    image = Image.new("RGB", (120, 80), (10, 200, 30))
    ImageDraw.Draw(image).rectangle(BOX, (250, 240, 230))
    ImageDraw.Draw(image).rectangle((40, 28, 60, 34), "black")
    bare = np.asarray(painted_over(image, [BOX]))
    assert (bare[24:38, 25:85] == (250, 240, 230)).all()
    assert (bare[60:] == (10, 200, 30)).all() and np.asarray(image)[24:38, 25:85].min() == 0


# -- RapidOCR -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reading() -> Verifier:
    return Verifier.from_defaults(reader="rapidocr")


@needs_reader
def test_rapidocr_reads_lines_where_they_stand(capfd: pytest.CaptureFixture[str]) -> None:
    image = Image.new("RGB", (300, 120), "white")
    from llamaindex_clipverify.testing.pages import _font

    ImageDraw.Draw(image).text((30, 40), "TOTAL 13.75", "black", _font("DejaVuSans", 26))
    reader = load_reader("rapidocr")
    assert reader is not None and reader.id.startswith("rapidocr@")
    first, second = reader.read([Picture.of(image), Picture.of(Image.new("RGB", (120, 90), "grey"))])
    assert [one.text.replace(" ", "") for one in first] == ["TOTAL13.75"] and second == []
    left, top, right, bottom = first[0].box
    assert 20 < left < 40 and 30 < top < 50 and 170 < right < 240 and 60 < bottom < 85
    assert first[0].confidence > 0.9 and abs(first[0].tilt) < 2
    assert capfd.readouterr() == ("", "")


@needs_reader
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_documents_are_verified(reading: Verifier, kind: str) -> None:
    document = draw_document(1_000_040, kind)
    for image in (document.image, compressed(rotated(document.image, 4), 60)):
        reports = [reading.verify(str(row["claim"]), [image]) for row in document.claims]
        verdicts = [next(one.verdict for one in report.claims if one.claim.kind == "text") for report in reports]
        assert verdicts == ["supported" if row["label"] else "contradicted" for row in document.claims]


def test_documents_are_the_same_each_time_and_half_true() -> None:
    for kind in KINDS:
        one, two = draw_document(7, kind), draw_document(7, kind)
        assert one.claims == two.claims and one.image.tobytes() == two.image.tobytes() and one.kind == kind
        assert abs(sum(int(row["label"]) for row in one.claims) * 2 - len(one.claims)) <= 1
    with pytest.raises(DataError, match="no such kind of document; got poem"):
        draw_document(7, "poem")


@needs_reader
def test_the_command_line_reads(clipverify, tmp_path) -> None:
    document = draw_document(1_000_041, "receipt")
    document.image.save(tmp_path / "receipt.png")
    for row in document.claims[:2]:
        ran = clipverify(
            "verify", "--answer", row["claim"], "--image", tmp_path / "receipt.png", "--reader", "rapidocr"
        )
        assert ran.code == (0 if row["label"] else 1), ran.out + ran.err
        assert not row["label"] or "written_text: " in ran.out
