"""LlamaIndex responses: their pictures, their verification, and reading the report back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Unpack

from llamaindex_clipverify.answer import Answer, sources_of
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

KEY = "clipverify"
"""Key of the report, as plain JSON, in `Response.metadata` and in the metadata of annotated nodes."""


def pictures_of(nodes: Iterable[Any], **access: Unpack[AccessOptions]) -> list[Picture]:
    """Return the pictures of retrieved nodes, each once, in their order.

    Args:
        nodes: ``NodeWithScore``, ``ImageNode``, ``ImageDocument`` or ``Node`` with an image resource; others have none.
        **access: ``folders=`` and ``allow_urls=``, see `Access`.

    Raises:
        PictureError: A path or URL that may not be opened.
    """
    sources = sources_of(nodes, Access(**access))
    for source in sources:
        if source.problem is not None:
            raise source.problem
    return [source.picture for source in sources if source.picture is not None]


class ReportJson(dict[str, Any]):
    """A report as plain JSON that also keeps the `Report` object within this process."""

    def __init__(self, report: Report) -> None:
        """Contain `Report.to_dict`."""
        super().__init__(report.to_dict())
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a plain dictionary."""
        return dict, (dict(self),)


def attach(response: Any, report: Report) -> None:
    """Add a report to the metadata of a response; the output of an agent gets it with its message."""
    message = getattr(response, "response", None)
    if hasattr(message, "additional_kwargs"):
        message.additional_kwargs[KEY] = ReportJson(report)  # type: ignore[union-attr]
    else:
        response.metadata = {**(response.metadata or {}), KEY: ReportJson(report)}


def nodes_of(response: Any) -> list[Any]:
    """Return the source nodes of a response: its own, or those of the tools that a chat engine or agent called."""
    own = getattr(response, "source_nodes", None)
    if own:
        return list(own)
    tools = [*(getattr(response, "sources", None) or ()), *(getattr(response, "tool_calls", None) or ())]
    outputs: list[Any] = [getattr(getattr(one, "tool_output", one), "raw_output", None) for one in tools]
    return [node for one in outputs for node in (one if _are_nodes(one) else nodes_of(one))]


def _are_nodes(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(hasattr(one, "node") for one in value)


def verify_response(
    verifier: Verifier, response: Any, question: str | None = None, **access: Unpack[AccessOptions]
) -> Report:
    """Verify a response of an engine, a chat engine or an agent on its sources, and attach the report to it.

    Args:
        verifier: The verifier.
        response: Any LlamaIndex response.
        question: Kept in the report.
        **access: ``folders=`` and ``allow_urls=``, see `Access`.

    Raises:
        DataError: The response is empty, or its nodes have neither pictures nor passages.
        PictureError: None of its sources can be opened and read; a report names the others in its `gaps`.
    """
    answer = Answer.from_nodes(str(response), nodes_of(response), Access(**access), question)
    if not answer.text.strip():
        raise DataError("the answer is empty", do="give the text to verify")
    report = verifier.verify(answer)
    attach(response, report)
    return report


def get_report(response: Any) -> Report:
    """Return the report attached to a response, chat response, agent or tool output, or evaluation result, or to one inside it.

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
