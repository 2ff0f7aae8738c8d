"""Errors of the SDKs of model servers as errors of this package, without the key.

The SDKs of Together and OpenAI have the same classes of errors. A server may repeat the key it was sent, and a transport may
print a header: the key is taken out of an error and of all that led to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import httpx

from llamaindex_clipverify.errors import (
    AuthenticationError,
    ClipVerifyError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerError,
    ServiceError,
    ServiceTimeoutError,
    UnreachableError,
)

FORM = "the server's answer is not of the form of a chat completion"
BROKEN = "ask again; if it stays, look into the server's log"
_LATER = "ask later, or look into the server's log"
_SHORTEST = 6
"""A shorter key is a placeholder for a server without authentication, not a secret."""


@contextmanager
def telling_service(sdk: Any, key: str, setting: str) -> Iterator[None]:
    """Raise a `ServiceError` for whatever an SDK, its transport, or the reading of its responses raises.

    Args:
        sdk: The module of the SDK.
        key: The key, which no message may show.
        setting: How the key is given, for the message.
    """
    try:
        yield
    except ClipVerifyError:
        raise
    except Exception as error:
        _scrub(error, key)
        raise _told(error, sdk, setting) from error


def _told(error: Exception, sdk: Any, setting: str) -> ServiceError:
    """Return our error for one of the SDK, or of the transport below it while a stream is read."""
    got: object = str(error) or type(error).__name__
    if isinstance(error, sdk.APIConnectionError):
        got = f"{error.request.url.host}: {error.__cause__ or got}"
    _, kind, what, do = next(row for row in _tellings(sdk, setting) if isinstance(error, row[0]))
    return kind(what, got=got, do=do)


def _tellings(sdk: Any, setting: str) -> tuple[tuple[Any, type[ServiceError], str, str], ...]:
    """Return classes of errors with what to say of them; the first matching row is used."""
    base = getattr(sdk, "TogetherError", None) or sdk.OpenAIError
    refused = (sdk.AuthenticationError, sdk.PermissionDeniedError)
    late = (sdk.APITimeoutError, httpx.TimeoutException)
    return (
        (refused, AuthenticationError, "the server refuses the key", f"check {setting}"),
        (sdk.RateLimitError, RateLimitError, "the server's rate limit is reached", "ask later, or raise max_retries="),
        (late, ServiceTimeoutError, "the server did not answer in time", "raise timeout=, or ask later"),
        (sdk.APIConnectionError, UnreachableError, "the server cannot be reached", "check base_url= and the network"),
        (sdk.InternalServerError, ServerError, "the server failed", _LATER),
        (sdk.APIStatusError, RequestError, "the server refuses the request", "check model= and extra="),
        (sdk.APIResponseValidationError, ResponseError, FORM, BROKEN),
        (sdk.APIError, ServerError, "the server failed", _LATER),
        (httpx.HTTPError, ResponseError, "the connection broke before the answer ended", "ask again"),
        ((JSONDecodeError, UnicodeDecodeError), ResponseError, "the server's answer is not JSON", BROKEN),
        (base, ServiceError, "the SDK of the server failed", "check the options"),
        (Exception, ResponseError, FORM, BROKEN),
    )


def _scrub(error: BaseException | None, key: str) -> None:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.args = tuple(without_key(key, value) for value in error.args)
        for name in ("message", "body", "doc"):
            if hasattr(error, name):
                setattr(error, name, without_key(key, getattr(error, name)))
        error = error.__cause__ or error.__context__


def without_key(key: str, value: Any) -> Any:
    """Return a text, or the texts in a JSON value, with the key replaced."""
    if isinstance(value, str) and len(key) >= _SHORTEST:
        return value.replace(key, "[key]")
    if isinstance(value, Mapping):
        return {without_key(key, name): without_key(key, inner) for name, inner in value.items()}
    return [without_key(key, inner) for inner in value] if isinstance(value, list) else value
