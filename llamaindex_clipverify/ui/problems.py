"""Problems as the chat shows them: what, got, do, in the language of the page, without folders of the server."""

from __future__ import annotations

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.report.sharing import without_paths


def problem(error: Exception) -> Message:
    """Return an error as a message: that of the package by its parts, another as a failure of the model."""
    if not isinstance(error, ClipVerifyError):
        return Message("the model failed: {error}", error=without_paths(f"{type(error).__name__}: {error}")[:380])
    return without_paths(error.message)
