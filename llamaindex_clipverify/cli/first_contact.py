"""Verbs of the first minutes: demo and doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import print_report, say


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures and the page go.")] = Path(
        "clipverify-demo"
    ),
) -> None:
    """Check four answers on drawn scenes; needs no network."""
    from llamaindex_clipverify.demo import run

    run(out, print_report, say)


@app.command()
def doctor() -> None:
    """Say what is installed, what is broken, and what to do."""
    from llamaindex_clipverify.doctor import examine

    usable = True
    for finding in examine():
        say(str(finding))
        usable = usable and finding.state != "broken"
    say("ready" if usable else "not usable yet: see ✗ above")
    raise typer.Exit(0 if usable else 1)
