"""clipverify chat: a chat about pictures in the browser."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ReadingModelOptions
from llamaindex_clipverify.cli.output import say, warn
from llamaindex_clipverify.errors import DataError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@app.command()
@with_groups
def chat(
    models: ReadingModelOptions,
    store: Annotated[
        str | None, typer.Option(metavar="DIR|URL", help="Index to retrieve from when no picture is chosen.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(metavar="NAME", help="tiny, local:ID_OR_FOLDER, together:MODEL, openai:MODEL@URL.")
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Number of pictures to retrieve.")] = 4,
    host: Annotated[str, typer.Option(help="Address to bind. Default: localhost only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, help="Port to bind; 0 takes a free one.")] = 7860,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name by which visitors may reach it, besides its address.")
    ] = None,
    most_mb: Annotated[int, typer.Option(min=1, help="Maximum size of an uploaded picture, in MB.")] = 20,
) -> None:
    """Chat about pictures in the browser; the words of an answer are marked as they are verified (extra ui)."""
    from llamaindex_clipverify.ui.app import Page
    from llamaindex_clipverify.ui.session import Limits

    if store is None:
        models.require()
    if llm is None and models.models != "tiny":
        raise DataError("no vision model is named", do="give --llm, or --models tiny")
    from llamaindex_clipverify.llama_index.llms import load_llm
    from llamaindex_clipverify.ui.answering import Answering

    name = llm or "tiny"
    model = load_llm(name)
    index = models.open_index(store) if store is not None else None
    verifier = index.verifier if index is not None else models.verifier()
    pictures = f"{len(index):,} of {store}, or those that you upload" if index is not None else "those that you upload"
    named = ", ".join(name for name in (models.encoder, models.detector) if name)
    title = (
        f"Pictures: {pictures}. Answers by: {name}. Verified by: {models.models or named or 'the models of the index'}."
    )
    limits = Limits(file=most_mb * 2**20)
    page = Page(
        Answering(verifier=verifier, llm=model, index=index, top_k=top_k), title, limits, samples=name == "tiny"
    )
    if host not in _LOOPBACK:
        warn(f"whoever reaches {host} can use this chat, and its models")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that its files are removed then, too
    address = page.launch(host, port, wait=False, allow_hosts=allow_host or ())
    say(f"chat: {address}  (Ctrl+C ends it)")
    try:
        page.page.block_thread()
    finally:
        page.close()
