"""Between LlamaIndex's responses and reports: the pictures in nodes, verifying a response, and finding its report again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report import Report
from llamaindex_clipverify.source import passages_in, picture_in
from llamaindex_clipverify.verifier import Verifier

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
    """Put a report into a response's metadata, beside what is there."""
    response.metadata = {**(response.metadata or {}), KEY: ReportJson(report)}


def verify_response(
    verifier: Verifier,
    response: Any,
    question: str | None = None,
    folders: Sequence[str | Path] = (),
    allow_urls: bool = False,
) -> Report:
    """Verify a LlamaIndex response on the pictures of its source nodes; the report is also put into its metadata.

    Raises:
        DataError: The response is empty, or its nodes carry neither pictures nor passages.
        PictureError: See `pictures_of`.
    """
    pictures = pictures_of(response.source_nodes, folders, allow_urls)
    report = verifier.verify(str(response), pictures, question, passages_in(response.source_nodes))
    attach(response, report)
    return report


def get_report(response: Any) -> Report:
    """Return the report of a response, chat response, tool output, evaluation result, or of the first of these inside it.

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
    metadata = getattr(response, "metadata", None)
    if isinstance(metadata, dict):
        yield metadata.get(KEY)
    inner = [
        getattr(response, "raw_output", None),
        getattr(response, "response", None),
        *(getattr(response, "sources", None) or ()),
    ]
    for one in inner:
        if one is not None and not isinstance(one, str) and depth:
            yield from _candidates(one, depth - 1)
