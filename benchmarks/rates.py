"""Rates of two checkouts, in turns: ``python benchmarks/rates.py --against FOLDER``.

Each measurement is a process of its own, alternately in this checkout and in FOLDER (for example a git worktree of an earlier
commit), with the same Python: answers a second (eleven claims about four drawn scenes, pictures known), pictures a second
that an index takes in, seconds of ``import llamaindex_clipverify`` and of ``clipverify --help``. Saves results/rates.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import save

HERE = Path(__file__).parents[1]
MEASURE = """
import json, tempfile, time
from pathlib import Path
from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.testing import FRESH, draw_scene
answer = ("A red car is next to a dog. There are two cups. The bus is blue. A cat sits above the clock. "
          "There is no horse. There is a banana, and the chair is green.")
pictures = [Picture.of(draw_scene(FRESH + place).image) for place in range(4)]
verifier = Verifier.from_defaults(encoder="tiny", detector="tiny")
verifier.verify(answer, pictures)
best = 0.0
for _ in range(6):
    started = time.perf_counter()
    for _ in range(20):
        verifier.verify(answer, pictures)
    best = max(best, 20 / (time.perf_counter() - started))
folder = Path(tempfile.mkdtemp())
(folder / "pictures").mkdir()
for place in range(60):
    draw_scene(FRESH + 100 + place).image.save(folder / "pictures" / f"{place}.png")
started = time.perf_counter()
EvidenceIndex.from_documents([str(folder / "pictures")], store=str(folder / "store"), encoder="tiny", detector="tiny")
print(json.dumps({"answers_per_s": best, "pictures_per_s": 60 / (time.perf_counter() - started)}))
"""
COMMANDS = {
    "import_s": ["-c", "import llamaindex_clipverify"],
    "command_s": [
        "-c",
        "import sys; from llamaindex_clipverify.cli import run; sys.argv = ['clipverify', '--help']; run()",
    ],
}


def measure(folder: Path) -> dict[str, float]:
    """Return the rates of one checkout."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}

    def run(arguments: list[str]) -> str:
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
        ).stdout

    rates: dict[str, float] = json.loads(run(["-c", MEASURE]).splitlines()[-1])
    for name, arguments in COMMANDS.items():
        started = time.perf_counter()
        run(arguments)
        rates[name] = time.perf_counter() - started
    return rates


def main() -> None:
    """Measure in turns, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    folders = {"other": options.against.resolve(), "here": HERE}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in folders}
    for _ in range(options.rounds):
        for name, folder in folders.items():
            found[name].append(measure(folder))
    rows = {}
    for rate in found["here"][0]:
        other, here = (statistics.median(row[rate] for row in found[name]) for name in folders)
        rows[rate] = {"other": round(other, 3), "here": round(here, 3), "ratio": round(here / other, 3)}
        print(rate, rows[rate])
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folders["other"], check=True, capture_output=True, text=True
    )
    save(
        "rates",
        {"command": "python benchmarks/rates.py --against FOLDER", "other": commit.stdout.strip(), "rates": rows},
    )


if __name__ == "__main__":
    main()
