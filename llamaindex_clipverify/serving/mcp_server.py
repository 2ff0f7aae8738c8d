"""The tools as an MCP server on standard input and output; the only file that imports the official package ``mcp``."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field

from llamaindex_clipverify import __version__
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ClipVerifyError, MissingExtraError, VerificationError
from llamaindex_clipverify.serving.forms import ReportOut
from llamaindex_clipverify.serving.tools import Result, Tools

try:
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations
except ImportError as missing:
    raise MissingExtraError("mcp", "mcp") from missing

_SAID = (
    "Verifies answers on the pictures of an index. A claim with a trust near 0 is contradicted by the pictures; “unverifiable” "
    "means that nothing could check it, not that it is false. Pictures are named by their ids, which search_pictures returns."
)
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class HitsOut(BaseModel):
    """Pictures that were found."""

    hits: list[dict[str, Any]] = Field(
        description="Id, name, score, caption, size and matching region of each, best first."
    )


class ExplainedOut(BaseModel):
    """A report with the tests of its heat maps."""

    report: ReportOut = Field(description="The report on the claim.")
    maps: list[dict[str, Any]] = Field(
        description="Claim, picture, method and doubt of each heat map, as the images are ordered."
    )


class McpServer:
    """Serves three tools."""

    def __init__(self, tools: Tools) -> None:
        """Serve tools over one index."""
        self.tools = tools
        self.server = MCPServer("clipverify", instructions=_SAID, version=__version__, log_level="WARNING")
        named = (
            (self.verify_answer, "Verify an answer"),
            (self.search_pictures, "Search pictures"),
            (self.explain_claim, "Explain a claim"),
        )
        for function, title in named:
            self.server.add_tool(function, title=title, annotations=_READS)

    def run(self) -> None:
        """Serve on standard input and output until the input ends."""
        self.server.run("stdio")

    def verify_answer(
        self,
        answer: Annotated[str, Field(description="The answer to verify, as the user would read it.")],
        pictures: Annotated[
            list[str] | None,
            Field(
                description="Ids of the pictures it rests on, in the order of its numbers. Default: those found for it."
            ),
        ] = None,
        question: Annotated[str | None, Field(description="The question that it answers.")] = None,
        top_k: Annotated[int, Field(ge=1, le=16, description="Number of pictures to find where none is named.")] = 4,
    ) -> Annotated[CallToolResult, ReportOut]:
        """Check which words of an answer the pictures do not support: verdict, probability and evidence for each claim."""
        return _answered(lambda: self.tools.verify(answer, pictures or (), question, top_k))

    def search_pictures(
        self,
        query: Annotated[str, Field(description="What the pictures should show.")],
        top_k: Annotated[int, Field(ge=1, le=16, description="Maximum number of pictures.")] = 4,
    ) -> Annotated[CallToolResult, HitsOut]:
        """Find the pictures of the index nearest to a text. Returns their ids and shows the first four."""
        return _answered(lambda: self.tools.search(query, top_k))

    def explain_claim(
        self,
        claim: Annotated[str, Field(description="One sentence: The clock is red.")],
        picture: Annotated[
            str | None, Field(description="Id of the picture. Default: the one found for the claim.")
        ] = None,
        method: Annotated[
            str | None, Field(description="attention, layercam, gradcam, … Default: the best one that works.")
        ] = None,
    ) -> Annotated[CallToolResult, ExplainedOut]:
        """Show where in a picture the evidence on a claim is: a heat map, which is tested and says when it is none."""
        return _answered(lambda: self.tools.explain(claim, picture, method))


def _answered(work: Callable[[], Result]) -> CallToolResult:
    """Return what a tool found.

    Raises:
        ToolError: It failed; the message says what, what was got and what to do.
    """
    try:
        with telling(VerificationError, "the tool failed", do="this is a fault of the package, worth a report"):
            result = work()
    except ClipVerifyError as error:
        raise ToolError(str(error)) from error
    shown = [
        ImageContent(type="image", data=base64.b64encode(data).decode("ascii"), mime_type=kind)
        for data, kind in result.pictures
    ]
    content: list[Any] = [TextContent(type="text", text=result.text), *shown]
    return CallToolResult(content=content, structured_content=result.data)
