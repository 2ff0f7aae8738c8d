"""clipverify index: index pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import Engine, ReadingModelOptions, Store, Workers
from llamaindex_clipverify.cli.output import progress_bar, say, skipped
from llamaindex_clipverify.errors import DataError


@app.command()
@with_groups
def index(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS…", help="Pictures, and folders of pictures.")],
    store: Store,
    models: ReadingModelOptions,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a picture that cannot be read.")] = False,
    engine: Engine = "local",
    workers: Workers = None,
) -> None:
    """Index pictures, so that questions about them can be answered.

    Every picture is observed once. Indexing it again changes nothing, and a run that was stopped resumes.
    """
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.node_pictures import picture_files

    models.require()
    encoder, detector = models.names()
    if encoder is None:
        raise DataError("an index needs an encoder", got="a detector alone", do="give --encoder or --models")
    files = [file for path in paths for file in picture_files(path, others=True)]
    with progress_bar("indexing") as step:
        if engine == "ray":
            from llamaindex_clipverify.index.schema import Entry
            from llamaindex_clipverify.integrations import ray_engine
            from llamaindex_clipverify.picture import Picture

            added = ray_engine.ingest(
                [Entry(picture=Picture.of(file.resolve())) for file in files],
                store,
                strict=strict,
                workers=workers,
                progress=step,
                encoder=encoder,
                detector=detector,
                reader=models.reader,
            )
        opened = EvidenceIndex(store, encoder, detector, reader=models.reader)
        if engine == "local":
            added = opened.add(files, strict=strict, progress=step)
    skipped(f"{name}: {why}" for name, why in added.skipped)
    say(
        f"read {len(added.ids)}, looked at {added.new}, left out {len(added.skipped)}; "
        f"pictures in {store}: {len(opened)}"
    )
