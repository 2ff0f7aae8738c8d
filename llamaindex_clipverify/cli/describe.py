"""clipverify describe: describe pictures, with a trust for each description."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import JsonFile, LlmName, ReadingModelOptions
from llamaindex_clipverify.cli.output import progress_bar, say, write_or_print
from llamaindex_clipverify.errors import DataError


@app.command()
@with_groups
def describe(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGES…", help="Pictures, and folders of pictures.")],
    llm: LlmName,
    models: ReadingModelOptions,
    candidates: Annotated[
        int, typer.Option(min=1, help="Descriptions per picture; the one with the highest trust is kept.")
    ] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures per batch.")] = 16,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl|FILE.csv", help="Write one row for each picture.")
    ] = None,
    json: JsonFile = None,
) -> None:
    """Describe pictures, with a trust for each description."""
    from llamaindex_clipverify.description import SUFFIXES, Describer, save
    from llamaindex_clipverify.llama_index.llms import load_llm, vision_model
    from llamaindex_clipverify.node_pictures import picture_files

    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise DataError("descriptions are saved as .jsonl or .csv", got=out.name, do="name it so")
    models.require()
    files = [file for path in images for file in picture_files(path)]
    model = vision_model(load_llm(llm))
    describer = Describer(model=model, verifier=models.verifier(), candidates=candidates, batch_size=batch_size)
    with progress_bar("describing") as step:
        descriptions = describer.describe(files, step)
    if not any(description.text for description in descriptions):
        got = f"{len(descriptions)}, the first: {descriptions[0].error}"
        raise DataError("no picture could be described", got=got)
    if out is not None:
        save(descriptions, out)
    rows = [description.to_dict() for description in descriptions]
    text = json_module.dumps(rows, indent=2, ensure_ascii=False)
    write_or_print(json, text, lambda: say("\n".join(map(str, descriptions))))
