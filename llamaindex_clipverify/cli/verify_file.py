"""clipverify verify-file: check the answers of a whole table."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import VerifierOptions
from llamaindex_clipverify.cli.output import progress_bar, say, warn
from llamaindex_clipverify.errors import DataError

if TYPE_CHECKING:
    from llamaindex_clipverify.evaluation.answers import AnswerRow, Progress, Results
    from llamaindex_clipverify.node_pictures import Access


@app.command(name="verify-file")
@with_groups
def verify_file(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Answers: JSON, JSON lines, CSV, Parquet, or a folder of Hugging Face datasets."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.parquet|.csv|.jsonl", help="Where to write rows and results.")],
    models: VerifierOptions,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A second table with the answers on the rows of DATA.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the pictures. Default: that of DATA.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes, each with models of its own.")] = 1,
) -> None:
    """Check the answers of a whole table: of ragas, deepeval, LlamaIndex or your own.

    Every row is written back with trust, coverage, verdict, calibration, doubtful, gaps, error and seconds.
    """
    from llamaindex_clipverify.boundary import tables
    from llamaindex_clipverify.evaluation import answers
    from llamaindex_clipverify.node_pictures import Access

    tables.check_suffix(out)
    models.require()
    rows = answers.read(data, predictions)
    access = Access([images or (data if data.is_dir() else data.parent)])
    journal = _Journal(
        out, {"models": [models.models, models.encoder, models.detector], "rows": [row.id for row in rows]}
    )
    done = journal.read() if resume else {}
    with progress_bar("checking") as step, journal:
        results = _verified(models, rows, access, step, done, journal.keep, workers)
    for place, one in enumerate(results.rows, 1):
        if one.values["error"]:
            warn(f"row {place}: {one.values['error']}")
    results.save(out)
    journal.remove()
    say(f"{results}: {out}")


def _verified(
    models: VerifierOptions,
    rows: list[AnswerRow],
    access: Access,
    step: Progress,
    done: Mapping[str, Mapping[str, Any]],
    keep: Callable[[str, Mapping[str, Any]], None],
    workers: int,
) -> Results:
    """Verify in this process, or in several that take turns."""
    from llamaindex_clipverify.evaluation import answers, parallel

    if workers == 1:
        return answers.verify(models.verifier(), rows, access, step, done, keep)
    return parallel.verify(models.verifier, rows, access, step, done, keep, workers)


class _Journal:
    """The results so far, in a file beside the output: one JSON object a line, after a line that names the run."""

    def __init__(self, out: Path, run: Mapping[str, Any]) -> None:
        self.path = out.with_name(f".{out.name}.part")
        self._run = json_module.dumps(run)
        self._lines: list[str] = []

    def read(self) -> dict[str, Mapping[str, Any]]:
        """Return the values of rows by their id.

        Raises:
            DataError: There is no such run, or it was of other rows or models.
        """
        what, do = "no run to go on with", "start without --resume"
        first, *lines = files.read_text(self.path, what, do).split("\n")
        if first != self._run:
            raise DataError("the run was of other rows or models", got=self.path, do=do)
        self._lines = [line for line in lines if line.endswith("}")]  # the last one may be cut
        return dict(_kept(line, do) for line in self._lines)

    def __enter__(self) -> _Journal:
        self._file = files.begin(self.path, "\n".join([self._run, *self._lines, ""]))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, key: str, values: Mapping[str, Any]) -> None:
        """Add the values of a row."""
        self._file.write(json_module.dumps({"id": key, "values": dict(values)}) + "\n")
        self._file.flush()

    def remove(self) -> None:
        """Remove the file: all is done."""
        self.path.unlink(missing_ok=True)


def _kept(line: str, do: str) -> tuple[str, Mapping[str, Any]]:
    """Return id and values of a row of the journal.

    Raises:
        DataError: It holds something else.
    """
    from llamaindex_clipverify.evaluation import answers

    what = "the stopped run is damaged"
    data = files.parsed(line, what, do)
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not answers.are_values(data.get("values")):
        raise DataError(what, got=line[:80], do=do)
    return data["id"], data["values"]
