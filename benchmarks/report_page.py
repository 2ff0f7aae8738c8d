"""How large a page of many answers is, and how soon it is there: ``python benchmarks/report_page.py``.

The answers are three statements about a drawn scene, in each third answer one of them false; verified by the bundled models, each
claim with heat maps by three methods. The page is opened from the disk in Chromium; where there is none, only its size is told.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import save

from llamaindex_clipverify import Picture, Report, Verifier
from llamaindex_clipverify.report.saving import save_all
from llamaindex_clipverify.testing import FRESH, draw_scene

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import browsing, missing

METHODS = ("layercam", "gradcam++", "eigengradcam")
"""Heat maps of each claim."""
STATEMENTS = 3
"""In each answer."""


def answers(count: int, pictures: int) -> Iterator[Report]:
    """Yield verified answers, several about each picture."""
    verifier = Verifier.tiny()
    scenes = [draw_scene(FRESH + seed) for seed in range(pictures)]
    shown = [Picture.of(scene.image) for scene in scenes]
    for place in range(count):
        at = place % pictures
        rows = scenes[at].claims(place // pictures)
        true, false = ([str(row["claim"]) for row in rows if row["label"] == label] for label in (1, 0))
        told = true[:STATEMENTS] if place % 3 else [*true[: STATEMENTS - 1], false[place % len(false)]]
        report = verifier.verify(" ".join(told), [shown[at]], question=f"What does picture {at + 1} show?")
        for method in METHODS:
            report = verifier.explain(report, method)
        yield report


def load(page: Path, repeats: int = 5) -> dict[str, float]:
    """Return seconds until the list is there, and until a filter has filtered; medians."""
    found: list[dict[str, float]] = []
    with browsing() as browser:
        for _ in range(repeats):
            browser.open(page)
            while not (
                loaded := browser.run("return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
            ):
                time.sleep(0.05)
            filtering = browser.run("""
                const search = document.getElementById("cv-words"), start = performance.now();
                search.value = "picture 7"; search.dispatchEvent(new Event("input")); document.body.offsetHeight;
                return performance.now() - start""")
            opening = browser.run("""
                const start = performance.now(); location.hash = "#r9"; dispatchEvent(new Event("hashchange"));
                document.body.offsetHeight; return performance.now() - start""")
            found.append({"load_s": loaded / 1000, "search_s": filtering / 1000, "open_s": opening / 1000})
    return {name: round(statistics.median(one[name] for one in found), 3) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument("--pictures", type=int, default=125)
    parser.add_argument("--page", type=Path, default=Path("report-page.html"), help="where the page goes")
    asked = parser.parse_args()
    reports = list(answers(asked.answers, asked.pictures))
    start = time.perf_counter()
    page = save_all(reports, asked.page)
    figures = {
        "command": "python benchmarks/report_page.py",
        "answers": len(reports),
        "claims": sum(len(one.claims) for one in reports),
        "maps": sum(len(one.maps) for one in reports),
        "pictures": asked.pictures,
        "megabytes": round(page.stat().st_size / 1e6, 1),
        "write_s": round(time.perf_counter() - start, 1),
        **({} if missing() else load(page)),
    }
    print(json.dumps(figures, indent=2))
    save("report_page", figures)


if __name__ == "__main__":
    main()
