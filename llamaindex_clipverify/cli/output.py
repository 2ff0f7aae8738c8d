"""What the verbs print and write: text, JSON, reports, progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import MissingExtraError, ModelError
from llamaindex_clipverify.report.format import printable

if TYPE_CHECKING:
    from llamaindex_clipverify.report.report import Report
    from llamaindex_clipverify.verification.verifier import Verifier


def say(text: str) -> None:
    """Print a line."""
    typer.echo(printable(text))


def warn(text: str) -> None:
    """Print a line on stderr."""
    typer.echo(f"clipverify: {printable(text)}", err=True)


def skipped(problems: Iterable[object]) -> None:
    """Print a line on stderr for each thing that was left out."""
    for problem in problems:
        warn(f"left out: {problem}")


def print_report(report: Report) -> None:
    """Print a report: on a terminal with colours and a table, elsewhere as plain text."""
    if not sys.stdout.isatty():
        say(str(report))
        return
    from rich.console import Console

    Console().print(report)


def write_or_print(target: str | None, text: str, otherwise: Callable[[], None]) -> None:
    """Print only the JSON for the target ``-``; else write it to the target, if any, and call `otherwise`."""
    if target == "-":
        say(text)
        return
    if target is not None:
        write(Path(target), text + "\n")
    otherwise()


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; missing folders are created."""
    files.write_text(path, text)


@contextmanager
def working(label: str) -> Iterator[None]:
    """Show on stderr that something is going on, with a spinner; nothing if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(label):
        yield


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that moves a progress bar on stderr; hidden if stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def stage_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (stage, done, total) that moves one progress bar per stage; see `progress_bar`."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:

        def step(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)

        yield step


def save_report(verifier: Verifier, report: Report, path: Path) -> None:
    """Write a report in the format of the suffix; a web page gets heat maps."""
    shows_maps = path.suffix.lower() in (".html", ".htm")
    (with_maps(verifier, report).translated(report.shown_in) if shows_maps else report).save(path)


def with_maps(verifier: Verifier, report: Report) -> Report:
    """Add heat maps if the encoder allows it."""
    try:
        return verifier.explain(report, "all")
    except (MissingExtraError, ModelError) as error:
        warn(f"no heat maps: {error}")
        return report
