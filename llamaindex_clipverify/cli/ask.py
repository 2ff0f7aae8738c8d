"""clipverify ask: retrieve pictures, answer with a vision model, and verify the answer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import (
    JsonFile,
    LlmName,
    MinCoverage,
    ReportOptions,
    ServedReadingOptions,
)
from llamaindex_clipverify.cli.output import print_report, save_report, say, working, write_or_print
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.requirement import Requirement


@app.command()
@with_groups
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask about the pictures.")],
    llm: LlmName,
    models: ServedReadingOptions,
    options: ReportOptions,
    store: Annotated[
        str | None, typer.Option(metavar="DIR|URL", help="The index: a folder, or the URL of a Chroma server.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Number of pictures to retrieve.")] = 4,
    on_doubt: Annotated[
        Literal["annotate", "abstain", "revise"] | None,
        typer.Option(
            help="annotate appends the doubtful claims, abstain replaces a doubtful answer, revise removes the doubtful claims."
        ),
    ] = None,
    min_trust: Annotated[float, typer.Option(min=0.0, max=1.0, help="Exit with 1 below this trust.")] = 0.0,
    min_coverage: MinCoverage = 0.0,
    json: JsonFile = None,
) -> None:
    """Retrieve pictures, answer with a vision model, and verify the answer.

    Exits with 1 when the answer that is shown has contradicted claims, or its trust is below the minimum.
    """
    import json as json_

    from llamaindex_clipverify.llama_index.response import get_report

    if not question.strip():
        raise DataError("the question is empty", do="give its text")
    options.check()
    needed = Requirement(min_trust=min_trust, min_coverage=min_coverage)
    opened = models.index(store)
    with working("loading the models, answering and checking"):
        response = opened.as_query_engine(llm, top_k, on_doubt=on_doubt, min_coverage=min_coverage).query(question)
    result = get_report(response).translated(options.language)
    if options.report is not None:
        save_report(opened.verifier, result, options.report)

    def show() -> None:
        say(f"{response}\n")
        print_report(result)

    write_or_print(json, json_.dumps({**result.to_dict(), "shown": str(response)}, indent=2, ensure_ascii=False), show)
    kept = on_doubt not in ("abstain", "revise") and bool(result.doubtful())
    raise typer.Exit(1 if kept or (result.trust or 0.0) < needed.min_trust else 0)
