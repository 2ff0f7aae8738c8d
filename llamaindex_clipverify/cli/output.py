"""What the verbs print and write."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from llamaindex_clipverify.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from llamaindex_clipverify.report.report import Report
    from llamaindex_clipverify.verification.verifier import Verifier


def say(text: str) -> None:
    """Print a line."""
    typer.echo(text)


def print_report(report: Report) -> None:
    """Print a report: on a terminal the answer with its claims marked, and a table of them; elsewhere its text."""
    if not sys.stdout.isatty():
        say(str(report))
        return
    from rich.console import Console

    Console().print(report)


def write_or_print(target: str | None, text: str, otherwise: Callable[[], None]) -> None:
    """Print JSON alone for ``-``; else print what people read, and write the JSON where it is wanted."""
    if target == "-":
        say(text)
        return
    if target is not None:
        write(Path(target), text + "\n")
    otherwise()


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that moves a bar on stderr; no bar where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def stage_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (stage, done, total) that moves a bar for each stage, as `progress_bar` does for one."""
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
    """Write a report by the suffix of its file; a web page has heat maps."""
    shows_maps = path.suffix.lower() in (".html", ".htm")
    (with_maps(verifier, report) if shows_maps else report).save(path)


def with_maps(verifier: Verifier, report: Report) -> Report:
    """Add heat maps where the encoder allows it; a report without them is still a report."""
    try:
        return verifier.explain(report, "all")
    except (MissingExtraError, ModelError) as error:
        typer.echo(f"clipverify: no heat maps: {error}", err=True)
        return report
