"""What is written down runs: the python blocks of the pages, and every example. And links lead somewhere."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from faults import ANSWER, serving

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.ko.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
REMOTE = {
    "ask_together.py": "needs a key: set TOGETHER_API_KEY\n",
    "ask_server.py": "needs a server: python examples/ask_server.py URL MODEL\n",
}
_BLOCK = re.compile(r"(<!-- needs: [^>]+ -->\n)?```python\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def _blocks(page: Path) -> list[str]:
    """Return the blocks of a page that run without anything that would have to be downloaded."""
    return [code for needs, code in _BLOCK.findall(page.read_text("utf-8")) if not needs]


@pytest.mark.parametrize("page", [page for page in PAGES if _blocks(page)], ids=lambda page: page.name)
def test_blocks_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    for code in _blocks(page):
        exec(compile(code, str(page), "exec"), vars(module))


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")  # LlamaIndex's agents
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples_run(example, tmp_path, monkeypatch, capsys):
    """Those that ask a model elsewhere say in one line what they need; `test_remote_examples_ask` runs the rest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    monkeypatch.setattr(sys, "argv", [str(example)])
    runpy.run_path(str(example), run_name="__main__")
    out = capsys.readouterr().out
    assert re.match("trust |bot: ", out) if example.name not in REMOTE else out == REMOTE[example.name]


@pytest.mark.parametrize("example", REMOTE)
def test_remote_examples_ask(example, tmp_path, monkeypatch, capsys):
    """The same examples, with a server that answers."""
    monkeypatch.chdir(tmp_path)
    with serving() as server:
        monkeypatch.setenv("TOGETHER_API_KEY", "none")
        monkeypatch.setenv("TOGETHER_BASE_URL", server.url)
        monkeypatch.setattr(sys, "argv", [example, *([server.url, "m"] if example == "ask_server.py" else ["m"])])
        runpy.run_path(str(ROOT / "examples" / example), run_name="__main__")
        assert len(server.pictures()) == len(server.requests) == 1
    out = capsys.readouterr().out
    assert out.startswith("trust ") and ANSWER in out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    wanted = {(page.parent / link).resolve() for link in _LINK.findall(page.read_text("utf-8"))}
    assert not {path for path in wanted if not path.exists()}


def test_both_readmes_say_the_same():
    english, korean = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ko.md"))
    assert _blocks(ROOT / "README.md") == _blocks(ROOT / "README.ko.md")
    assert [len(line) for line in re.findall(r"^#+", english, re.M)] == [
        len(line) for line in re.findall(r"^#+", korean, re.M)
    ]


def test_figures_are_those_of_the_results():
    """What `benchmarks/tables.py` would write stands in both pages already."""
    script = ROOT / "benchmarks" / "tables.py"
    ran = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_command_line_page_names_every_verb_and_flag():
    from llamaindex_clipverify.cli import app

    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert re.search(rf"^clipverify {name}\b", page, re.M), name
    for flag in ("--answer", "--image", "--question", "--json", "--report", "--min-trust", "--allow-unverified", "--method",
                 "--text", "--npz", "--plot", "--predictions", "--out", "--encoder", "--detector", "--models"):  # fmt: skip
        assert flag in page, flag


def test_the_nav_of_the_site_names_every_page():
    def entries(part):
        if isinstance(part, str):
            return [part]
        return [page for one in (part.values() if isinstance(part, dict) else part) for page in entries(one)]

    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    pages = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))
    assert sorted(entries(nav)) == pages
