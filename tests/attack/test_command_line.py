"""The command line: no verb ends with a traceback, a hang, or 1 where no verdict was printed, whatever it is given."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacking import OF_PROCESSES, Attacks
from special import special

from llamaindex_clipverify.cli import main
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing import FRESH, draw_scene

NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "-1",
    "1e999",
    "-0.0",
    "1.0000001",
    "0x10",
    "",
    " ",
    "١",
    "1_0",
    "9" * 400,
    "1;ls",
    "\x00",
]


class _Stream(io.TextIOWrapper):
    """What a command prints; closed for good only by its maker."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


def run(*arguments: str) -> None:
    """Run a verb in this process and check its end."""
    out, err = _Stream(), _Stream()
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as left:
            code = left.code
    shown = err.text()
    assert code in (0, 1, 2), (code, shown[-300:])
    assert "Traceback" not in shown + out.text(), shown[-300:]
    assert "\x1b" not in shown + out.text() and "\u202e" not in shown
    if code == 1:
        assert "trust" in out.text(), (code, shown[-300:])
    if code == 2:
        assert shown.startswith("clipverify: ") and "fault of the package" not in shown, shown[-300:]
        raise DataError(shown.strip().splitlines()[-1])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one picture to work in, and no standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    draw_scene(FRESH).image.save(tmp_path / "scene.png")
    return tmp_path


def _lines(name: str, picture: str) -> Iterator[tuple[str, ...]]:
    """Yield the command lines that take a path, with this one."""
    tiny = ("--models", "tiny")
    yield "verify", "--answer", "A cup.", *tiny, "--image", name
    yield "verify", "--answer", "A cup.", "--models", name, "--image", picture
    yield "verify", "--answer", "A cup.", "--encoder", "tiny", "--detector", name, "--image", picture
    yield "verify", "--answer", "A cup.", *tiny, "--reference", name, "--image", picture
    yield "explain", "--text", "a cup", *tiny, "--out", "map.png", "--image", name
    yield "compare", "--models", "tiny", "--image", name, "--text", "a cup"
    yield "eval", name, *tiny
    yield "eval", name, *tiny, "--format", "coco", "--images", "."
    yield "ask", "What?", "--store", name, "--llm", "tiny"
    yield "calibrate", name, *tiny, "--out", "profile.json"
    yield "calibrate", "--from-captions", name, *tiny, "--out", "profile.json"
    yield "finetune", name, *tiny, "--llm", "tiny", "--out", "run"
    yield "optimize", "--out", "onnx", "--pictures", name, "--detector", "tiny"


def test_paths_of_every_verb(attacks: Attacks, here: Path) -> None:
    names = [name for name in special(here / "special") if name not in ("/", "~", "..")]
    assert len(names) >= 40
    for number, name in enumerate(names):
        for place, line in enumerate(_lines(name, "scene.png")):
            if (number + place) % 3 == 0:
                attacks.run(f"{line[0]} {name!r}"[:80], lambda line=line: run(*line))


def test_targets_of_every_verb(attacks: Attacks, here: Path) -> None:
    names = [
        name
        for name in (*special(here / "special"), "/proc/x/y", "/sys/x", "/dev/full")
        if name not in ("/", "~", "..", ".")
    ]
    ends = (".json", ".html", ".md")
    for number, name in enumerate(names):
        target = name if name.startswith("/dev/") else f"{name}{ends[number % 3]}"
        tiny = ("--models", "tiny")
        lines = [
            ("verify", "--answer", "A cup.", *tiny, "--image", "scene.png", "--report", target),
            ("verify", "--answer", "A cup.", *tiny, "--image", "scene.png", "--json", target),
            ("compare", "--models", "tiny", "--image", "scene.png", "--text", "a cup", "--npz", target),
            ("explain", "--text", "a cup", *tiny, "--image", "scene.png", "--out", target),
            ("label", "scene.png", "--out", target, *tiny),
        ]
        if not name.startswith("/dev/"):  # an index in a folder makes that folder
            lines.append(("index", "scene.png", "--store", f"{name}/store", *tiny))
        for line in lines[number % 2 :: 2]:
            attacks.run(f"{line[0]} to {target!r}"[:80], lambda line=line: run(*line))


def test_numbers_and_words_of_every_option(attacks: Attacks, here: Path) -> None:
    run_index = ("index", "scene.png", "--store", "store", "--models", "tiny")
    attacks.run("index", lambda: run(*run_index))
    verify = ("verify", "--answer", "A cup.", "--models", "tiny", "--image", "scene.png")
    lines = [
        *((*verify, option, "{}") for option in ("--min-trust", "--min-coverage", "--alpha", "--delta", "--question", "--report")),
        *(("ask", "Is there a cup?", "--store", "store", "--llm", "tiny", option, "{}") for option in ("--top-k", "--min-trust")),
        ("ask", "{}", "--store", "store", "--llm", "tiny"),
        ("ask", "Is there a cup?", "--store", "store", "--llm", "{}"),
        ("verify", "--answer", "{}", "--models", "tiny", "--image", "scene.png"),
        ("verify", "--answer", "A cup.", "--encoder", "{}", "--image", "scene.png"),
        ("describe", "scene.png", "--llm", "tiny", "--models", "tiny", "--batch-size", "{}"),
        ("label", "store", "--out", "l.jsonl", "--models", "tiny", "--n", "{}"),
        ("calibrate", "--from-captions", "store", "--out", "p.json", "--models", "tiny", "--alpha", "{}"),
        ("explain", "--text", "{}", "--image", "scene.png", "--out", "m.png", "--models", "tiny"),
        ("explain", "--text", "cup", "--image", "scene.png", "--out", "m.png", "--models", "tiny", "--method", "{}"),
        ("chat", "--port", "{}", "--models", "nothing"), ("optimize", "--out", "o", "--precision", "{}", "--models", "tiny"),
        ("index", "scene.png", "--store", "store", "--models", "tiny", "--workers", "{}"), ("{}",), ("verify", "{}"), ("--{}",),
    ]  # fmt: skip
    for line in lines:
        for number in NUMBERS:
            given = tuple(one.replace("{}", number) for one in line)
            attacks.run(" ".join(given)[:80], lambda given=given: run(*given))


# -- processes of an odd environment ------------------------------------------------------------------------------------

_RUN = "from llamaindex_clipverify.cli import run; run()"
_VERIFY = ("verify", "--answer", "There is a yellow cup.", "--models", "tiny", "--image", "scene.png")


def _ended(
    here: Path, prefix: str = "", env: dict[str, str] | None = None, arguments: tuple[str, ...] = _VERIFY
) -> tuple[int, str, str]:
    """Run the command line in a shell, after commands that change what it has, and return code, output and errors."""
    script = f'{prefix}\nexec "$@"'
    ran = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-c", _RUN, *arguments], cwd=here, capture_output=True, text=True, errors="replace",
        stdin=subprocess.DEVNULL, timeout=OF_PROCESSES - 10, check=False, env={**os.environ, **(env or {})},
    )  # fmt: skip
    assert "Traceback" not in ran.stderr, ran.stderr[-600:]
    return ran.returncode, ran.stdout, ran.stderr


def _works(here: Path, prefix: str = "", **env: str) -> None:
    code, out, err = _ended(here, prefix, env)
    assert code == 0 and "yellow" in out, (code, out[-300:], err[-600:])


def _refused(here: Path, prefix: str = "", **env: str) -> None:
    code, _, err = _ended(here, prefix, env)
    assert code == 2 and err.startswith("clipverify: "), (code, err[-600:])


def test_processes_of_an_odd_environment(attacks: Attacks, here: Path) -> None:
    works = {
        "locale C": lambda: _works(here, LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"),
        "latin-1": lambda: _works(here, PYTHONIOENCODING="latin-1"),
        "no HOME": lambda: _works(here, "unset HOME XDG_CONFIG_HOME XDG_CACHE_HOME"),
        "HOME not there": lambda: _works(here, HOME="/nowhere/at/all"),
        "few files": lambda: _works(here, "ulimit -n 64"),
        "closed stdin": lambda: _works(here, "exec <&-"),
        "closed stderr": lambda: _works(here, "exec 2>&-"),
        "odd variables": lambda: _works(
            here, COLUMNS="-5", LINES="x", NO_COLOR="", OMP_NUM_THREADS="x", CLIPVERIFY_TRACE="", CUDA_VISIBLE_DEVICES="",
            HF_HOME="/dev/null", YOLO_CONFIG_DIR="/dev/null/x", MPLCONFIGDIR="/dev/null",
        ),
        "a folder that is gone": lambda: _refused(here, "mkdir gone && cd gone && rmdir ../gone"),
        "no temporary folder": lambda: _works(here, TMPDIR="/nowhere/at/all"),
        "little memory": lambda: _refused(here, "ulimit -v 900000"),
    }  # fmt: skip
    for name, use in works.items():
        attacks.run(name, use, OF_PROCESSES)


def test_an_output_that_is_closed_or_full(attacks: Attacks, here: Path) -> None:
    def ends(prefix: str, *codes: int) -> None:
        code, out, err = _ended(here, prefix)
        assert code in codes, (code, out[-300:], err[-600:])

    attacks.run("closed stdout", lambda: ends("exec >&-", 0, 1, 2, 141), OF_PROCESSES)
    attacks.run("a reader that has left", lambda: ends("exec > >(exit)", 0, 141), OF_PROCESSES)
    attacks.run("a full disk", lambda: ends("exec > /dev/full", 2), OF_PROCESSES)
