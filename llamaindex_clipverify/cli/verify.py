"""clipverify verify: check an answer against its pictures."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import (
    JsonFile,
    MinCoverage,
    ReportOptions,
    ServedVerifierOptions,
    open_pictures,
)
from llamaindex_clipverify.cli.output import print_report, save_report, working, write_or_print
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.requirement import Requirement


@app.command()
@with_groups
def verify(
    answer: Annotated[str, typer.Option(metavar="TEXT", help="The answer to check; - reads it from stdin.")],
    image: Annotated[list[str], typer.Option(metavar="FILE…", help="The pictures it rests on: paths or URLs.")],
    models: ServedVerifierOptions,
    options: ReportOptions,
    question: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept in the report.")] = None,
    passage: Annotated[
        list[str] | None, typer.Option(metavar="TEXT…", help="Texts that were retrieved with the pictures.")
    ] = None,
    json: JsonFile = None,
    min_trust: Annotated[float, typer.Option(min=0.0, max=1.0, help="Exit with 1 below this trust.")] = 0.5,
    min_coverage: MinCoverage = 0.0,
    allow_unverified: Annotated[
        bool, typer.Option("--allow-unverified", help="Exit with 0 when nothing could be checked.")
    ] = False,
) -> None:
    """Check an answer against its pictures.

    Exits with 1 when trust or coverage is below its minimum, or nothing could be checked.
    """
    options.check()
    text = sys.stdin.read() if answer == "-" else answer
    if not text.strip():
        raise DataError("the answer is empty", do="give its text with --answer")
    models.require()
    pictures = open_pictures(image, decode=models.server is None)
    verifier = models.verifier()
    with working("asking the server" if models.server else "loading the models, looking at the pictures"):
        result = verifier.verify(text, pictures, question=question, passages=passage or ()).translated(options.language)
    if options.report is not None:
        with working("drawing heat maps"):
            save_report(verifier, result, options.report)
    write_or_print(json, result.to_json(), lambda: print_report(result))
    needed = Requirement(min_trust=min_trust, min_coverage=min_coverage, allow_unverified=allow_unverified)
    raise typer.Exit(1 if needed.problem(result) else 0)
