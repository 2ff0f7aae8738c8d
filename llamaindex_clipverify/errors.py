"""The errors people meet: each says what went wrong, what was got, and what to do."""

from __future__ import annotations

from copy import copy
from typing import Any, Self

from llamaindex_clipverify.message import Message


class ClipVerifyError(Exception):
    """Base of every error raised on purpose; its text is one line."""

    def __init__(self, what: str, *, got: object = None, do: str = "") -> None:
        """Join the three parts into one line.

        Line breaks in `got` are folded, control characters replaced, and long values cut at 200 characters.
        """
        self.what, self.got, self.do = what, got, do
        super().__init__(_line(what, got, do))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by the attributes: subclasses are made of other arguments than their text."""
        return _again, (type(self), self.args), vars(self)

    def about(self, got: object) -> Self:
        """Return the same error with another `got`."""
        made = copy(self)
        made.got, made.args = got, (_line(self.what, got, self.do),)
        return made

    @property
    def message(self) -> Message:
        """The same text as a message, so that it can be shown in other languages."""
        values = {"what": _plain(self.what), "got": _fold(self.got), "do": _plain(self.do)}
        if self.got is None:
            return Message("{what}; {do}" if self.do else "{what}", **values)
        return Message("{what}; got {got}; {do}" if self.do else "{what}; got {got}", **values)


class PictureError(ClipVerifyError):
    """A picture cannot be found, read or afforded."""


class ModelError(ClipVerifyError):
    """A model cannot be found, is of the wrong family, or does not fit what it is used for."""


class DataError(ClipVerifyError):
    """Rows, profiles or options that do not have the documented form."""


class VerificationError(ClipVerifyError):
    """Something failed in a way that nothing foresaw; what failed is the `__cause__`."""


class ServiceError(ClipVerifyError):
    """A model behind a server did not answer; the subclasses say why. What the library said is the `__cause__`."""


class AuthenticationError(ServiceError):
    """The key is missing, or the server refuses it."""


class RateLimitError(ServiceError):
    """The server's rate limit is reached, and retries did not help."""


class ServiceTimeoutError(ServiceError):
    """The server did not answer in time, and retries did not help."""


class UnreachableError(ServiceError):
    """The server cannot be reached."""


class ServerError(ServiceError):
    """The server failed, and retries did not help."""


class RequestError(ServiceError):
    """The server refuses the request: no such model, or an option it does not know."""


class ResponseError(ServiceError):
    """The response of the server is incomplete: a stream that broke off, a body that is not JSON, or an empty answer."""


class OnlyLocalError(ClipVerifyError):
    """Something needs the models in this process, and the verifier is a client of a server."""

    def __init__(self, name: str, url: str) -> None:
        """Name what was asked for and the server."""
        do = "load the models here: Verifier.from_defaults"
        super().__init__(f"{name} needs the models in this process", got=f"a verifier at {url}", do=do)


class MissingExtraError(ClipVerifyError, ImportError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        """Name the library and the extra that brings it."""
        what = Message("{library} is not installed", library=library)
        super().__init__(what, do=f"pip install 'llamaindex-clipverify[{extra}]'")


def _line(what: str, got: object, do: str) -> str:
    return "; ".join([what, *([] if got is None else [f"got {_fold(got)}"]), *([do] if do else [])])


def _again(kind: type[ClipVerifyError], arguments: tuple[Any, ...]) -> ClipVerifyError:
    return kind.__new__(kind, *arguments)


def _plain(text: str) -> Message:
    return text if isinstance(text, Message) else Message(text)


def _fold(value: object) -> str:
    text = "".join(one if one.isprintable() else "\ufffd" for one in " ".join(str(value).split()))
    return text if len(text) <= 200 else text[:197] + "…"
