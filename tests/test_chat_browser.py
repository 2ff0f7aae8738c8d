"""The chat in a real browser: pictures by every way, questions, pasted answers, comparisons, keys, phone; two visitors apart."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, browsing, missing

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.llama_index import load_llm
from llamaindex_clipverify.testing import FRESH, draw_scene

pytest.importorskip("starlette", reason="the extra ui is not installed")

from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.app import Page
from llamaindex_clipverify.ui.samples import SAMPLES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.filterwarnings("ignore"),
]
LOOKS = Path("/tmp/clipverify-chat-looks")
"""Where photographs of the page are kept, to be looked at."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    verifier = Verifier.tiny()
    pictures = []
    for place in range(30):
        pictures.append(tmp_path_factory.mktemp("indexed") / f"{place}.png")
        draw_scene(FRESH + 900 + place).image.save(pictures[-1])
    store = tmp_path_factory.mktemp("store")
    index = EvidenceIndex.from_documents(pictures, store, verifier.encoder, verifier.detector)  # type: ignore[arg-type]
    answering = Answering(verifier=verifier, llms={"tiny": load_llm("tiny")}, index=index)
    made = Page(answering, "Verified by tiny.", samples=True)
    made.address = made.launch(port=0, wait=False)  # type: ignore[attr-defined]
    yield made
    made.close()
    assert len(made.sessions) == 0


class Visitor:
    """Somebody with a browser."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.browser, self.page, self.driver = browser, page, browser.driver
        browser.open(page.address)  # type: ignore[attr-defined]
        self.wait(".cvc-start")

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def wait(self, selector: str, number: int = 1, seconds: float = 60) -> list[Any]:
        return self.until(lambda: found if len(found := self.all(selector)) >= number else None, selector, seconds)

    def until(self, ready: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := ready():
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what}; the page says: {self.text('body')[:800]}")

    def text(self, selector: str) -> str:
        """Return the text of the first element; "" where there is none, or it is just being replaced."""
        return str(self.browser.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def click(self, selector: str) -> None:
        self.until(
            lambda: self.browser.run(
                "const one = document.querySelector(arguments[0]); one?.click(); return !!one", selector
            ),
            selector,
        )

    def upload(self, *paths: Path) -> None:
        box = self.wait("#upload input[type=file]")[0]
        box.send_keys("\n".join(map(str, paths)))

    def ask(self, question: str) -> list[str]:
        """Ask, and return what the page said of the answer on the way."""
        before = len(self.all(".cvc-turn"))
        box = self.wait("#question")[0]
        box.send_keys(question)
        self.until(lambda: self.browser.run("return !document.querySelector('#ask').disabled"), "ready to ask")
        self.click("#ask")
        seen: list[str] = []

        def done() -> bool:
            now = self.browser.run("return [...document.querySelectorAll('.cvc-reply')].at(-1)?.innerText ?? ''")
            if now and now not in seen:
                seen.append(now)
            return len(self.all(".cvc-turn[aria-busy=false]")) > before

        self.until(done, "an answer")
        done()
        return seen

    def press(self, keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()

    def photograph(self, name: str) -> None:
        LOOKS.mkdir(exist_ok=True)
        self.browser.photograph(LOOKS / f"{name}.png")


@pytest.fixture
def visitor(page: Page) -> Iterator[Visitor]:
    with browsing() as browser:
        browser.size(1280, 900)
        visitor = Visitor(browser, page)
        yield visitor
        local = re.compile(r"https?://(127\.0\.0\.1|localhost)[:/]")
        assert all(local.match(url) for url in browser.requests())


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    made = []
    for place in range(2):
        made.append(tmp_path / f"scene {place}.png")
        draw_scene(FRESH + place).image.save(made[-1])
    return made


def claim_shown(visitor: Visitor) -> str:
    return visitor.text(".cvc-turn:last-of-type .cvc-evidence q")


def test_upload_ask_click_switch_and_look_back(visitor: Visitor, pictures: list[Path]) -> None:
    visitor.upload(*pictures)
    visitor.wait(".cvc-album li", 2)
    visitor.click("[data-pick='1']")
    visitor.until(lambda: len(visitor.all("[aria-pressed=true]")) == 1, "one picture is chosen")
    seen = visitor.ask("What does the picture show?")
    assert len(seen) >= 2, "the answer comes piece by piece"
    assert re.search(r"0\.\d\d", seen[-1]) and "could be checked" in seen[-1]
    visitor.wait(".cvc-evidence .cv-figure")
    visitor.until(lambda: "attention for" in visitor.text(".cvc-evidence"), "a heat map")
    visitor.photograph("answer")
    first = claim_shown(visitor)
    visitor.click(".cv-piece:not(.is-on)")
    visitor.until(lambda: claim_shown(visitor) not in ("", first), "another claim")
    assert visitor.all(".cv-piece.is-on")
    choose = "const s = document.querySelector('[data-method]'); s.value = arguments[0]; s.dispatchEvent(new Event('change', {bubbles: true}))"
    visitor.browser.run(choose, "")
    visitor.until(lambda: "attention for" not in visitor.text(".cvc-evidence") and claim_shown(visitor), "no map")
    visitor.browser.run(choose, "dropping")
    visitor.until(lambda: "dropping for" in visitor.text(".cvc-evidence"), "another method")
    visitor.click(".cv-piece.is-on")
    visitor.until(lambda: not visitor.all(".cvc-evidence"), "a second click hides the evidence")
    visitor.ask("Is there a zebra?")
    assert len(visitor.all(".cvc-turn")) == 2
    visitor.click("#t0 .cv-piece")
    visitor.until(lambda: visitor.text("#t0 .cvc-evidence q"), "the older answer's evidence")
    visitor.click("#clear")
    visitor.until(lambda: not visitor.all(".cvc-turn") and visitor.all(".cvc-start"), "a new conversation")
    assert len(visitor.all(".cvc-album li")) == 2, "pictures stay"
    assert not visitor.browser.complaints()


def test_pictures_are_dropped_and_pasted(visitor: Visitor, pictures: list[Path]) -> None:
    give = """
      const bytes = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));
      const carried = new DataTransfer();
      carried.items.add(new File([bytes], arguments[1], {type: "image/png"}));
      const [kind, target] = [arguments[2], document.querySelector(arguments[3])];
      const event = kind === "paste" ? new ClipboardEvent("paste", {clipboardData: carried, bubbles: true, cancelable: true})
        : new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true});
      target.dispatchEvent(event);
      return event.defaultPrevented;"""
    first, second = (base64.b64encode(one.read_bytes()).decode() for one in pictures)
    shown = "return getComputedStyle(document.querySelector('#drop')).display !== 'none'"
    visitor.browser.run(give, first, "dropped.png", "dragenter", "#talk")
    assert visitor.browser.run(shown)
    visitor.photograph("drop")
    assert visitor.browser.run(give, first, "dropped.png", "dragover", "#talk"), "else the browser would open the file"
    assert visitor.browser.run(give, first, "dropped.png", "drop", "#talk")
    visitor.wait(".cvc-album li", 1)
    assert not visitor.browser.run(shown)
    assert visitor.browser.run(give, second, "pasted.png", "paste", "#question")
    visitor.wait(".cvc-album li", 2)
    names = visitor.browser.run("return [...document.querySelectorAll('.cvc-pick')].map((one) => one.title)")
    assert names == ["dropped.png", "pasted.png"]
    plain = "return !document.querySelector('#question').dispatchEvent(new ClipboardEvent('paste', {clipboardData: new DataTransfer(), cancelable: true}))"
    assert not visitor.browser.run(plain), "text is pasted as everywhere"


def test_a_phone_offers_its_camera_and_shows_pictures_before_the_question(
    visitor: Visitor, pictures: list[Path]
) -> None:
    camera = "const one = document.querySelector('[capture]'); return [one.getAttribute('capture'), one.accept, one.parentElement.checkVisibility()]"
    assert visitor.browser.run(camera) == ["environment", "image/*", False]
    visitor.browser.size(390, 844, phone=True)
    visitor.browser.open(visitor.page.address)  # type: ignore[attr-defined]
    visitor.wait(".cvc-start")
    assert visitor.browser.run(camera)[2]
    visitor.wait("[capture]")[0].send_keys(str(pictures[0]))
    visitor.wait(".cvc-album li")
    tops = "return ['#pictures', '#question'].map((one) => document.querySelector(one).getBoundingClientRect().top)"
    above, below = visitor.browser.run(tops)
    assert above < below
    assert not re.search(r"\b(left|right|beside)\b", visitor.text("body")), "no place is named that a phone has not"
    visitor.ask("Is there a zebra?")
    parts = [
        f".cvc-turn {one}"
        for one in (".cvc-strip", "h2", ".cv-answer", ".cvc-verdict", ".cvc-evidence .cv-figure", ".cv-lines")
    ]
    visitor.wait(parts[-1])
    tops = visitor.browser.run(
        "return arguments[0].map((one) => document.querySelector(one).getBoundingClientRect().top)", parts
    )
    assert tops == sorted(tops), "picture, question, answer, trust, evidence"
    assert visitor.browser.run("return document.documentElement.scrollWidth <= innerWidth")


def test_the_first_minute(visitor: Visitor) -> None:
    """One click shows what the model invents about a sample picture."""
    place = next(place for place, one in enumerate(SAMPLES) if one.question == "What colour is the car?")
    visitor.photograph("start")
    visitor.click(f"[data-sample='{place}']")
    visitor.wait(".cvc-turn[aria-busy=false] .cv-piece.cv-v-contradicted")
    visitor.wait(".cvc-evidence .cv-figure")
    assert "contradicted" in visitor.text(".cvc-verdict") and visitor.text("h2").endswith("?")
    visitor.until(lambda: "contradicted, trust 0." in visitor.text("#said"), "it is said aloud")
    visitor.photograph("first minute")
    left = len(visitor.all("[data-sample]"))
    visitor.click(".cvc-next [data-answer]:not([data-answer=''])")
    visitor.until(lambda: len(visitor.all(".cvc-turn[aria-busy=false]")) == 2, "a pasted answer")
    assert visitor.all("#t1 .cv-v-contradicted") and len(visitor.all("[data-sample]")) < left


def test_a_pasted_answer_is_checked_and_compared(visitor: Visitor, pictures: list[Path]) -> None:
    visitor.upload(pictures[0])
    visitor.wait(".cvc-album li")
    visitor.click("[name=mode][value=check]")
    visitor.until(
        lambda: visitor.browser.run("return document.activeElement.id") == "answer", "the field of the answer"
    )
    visitor.wait("#answer")[0].send_keys("There is a zebra. There are three dogs.")
    visitor.click("#ask")
    visitor.wait("#t0[aria-busy=false] .cv-v-contradicted")
    assert visitor.text("#t0 h2") == "Is this true of the pictures?" and visitor.text(".cvc-by") == "pasted answer"
    visitor.wait("#question")[0].send_keys("What is there?")
    visitor.wait("#answer")[0].send_keys("There are three dogs.")
    visitor.click("#compare")
    visitor.click("#ask")
    visitor.wait("#t1[aria-busy=false] .cvc-evidence")
    named = "return [...document.querySelectorAll('#t1 .cvc-by')].map((one) => one.textContent)"
    assert visitor.browser.run(named) == ["pasted answer", "tiny"]
    lefts = visitor.browser.run(
        "return [...document.querySelectorAll('#t1 .cvc-reply')].map((one) => one.getBoundingClientRect().left)"
    )
    assert lefts[0] < lefts[1], "side by side"
    visitor.photograph("compared")
    visitor.browser.size(390, 844, phone=True)
    visitor.photograph("compared on a phone")
    assert visitor.browser.run("return document.documentElement.scrollWidth <= innerWidth")


def test_the_index_is_browsed_and_searched(visitor: Visitor) -> None:
    visitor.browser.run("document.querySelector('#browse').focus()")
    visitor.press("\ue007")
    visitor.wait("#index[open] .cvc-grid li", 24)
    loaded = (
        "return [...document.querySelectorAll('.cvc-grid img')].every((one) => one.complete && one.naturalWidth > 0)"
    )
    visitor.until(lambda: visitor.browser.run(loaded), "thumbnails")
    visitor.photograph("index")
    assert "1–24 of 30" in visitor.text("#index")
    visitor.click("#index [data-page='1']")
    visitor.until(lambda: len(visitor.all(".cvc-grid li")) == 6, "the last page")
    visitor.wait("#index [name=words]")[0].send_keys("a dog\n")
    visitor.until(lambda: len(visitor.all(".cvc-grid li")) == 24, "what was found")
    visitor.click(".cvc-grid [data-choose]")
    visitor.wait(".cvc-album li")
    assert visitor.all(".cvc-grid [aria-pressed=true]")
    visitor.press("\ue00c\ue00c")  # the first empties the search
    visitor.until(lambda: not visitor.all("#index[open]"), "Escape closes it")
    assert visitor.browser.run("return document.activeElement.id") == "browse"
    assert visitor.ask("What does the picture show?")
    assert not visitor.browser.complaints()


def test_everything_is_done_by_keyboard(visitor: Visitor, pictures: list[Path]) -> None:
    visitor.upload(pictures[0])
    visitor.wait(".cvc-album li")
    visitor.browser.run("document.activeElement.blur(); document.body.focus()")
    reached = []
    for _ in range(12):
        visitor.press("\ue004")
        reached.append(visitor.browser.run(_FOCUSED))
    wanted = [
        "a.cvc-skip",
        "a.cvc-plain",
        "[data-sample]",
        "[data-pick]",
        "[data-remove]",
        "[type=file]",
        "#browse",
        "[name=mode]",
        "#question",
    ]
    places = [next(at for at, one in enumerate(reached) if f"{name} " in f"{one} ") for name in wanted]
    assert places == sorted(places), reached
    visitor.press("Is there a zebra?\ue007")
    visitor.wait(".cvc-turn[aria-busy=false] .cvc-evidence")
    visitor.browser.run("document.querySelector('.cv-piece').focus()")
    visible = "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]"
    assert visitor.browser.run(visible) == ["solid", 2]
    visitor.press("\ue007")
    visitor.until(lambda: not visitor.all(".cvc-evidence"), "Enter hides the evidence")
    assert visitor.browser.run("return document.activeElement.className").startswith("cv-piece"), "the focus stays"
    visitor.press("\ue007")
    visitor.wait(".cvc-evidence")
    visitor.wait(".cv-map")
    assert visitor.browser.run("return document.activeElement.className").startswith("cv-piece"), (
        "also when the map comes"
    )
    visitor.press("\ue004")
    assert visitor.browser.run("return 'method' in document.activeElement.dataset"), "then the choice of the map"


_FOCUSED = """
const one = document.activeElement, data = Object.keys(one.dataset)[0];
return [one.id && `#${one.id}`, data && `[data-${data}]`, one.type === 'file' && '[type=file]', one.name && `[name=${one.name}]`,
  one.className && `${one.localName}.${one.className.split(' ')[0]}`].filter(Boolean).join(' ')"""


def test_a_tab_that_is_loaded_again_keeps_its_conversation(visitor: Visitor) -> None:
    visitor.click("[data-sample='0']")
    visitor.wait(".cvc-turn[aria-busy=false]")
    visitor.driver.refresh()
    visitor.wait(".cvc-turn[aria-busy=false] .cv-piece")
    assert len(visitor.all(".cvc-album li")) == 3


def test_export(visitor: Visitor, pictures: list[Path], tmp_path: Path) -> None:
    visitor.browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "got"))
    assert not visitor.browser.run("return document.querySelector('#actions').checkVisibility()"), (
        "there is nothing to save"
    )
    visitor.upload(pictures[0])
    visitor.wait(".cvc-album li")
    visitor.ask("Is there a zebra?")
    for suffix in ("json", "html"):
        visitor.click(f"[data-export={suffix}]")
        visitor.until(
            lambda one=f"conversation.{suffix}": (tmp_path / "got" / one).is_file(), f"one click saves {suffix}"
        )
    data = json.loads((tmp_path / "got" / "conversation.json").read_text())
    assert [one["question"] for one in data] == ["Is there a zebra?"]
    assert "Is there a zebra?" in (tmp_path / "got" / "conversation.html").read_text()


def test_two_visitors_are_apart(visitor: Visitor, page: Page, pictures: list[Path]) -> None:
    visitor.upload(pictures[0])
    visitor.wait(".cvc-album li")
    visitor.ask("Is there a zebra?")
    with browsing() as browser:
        other = Visitor(browser, page)
        assert not other.all(".cvc-album li") and not other.all(".cvc-turn")
        other.upload(pictures[1])
        other.wait(".cvc-album li")
        other.ask("What is there?")
        assert len(visitor.all(".cvc-album li")) == len(other.all(".cvc-album li")) == 1
        sources = [one.all(".cvc-album img")[0].get_attribute("src") for one in (visitor, other)]
        assert sources[0] != sources[1] and all(source.startswith("data:image/") for source in sources)
        before = len(page.sessions)
        browser.driver.get("about:blank")
    visitor.until(lambda: len(page.sessions) < before, "the one who left is forgotten", 30)


def test_what_is_refused_is_said(visitor: Visitor, tmp_path: Path, pictures: list[Path]) -> None:
    words = tmp_path / "notes.png"
    words.write_text("only words")
    visitor.upload(words, pictures[0])
    visitor.until(lambda: "not a picture; got notes.png" in visitor.text("body"), "a message on the text")
    visitor.wait(".cvc-album li")
    visitor.photograph("refused")
    assert len(visitor.all(".cvc-album li")) == 1, "the other one is there"
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(60_000_000)
    visitor.upload(big)
    said = visitor.until(
        lambda: re.search("the file is too large: big.png, 57 MB", visitor.text("#notices")), "a message on size"
    )
    assert said
    assert len(visitor.all(".cvc-album li")) == 1
    assert visitor.ask("Is there a zebra?"), "and the conversation goes on"


def test_an_empty_question_is_told(visitor: Visitor) -> None:
    visitor.click("#ask")
    visitor.until(lambda: "the question is empty; type one" in visitor.text("#notices"), "a message")
    visitor.wait("#question")[0].send_keys("What is there?")
    assert visitor.browser.run("return document.querySelector('#question').value") == "What is there?"


def test_the_verb_leaves_nothing_behind_when_it_is_stopped(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from llamaindex_clipverify.cli import main; main()",
        "chat",
        "--models",
        "tiny",
        "--port",
        "0",
    ]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    ran = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert ran.stdout is not None and ran.stdout.readline().startswith("chat: http://127.0.0.1:")
    ran.terminate()
    assert ran.wait(30) == 0 and not list(tmp_path.iterdir())


def test_dark_is_dark(visitor: Visitor) -> None:
    visitor.browser.prefer(prefers_color_scheme="dark")
    visitor.click("[data-sample='0']")
    visitor.wait(".cvc-evidence .cv-map")
    visitor.photograph("dark")
    colours = visitor.browser.run("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]")
    ink, paper = ([int(one) for one in re.findall(r"\d+", colour)[:3]] for colour in colours)
    assert min(ink) > 150 and max(paper) < 60
