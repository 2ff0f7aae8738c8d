"""clipverify report: what a log of answers says about the last days."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import say


@app.command()
def report(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A log of AnswerLog, or traces as OTLP JSON.")],
    days: Annotated[int, typer.Option(min=1, help="Length of a period in days.")] = 7,
    fail_on_drift: Annotated[
        bool, typer.Option("--fail-on-drift", help="Exit with 1 where the last period differs from the one before.")
    ] = False,
) -> None:
    """Sum up a log of answers: by day, by kind of claim, the doubtful ones, and drift.

    The last period is compared with as many days before by a two-proportion test.
    """
    from llamaindex_clipverify.monitoring import read, summary

    found = summary(read(log), days)
    say(str(found))
    raise typer.Exit(1 if fail_on_drift and any(drift.is_drift for drift in found.drifts) else 0)
