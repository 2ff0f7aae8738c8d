"""clipverify demo: the demonstration on drawn scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import print_report, say


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write pictures and page.")] = Path(
        "clipverify-demo"
    ),
) -> None:
    """Ask about drawn scenes and check the answers; needs no network."""
    from llamaindex_clipverify.demo import run

    run(out, print_report, say)
