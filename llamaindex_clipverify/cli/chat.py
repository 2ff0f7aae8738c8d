"""clipverify chat: a chat about pictures in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ServedReadingOptions
from llamaindex_clipverify.cli.output import say, warn
from llamaindex_clipverify.message import Message

if TYPE_CHECKING:
    from llamaindex_clipverify.index.index import EvidenceIndex
    from llamaindex_clipverify.remote.verifier import RemoteVerifier

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@app.command()
@with_groups
def chat(
    models: ServedReadingOptions,
    store: Annotated[
        str | None, typer.Option(metavar="DIR|URL", help="Index to retrieve from when no picture is chosen.")
    ] = None,
    llm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="tiny, local:ID_OR_FOLDER, together:MODEL, openai:MODEL@URL, or none: pasted answers only. Several: compared.",
        ),
    ] = None,
    top_k: Annotated[int, typer.Option(min=1, help="Number of pictures to retrieve.")] = 4,
    host: Annotated[str, typer.Option(help="Address to bind. Default: localhost only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, help="Port to bind; 0 takes a free one.")] = 7860,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name by which visitors may reach it, besides its address.")
    ] = None,
    most_mb: Annotated[int, typer.Option(min=1, help="Maximum size of an uploaded picture, in MB.")] = 20,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of the page: en or ko. Default: that of the browser.")
    ] = None,
) -> None:
    """Chat about pictures in the browser, or check pasted answers; words are marked as they are verified (extra ui)."""
    from llamaindex_clipverify.languages import check_code
    from llamaindex_clipverify.ui.app import Page
    from llamaindex_clipverify.ui.session import Limits

    if store is None or models.server is not None:
        models.require()
    if language is not None:
        check_code(language)
    names = _names(llm, models.models)
    from llamaindex_clipverify.llama_index.llms import load_llm
    from llamaindex_clipverify.ui.answering import Answering

    index = _index(models, store)
    verifier = index.verifier if index is not None else models.verifier()
    llms = {name: load_llm(name) for name in names}
    named = ", ".join(name for name in (models.server, models.models, models.encoder, models.detector) if name)
    page = Page(
        Answering(verifier=verifier, llms=llms, index=index, top_k=top_k),
        _title(names, named, None if index is None else (len(index), str(store or models.server))),
        Limits(file=most_mb * 2**20),
        samples=set(names) <= {"tiny"} and models.models == "tiny",
        language=language,
    )
    if host not in _LOOPBACK:
        warn(f"whoever reaches {host} can use this chat, and its models")
    page.launch(
        host, port, allow_hosts=allow_host or (), started=lambda address: say(f"chat: {address}  (Ctrl+C ends it)")
    )


def _index(models: ServedReadingOptions, store: str | None) -> EvidenceIndex | None:
    """Return the index to retrieve from: the store, that of the server if it has one, or none."""
    if store is not None:
        return models.index(store)
    if models.server is None:
        return None
    index = models.index(None)
    remote: RemoteVerifier = index.verifier  # type: ignore[assignment]  # the index is that of a server
    return index if remote.about.pictures is not None else None


def _names(llm: list[str] | None, models: str | None) -> list[str]:
    """Return the names of the models that answer: by default the bundled one of the bundled models, else none."""
    if llm is None:
        return ["tiny"] if models == "tiny" else []
    return [name for name in dict.fromkeys(llm) if name != "none"]


def _title(names: list[str], models: str, index: tuple[int, str] | None) -> Message:
    """Return which models answer and verify, and which pictures are at hand."""
    verified = models or Message("the models of the index")
    line = (
        Message("Answers by {names}, verified by {models}.", names=", ".join(names), models=verified)
        if names
        else Message("Pasted answers, verified by {models}.", models=verified)
    )
    if index is None:
        return line
    return Message("{line} {count} pictures in {store}.", line=line, count=index[0], store=index[1])
