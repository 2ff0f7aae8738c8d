"""The page: an answer's characters come out exactly once, markup stays text, nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from conftest import make_report
from hostile import HARMLESS, HOSTILE, report_of
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.html import fragment, page
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.report.saving import save_all
from llamaindex_clipverify.report.spans import focus, pieces


class _Reader(HTMLParser):
    """Collects the text of the answers, all addresses, and every tag."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.depth, self.answers, self.addresses, self.tags, self.ids = 0, [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if found.get("id") else []
        self.addresses += [value for name, value in found.items() if name in ("href", "src", "xlink:href")]
        if self.depth:
            self.depth += 1
        elif found.get("class") == "cv-answer":
            self.depth = 1
            self.answers.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= bool(self.depth)

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.answers[-1] += data


ANSWERS = [
    "A yellow cup stands above a red clock. There is no dog. Everything is cheerful.",
    "two cats & <b>a dog</b>\n\nand “quotes”, 'more' — 고양이 🐈 <script>alert(1)</script>",
    "   leading and trailing   ",
    "{{ 7 * 7 }} {% raw %} &amp; &lt;",
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("render", [lambda report: page([report]), fragment])
def test_characters_of_the_answer_come_out_exactly_once(answer, render):
    spans = [(0, 5), (2, 9), (3, 4), (8, len(answer)), (5, 5), (-3, 2), (4, 10_000), (9, 3)]
    claims = [
        CheckedClaim(
            claim=Claim(text=answer[max(a, 0) : b], start=a, end=b, kind="object"), trust=0.1, verdict="contradicted"
        )
        for a, b in spans
    ]
    report = Report(answer=answer, claims=tuple(claims))
    assert "".join(piece.text for piece in pieces(report)) == answer
    assert _Reader(render(report)).answers == [answer]


@pytest.mark.parametrize("render", [lambda report: page([report]), lambda report: page([report] * 2), fragment])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_the_texts_hold_the_elements_stay_the_same(text, render):
    found, expected = _Reader(render(report_of(text))), _Reader(render(report_of(HARMLESS)))
    shape = [(tag, sorted(attributes)) for tag, attributes in found.tags]
    assert shape == [(tag, sorted(attributes)) for tag, attributes in expected.tags]
    assert set(found.answers) == {printable(text)}  # control characters are shown as such


def test_the_policy_names_the_style_and_the_script_and_nothing_else(report: Report):
    source = page([report, report])
    (policy,) = [
        found["content"] for tag, found in _Reader(source).tags if found.get("http-equiv") == "Content-Security-Policy"
    ]
    for kind in ("style", "script"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in policy
    handlers = [name for _, found in _Reader(source).tags for name in found if name == "style" or name.startswith("on")]
    assert not handlers


def test_nothing_is_fetched(report: Report):
    for source in (page([report, report]), fragment(report)):
        reader = _Reader(source)
        assert all(address.startswith(("#", "data:image/")) for address in reader.addresses)
        assert not re.search(r"url\(|@import|https?://", source.replace("http://www.w3.org", ""))


def test_references_lead_somewhere_and_ids_are_unique(report: Report):
    reader = _Reader(page([report, replace(report, question="Another?")]))
    assert len(reader.ids) == len(set(reader.ids))
    assert {address[1:] for address in reader.addresses if address.startswith("#")} <= set(reader.ids)


def test_first_shown_is_the_least_trusted_claim(report: Report):
    assert focus(report) == 2
    panels = [found for tag, found in _Reader(page([report])).tags if "cv-panel" in found.get("class", "").split()]
    assert [found["data-claim"] for found in panels if "is-on" in found["class"].split()] == ["2"]
    assert len(panels) == len(report.claims)


def test_worst_verdict_colours_shared_words(report: Report):
    verdicts = {piece.text: piece.state for piece in pieces(report)}
    assert verdicts["red clock"] == "contradicted"
    assert verdicts["yellow "] == "supported"
    assert verdicts["no dog"] == "undecided"
    assert verdicts["Everything is cheerful."] == "unverifiable"
    assert verdicts[" stands above a "] == "supported"


def test_headline_notes_and_agreement_are_there(report: Report):
    source = page([report])
    for text in ("0.03", "75%", "4 of 5 claims could be checked", "calibrated · tiny", "trust is a probability", "Something the reader must know.", "What is there?", "named, not seen",
                 "zebra", "clip@1", "No evidence", "layercam", "log-odds"):  # fmt: skip
        assert text in source, text


def _figures(source: str) -> list[str]:
    return re.findall(r"<figure class=\"cv-figure.*?</figure>", source, re.DOTALL)


def _with_methods(report: Report, *methods: str, doubt: str = "") -> Report:
    """Give its first claim a map by each method; the last one has the doubt."""
    (first, *_), last = report.maps, methods[-1]
    drawn = [replace(first.map, method=one, doubt=doubt if one == last else "") for one in methods]
    return replace(report, maps=tuple(replace(first, map=one) for one in drawn))


def _maps(source: str) -> list[str]:
    return re.findall(r"<figure class=\"cv-map[^>]*.*?</figure>", source, re.DOTALL)


def test_every_claim_has_its_plain_picture_and_under_it_a_figure_for_each_map(report: Report):
    source = page([_with_methods(report, "layercam", "gradcam++", "lrp")])
    assert len(_figures(source)) == len(report.claims)
    assert not any("<image" in one for one in _figures(source))
    mapped = _maps(source)
    assert [re.findall(r"<figcaption[^>]*>(\S+) for", one) for one in mapped] == [["layercam"], ["gradcam++"], ["lrp"]]
    assert all("<image" in one for one in mapped)
    assert source.count("A heat map shows where the model looked") == 1


def test_a_map_that_failed_its_trial_is_no_picture_but_says_why(report: Report):
    for source in (
        page([_with_methods(report, "a", "b", doubt="it points & nowhere")]),
        fragment(_with_methods(report, "b", doubt="it points & nowhere")),
    ):
        empty = _maps(source)[-1]
        assert "<strong>No evidence:</strong> it points &amp; nowhere." in empty and "<svg" not in empty
    silent = replace(report.maps[0], map=replace(report.maps[0].map, evidence=0.0))
    assert "the method found no region that supports these words" in page([replace(report, maps=(silent,))])


def test_maps_that_are_no_evidence_for_one_reason_are_one_line(report: Report):
    first = report.maps[0]
    doubts = {"a": "it points nowhere", "b": "", "c": "it points nowhere", "d": "it is the same"}
    maps = [replace(first, map=replace(first.map, method=name, doubt=doubt)) for name, doubt in doubts.items()]
    mapped = _maps(page([replace(report, maps=tuple(maps))]))
    assert [re.findall(r"<figcaption[^>]*>([^“]+) for", one) for one in mapped] == [["a, c"], ["b"], ["d"]]
    assert ["<svg" in one for one in mapped] == [False, True, False]


def _with_evidence(report: Report, *pieces: Evidence, shares: dict[str, float] | None = None) -> Report:
    """Give its first claim other evidence, in its picture."""
    content = report.pictures[0].id
    evidence = tuple(replace(piece, picture=content) for piece in pieces)
    first = replace(report.claims[0], evidence=evidence, shares=shares or {})
    return replace(report, claims=(first, *report.claims[1:]))


def test_all_counted_things_are_boxed(report: Report):
    boxes = [(1.0, 2.0, 30.0, 40.0), (50.0, 2.0, 80.0, 40.0), (5.0, 60.0, 30.0, 90.0)]
    counted = Evidence(check="objects", stance="supports", region=boxes[0], others=tuple(boxes[1:]))
    shown = replace(_with_evidence(report, counted), maps=())
    assert shown.claims[0].regions == tuple(boxes)
    figure = _figures(page([shown]))[0]
    assert figure.count("cv-box ") == 3 and "3 boxes of objects" in figure
    read = Report.from_dict(json.loads(shown.to_json()))
    assert read.claims[0].regions == tuple(boxes)


def test_what_supports_a_contradicted_claim_is_not_its_box(report: Report):
    """The best region of a thing that is not there is anywhere."""
    anywhere = Evidence(check="regions", stance="supports", region=(0.0, 0.0, 9.0, 9.0), reason="fits at the corner")
    against = Evidence(check="objects", stance="contradicts", reason="saw none")
    doubted = _with_evidence(report, anywhere, against)
    first = replace(doubted.claims[0], verdict="contradicted", trust=0.02)
    doubted = replace(doubted, claims=(first, *doubted.claims[1:]))
    assert first.region is None and first.regions == ()
    assert "cv-box" not in _figures(page([doubted]))[0]
    assert replace(first, verdict="supported").region == (0.0, 0.0, 9.0, 9.0)


def test_sign_and_weight_of_a_row_never_contradict_each_other(report: Report):
    weak = Evidence(check="regions", stance="supports", reason="fits best here")
    strong = Evidence(check="objects", stance="supports", reason="saw one")
    source = page([_with_evidence(report, weak, strong, shares={"regions": -1.3, "objects": 2.0})])
    rows = re.findall(r"<li><span class=\"cv-stance.*?</li>", source, re.DOTALL)
    (row,) = [one for one in rows if "fits best here" in one]
    assert "(weaker than for most claims)" in row and "✔" not in row and "−1.3" in row
    assert "✔" in next(one for one in rows if "saw one" in one)


def test_a_picture_of_many_answers_is_embedded_once(report: Report, scene_file: Path):
    again = replace(report, pictures=(Picture.of(scene_file.read_bytes()),))
    assert page([report, report, again]).count("data:image/jpeg") == 1


def test_more_pictures_are_smaller(tmp_path: Path):
    noise = [np.random.default_rng(seed).integers(0, 255, (80, 1000, 3), np.uint8) for seed in range(13)]
    few, many = (
        page([Report(answer="A cup.", claims=(), pictures=tuple(Picture.of(one) for one in part))])
        for part in (noise[:1], noise)
    )
    (width,) = re.findall(r'<image id="p1" href="data:image/jpeg;base64,([^"]+)"', few)
    first = re.findall(r'<image id="p1" href="data:image/jpeg;base64,([^"]+)"', many)[0]
    assert Image.open(io.BytesIO(base64.b64decode(width))).width == 900
    assert Image.open(io.BytesIO(base64.b64decode(first))).width == 640


def test_pictures_of_odd_proportions_keep_them():
    sizes = [(2000, 20), (20, 2000), (1, 1), (640, 480)]
    pictures = tuple(Picture.of(np.zeros((high, wide, 3), np.uint8)) for wide, high in sizes)
    shown = [
        found
        for tag, found in _Reader(page([Report(answer="A cup.", claims=(), pictures=pictures)])).tags
        if "viewbox" in found and tag == "svg" and found.get("role") == "img"
    ]
    assert [found["viewbox"] for found in shown] == [f"0 0 {wide} {high}" for wide, high in sizes]
    assert [(found["width"], found["height"]) for found in shown] == [
        ("900", "9"),
        ("9", "900"),
        ("900", "900"),
        ("900", "675"),
    ]


def test_a_picture_that_is_gone_leaves_the_rest(report: Report, tmp_path: Path):
    gone = Picture.known("f" * 64, (30, 20), str(tmp_path / "gone.png"))
    moved = replace(report.maps[0], picture=gone.id)
    for source in (
        page([replace(report, pictures=(gone,), maps=(moved,))]),
        fragment(replace(report, pictures=(gone,), maps=())),
    ):
        assert "no such picture" in source and "yellow" in source
    assert "picture" not in vars(gone)


def test_several_reports_have_an_index(report: Report):
    source = page([report, replace(report, question=None), make_report("We had fun.", [None])])
    assert "3 answers checked" in source
    anchors = [found["href"] for tag, found in _Reader(source).tags if tag == "a" and "href" in found]
    assert [anchor for anchor in anchors if "-" not in anchor] == ["#answers", "#r1", "#r2", "#r3"]
    assert "answers checked" not in page([report])


def test_an_unreadable_picture_is_named_and_the_rest_shown(tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"text")
    source = page([Report(answer="There is a cup.", claims=(), pictures=(Picture.of(broken),))])
    assert "not a picture file" in source


def test_nothing_at_all_is_still_a_page():
    assert "The answer is empty." in page([Report(answer="", claims=())])
    assert "0 answers checked" in page([])
    assert Report(answer="", claims=()).to_markdown().startswith("**trust –**")


def test_fragment_has_no_script_and_another_report_has_other_ids(report: Report):
    one, two = fragment(report), fragment(replace(report, question="Another?"))
    again = report._repr_html_()
    assert "<script" not in one
    ids = [*_Reader(one).ids, *_Reader(two).ids, *_Reader(again).ids]
    assert len(ids) == len(set(ids)) and len(ids) >= 3


def test_several_reports_are_saved(report: Report, tmp_path: Path):
    assert save_all([report, report], tmp_path / "deep" / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert report.save(tmp_path / "r.html").stat().st_size < 1_000_000
