"""Photograph a page of several answers: ``python .ci/pictures.py PAGE.html DIR [--readme PICTURE.png --answer NUMBER]``.

``python .ci/pictures.py --chat PICTURE.png`` photographs the chat instead, after one of its samples.

Writes light, dark, claim (chosen by keyboard), index, phone, phone-index and print (the first sheet) as PNG, and
print.pdf. Needs chromium and chromedriver.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import Browser, browsing, missing

A4 = (794, 1123)
"""CSS pixels."""


def photograph(browser: Browser, page: Path, folder: Path) -> None:
    """Write all pictures."""
    answer = f"{page.as_uri()}#r1"
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.size(1180, 1000)
    browser.open(page)
    browser.photograph(folder / "index.png")
    browser.open(answer)
    browser.photograph(folder / "light.png")
    browser.run("document.querySelector('.is-open .cv-piece').focus()")
    browser.photograph(folder / "claim.png")
    browser.prefer(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    browser.open(answer)
    browser.photograph(folder / "dark.png")
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.size(390, 844, phone=True, scale=2)
    browser.open(page)
    browser.photograph(folder / "phone-index.png")
    browser.open(answer)
    browser.photograph(folder / "phone.png", whole=True)
    browser.size(*A4)
    browser.open(answer)
    browser.print_pdf(folder / "print.pdf")
    browser.prefer(media="print")
    browser.photograph(folder / "print.png")


def photograph_answer(browser: Browser, page: Path, answer: int, target: Path) -> None:
    """Write the picture of one answer as it opens, with the claim that is doubted most."""
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.size(1180, 1000)
    browser.open(f"{page.as_uri()}#r{answer}")
    browser.photograph(target)
    Image.open(target).convert("RGB").save(target, optimize=True)


def photograph_chat(browser: Browser, target: Path) -> None:
    """Write the picture of the chat: the evidence on what the bundled model invents, as it opens."""
    from llamaindex_clipverify import Verifier
    from llamaindex_clipverify.llama_index import load_llm
    from llamaindex_clipverify.ui.answering import Answering
    from llamaindex_clipverify.ui.app import Page

    page = Page(
        Answering(verifier=Verifier.tiny(), llms={"tiny": load_llm("tiny")}),
        "Answers by tiny, verified by tiny.",
        samples=True,
    )
    address = page.launch(port=0, wait=False)
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    browser.size(1180, 900)
    browser.open(f"{address}/?lang=en")
    browser.wait_for("[data-answer^='There']")
    browser.run("document.querySelector(\"[data-answer^='There']\").click()")
    browser.wait_for(".cvc-turn[aria-busy=false] .cvc-evidence .cv-map")
    browser.run("document.querySelector('.cvc-turn').scrollIntoView()")
    browser.photograph(target)
    page.close()
    Image.open(target).convert("RGB").save(target, optimize=True)


def main() -> None:
    """Read the command line, photograph, and say how large the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, nargs="?")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--chat", type=Path, help="where the picture of the chat goes")
    parser.add_argument("--readme", type=Path, help="where the picture of one answer goes")
    parser.add_argument("--answer", type=int, default=1, help="which answer of the page that is, from 1")
    asked = parser.parse_args()
    if missing():
        sys.exit(f"no pictures: {missing()}")
    if asked.chat:
        with browsing() as browser:
            photograph_chat(browser, asked.chat)
        return
    if asked.page is None or asked.folder is None:
        parser.error("name a page and a folder, or --chat")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with browsing() as browser:
        photograph(browser, asked.page.resolve(), asked.folder)
        if asked.readme:
            photograph_answer(browser, asked.page.resolve(), asked.answer, asked.readme)
    for path in sorted(asked.folder.iterdir()):
        print(f"{path.stat().st_size / 1000:6.0f} kB  {path}")


if __name__ == "__main__":
    main()
