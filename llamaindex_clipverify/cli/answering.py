"""Verbs that make answers: index, ask, describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import (
    DetectorName,
    EncoderName,
    Engine,
    JsonFile,
    Models,
    ReaderName,
    ReportFile,
    Workers,
    make_verifier,
    model_names,
    require,
)
from llamaindex_clipverify.cli.output import print_report, progress_bar, save_report, say, write_or_print
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.report import check_suffix

if TYPE_CHECKING:
    from llamaindex_clipverify.index.index import EvidenceIndex

Store = Annotated[str, typer.Option(metavar="DIR|URL", help="The index: a folder, or a Chroma server's address.")]
LlmName = Annotated[
    str, typer.Option("--llm", metavar="NAME", help="tiny, local:ID_OR_FOLDER, together:MODEL, openai:MODEL@URL.")
]


@app.command()
def index(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS…", help="Pictures, and folders of pictures.")],
    store: Store,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a picture that cannot be read.")] = False,
    engine: Engine = "local",
    workers: Workers = None,
) -> None:
    """Index pictures, so that they can be asked about.

    Every picture is looked at once. Adding it again changes nothing, and a run that was stopped goes on where it was.
    """
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.node_pictures import picture_files

    require(models, encoder, detector, reader)
    eye, finder = model_names(models, encoder, detector)
    if eye is None:
        raise DataError("an index needs an encoder", got="a detector alone", do="give --encoder or --models")
    files = [file for path in paths for file in picture_files(path)]
    with progress_bar("indexing") as step:
        if engine == "ray":
            from llamaindex_clipverify.index.schema import Entry
            from llamaindex_clipverify.integrations import ray_engine
            from llamaindex_clipverify.picture import Picture

            entries = [Entry(picture=Picture.of(file.resolve())) for file in files]
            added = ray_engine.ingest(
                entries,
                store,
                strict=strict,
                workers=workers,
                progress=step,
                encoder=eye,
                detector=finder,
                reader=reader,
            )
        made = EvidenceIndex(store, eye, finder, reader=reader)
        if engine == "local":
            added = made.add(files, strict=strict, progress=step)
    for name, why in added.skipped:
        typer.echo(f"clipverify: left out: {name}: {why}", err=True)
    say(
        f"read {len(added.ids)}, looked at {added.new}, left out {len(added.skipped)}; pictures in {store}: {len(made)}"
    )


@app.command()
def ask(  # noqa: PLR0913, PLR0917 - one parameter for each flag
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to ask about the pictures.")],
    store: Store,
    llm: LlmName,
    top_k: Annotated[int, typer.Option(min=1, help="Pictures to retrieve.")] = 4,
    on_doubt: Annotated[
        Literal["annotate", "abstain", "revise"] | None,
        typer.Option(
            help="annotate appends the doubts, abstain replaces a doubtful answer, revise cuts the doubts out."
        ),
    ] = None,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
    json: JsonFile = None,
    report: ReportFile = None,
) -> None:
    """Retrieve pictures, let a vision model answer, and verify the answer."""
    from llamaindex_clipverify.llama_index.response import get_report

    if not question.strip():
        raise DataError("the question is empty", do="give its text")
    if report is not None:
        check_suffix(report)
    opened = _open(store, models, encoder, detector, reader)
    response = opened.as_query_engine(llm, top_k, on_doubt=on_doubt).query(question)
    found = get_report(response)
    if report is not None:
        save_report(opened.verifier, found, report)

    def show() -> None:
        say(f"{response}\n")
        print_report(found)

    write_or_print(json, found.to_json(), show)


@app.command()
def describe(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGES…", help="Pictures, and folders of pictures.")],
    llm: LlmName,
    candidates: Annotated[int, typer.Option(min=1, help="Descriptions to choose from; the most trusted is kept.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures described at once.")] = 16,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl|FILE.csv", help="Write one row for each picture.")
    ] = None,
    json: JsonFile = None,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
) -> None:
    """Describe pictures, and say how far each description can be relied on."""
    import json as json_module

    from llamaindex_clipverify.description import SUFFIXES, Describer, save
    from llamaindex_clipverify.llama_index.llms import load_llm, vision_model
    from llamaindex_clipverify.node_pictures import picture_files

    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise DataError("descriptions are saved as .jsonl or .csv", got=out.name, do="name it so")
    require(models, encoder, detector, reader)
    files = [file for path in images for file in picture_files(path)]
    describer = Describer(
        vision_model(load_llm(llm)),
        make_verifier(models, encoder, detector, reader),
        candidates=candidates,
        batch_size=batch_size,
    )
    with progress_bar("describing") as step:
        found = describer.describe(files, step)
    if not any(one.text for one in found):
        raise DataError("no picture could be described", got=f"{len(found)}, the first: {found[0].error}")
    if out is not None:
        save(found, out)
    rows = [one.to_dict() for one in found]
    write_or_print(json, json_module.dumps(rows, indent=2, ensure_ascii=False), lambda: say("\n".join(map(str, found))))


def _open(
    store: str, models: str | None, encoder: str | None, detector: str | None, reader: str | None
) -> EvidenceIndex:
    """Open an index with the models named, or else with those it was made with."""
    from llamaindex_clipverify.index.index import EvidenceIndex

    eye, finder = model_names(models, encoder, detector)
    return EvidenceIndex.open(store, eye, finder, reader=reader)
