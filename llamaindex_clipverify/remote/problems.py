"""Problem details (RFC 9457): errors of this package as JSON, and back. Server and client share this file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from llamaindex_clipverify import errors
from llamaindex_clipverify.errors import ClipVerifyError

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:clipverify:problem:"
_STATUS: Mapping[type[ClipVerifyError], int] = {
    errors.AuthenticationError: 401,
    errors.RateLimitError: 429,
    errors.ServiceTimeoutError: 504,
    errors.ServerError: 503,
    errors.RequestError: 400,
    errors.VerificationError: 500,
    errors.MissingExtraError: 501,
    errors.OnlyLocalError: 501,
    errors.PictureError: 422,
    errors.DataError: 422,
    errors.ModelError: 422,
    errors.ServiceError: 502,
}
"""The status of an error where none is given."""
_KINDS = {kind.__name__: kind for kind in _STATUS}
_BY_STATUS: Mapping[int, type[ClipVerifyError]] = {
    401: errors.AuthenticationError,
    403: errors.AuthenticationError,
    408: errors.ServiceTimeoutError,
    429: errors.RateLimitError,
    504: errors.ServiceTimeoutError,
}
_LONGEST = 1_000
"""Longest text of a problem that is taken over."""


class Refused(errors.RequestError):
    """A request that a server refuses before anything is done, with the status that says why."""

    def __init__(self, status: int, what: str, *, got: object = None, do: str = "") -> None:
        """Name the status of HTTP."""
        super().__init__(what, got=got, do=do)
        self.status = status


def status_of(error: ClipVerifyError) -> int:
    """Return the status of HTTP for an error."""
    if isinstance(error, Refused):
        return error.status
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def problem_of(error: ClipVerifyError, request_id: str) -> dict[str, Any]:
    """Return an error as problem details."""
    kind = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS), "VerificationError")
    return {
        "type": f"{_TYPE}{kind.removesuffix('Error').lower()}",
        "title": error.what,
        "status": status_of(error),
        "detail": str(error),
        "instance": f"urn:clipverify:request:{request_id}",
        "error": kind,
        "got": None if error.got is None else str(error.got)[:_LONGEST],
        "do": error.do,
    }


def error_of(status: int, body: bytes) -> ClipVerifyError:
    """Return the error that problem details, or another answer of a server, stand for."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, Mapping) or not isinstance(data.get("title"), str):
        what = "the server refuses the request" if status < 500 else "the server failed"
        default = errors.RequestError if status < 500 else errors.ServerError
        return _BY_STATUS.get(status, default)(what, got=f"status {status}", do="check that it is clipverify serve")
    return error_in(data)


def error_in(data: Mapping[str, Any]) -> ClipVerifyError:
    """Return the error that problem details stand for."""
    kind = _KINDS.get(str(data.get("error")), errors.RequestError)
    if kind in (errors.MissingExtraError, errors.OnlyLocalError):  # they are made in another way
        kind = errors.ServerError
    got = data.get("got")
    what, do = (_line(data.get(name) or "") for name in ("title", "do"))
    return kind(what, got=None if got is None else str(got)[:_LONGEST], do=do)


def _line(text: object) -> str:
    """Return what a server wrote as one line without control characters."""
    flat = " ".join(str(text)[:_LONGEST].split())
    return "".join(one if one.isprintable() else "\ufffd" for one in flat)
