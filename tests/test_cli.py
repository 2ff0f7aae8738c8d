"""The command line: exit codes, one line for every error, and nothing but JSON where JSON was asked for."""

from __future__ import annotations

import gc
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Ran, make_report
from PIL import Image
from warm import warm

from llamaindex_clipverify import cli
from llamaindex_clipverify.explainers import METHODS
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier


class _Stub:
    """Stands in for a verifier: every claim has the same trust."""

    encoder = None

    def __init__(self, trust: float | None = 0.9) -> None:
        self.trust = trust

    def verify(self, answer, images, question=None, passages=()):
        return make_report(answer, [self.trust], [Picture.of(image) for image in images], question=question)

    def explain(self, report, method=None, claims=None):
        return replace(report, notes=("explained",))

    def heat_maps(self, texts, image, method=None):
        width, height = image.size
        return [
            HeatMap(
                values=np.ones((height, width), np.float32),
                method=method or "attention",
                text=text,
                evidence=0.0,
                cosine=0.21,
            )
            for text in texts
        ]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> _Stub:
    made = _Stub()
    monkeypatch.setattr(Verifier, "tiny", classmethod(lambda cls, **_: made))
    return made


@pytest.fixture
def bad(tmp_path: Path) -> dict[str, Path]:
    """Files that are no pictures, each in its own way."""
    whole = tmp_path / "whole.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)).save(whole)
    made = {name: tmp_path / f"{name}.jpg" for name in ("text", "empty", "cut", "head")}
    made["text"].write_text("this is no picture")
    made["empty"].write_bytes(b"")
    made["cut"].write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    made["head"].write_bytes(whole.read_bytes()[:10])
    made["huge"] = tmp_path / "huge.png"
    made["huge"].write_bytes(_huge_png(30_000))
    made["folder"] = tmp_path
    made["missing"] = tmp_path / "no such file.jpg"
    made["two\nlines"] = tmp_path / "two\nlines.jpg"
    return made


def _huge_png(side: int) -> bytes:
    """Write a white square of one-bit pixels: about 100 kB for 900 million of them."""
    packer, row = zlib.compressobj(9), b"\0" + b"\xff" * ((side + 7) // 8)
    data = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _one_line(ran, *words: str) -> None:
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err
    assert ran.err.startswith("clipverify: ")
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


BAD = ["text", "empty", "cut", "head", "huge", "folder", "missing", "two\nlines"]


@pytest.mark.parametrize("name", BAD)
def test_bad_pictures_are_one_line(clipverify, stub, bad, name):
    _one_line(clipverify("verify", "--answer", "There is a cup.", "--image", bad[name], "--models", "tiny"), "; got ")
    _one_line(clipverify("explain", "--text", "a cup", "--image", bad[name], "--models", "tiny", "--out", "x.png"))
    _one_line(clipverify("compare", "--text", "a cup", "--image", bad[name], "--models", "tiny"))


@pytest.mark.parametrize("answer", ["", "  \n "])
def test_empty_answer(clipverify, stub, scene_file, answer):
    _one_line(clipverify("verify", "--answer", answer, "--image", scene_file, "--models", "tiny"), "empty", "--answer")


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["verify"],
        ["verify", "--answer", "x"],
        ["verify", "--answer", "x", "--image", "a.png", "--models", "tiny", "--min-trust", "2"],
        ["verify", "--answer", "x", "--image", "a.png", "--models", "tiny", "--min-trust", "much"],
        ["verify", "--answer", "x", "--image", "a.png", "--models", "nosuch.json"],
        ["verify", "--answer", "x", "--image", "a.png", "--models", "tiny", "--detector", "none"],
        ["verify", "--answer", "x", "--image", "a.png", "--models", "tiny", "--report", "x.pdf"],
        ["verify", "--answer", "x", "--image", "a.png", "--frob"],
        ["compare", "--models", "tiny"],
        ["eval", "nosuch.jsonl", "--models", "tiny"],
        ["explain", "--text", " ", "--image", "a.png", "--models", "tiny", "--out", "x.png"],
    ],
)
def test_usage_errors_are_one_line(clipverify, arguments):
    _one_line(clipverify(*arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--answer", "There is a cup.", "--image", "a.png"],
        ["verify", "--answer", "There is a cup.", "--image", "a.png", "--detector", "none"],
        ["eval", "rows.jsonl"],
        ["explain", "--text", "a", "--image", "a.png", "--out", "b.png"],
        ["compare", "--text", "a"],
    ],
)
def test_without_models_the_usual_choices_are_named(clipverify, arguments):
    _one_line(clipverify(*arguments), "--models tiny", "--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 99}', '{"schema": 1, "kinds": {"object": 3}}']
)
def test_what_is_no_profile_is_one_line(clipverify, scene_file, tmp_path, text):
    profile = tmp_path / "p.json"
    profile.write_text(text)
    _one_line(clipverify("verify", "--answer", "A cup.", "--image", scene_file, "--models", profile), "p.json")


def test_printed_report_and_exit_codes(clipverify, stub, scene_file):
    given = ["verify", "--answer", "There is a cup.", "--image", scene_file, "--models", "tiny"]
    ran = clipverify(*given)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("trust 0.90 · supported · 1 claim · 1 supported · coverage 100%")
    assert "\x1b" not in ran.out
    assert clipverify(*given, "--min-trust", "0.95").code == 1
    assert clipverify(*given, "--min-trust", "0.9").code == 0
    stub.trust = 0.1
    assert clipverify(*given).code == 1
    stub.trust = None
    assert clipverify(*given).code == 1
    assert clipverify(*given, "--allow-unverified").code == 0
    stub.trust = 0.1
    assert clipverify(*given, "--allow-unverified").code == 1


def test_json_alone_on_stdout_and_files(clipverify, stub, scene_file, tmp_path):
    given = ["verify", "--answer", "There is a cup.", "--image", scene_file, "--models", "tiny", "--question", "What?"]
    ran = clipverify(*given, "--json", "-")
    assert json.loads(ran.out)["question"] == "What?"
    ran = clipverify(*given, "--json", tmp_path / "deep" / "r.json", "--report", tmp_path / "r.html")
    assert ran.out.startswith("trust 0.90")
    assert json.loads((tmp_path / "deep" / "r.json").read_text("utf-8"))["trust"] == 0.9
    assert "explained" in (tmp_path / "r.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "begins"), [("r.md", "**trust 0.90**"), ("r.json", "{"), ("r.HTML", "<!doctype html>")]
)
def test_the_report_is_of_the_kind_its_name_says(clipverify, stub, scene_file, tmp_path, name, begins):
    given = ["verify", "--answer", "There is a cup.", "--image", scene_file, "--models", "tiny"]
    assert clipverify(*given, "--report", tmp_path / "deep" / name).code == 0
    text = (tmp_path / "deep" / name).read_text("utf-8")
    assert text.startswith(begins)
    assert ("explained" in text) == (name == "r.HTML")


def test_a_report_of_another_kind_is_refused_before_any_work(clipverify, tmp_path):
    _one_line(
        clipverify("verify", "--answer", "A cup.", "--image", "none.png", "--report", "r.pdf"),
        "r.pdf",
        ".html, .md or .json",
    )


def test_a_terminal_gets_the_answer_with_its_claims_marked(clipverify, stub, scene_file, monkeypatch):
    monkeypatch.setattr("llamaindex_clipverify.cli.output.sys.stdout.isatty", lambda: True, raising=False)
    ran = clipverify("verify", "--answer", "There is a [bold]cup[/bold].", "--image", scene_file, "--models", "tiny")
    assert "\x1b[4;32mThere is a [bold]cup[/bold].\x1b[0m\x1b[32m✔1" in ran.out


def test_unwritable_target_is_one_line(clipverify, stub, scene_file, tmp_path):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "r.json"
    given = ["verify", "--answer", "There is a cup.", "--image", scene_file, "--models", "tiny"]
    _one_line(clipverify(*given, "--json", target))


def test_answer_from_stdin(clipverify, stub, scene_file, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("There is a cup."))
    assert clipverify("verify", "--answer", "-", "--image", scene_file, "--models", "tiny").code == 0


def test_several_values_after_one_flag(clipverify, stub, scene_file):
    ran = clipverify(
        "verify", "--image", scene_file, scene_file, "--answer", "There is a cup.", "--models", "tiny", "--json", "-"
    )
    assert len(json.loads(ran.out)["pictures"]) == 2
    assert cli._spread(["compare", "--text", "a", "b", "--image", "c", "--npz", "d"]) == [
        "compare", "--text", "a", "--text", "b", "--image", "c", "--npz", "d"]  # fmt: skip
    assert cli._spread(["eval", "a", "--image", "b", "c"]) == ["eval", "a", "--image", "b", "c"]
    assert cli._spread([]) == []


def test_explain_draws_every_method_and_tells_the_word_that_fits_least(clipverify, tmp_path):
    picture = tmp_path / "scene.png"
    draw_scene(FRESH).image.save(picture)
    target = tmp_path / "maps.png"
    ran = clipverify("explain", "--text", "a cup beside a giraffe", "--image", picture, "--models", "tiny", "--method", "all",
                     "--words", "--out", target)  # fmt: skip
    assert ran.code == 0
    assert ran.out.count("cosine ") == len(METHODS) and "the word that fits least: “giraffe”" in ran.out
    with Image.open(target) as drawn:
        assert drawn.width > 1000


def test_garbage_is_collected_while_a_verb_runs(monkeypatch):
    seen = []
    monkeypatch.setattr("llamaindex_clipverify.doctor.examine", lambda: seen.append(gc.isenabled()) or [])
    with pytest.raises(SystemExit) as left:
        cli.main(["doctor"])
    assert seen == [True] and left.value.code == 0


def test_explain_writes_a_picture_and_says_when_the_map_is_empty(clipverify, stub, scene_file, tmp_path):
    target = tmp_path / "deep" / "map.png"
    ran = clipverify("explain", "--text", "a cup", "--image", scene_file, "--models", "tiny", "--out", target)
    assert ran.code == 0
    assert ran.out.startswith("cosine 0.210 · evidence 0 (attention)")
    assert "no evidence: the method found no region that supports these words" in ran.out
    assert Image.open(target).format == "PNG"


class _Letters:
    """An encoder of two directions."""

    id = "letters"
    logit_scale = 1.0

    def encode_images(self, images):
        return np.array([[0.6, 0.8]] * len(images), np.float32)

    def encode_texts(self, texts):
        return np.array([[1.0, 0.0] if "a" in text else [0.0, 1.0] for text in texts], np.float32)


def test_compare_prints_aligned_matrices_and_writes_files(clipverify, scene_file, tmp_path, monkeypatch):
    monkeypatch.setattr("llamaindex_clipverify.models.registry.load_encoder", lambda name: _Letters())
    ran = clipverify("compare", "--encoder", "letters", "--text", "a cat", "no", "--image", scene_file,
                     "--npz", tmp_path / "m.npz", "--plot", tmp_path / "m.png")  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.out == (
        "image×text  a cat     no\n"
        "scene.png   0.600  0.800\n"
        "\n"
        "image×image  scene.png\n"
        "scene.png        1.000\n"
        "\n"
        "text×text  a cat     no\n"
        "a cat      1.000  0.000\n"
        "no         0.000  1.000\n"
    )
    with np.load(tmp_path / "m.npz") as saved:
        assert saved["image_text"].tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
        assert saved["texts"].tolist() == ["a cat", "no"]
    assert Image.open(tmp_path / "m.png").format == "PNG"
    _one_line(clipverify("compare", "--encoder", "letters", "--text", "a", "--plot", tmp_path / "m.frob"), "FILE.png")


def test_eval_prints_the_table_and_writes_predictions(clipverify, scene_file, tmp_path, monkeypatch, stub):
    class _Evaluation:
        errors = ("gone.png: no such picture",)
        rows = ("one",)

        def to_dict(self):
            return {"n": 1}

        def table(self):
            return "kind  n\nall   1"

        def predictions(self):
            yield {"claim": "ein Hündchen", "trust": 0.5}

    def evaluate(verifier, rows, progress=None, bootstrap=1000, seed=0):
        progress(1, 1)
        return _Evaluation()

    monkeypatch.setattr("llamaindex_clipverify.evaluation.evaluate", evaluate)
    rows, out = tmp_path / "rows.jsonl", tmp_path / "p.jsonl"
    rows.write_text(json.dumps({"images": [str(scene_file)], "claim": "There is a cup.", "label": 1}))
    ran = clipverify("eval", rows, "--models", "tiny", "--predictions", out)
    assert (ran.code, ran.out) == (0, "kind  n\nall   1\n")
    assert ran.err == "clipverify: left out: gone.png: no such picture\n"
    assert json.loads(out.read_text("utf-8"))["claim"] == "ein Hündchen"
    assert json.loads(clipverify("eval", rows, "--models", "tiny", "--json", "-").out) == {"n": 1}
    rows.write_text('{"images": [], "claim": 3}')
    _one_line(clipverify("eval", rows, "--models", "tiny"), "rows.jsonl:1")


def test_help_costs_no_model_library():
    code = (
        "import sys\nfrom llamaindex_clipverify.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as left:\n    assert not left.code\n"
        "heavy = {'torch', 'transformers', 'llama_index', 'ultralytics', 'matplotlib', 'pandas', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert all(verb in ran.stdout for verb in ("demo", "verify", "explain", "compare", "eval", "doctor"))


def test_entry_point_in_a_narrow_encoding(scene_file):
    command = Path(sys.executable).with_name("clipverify")
    ran = subprocess.run(
        [command, "verify", "--answer", "x", "--image", scene_file],
        capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1


def test_eval_of_nothing_readable_is_an_error(clipverify, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"images": ["gone.png"], "claim": "A cat.", "label": 1}')
    ran = clipverify("eval", rows, "--models", "tiny")
    assert ran.code == 2 and ran.out == ""
    assert ran.err.splitlines()[-1].startswith("clipverify: no row could be read; got ")


def test_missing_yolo_weights_are_told_before_any_model_is_loaded(clipverify, scene_file):
    ran = clipverify(
        "verify", "--answer", "A dog.", "--image", scene_file, "--encoder", "tiny", "--detector", "nowhere.pt"
    )
    assert ran.code == 2
    assert (
        ran.err
        == "clipverify: no such detector weights; got nowhere.pt; give the path of a YOLO file; none is downloaded\n"
    )


@pytest.mark.parametrize("odd", ["nan", "inf", "-1", "2"])
@pytest.mark.parametrize("option", ["--min-trust", "--min-coverage"])
@pytest.mark.parametrize("verb", [("ask", "What?", "--store", "s", "--llm", "tiny"), ("verify", "--answer", "A cup.")])
def test_no_minimum_outside_its_range_lets_an_answer_through(
    clipverify: Callable[..., Ran], scene_file: Path, verb: tuple[str, ...], option: str, odd: str
) -> None:
    more = () if verb[0] == "ask" else ("--models", "tiny", "--image", scene_file)
    ran = clipverify(*verb, *more, option, odd)
    assert ran.code == 2 and option[2:].replace("-", "_") in ran.err.replace("-", "_") and ran.out == ""


@pytest.mark.parametrize(("closed", "leaves", "codes"), [((1,), False, {0}), ((), True, {0, 141}), ((2,), False, {0})])
def test_a_closed_output_is_no_verdict(
    scene_file: Path, closed: tuple[int, ...], leaves: bool, codes: set[int]
) -> None:
    """The stream is closed, or its reader has left."""
    arguments = ["compare", "--models", "tiny", "--image", scene_file, "--text", "a cup"]
    process = warm().start("from llamaindex_clipverify.cli import run; run()", arguments, closed=closed)
    if leaves:
        process.stdout.close()
        process.stdout = None
    _, errors = process.communicate()
    assert (process.wait() in codes, errors) == (True, "")
