"""Defaults of the command line from clipverify.toml and the environment, and `clipverify init`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import _Stub

from llamaindex_clipverify import cli
from llamaindex_clipverify.cli import config
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

_OPTIONS = {
    "verify": {"models": "models", "encoder": "encoder", "min-trust": "min_trust", "image": "image"},
    "ask": {"models": "models", "llm": "llm", "top-k": "top_k", "store": "store"},
    "explain": {name: name for name in ("server", "models", "encoder", "reader", "alpha", "store", "question")},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    draw_scene(FRESH).image.save("scene.png")
    return tmp_path


def _defaults(text: str, *arguments: str) -> tuple[dict, list[str]]:
    Path("clipverify.toml").write_text(text, "utf-8")
    return config.defaults(_OPTIONS, arguments)


def _code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    return int(left.value.code or 0)


def test_general_values_reach_every_verb_that_has_the_option_and_tables_one_verb(here):
    values, lines = _defaults('models = "tiny"\nmin_trust = 0.7\n[ask]\ntop-k = 2\nmodels = "mine.json"\n')
    assert values["verify"] == {"models": "tiny", "min_trust": 0.7}
    assert values["ask"] == {"models": "mine.json", "top_k": 2} and values["explain"] == {"models": "tiny"}
    assert lines == []


def test_flags_win_over_the_environment_and_that_over_the_file(here, monkeypatch):
    monkeypatch.setenv("CLIPVERIFY_MIN_TRUST", "0.9")
    text = 'models = "tiny"\nmin-trust = 0.7\n'
    assert _defaults(text, "verify")[0]["verify"]["min_trust"] == "0.9"
    assert "min_trust" not in _defaults(text, "verify", "--min-trust=0.1")[0]["verify"]
    assert "models" not in _defaults(text, "verify", "--encoder", "a")[0]["verify"]  # models named anew, all of them


_BOTH = 'server = "http://a"\nmodels = "tiny"\nreader = "rapidocr"\nalpha = 0.1\nstore = "s"\nquestion = "What?"\n'
_LOCAL = _BOTH.split("\n", 1)[1]
_REST = {"reader": "rapidocr", "alpha": 0.1, "store": "s", "question": "What?"}
_ALONE = {"server": "http://a", "question": "What?"}


@pytest.mark.parametrize(
    ("text", "environment", "arguments", "expected"),
    [
        (_BOTH, {}, (), _ALONE),
        (_LOCAL, {"SERVER": "http://a"}, (), _ALONE),
        (_LOCAL + '[explain]\nserver = "http://a"\n', {}, (), _ALONE),
        (_BOTH, {"MODELS": "mine.json"}, (), {**_REST, "models": "mine.json"}),
        (_BOTH, {}, ("--server", "http://b"), {"question": "What?"}),
        (_LOCAL, {"MODELS": "mine.json"}, ("--server=http://b",), {"question": "What?"}),
        (_LOCAL, {"SERVER": "http://a"}, ("--encoder", "tiny"), _REST),
        ("question = 'What?'\n", {"SERVER": "http://a"}, ("--store", "t"), {"question": "What?"}),
        (_LOCAL, {}, ("--models", "a.json"), _REST),
    ],
)
def test_a_server_and_models_here_exclude_each_other(here, monkeypatch, text, environment, arguments, expected):
    for name, value in environment.items():
        monkeypatch.setenv(f"CLIPVERIFY_{name}", value)
    assert _defaults(text, "explain", *arguments)[0]["explain"] == expected


def test_another_file_or_none(here, monkeypatch):
    (here / "other.toml").write_text('models = "other.json"\n')
    monkeypatch.setenv(config.VARIABLE, "other.toml")
    assert _defaults('models = "tiny"\n')[0]["verify"]["models"] == "other.json"
    monkeypatch.setenv(config.VARIABLE, "")
    assert config.defaults(_OPTIONS, [])[0]["verify"] == {}
    monkeypatch.setenv(config.VARIABLE, "gone.toml")
    with pytest.raises(DataError, match=r"the configuration cannot be read; got gone\.toml"):
        config.defaults(_OPTIONS, [])


def test_what_leads_off_this_machine_is_said(here):
    text = 'llm = "openai:m@http://example.org/v1"\nstore = "https://example.org"\n'
    assert _defaults(text, "ask", "a question")[1] == [
        "llm openai:m@http://example.org/v1 comes from clipverify.toml",
        "store https://example.org comes from clipverify.toml",
    ]
    assert _defaults(text, "ask", "--llm", "tiny", "--store", "s")[1] == []
    assert _defaults(text, "verify")[1] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min-truth = 1\n", "no such setting; got min-truth; did you mean min-trust"),
        ("[verfy]\nmodels = 'tiny'\n", r"no such setting; got \[verfy\]; did you mean verify"),
        ("[verify]\ntop-k = 2\n", r"no such setting; got \[verify\] top-k"),
        ("models = tiny\n", "cannot be read"),
        ("models = 1979-05-27\n", "no option takes such a value"),
        ("[verify]\nmodels = {a = 1}\n", "no option takes such a value"),
        ("a = " + "[" * 5000 + "\n", "cannot be read"),
    ],
)
def test_a_damaged_file_is_one_line(here, text, message):
    with pytest.raises(DataError, match=message):
        _defaults(text)


def test_bytes_that_are_no_text_are_one_line(here):
    Path("clipverify.toml").write_bytes(b"models = '\xff\xfe'\n")
    with pytest.raises(DataError, match="cannot be read"):
        config.defaults(_OPTIONS, [])


def test_the_command_line_reads_it(here, monkeypatch, capsys):
    monkeypatch.setattr(Verifier, "tiny", classmethod(lambda cls, **_: _Stub(0.6)))
    command = ("verify", "--answer", "A cup.", "--image", "scene.png", "--json", "-")
    assert _code(*command) == 2 and "no models are named" in capsys.readouterr().err
    Path("clipverify.toml").write_text('models = "tiny"\nimage = ["scene.png"]\n')
    assert _code("verify", "--answer", "A cup.", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["trust"] > 0.5
    Path("clipverify.toml").write_text('models = "tiny"\n[verify]\nmin-trust = 0.9\n')
    assert _code(*command) == 1
    assert _code(*command, "--min-trust", "0.1") == 0
    Path("clipverify.toml").write_text('min-trust = "much"\n')
    capsys.readouterr()
    assert _code(*command, "--models", "tiny") == 2
    assert "--min-trust" in capsys.readouterr().err


def test_every_option_of_every_verb_may_stand_in_the_file():
    options = cli._options()
    assert set(options) == {verb.replace("_", "-") for verb in cli.VERBS}
    assert options["verify"]["min-trust"] == "min_trust" and options["eval"]["format"] == "form"


def test_init_writes_a_project_that_runs(here, capsys):
    assert _code("init", "mine") == 0
    assert "cd mine" in capsys.readouterr().out
    assert {file.name for file in (here / "mine").iterdir()} == {
        "clipverify.toml", "check.py", "pytest.ini", "test_answers.py", "scene.png",
    }  # fmt: skip
    assert _code("init", "mine") == 2
    assert "in the way; got clipverify.toml" in capsys.readouterr().err


@pytest.mark.slow  # two processes that load the bundled models
def test_the_script_and_the_test_of_a_new_project_pass(here):
    assert _code("init", "mine") == 0
    script = subprocess.run([sys.executable, "check.py"], cwd="mine", capture_output=True, text=True, check=True)
    assert "contradicted" in script.stdout and (here / "mine" / "report.html").is_file()
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd="mine", capture_output=True, text=True, check=False
    )
    assert tests.returncode == 0, tests.stdout


def test_shells_complete_verbs():
    completion = {"_CLIPVERIFY_COMPLETE": "complete_bash", "COMP_WORDS": "clipverify ver", "COMP_CWORD": "1"}
    shown = subprocess.run(
        [sys.executable, "-m", "llamaindex_clipverify"],
        capture_output=True,
        text=True,
        env={**os.environ, **completion},
        check=False,
    )
    assert shown.stdout.split() == ["verify", "verify-file"]
