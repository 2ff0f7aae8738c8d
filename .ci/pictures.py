"""Photograph a page of several answers, to look at it: ``python .ci/pictures.py PAGE.html DIR [--readme PICTURE.png]``.

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


def main() -> None:
    """Read the command line, photograph, and say how large the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", type=Path, help="where light.png goes too")
    asked = parser.parse_args()
    if missing():
        sys.exit(f"no pictures: {missing()}")
    asked.folder.mkdir(parents=True, exist_ok=True)
    with browsing() as browser:
        photograph(browser, asked.page.resolve(), asked.folder)
    if asked.readme:
        Image.open(asked.folder / "light.png").convert("RGB").save(asked.readme, optimize=True)
    for path in sorted(asked.folder.iterdir()):
        print(f"{path.stat().st_size / 1000:6.0f} kB  {path}")


if __name__ == "__main__":
    main()
