"""Report pages and the chat, looked at by axe-core: nothing serious, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import findings, missing_axe
from browser import Browser, browsing, missing
from conftest import make_report

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.llama_index import load_llm
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.saving import save_all
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.app import Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing() or missing_axe()), reason=missing() or missing_axe()),
    pytest.mark.filterwarnings("ignore"),
]
LOOKS = ("light", "dark", "phone", "dark phone")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


def _set(browser: Browser, look: str) -> None:
    browser.prefer(prefers_color_scheme="dark" if "dark" in look else "light", prefers_reduced_motion="reduce")
    if "phone" in look:
        browser.size(390, 844, phone=True)
    else:
        browser.size(1180, 900)


def test_axe_finds_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><html><title>x</title><body><img src='data:,'><p style='color:#ddd'>pale</p>", "utf-8"
    )
    _set(browser, "light")
    browser.open(page)
    assert {one.split(": ")[1] for one in findings(browser)} >= {"image-alt", "color-contrast", "html-has-lang"}


@pytest.mark.parametrize("look", LOOKS)
def test_a_report(browser: Browser, report: Report, tmp_path: Path, look: str) -> None:
    _set(browser, look)
    browser.open(report.save(tmp_path / "one.html"))
    assert findings(browser) == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("place", ["", "#r2"])
def test_many_reports(browser: Browser, scene_file: Path, tmp_path: Path, look: str, place: str) -> None:
    answers = [("A red clock.", 0.03), ("A yellow cup.", 0.97), ("A zebra.", 0.5), ("It is cheerful.", None)]
    picture = [Picture.of(scene_file)]
    reports = [make_report(text, [trust], picture, maps=True, question=text) for text, trust in answers]
    _set(browser, look)
    browser.open(f"{save_all(reports, tmp_path / 'many.html').as_uri()}{place}")
    assert findings(browser) == []


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    verifier, pictures = Verifier.tiny(), []
    for place in range(3):
        pictures.append(tmp_path_factory.mktemp("indexed") / f"{place}.png")
        draw_scene(FRESH + 900 + place).image.save(pictures[-1])
    store = tmp_path_factory.mktemp("store")
    index = EvidenceIndex.from_documents(pictures, store, verifier.encoder, verifier.detector)  # type: ignore[arg-type]
    page = Page(Answering(verifier=verifier, llms={"tiny": load_llm("tiny")}, index=index), "", samples=True)
    yield page.launch(port=0, wait=False)
    page.close()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_chat(browser: Browser, chat: str, language: str) -> None:
    """Its start; an answer with its evidence and map; a pasted answer compared with it; the view of the index; a message."""
    found = {}

    def look(name: str) -> None:
        for one in LOOKS:
            _set(browser, one)
            found[f"{name}, {one}"] = findings(browser)

    browser.open(f"{chat}/?lang={language}")
    browser.run("document.querySelector('#clear').click()")  # a tab that comes back has its conversation
    browser.wait_for(".cvc-start [data-sample='1']")
    look("start")
    browser.run("document.querySelector('[data-sample=\"1\"]').click()")
    browser.wait_for(".cvc-turn[aria-busy=false] .cvc-evidence .cv-map")
    look("answer")
    browser.run("document.querySelector('[name=mode][value=check]').click()")
    browser.run(
        "document.querySelector('#question').value = 'What?'; document.querySelector('#answer').value = 'Two dogs.'"
    )
    browser.run("document.querySelector('#compare').click(); document.querySelector('#ask').click()")
    browser.wait_for("#t1[aria-busy=false] .cvc-evidence .cv-map")
    look("compared")
    browser.run("document.querySelector('#ask').click()")
    browser.wait_for(".cvc-notice")
    look("message")
    browser.run("document.querySelector('#browse').click()")
    browser.wait_for("#index[open] .cvc-grid img")
    look("index")
    assert {name: one for name, one in found.items() if one} == {}
