"""clipverify mcp: the verifier as tools for agents that use the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated

import typer

from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ReadingModelOptions, Store


@app.command()
@with_groups
def mcp(
    store: Store,
    models: ReadingModelOptions,
    max_answer: Annotated[
        int, typer.Option("--max-answer", min=1, help="Maximum length of an answer, in characters.")
    ] = 20_000,
    max_pictures: Annotated[
        int, typer.Option("--max-pictures", min=1, help="Maximum number of pictures of an answer.")
    ] = 16,
) -> None:
    """Offer an agent tools over an index: verify_answer, search_pictures, explain_claim (extra mcp).

    It reads standard input and writes standard output; an agent's program starts it.
    """
    from llamaindex_clipverify.serving.limits import Limits
    from llamaindex_clipverify.serving.mcp_server import McpServer
    from llamaindex_clipverify.serving.service import Service
    from llamaindex_clipverify.serving.tools import Tools

    index = models.open_index(store)
    service = Service(index.verifier, index, Limits(answer=max_answer, pictures=max_pictures), writable=False)
    service.warm_up()
    McpServer(Tools(service)).run()
