"""Between LlamaIndex's responses and reports: the pictures in nodes, verifying a response, and finding its report again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.node_pictures import passages_in, picture_in
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

KEY = "clipverify"
"""Where a report lives in `Response.metadata`, as plain JSON."""


def pictures_of(nodes: Iterable[Any], folders: Sequence[str | Path] = (), allow_urls: bool = False) -> list[Picture]:
    """Return the pictures that retrieved nodes carry, each once, in their order.

    Args:
        nodes: ``NodeWithScore``, ``ImageNode``, ``ImageDocument`` or ``Node`` with an image resource; others have none.
        folders: Paths in nodes are opened only inside these folders; bytes and base64 need no leave.
        allow_urls: Whether URLs in nodes may be fetched.

    Raises:
        PictureError: A node names a path outside `folders`, or a URL without leave.
    """
    found = [picture_in(getattr(node, "node", node), folders, allow_urls) for node in nodes]
    return list(dict.fromkeys(picture for picture in found if picture is not None))


class ReportJson(dict[str, Any]):
    """A report as plain JSON that, within the process, still knows the report it was made of: maps need its claims."""

    def __init__(self, report: Report) -> None:
        """Hold `Report.to_dict`."""
        super().__init__(report.to_dict())
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as a plain dictionary."""
        return dict, (dict(self),)


def attach(response: Any, report: Report) -> None:
    """Put a report into a response's metadata, beside what is there; an agent's output takes it with its message."""
    message = getattr(response, "response", None)
    if hasattr(message, "additional_kwargs"):
        message.additional_kwargs[KEY] = ReportJson(report)  # type: ignore[union-attr]
    else:
        response.metadata = {**(response.metadata or {}), KEY: ReportJson(report)}


def nodes_of(response: Any) -> list[Any]:
    """Return the nodes that a response rests on: its own, or those that the tools of a chat or an agent brought."""
    own = getattr(response, "source_nodes", None)
    if own:
        return list(own)
    tools = [*(getattr(response, "sources", None) or ()), *(getattr(response, "tool_calls", None) or ())]
    outputs: list[Any] = [getattr(getattr(one, "tool_output", one), "raw_output", None) for one in tools]
    return [node for one in outputs for node in (one if _are_nodes(one) else nodes_of(one))]


def _are_nodes(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(hasattr(one, "node") for one in value)


def verify_response(
    verifier: Verifier,
    response: Any,
    question: str | None = None,
    folders: Sequence[str | Path] = (),
    allow_urls: bool = False,
) -> Report:
    """Verify a response of an engine, a chat engine or an agent on the pictures it rests on; it carries the report from then on.

    Raises:
        DataError: The response is empty, or its nodes carry neither pictures nor passages.
        PictureError: See `pictures_of`.
    """
    nodes = nodes_of(response)
    report = verifier.verify(str(response), pictures_of(nodes, folders, allow_urls), question, passages_in(nodes))
    attach(response, report)
    return report


def get_report(response: Any) -> Report:
    """Return the report of a response, chat response, agent's or tool's output, evaluation result, or of the first inside it.

    Raises:
        DataError: There is none.
    """
    for candidate in _candidates(response):
        if isinstance(candidate, (Report, ReportJson)):
            return candidate if isinstance(candidate, Report) else candidate.report
        if isinstance(candidate, dict) and "claims" in candidate:
            return Report.from_dict(candidate)
    raise DataError("no report", got=type(response).__name__, do="verify the response first")


def _candidates(response: Any, depth: int = 3) -> Iterator[Any]:
    yield response
    yield getattr(response, "report", None)
    for holder in ("metadata", "additional_kwargs"):
        kept = getattr(response, holder, None)
        if isinstance(kept, dict):
            yield kept.get(KEY)
    inner = [
        *(getattr(response, name, None) for name in ("raw_output", "tool_output", "response")),
        *(getattr(response, "sources", None) or ()),
        *(getattr(response, "tool_calls", None) or ()),
    ]
    for one in inner:
        if one is not None and not isinstance(one, str) and depth:
            yield from _candidates(one, depth - 1)
