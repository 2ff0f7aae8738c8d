"""Problems as the chat shows them: what, got, do, in the language of the page, without folders of the server."""

from __future__ import annotations

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.report.sharing import without_paths


def problem(error: Exception) -> Message:
    """Return an error as a message: that of the package by its parts, another as a failure of the model."""
    if not isinstance(error, ClipVerifyError):
        return Message("the model failed: {error}", error=without_paths(f"{type(error).__name__}: {error}")[:380])
    values = {"what": _part(error.what), "got": _part(error.got), "do": _part(error.do)}
    if error.got is None:
        return Message("{what}; {do}", **values) if error.do else Message("{what}", **values)
    return Message("{what}; got {got}; {do}" if error.do else "{what}; got {got}", **values)


def _part(value: object) -> str:
    """Return a part of an error in one short line."""
    if isinstance(value, Message):
        return value
    return Message(" ".join(without_paths(str(value)).split())[:200])
