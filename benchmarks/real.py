"""Real models on public sets: ``python benchmarks/real.py`` (``make real``); needs internet, some hours on two cores.

Downloads CLIP ViT-B/32, then L/14, YOLOv8n, POPE and SugarCrepe with the pictures of COCO that they name, runs the tests marked
``real``, and writes docs/real-results.md. What could not be had or was not asked for stays "not measured by us" in that table; a
figure measured before stays too. ``--rows`` takes so many rows of each set, ``--mirror`` fetches everything but the hub's models
from another host. ``--table`` only writes the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import measuring
from measuring import save_answer

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.evaluation import datasets
from llamaindex_clipverify.evaluation.evaluation import Row, evaluate
from llamaindex_clipverify.models.registry import load_encoder

ENCODERS = ("openai/clip-vit-base-patch32", "openai/clip-vit-large-patch14")
YOLO = "https://github.com/ultralytics/assets/releases/download/v8.4.0/yolov8n.pt"
SETS: Mapping[str, tuple[str, str, str]] = {
    **{
        f"POPE {kind}": (
            "pope",
            f"https://raw.githubusercontent.com/AoiDragon/POPE/main/output/coco/coco_pope_{kind}.json",
            "http://images.cocodataset.org/val2014/",
        )
        for kind in ("random", "popular", "adversarial")
    },
    **{
        f"SugarCrepe {kind}": (
            "sugarcrepe",
            f"https://raw.githubusercontent.com/RAIVNLab/sugar-crepe/main/data/{kind}.json",
            "http://images.cocodataset.org/val2017/",
        )
        for kind in ("replace_obj", "replace_att", "replace_rel", "swap_obj", "swap_att", "add_obj", "add_att")
    },
}
"""Name to reader, annotations, and where the pictures lie."""
HEADS = ("set", "rows", "AUROC of trust", "AUROC of CLIPScore", "AUROC of the detector", "pairs right", "s a row")
MISSING = "not measured by us"
TABLE = Path(__file__).parents[1] / "docs" / "real-results.md"
RESULT = "real"


class Fetcher:
    """Downloads into a folder, each file once, whole or not at all."""

    def __init__(self, folder: Path, mirror: str | None) -> None:
        self.folder, self.mirror = folder, mirror

    def __call__(self, url: str, below: str = "") -> Path:
        target = self.folder / below / Path(urlsplit(url).path).name
        if not target.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            with urllib.request.urlopen(self._from(url), timeout=60) as answer, part.open("wb") as out:
                while piece := answer.read(1 << 20):
                    out.write(piece)
            part.replace(target)
        return target

    def _from(self, url: str) -> str:
        return self.mirror.rstrip("/") + urlsplit(url).path if self.mirror else url


def rows_of(name: str, fetch: Fetcher, most: int) -> list[Row]:
    """Return rows of a set whose pictures are there; pairs stay together."""
    reader, annotations, pictures = SETS[name]
    images = fetch.folder / reader
    rows = list(islice(datasets.read(reader, fetch(annotations, reader), images), most - most % 2))
    for image in dict.fromkeys(image for row in rows for image in row.images):
        fetch(pictures + image, reader)
    return rows


def measure(verifier: Verifier, rows: list[Row]) -> dict[str, Any]:
    """Return the figures of one set with one verifier."""
    started = time.perf_counter()
    done = evaluate(verifier, rows, bootstrap=200)
    figures = done.figures["overall"]
    baselines = figures["baselines"]
    scores = [one.score for one in done.rows]
    pairs = [one > other for one, other in zip(scores[::2], scores[1::2], strict=False)]
    paired = all(one.label == 1 and other.label == 0 for one, other in zip(rows[::2], rows[1::2], strict=False))
    return {
        "rows": len(done.rows),
        "auroc": figures["auroc"],
        "clipscore": (baselines.get("clipscore") or {}).get("auroc"),
        "detector": (baselines.get("detector") or {}).get("auroc"),
        "pairs": sum(pairs) / len(pairs) if paired and pairs else None,
        "seconds": round((time.perf_counter() - started) / max(len(rows), 1), 3),
    }


def table(results: Mapping[str, Any], encoders: Sequence[str] = ENCODERS) -> str:
    """Return the page of results, its blank cells filled with what they are."""
    lines = [
        "# Real models: results",
        "",
        "Written by `make real`, which needs internet. A cell that says so was not measured by us; run it and fill it.",
        "Pairs right: how often the true caption of a pair is trusted more than the false one.",
    ]
    for encoder in encoders:
        lines += ["", f"**{encoder}, yolov8n.pt**", "", f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
        for name in SETS:
            one = (results.get(encoder) or {}).get(name) or {}
            keys = ("rows", "auroc", "clipscore", "detector", "pairs", "seconds")
            lines.append(f"| {name} | {' | '.join(_cell(one.get(key)) for key in keys)} |")
    tests = results.get("tests")
    lines += ["", f"Tests marked `real`: {tests or MISSING}."]
    return "\n".join(lines) + "\n"


def _cell(value: float | int | None) -> str:
    if value is None:
        return MISSING
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def steps(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what is to be done, by name; each may fail without the others."""
    fetch = Fetcher(options.data, options.mirror)
    weights: dict[str, str] = {}
    loaded: set[str] = set()

    def load(encoder: str) -> str:
        width = load_encoder(encoder).encode_texts(["a photo of a dog"]).shape[1]
        loaded.add(encoder)
        return f"{width} dimensions"

    def needed(encoder: str) -> None:
        if encoder not in loaded:
            raise RuntimeError("the encoder is not there")

    def detector() -> str:
        weights["yolo"] = options.detector or str(fetch(YOLO))
        return weights["yolo"]

    def measured(encoder: str, name: str) -> Callable[[], Any]:
        def run() -> Any:
            needed(encoder)
            verifier = Verifier.from_defaults(encoder, weights.get("yolo"), remember=64)
            found = measure(verifier, rows_of(name, fetch, options.rows))
            save_answer(RESULT, encoder, {**known().get(encoder, {}), name: found}, command="make real")
            return found

        return run

    def tests(encoder: str) -> str:
        needed(encoder)
        named = {"CLIPVERIFY_REAL_ENCODER": encoder, "CLIPVERIFY_REAL_DETECTOR": weights.get("yolo", "")}
        command = [sys.executable, "-m", "pytest", "-q", "-m", "real", options.tests]
        ran = subprocess.run(command, env={**os.environ, **named}, capture_output=True, text=True, check=False)
        said = (ran.stdout.strip().splitlines() or ["no output"])[-1]
        save_answer(RESULT, "tests", said, command="make real")
        if ran.returncode:
            raise RuntimeError(said)
        return said

    yield "detector", detector
    for place, encoder in enumerate(options.encoders):
        yield encoder, lambda encoder=encoder: load(encoder)
        if not place:
            yield "tests marked real", lambda encoder=encoder: tests(encoder)
        for name in options.sets:
            yield f"{name}, {encoder}", measured(encoder, name)


def known() -> dict[str, Any]:
    """Return what was measured before."""
    path = measuring.RESULTS / f"{RESULT}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def main() -> int:
    """Do what can be done, say what cannot, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000, help="rows of each set")
    parser.add_argument("--data", type=Path, default=Path("data/real"), help="where downloads are kept")
    parser.add_argument("--mirror", help="host to fetch from instead, with the same paths")
    parser.add_argument("--encoders", nargs="*", default=list(ENCODERS))
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--detector", help="a YOLO file that is there")
    parser.add_argument("--out", type=Path, default=TABLE, help="the table")
    parser.add_argument("--results", type=Path, default=measuring.RESULTS, help="folder of the figures")
    parser.add_argument(
        "--tests", default="tests/test_real.py", help="tests marked real that are run with the first encoder"
    )
    parser.add_argument("--table", action="store_true", help="only write the table")
    options = parser.parse_args()
    measuring.RESULTS = options.results
    failed = 0
    for name, do in () if options.table else steps(options):
        try:
            print(f"{name}: {do()}", flush=True)
        except (ClipVerifyError, urllib.error.URLError, OSError, RuntimeError) as error:
            failed += 1
            print(f"{name}: not done: {error}", flush=True)
    options.out.write_text(table(known(), options.encoders), encoding="utf-8")
    print(f"wrote {options.out}; {failed} steps could not be done")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
