"""The verb that opens a chat in the browser."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.options import (
    DetectorName,
    EncoderName,
    Models,
    ReaderName,
    make_verifier,
    model_names,
    require,
)
from llamaindex_clipverify.cli.output import say

_HERE = ("127.0.0.1", "localhost", "::1")


@app.command()
def chat(
    store: Annotated[
        str | None, typer.Option(metavar="DIR|URL", help="An index to retrieve from, where no picture is chosen.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(metavar="NAME", help="tiny, local:ID_OR_FOLDER, together:MODEL, openai:MODEL@URL.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Pictures to retrieve.")] = 4,
    models: Models = None,
    encoder: EncoderName = None,
    detector: DetectorName = None,
    reader: ReaderName = None,
    host: Annotated[
        str, typer.Option(help="Who may reach it: this machine alone, unless you say otherwise.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, help="0 takes any that is free.")] = 7860,
    most_mb: Annotated[int, typer.Option(min=1, help="Largest picture that may be uploaded, in MB.")] = 20,
) -> None:
    """Chat about pictures in the browser; the answer's words are marked as they are verified (extra ui)."""
    from llamaindex_clipverify.errors import DataError
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.ui.app import Page
    from llamaindex_clipverify.ui.session import Limits

    if store is None:
        require(models, encoder, detector, reader)
    if llm is None and models != "tiny":
        raise DataError("no vision model is named", do="give --llm, or --models tiny")
    from llamaindex_clipverify.llama_index.llms import load_llm
    from llamaindex_clipverify.ui.answering import Answering

    name = llm or "tiny"
    model = load_llm(name)
    index = None
    if store is not None:
        eye, finder = model_names(models, encoder, detector)
        index = EvidenceIndex.open(store, eye, finder, reader=reader)
    verifier = index.verifier if index is not None else make_verifier(models, encoder, detector, reader)
    where = f"{len(index):,} of {store}, or those that you upload" if index is not None else "those that you upload"
    checked = models or ", ".join(one for one in (encoder, detector) if one) or "the models of the index"
    title = f"Pictures: {where}. Answers by: {name}. Verified by: {checked}."
    page = Page(Answering(verifier, model, index, top_k), title, Limits(file=most_mb * 2**20), samples=name == "tiny")
    if host not in _HERE:
        typer.echo(f"clipverify: whoever reaches {host} can use this chat, and its models", err=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that its files are removed then, too
    address = page.launch(host, port, wait=False)
    say(f"chat: {address}  (Ctrl+C ends it)")
    try:
        page.page.block_thread()
    finally:
        page.close()
