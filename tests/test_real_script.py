"""The script behind ``make real``, against a mirror on this machine: it downloads, measures, and fills the table."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, draw_scene

ROOT = Path(__file__).parents[1]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A host with a POPE and a SugarCrepe of two drawn scenes; a further set is not there."""
    root = tmp_path / "host"
    scene, other = draw_scene(FRESH), draw_scene(FRESH + 3)
    for below in ("val2014", "val2017"):
        (root / below).mkdir(parents=True)
        scene.image.save(root / below / "a.jpg")
        other.image.save(root / below / "b.jpg")
    pope = root / "AoiDragon/POPE/main/output/coco/coco_pope_random.json"
    pope.parent.mkdir(parents=True)
    absent = {
        name: next(noun for noun in ("pizza", "bus", "dog") if noun not in one.nouns())
        for name, one in (("a.jpg", scene), ("b.jpg", other))
    }
    lines = [{"image": name, "text": f"Is there a {noun} in the image?", "label": label}
             for name, one in (("a.jpg", scene), ("b.jpg", other))
             for noun, label in ((one.nouns()[0], "yes"), (absent[name], "no"))]  # fmt: skip
    pope.write_text("\n".join(map(json.dumps, lines)))
    crepe = root / "RAIVNLab/sugar-crepe/main/data/replace_obj.json"
    crepe.parent.mkdir(parents=True)
    crepe.write_text(
        json.dumps(
            {"0": {"filename": "a.jpg", "caption": "There is a zebra.", "negative_caption": "There is a pizza."}}
        )
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.slow
def test_what_can_be_had_is_measured_and_the_rest_stays_blank(mirror: str, tmp_path: Path) -> None:
    sets = ["POPE random", "POPE popular", "SugarCrepe replace_obj"]
    command = [sys.executable, str(ROOT / "benchmarks/real.py"), "--mirror", mirror, "--data", str(tmp_path / "data"),
               "--results", str(tmp_path / "results"), "--out", str(tmp_path / "table.md"), "--encoders", "tiny", "no/such-model",
               "--detector", str(tiny_folder() / "yolo"), "--sets", *sets,
               "--tests", "tests/test_real.py::test_the_encoder_ranks_captions_of_photographs"]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    table = (tmp_path / "table.md").read_text()
    (pope, popular, crepe) = (
        next(line for line in table.splitlines() if line.startswith(f"| {name} ")) for name in sets
    )
    assert re.match(r"\| POPE random \| 4 \| (?:0\.[5-9]|1\.0)\d+ \| ", pope), ran.stdout + ran.stderr
    assert popular.count("not measured by us") == 6 and "HTTP Error 404" in ran.stdout
    assert crepe.startswith("| SugarCrepe replace_obj | 2 | 1.000 | ") and "| 1.000 | " in crepe
    assert "no/such-model: not done: " in ran.stdout and "the encoder is not there" in ran.stdout
    assert ran.returncode == 1, "what could not be done is no success"
    assert not list((tmp_path / "data").rglob("*.part"))
    assert json.loads((tmp_path / "results" / "real.json").read_text())["tiny"]["POPE random"]["rows"] == 4


def test_the_table_that_is_shipped_claims_nothing_that_was_not_measured() -> None:
    table = (ROOT / "docs" / "real-results.md").read_text()
    if not (ROOT / "benchmarks/results/real.json").is_file():
        cells = [
            cell.strip()
            for line in table.splitlines()
            if line.startswith(("| POPE", "| Sugar"))
            for cell in line.split("|")[2:-1]
        ]
        assert len(cells) == 2 * 10 * 6 and set(cells) == {"not measured by us"}
