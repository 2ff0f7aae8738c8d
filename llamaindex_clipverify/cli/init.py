"""clipverify init: a small project to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import say, write
from llamaindex_clipverify.errors import DataError

_FILES = {
    "clipverify.toml": """\
# Defaults of the command line: `clipverify verify --answer "…" --image scene.png` reads them here. Flags win.
models = "tiny"  # knows drawn scenes only
# For photographs, in place of the line above:
# encoder = "openai/clip-vit-base-patch32"
# detector = "yolov8n.pt"
min-trust = 0.5
""",
    "check.py": '''\
"""Check an answer about a picture, print the report, and write it as a page."""

from llamaindex_clipverify import Verifier

verifier = Verifier.tiny()  # photographs: Verifier.from_defaults(encoder="openai/clip-vit-base-patch32", detector="yolov8n.pt")
report = verifier.verify("There is a yellow cup. The clock is red.", images=["scene.png"])
print(report)
print("page:", verifier.explain(report).save("report.html"))
''',
    "pytest.ini": """\
[pytest]
clipverify_models = tiny
""",
    "test_answers.py": '''\
"""Answers that must stay true of their pictures: put your own pipeline in the place of `answer_of`."""


def answer_of(question):
    return "There is a yellow cup and a zebra."


def test_the_answer_is_trusted(clipverify):
    clipverify.assert_trusted(answer_of("What is in the picture?"), images=["scene.png"])
''',
}


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it. Default: here.")] = Path(),
) -> None:
    """Write a small project: a configuration, a script, a test and a drawn picture.

    Nothing that exists is overwritten.
    """
    there = [name for name in (*_FILES, "scene.png") if (folder / name).exists()]
    if there:
        raise DataError("files are in the way", got=", ".join(there), do="name an empty folder: clipverify init DIR")
    from llamaindex_clipverify.testing import FRESH, draw_scene

    for name, text in _FILES.items():
        write(folder / name, text)
    draw_scene(FRESH).image.save(folder / "scene.png")
    say(f"written to {folder}: {', '.join([*_FILES, 'scene.png'])}")
    say(f"next: {'' if folder == Path() else f'cd {folder} && '}python check.py; then pytest")
