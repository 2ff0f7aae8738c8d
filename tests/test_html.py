"""The page: an answer's characters come out exactly once, markup stays text, nothing is fetched from anywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import make_report

from llamaindex_clipverify.claim import Claim
from llamaindex_clipverify.html import focus, fragment, page, pieces
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report import CheckedClaim, Report, save_all


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
    claims = [CheckedClaim(Claim(answer[max(a, 0) : b], a, b, "object"), 0.1, "contradicted") for a, b in spans]
    report = Report(answer, tuple(claims))
    assert "".join(piece.text for piece in pieces(report)) == answer
    assert _Reader(render(report)).answers == [answer]


def test_markup_stays_text(scene_file: Path):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    plain = make_report(f"{evil} A cup.", [0.1], question=evil, notes=(evil,), profile=evil, models={evil: evil})
    source = page([plain])
    reader = _Reader(source)
    assert sum(tag == "script" for tag, _ in reader.tags) == 1
    assert not any(tag == "img" or "onerror" in found for tag, found in reader.tags)
    assert "&lt;script&gt;alert(1)" in source


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
    panels = [found for tag, found in _Reader(page([report])).tags if found.get("class", "").startswith("cv-panel")]
    assert [found["data-claim"] for found in panels if "hidden" not in found] == ["2"]
    assert len(panels) == len(report.claims)


def test_worst_verdict_colours_shared_words(report: Report):
    verdicts = {piece.text: piece.verdict for piece in pieces(report)}
    assert verdicts["red clock"] == "contradicted"
    assert verdicts["yellow "] == "supported"
    assert verdicts["no dog"] == "undecided"
    assert verdicts["Everything is cheerful."] == "unverifiable"
    assert verdicts[" stands above a "] == "supported"


def test_headline_notes_and_agreement_are_there(report: Report):
    source = page([report])
    for text in ("0.03", "80%", "calibrated · tiny", "Something the reader must know.", "What is there?", "named, not seen",
                 "zebra", "clip@1", "no evidence", "layercam", "log-odds"):  # fmt: skip
        assert text in source, text


def test_several_reports_have_an_index(report: Report):
    source = page([report, replace(report, question=None), make_report("We had fun.", [None])])
    assert "3 answers checked" in source
    anchors = [found["href"] for tag, found in _Reader(source).tags if tag == "a"]
    assert anchors == ["#r1", "#r2", "#r3"]
    assert "answers checked" not in page([report])


def test_an_unreadable_picture_is_named_and_the_rest_shown(tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"text")
    source = page([Report("There is a cup.", (), pictures=(Picture.of(broken),))])
    assert "not a picture file" in source


def test_nothing_at_all_is_still_a_page():
    assert "The answer is empty." in page([Report("", ())])
    assert "0 answers checked" in page([])


def test_fragment_has_no_script_and_another_report_has_other_ids(report: Report):
    one, two = fragment(report), fragment(replace(report, question="Another?"))
    assert "<script" not in one
    assert not set(_Reader(one).ids) & set(_Reader(two).ids)
    assert report._repr_html_() == one


def test_several_reports_are_saved(report: Report, tmp_path: Path):
    assert save_all([report, report], tmp_path / "deep" / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert report.save(tmp_path / "r.html").stat().st_size < 1_000_000
