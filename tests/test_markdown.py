"""Markdown: it reads well, and no text of a report is more than text in it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from conftest import make_report
from hostile import HARMLESS, HOSTILE, report_of
from markdown_it import MarkdownIt

from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.markdown import document, escaped
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.saving import save_all

OWN = {"<b>", "</b>", "<i>", "</i>", "<sup>", "</sup>", "<br>"}


def _tokens(source: str):
    for token in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(source):
        yield token
        yield from token.children or []


def _text(source: str) -> str:
    """Return what a reader sees, without the breaks of lines."""
    seen = {"text": None, "text_special": None, "hardbreak": " ", "softbreak": " "}
    found = "".join(seen[token.type] or token.content for token in _tokens(source) if token.type in seen)
    return re.sub(r"\s+", " ", found.replace("\u200b", ""))


def test_it_reads_so(report: Report):
    assert report.to_markdown() == (
        "**trust 0.02** · ✗ contradicted · 2 supported, 1 contradicted, 2 unverifiable · coverage 75% (4 of 5 claims could be "
        "checked) · calibrated · tiny: trust is a probability, on pictures like those of the profile\n\n"
        "> **Note.** Something the reader must know.\n\n"
        "*What is there?*\n\n"
        "> A yellow cup<sup>✔1</sup> stands above a <b>red clock</b><sup>✔2,✗3</sup>. There is <i>no dog</i><sup>?4</sup>. "
        "Everything is cheerful.<sup>?5</sup>\n\n"
        "| | claim | trust | verdict | why | picture |\n| ---: | --- | ---: | --- | --- | --- |\n"
        "| 1 | yellow cup | 0.97 | ✔ supported | objects: looked for “cup” | scene.png |\n"
        "| 2 | cup stands above a red clock | 0.90 | ✔ supported | objects: looked for “cup” | scene.png |\n"
        "| 3 | red clock | 0.03 | ✗ contradicted | objects: looked for “clock” | scene.png |\n"
        "| 4 | no dog | 0.50 | ? undecided | objects: looked for “dog” | scene.png |\n"
        "| 5 | Everything is cheerful. | – | ? nothing could check it | nothing a picture can show | scene.png |\n\n"
        "Pictures: scene.png\n"
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_the_texts_hold_the_structure_stays_the_same(text):
    found, expected = (
        [token.type for token in _tokens(report_of(one).to_markdown()) if token.type in _STRUCTURE]
        for one in (text, HARMLESS)
    )
    assert found == expected
    assert {token.content for token in _tokens(report_of(text).to_markdown()) if token.type == "html_inline"} <= OWN


_STRUCTURE = {"table_open", "tr_open", "td_open", "th_open", "heading_open", "link_open", "image", "code_inline", "code_block", "fence",
              "html_block", "bullet_list_open", "ordered_list_open", "hr", "s_open", "blockquote_open"}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_reader_sees_the_words(text):
    words = re.sub(r"\s+", " ", printable(text)).strip()
    assert words in _text(f"Before. {escaped(' '.join(printable(text).split()))}")
    assert words in _text(Report(answer=text, claims=()).to_markdown())


def test_addresses_are_no_links():
    assert not re.search(r"https?:|www\.", escaped("see https://a.b and WWW.c.d or http://e"), re.IGNORECASE)
    assert html.unescape(escaped("https://a.b")).replace("\u200b", "") == "https://a.b"


def test_many_answers_are_one_document(report: Report, tmp_path):
    found = save_all([report, replace(report, question=None)], tmp_path / "r.md").read_text("utf-8")
    assert found == document([report, replace(report, question=None)])
    assert (
        found.startswith("# 2 answers checked against their pictures\n\n## 1\n\n**trust 0.02**") and "\n## 2\n" in found
    )


def test_nothing_at_all_is_still_a_document():
    assert "> *The answer is empty.*" in Report(answer="", claims=()).to_markdown()
    assert "no claims" in Report(answer="Hm.", claims=()).to_markdown()
    assert "| " not in Report(answer="Hm.", claims=()).to_markdown()
    assert document([]) == "# 0 answers checked against their pictures\n"


def test_lines_of_an_answer_stay_lines():
    found = make_report("A cup.\n\nA clock.\nA dog.", [0.9, 0.9, 0.9]).to_markdown()
    assert "> A cup<sup>✔1</sup>.\n>\n> A clock<sup>✔2</sup>.\\\n> A dog<sup>✔3</sup>.\n" in found
