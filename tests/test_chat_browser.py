"""The chat in a real browser: upload, ask, stream, click, switch, export; two visitors apart; what is refused is said."""

from __future__ import annotations

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

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.llama_index import load_llm
from llamaindex_clipverify.testing import FRESH, draw_scene

gradio = pytest.importorskip("gradio", reason="the extra ui is not installed")

from llamaindex_clipverify.ui.answering import Answering  # noqa: E402
from llamaindex_clipverify.ui.app import Page  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.filterwarnings("ignore"),
]
LOOKS = Path("/tmp/clipverify-chat-looks")
"""Where photographs of the page are kept, to be looked at."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    made = Page(Answering(verifier=Verifier.tiny(), llm=load_llm("tiny")), "Verified by tiny.", samples=True)
    made.address = made.launch(port=0, wait=False)  # type: ignore[attr-defined]
    yield made
    made.close()
    assert not made.folder.exists()


class Visitor:
    """Somebody with a browser."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.browser, self.page, self.driver = browser, page, browser.driver
        browser.open(page.address)  # type: ignore[attr-defined]
        self.wait("#pictures .cvc-empty")

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
        box = self.wait("#upload input[type=file], input[type=file]")[0]
        box.send_keys("\n".join(map(str, paths)))

    def ask(self, question: str) -> list[str]:
        """Ask, and return what the page said of the answer on the way."""
        before = len(self.all(".cvc-foot"))
        box = self.wait("#question textarea")[0]
        box.send_keys(question)
        self.click("#ask")
        seen: list[str] = []

        def done() -> bool:
            now = self.browser.run("return [...document.querySelectorAll('.cvc-said')].at(-1)?.innerText ?? ''")
            if now and now not in seen:
                seen.append(now)
            return len(self.all(".cvc-foot")) > before or bool(self.all(".cvc-error"))

        self.until(done, "an answer")
        done()
        return seen

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


def test_upload_ask_click_switch_and_look_back(visitor: Visitor, pictures: list[Path]) -> None:
    visitor.upload(*pictures)
    visitor.wait("#pictures .cvc-cell", 2)
    visitor.click("[data-pick='1']")
    visitor.until(lambda: len(visitor.all("[aria-pressed=true]")) == 1, "one picture is chosen")
    seen = visitor.ask("What does the picture show?")
    assert len(seen) >= 2, "the answer comes piece by piece"
    assert re.search(r"trust 0\.\d\d", seen[-1]) and "could be checked" in seen[-1]
    visitor.photograph("answer")
    visitor.click(".cvc-claim")
    visitor.wait(".cvc-evidence figure img")
    first = visitor.text(".cvc-evidence")
    assert "by attention" in first and visitor.all(".cvc-claim.cvc-on")
    visitor.photograph("evidence")
    visitor.click("#method input[value='no map']")
    visitor.until(
        lambda: "heat map" not in visitor.text(".cvc-evidence figcaption") and visitor.text(".cvc-evidence"), "no map"
    )
    visitor.click("#method input[value='dropping']")
    visitor.until(lambda: re.search("by dropping|no evidence", visitor.text(".cvc-evidence")), "another method")
    visitor.ask("Is there a zebra?")
    assert len(visitor.all(".cvc-turn")) == 2
    visitor.click(".cvc-turn:first-child .cvc-claim")
    visitor.until(lambda: visitor.text(".cvc-evidence h3 q") in first, "the older answer's evidence")
    visitor.click("#clear")
    visitor.until(lambda: not visitor.all(".cvc-turn") and not visitor.all(".cvc-evidence"), "a new conversation")
    assert len(visitor.all(".cvc-cell")) == 2, "pictures stay"
    assert not visitor.browser.complaints()


def test_what_was_uploaded_lies_nowhere(visitor: Visitor, pictures: list[Path]) -> None:
    visitor.upload(*pictures)
    visitor.wait("#pictures .cvc-cell", 2)
    kept = [path for path in visitor.page.folder.rglob("*") if path.suffix == ".png"]
    assert kept == []
    visitor.click("[data-drop='0']")
    visitor.until(lambda: len(visitor.all(".cvc-cell")) == 1, "one picture is left")


def test_export(visitor: Visitor, pictures: list[Path], tmp_path: Path) -> None:
    visitor.browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "got"))
    visitor.click("#export-json")
    visitor.until(lambda: "There is no answer to export yet" in visitor.text("body"), "a message")
    visitor.upload(pictures[0])
    visitor.wait("#pictures .cvc-cell")
    visitor.ask("Is there a zebra?")

    def got(name: str) -> Path | None:
        return next(iter(sorted((tmp_path / "got").glob(f"{name}*"))), None)

    for button, name in (("#export-json", "conversation.json"), ("#export-page", "conversation.html")):
        visitor.click(button)
        visitor.until(lambda one=name: (tmp_path / "got" / one).is_file(), f"one click downloads {name}")
    data = json.loads(got("conversation.json").read_text())  # type: ignore[union-attr]
    assert [one["question"] for one in (data if isinstance(data, list) else [data])] == ["Is there a zebra?"]
    assert "Is there a zebra?" in got("conversation.html").read_text()  # type: ignore[union-attr]


def test_two_visitors_are_apart(visitor: Visitor, page: Page, pictures: list[Path]) -> None:
    visitor.upload(pictures[0])
    visitor.wait("#pictures .cvc-cell")
    visitor.ask("Is there a zebra?")
    with browsing() as browser:
        other = Visitor(browser, page)
        assert not other.all(".cvc-cell") and not other.all(".cvc-turn")
        other.upload(pictures[1])
        other.wait("#pictures .cvc-cell")
        other.ask("What is there?")
        assert len(visitor.all(".cvc-cell")) == len(other.all(".cvc-cell")) == 1
        sources = [one.all(".cvc-cell img")[0].get_attribute("src") for one in (visitor, other)]
        assert sources[0] != sources[1] and all(source.startswith("data:image/") for source in sources)
        before = len(page.sessions)
    visitor.until(lambda: len(page.sessions) < before, "the one who left is forgotten", 30)


def test_what_is_refused_is_said(visitor: Visitor, tmp_path: Path, pictures: list[Path]) -> None:
    words = tmp_path / "notes.png"
    words.write_text("only words")
    visitor.upload(words, pictures[0])
    visitor.until(lambda: "not a picture; got notes.png" in visitor.text("body"), "a message on the text")
    visitor.wait("#pictures .cvc-cell")
    visitor.photograph("refused")
    assert len(visitor.all(".cvc-cell")) == 1, "the other one is there"
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(60_000_000)
    visitor.upload(big)
    said = visitor.until(
        lambda: re.search(r"[^\n]*(too large|exceeds|maximum)[^\n]*", visitor.text("body"), re.I), "a message on size"
    )
    visitor.photograph("too large")
    assert "20" in said.group() or "large" in said.group().lower()
    assert len(visitor.all(".cvc-cell")) == 1
    assert visitor.ask("Is there a zebra?"), "and the conversation goes on"


def test_without_a_picture_it_says_what_to_do(visitor: Visitor) -> None:
    visitor.ask("What is there?")
    assert "no picture is chosen; upload one, or choose one" in visitor.text(".cvc-error")


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
    assert list(tmp_path.glob("clipverify-chat-*"))
    ran.terminate()
    assert ran.wait(30) == 0 and not list(tmp_path.glob("clipverify-chat-*"))


def test_in_the_dark_and_on_a_phone(visitor: Visitor) -> None:
    visitor.click("#samples")
    visitor.wait("#pictures .cvc-cell", 3)
    visitor.ask("What does the picture show?")
    visitor.click(".cvc-claim")
    visitor.wait(".cvc-evidence figure img")
    visitor.browser.run("document.body.classList.add('dark')")
    visitor.photograph("dark")
    dark = visitor.browser.run("return getComputedStyle(document.querySelector('.cvc-turns')).color")
    assert min(map(int, re.findall(r"\d+", dark)[:3])) > 150, "light words in the dark"
    visitor.browser.size(390, 844, phone=True)
    time.sleep(0.5)
    visitor.photograph("phone")
    assert visitor.browser.run("return document.documentElement.scrollWidth <= window.innerWidth + 1")
