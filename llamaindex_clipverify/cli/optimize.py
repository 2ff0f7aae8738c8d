"""clipverify optimize: export encoder and detector to ONNX Runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import JsonFile, ModelOptions, sample_of
from llamaindex_clipverify.cli.output import say, stage_bars, write_or_print


@app.command()
@with_groups
def optimize(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write the models; load them as onnx:DIR.")],
    models: ModelOptions,
    precision: Annotated[
        str, typer.Option(metavar="fp32|int8|auto", help="auto: int8 if it is faster and agrees with the original.")
    ] = "auto",
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your pictures to compare on. Default: drawn scenes.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Export encoder and detector to ONNX Runtime, and compare the copies with the originals."""
    from llamaindex_clipverify.adapting.optimization import optimize as export

    models.require()
    verifier = models.verifier()
    with stage_bars() as step:
        result = export(
            out,
            verifier.encoder,
            verifier.detector,
            precision=precision,
            pictures=sample_of(pictures, 50) if pictures is not None else (),
            profile=verifier.profile,
            progress=step,
        )
    write_or_print(json_file, json.dumps(result.to_dict(), indent=1), lambda: say(str(result)))
