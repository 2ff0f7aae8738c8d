"""``clipverify.toml`` and the environment: odd values of every option, damaged files, and links in a circle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attacking import Attacks
from test_tables import run

from llamaindex_clipverify import cli
from llamaindex_clipverify.cli import config
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

VALUES = [
    "true", "5", "-1", "1e999", "nan", "inf", '""', '"x"', "[]", '["tiny"]', "[1, 2]", "[[1]]", "{a = 1}", "1979-05-27", "0x10", '"' + "x" * 5000 + '"',
    '"\\u0000"', '"\\u202E\\u001b[31m"', "9223372036854775808", "'''a\nb'''", '"/dev/zero"', '"--help"', '"http://127.0.0.1:1"',
]  # fmt: skip
ENVIRONMENT = [
    "nan",
    "-1",
    "1e999",
    " ",
    "x" * 5000,
    "\x1b[31m\u202e",
    "/dev/zero",
    "--help",
    "true",
    "0x10",
    "\udcff",
    "a b",
    "[1]",
    "http://127.0.0.1:1",
]
_VERIFY = ("verify", "--answer", "A cup.", "--image", "scene.png")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Verifier) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    draw_scene(FRESH).image.save(folder / "scene.png")
    assert tiny.verify("A cup.", ["scene.png"]).claims  # the models are loaded before anything is timed
    return folder


def _line(name: str) -> tuple[str, ...]:
    """Return a command that has an option and needs no further one."""
    return (
        _VERIFY
        if name in cli._options()["verify"]
        else ("doctor", "--quick")
        if name == "quick"
        else ("report", "no.jsonl")
    )


def test_odd_values_of_every_option(attacks: Attacks, here: Path) -> None:
    names = [name for name in cli._options()["verify"] if name not in ("help", "json", "report")]
    assert len(names) >= 12
    for number, name in enumerate(names):
        for place, value in enumerate(VALUES):
            if (number + place) % 3:
                continue
            more = "" if name == "models" else 'models = "tiny"\n'
            table = ("", "[verify]\n")[(number + place) % 2]
            Path(config.NAME).write_text(f"{more}{table}{name} = {value}\n", "utf-8")
            attacks.run(f"{name} = {value[:40]}", lambda: run(*_VERIFY))


def test_odd_values_in_the_environment(attacks: Attacks, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in cli._options()["verify"] if name not in ("help", "json", "report")]
    for number, name in enumerate(names):
        variable = f"CLIPVERIFY_{name.replace('-', '_').upper()}"
        for value in ENVIRONMENT[number % 2 :: 2]:
            monkeypatch.setenv(variable, value)
            attacks.run(
                f"{variable}={value[:40]!r}",
                lambda name=name: run(*_VERIFY, *(() if name == "models" else ("--models", "tiny"))),
            )
        monkeypatch.delenv(variable)


def _files() -> dict[str, bytes]:
    return {
        "empty": b"", "noise": os.urandom(2000), "not utf-8": b"models = '\xff\xfe'\n", "utf-16": "models = 'tiny'".encode("utf-16"), "nul": b"\0" * 100, "bom": b"\xef\xbb\xbfmodels = 'tiny'\n",
        "deep": b"a = " + b"[" * 50_000, "deep table": b"[" + b".".join([b"a"] * 5000) + b"]\n", "digits": b"min-trust = " + b"9" * 5000, "unknown": b"min-truth = 1\n", "table": b"[verfy]\nmodels='tiny'\n",
        "table of a verb": b"verify = 5\n", "tables": b"[[verify]]\nmodels = 'tiny'\n", "twice": b"models = 'tiny'\nmodels = 'tiny'\n", "quoted": b'"" = 1\n', "escape": b'"\\u001b[31m\\u202e" = 1\n', "name": b"x" * 100_000 + b" = 1\n",
        "many": b"".join(f"a{n} = {n}\n".encode() for n in range(20_000)), "time": b"min-trust = 07:32:00\n", "cut": b"models = 'ti", "huge": b"#" + b"x" * 80_000_000 + b"\n", "formula": b"models = '=cmd'\n",
    }  # fmt: skip


def test_damaged_files_and_links(attacks: Attacks, outside: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = (*_VERIFY, "--models", "tiny")
    path = here / config.NAME
    for name, data in _files().items():
        path.write_bytes(data)
        attacks.run(name, lambda: run(*command))
    path.unlink()
    for name, make in {
        "loop": lambda: path.symlink_to(path), "pipe": lambda: os.mkfifo(path), "zero": lambda: path.symlink_to("/dev/zero"),
        "gone": lambda: path.symlink_to(here / "nothing"),
    }.items():  # fmt: skip
        make()
        attacks.run(name, lambda: run(*command))
        monkeypatch.setenv(config.VARIABLE, str(path))
        with pytest.raises(DataError):
            run(*command)
        attacks.run(f"{name}, named", lambda: run(*command))
        monkeypatch.delenv(config.VARIABLE)
        path.unlink()
    for name in (
        "/dev/zero",
        "/dev/random",
        "/",
        "a" * 5000,
        "\udcff",
        "~nobody9/a",
        "http://127.0.0.1:1/a.toml",
        "/proc/self/environ",
    ):
        monkeypatch.setenv(config.VARIABLE, name)
        attacks.run(f"named {name[:40]!r}", lambda: run(*command))
