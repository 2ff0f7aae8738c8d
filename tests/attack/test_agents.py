"""Tools of MCP, workflows and guardrails, given arguments of every wrong kind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacking import Attacks
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import ImageNode, NodeWithScore, TextNode

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.llama_index import ClipVerifyWorkflow, guardrail
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.serving.tools import Tools
from llamaindex_clipverify.verification.verifier import Verifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from services import scenes_indexed

ODD: tuple[Any, ...] = (
    None, 5, -1, 1e308, True, "", " ", "x", "\x00", "\u202e\x1b[31m", [], {}, [[1]], {"a": 1}, 10**30, ["A cup."], "A cup. " * 40, "../../etc/passwd",
    "http://127.0.0.1:1/a.png", "0" * 64, ["0" * 64] * 20, "9" * 4301, [None], "\ud800",
)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> EvidenceIndex:
    return scenes_indexed(tmp_path_factory)


def _calls(known: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a tool with arguments of which one is odd, missing or more than it takes."""
    good: dict[str, dict[str, Any]] = {
        "verify_answer": {"answer": "A cup.", "pictures": [known], "question": "What?", "top_k": 2},
        "search_pictures": {"query": "a cup", "top_k": 2},
        "explain_claim": {"claim": "A cup.", "picture": known, "method": "attention"},
    }
    for tool, arguments in good.items():
        yield tool, arguments
        for name in [*arguments, "more"]:
            for odd in ODD:
                yield tool, {**arguments, name: odd}
            yield tool, {key: value for key, value in arguments.items() if key != name}
    yield "no_such_tool", {}
    yield "../verify_answer", {}
    yield "", {}


async def test_tools(attacks: Attacks, outside: Path, index: EvidenceIndex) -> None:
    mcp = pytest.importorskip("mcp", reason="needs the extra [mcp]")
    from llamaindex_clipverify.serving.mcp_server import McpServer

    server = McpServer(Tools(Service(index.verifier, index, Limits(answer=200, pictures=4), writable=False))).server
    async with mcp.Client(server) as client:

        async def call(tool: str, arguments: dict[str, Any]) -> Any:
            try:
                result = await client.call_tool(tool, arguments)
            except mcp.MCPError as error:
                raise DataError("the protocol refuses it", got=error) from error
            text = " ".join(part.text for part in result.content if part.type == "text")
            assert "Traceback" not in text and "/tmp" not in text and "fault of the package" not in text, text[:300]
            if result.is_error:
                raise DataError("the tool refuses it", got=text)
            return result

        for tool, arguments in _calls(next(iter(index.hits())).id):
            await attacks.arun(f"{tool} {arguments}"[:120], call(tool, arguments))
    assert attacks.came["read"] >= 20 and attacks.came["refused"] >= 100, attacks.came


def _given() -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield answers, nodes and questions of which one is odd."""
    nodes = [
        NodeWithScore(node=TextNode(text="A passage."), score=0.5),
        NodeWithScore(node=ImageNode(image_path="/etc/passwd"), score=0.5),
    ]
    odd_nodes: list[Any] = [
        [TextNode(text="\ud800")], [NodeWithScore.model_construct(node=None, score=None)], [NodeWithScore.model_construct(node=5, score="x")],
        [ImageNode(image="not base64"), TextNode(text="x" * 300_000)], [None], [5], ["text"], [object()], [[nodes[0]]], [{"node": 1}],
    ]  # fmt: skip
    for place, odd in enumerate(value for value in ODD if isinstance(value, str)):
        yield f"answer {place}", odd, nodes, "What?"
        yield f"question {place}", "A cup.", nodes, odd
    for place, odd in enumerate(odd_nodes):
        yield f"nodes {place}", "A cup.", odd, None


def test_guardrails_and_workflows(attacks: Attacks, outside: Path, tiny: Verifier) -> None:
    """Of texts and nodes nothing is raw; arguments of a wrong Python type in one's own code are Python's or pydantic's errors."""
    guard = guardrail(tiny)

    async def run(answer: Any, nodes: Any, question: Any) -> Any:
        return await ClipVerifyWorkflow(tiny, on_doubt="abstain", timeout=60).run(
            answer=answer, nodes=nodes, question=question
        )

    for name, answer, nodes, question in _given():
        guarded = attacks.run(f"guardrail {name}", lambda a=answer, n=nodes, q=question: guard(a, n, q))
        assert guarded is None or not guarded.passed, name
        if not name.startswith("nodes"):
            ended = attacks.run(f"workflow {name}", lambda a=answer, n=nodes, q=question: asyncio.run(run(a, n, q)))
            assert ended is None or ended.read().trust is None or answer.strip()
    for place, odd in enumerate(ODD):
        if not isinstance(odd, (str, list, type(None))):
            for wrong in ((odd, [], None), ("A cup.", odd, None), ("A cup.", [], odd)):
                attacks.run(f"wrong {place}", lambda wrong=wrong: _typed(lambda: guard(*wrong)))
                attacks.run(f"workflow wrong {place}", lambda wrong=wrong: _typed(lambda: asyncio.run(run(*wrong))))
    response = Response(response="A cup.", source_nodes=[])
    assert guard(str(response)).passed is False


def _typed(work: Any) -> Any:
    """Take Python's and pydantic's errors on wrong types for typed ones."""
    try:
        return work()
    except (TypeError, ValueError) as error:
        raise DataError("a wrong type", got=type(error).__name__) from error
