"""clipverify eval: measure the verifier on labelled claims."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import Engine, JsonFile, ServedVerifierOptions, Workers
from llamaindex_clipverify.cli.output import progress_bar, say, skipped, write, write_or_print
from llamaindex_clipverify.errors import DataError


@app.command(name="eval")
@with_groups
def evaluate(
    data: Annotated[Path, typer.Argument(metavar="DATA.jsonl", help="Rows of images, claim and label.")],
    models: ServedVerifierOptions,
    json: JsonFile = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write every row back with its trust and verdict.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="rows, pope, sugarcrepe, coco, foil, hat or mhalubench.")
    ] = "rows",
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the pictures, for formats other than rows.")
    ] = None,
    engine: Engine = "local",
    workers: Workers = None,
) -> None:
    """Measure the verifier on labelled claims.

    Prints AUROC, coverage, accuracy and calibration, overall and by kind of claim.
    """
    from llamaindex_clipverify import evaluation
    from llamaindex_clipverify.evaluation import datasets

    models.require()
    if engine == "ray" and models.server is not None:
        raise DataError("a server verifies by itself", got="--server and --engine ray", do="leave out one of them")
    if form != "rows" and images is None:
        raise DataError("the folder of the pictures is needed", do="give --images DIR")
    rows = datasets.read(form, data, images or data.parent)
    with progress_bar("checking") as step:
        if engine == "ray":
            from llamaindex_clipverify.integrations import ray_engine

            result = ray_engine.evaluate(models.verifier, rows, workers=workers, progress=step)
        else:
            result = evaluation.evaluate(models.verifier(), rows, progress=step)
    skipped(result.errors)
    if not result.rows:
        raise DataError("no row could be read", got=data, do="see the lines above")
    if predictions is not None:
        lines = (json_module.dumps(row, ensure_ascii=False) for row in result.predictions())
        write(predictions, "".join(f"{line}\n" for line in lines))
    text = json_module.dumps(result.to_dict(), indent=2, ensure_ascii=False)
    write_or_print(json, text, lambda: say(result.table()))
