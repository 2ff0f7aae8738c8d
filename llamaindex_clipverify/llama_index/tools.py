"""Tools for agents: a verified query engine whose answers include their trust."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.tools import FunctionTool

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.llama_index.response import get_report
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report


def verified_tool(
    engine: BaseQueryEngine,
    name: str = "ask_pictures",
    description: str = "Answers a question from pictures, and says which words of the answer the pictures do not support.",
) -> FunctionTool:
    """Return a tool that queries a verified engine. Its output ends with the trust, which a ``QueryEngineTool`` would drop.

    Args:
        engine: An engine whose responses carry a report: `ClipVerifyQueryEngine`, or any with a `ClipVerifySynthesizer`.
        name: Name of the tool.
        description: Description of the tool for the agent.
    """

    def ask(question: str) -> Any:
        return engine.query(question)

    async def aask(question: str) -> Any:
        return await engine.aquery(question)

    return FunctionTool.from_defaults(ask, name, description, async_fn=aask, callback=_output)


def _output(response: Any) -> str:
    text = str(response)
    try:
        return f"{text}\n\n[{summary(get_report(response))}]"
    except DataError:
        return f"{text}\n\n[not verified]"


def summary(report: Report) -> str:
    """Return a report as one line for a language model: trust, share of words checked, and unsupported claims."""
    if report.trust is None:
        return "; ".join(("nothing of this could be checked on the pictures", *report.notes))
    doubts = "; ".join(f"“{one.claim.text}” ({number(one.trust)})" for one in report.doubtful())
    share = f"trust {number(report.trust)} of 1, {report.coverage:.0%} of its words checked"
    return f"{share}; not supported by the pictures: {doubts}" if doubts else f"{share}; no claim contradicted"
