"""clipverify compare: print the cosines of pictures and texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import ModelOptions, open_pictures
from llamaindex_clipverify.cli.output import say
from llamaindex_clipverify.errors import DataError


@app.command()
def compare(
    text: Annotated[list[str] | None, typer.Option(metavar="TEXT…", help="Texts, without a prompt template.")] = None,
    image: Annotated[list[str] | None, typer.Option(metavar="FILE…", help="Pictures.")] = None,
    models: Annotated[str | None, typer.Option(metavar="tiny|PROFILE.json", help="Set all models at once.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="NAME", help="CLIP or SigLIP: a hub id, a folder, onnx:DIR, or tiny."),
    ] = None,
    npz: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="Write matrices and vectors.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the matrices.")] = None,
) -> None:
    """Print the cosines of pictures and texts.

    Three matrices: image×text, image×image, text×text.
    """
    from llamaindex_clipverify.similarity_matrices import compare as matrices_of

    if not text and not image:
        raise DataError("there is nothing to compare", do="give --text and --image")
    options = ModelOptions(models=models, encoder=encoder)
    options.require()
    pictures = open_pictures(image or [])
    matrices = matrices_of(options.load_encoder(), text or [], pictures)
    if npz is not None:
        matrices.save_npz(npz)
    if plot is not None:
        matrices.save_plot(plot)
    say(matrices.table())
