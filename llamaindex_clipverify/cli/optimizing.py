"""The verb that makes models lighter: optimize."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import (
    DetectorName,
    EncoderName,
    JsonFile,
    Models,
    make_verifier,
    require,
    some_of,
)
from llamaindex_clipverify.cli.output import say, stage_bars, write_or_print


@app.command()
def optimize(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the lighter models go; load them as onnx:DIR.")],
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    precision: Annotated[
        str, typer.Option(metavar="fp32|int8|auto", help="auto: int8 where it is faster and sees the same.")
    ] = "auto",
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your pictures to compare on; drawn scenes by default.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Export encoder and detector to ONNX Runtime, and compare the copies with the originals."""
    from llamaindex_clipverify.adapting.optimization import optimize as make

    require(models, encoder, detector)
    verifier = make_verifier(models, encoder, detector)
    tried = some_of(pictures, 50) if pictures is not None else ()
    with stage_bars() as step:
        made = make(
            out, verifier.encoder, verifier.detector, precision=precision, pictures=tried, profile=verifier.profile,
            progress=step,
        )  # fmt: skip
    write_or_print(json_file, json.dumps(made.to_dict(), indent=1), lambda: say(str(made)))
