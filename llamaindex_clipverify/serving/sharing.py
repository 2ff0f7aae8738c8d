"""Errors without the folders of this machine, for callers of the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.remote.problems import Refused
from llamaindex_clipverify.report.sharing import without_paths


@contextmanager
def sharing() -> Iterator[None]:
    """Take the folders of this machine out of an error."""
    try:
        yield
    except ClipVerifyError as error:
        raise shared(error) from error


def shared(error: ClipVerifyError) -> ClipVerifyError:
    """Return an error without the folders of this machine; a refusal names only what the caller gave."""
    if isinstance(error, Refused) or error.got is None:
        return error
    return error.about(without_paths(str(error.got)))
