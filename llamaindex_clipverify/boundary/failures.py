"""Turns whatever a library raises into one error of this package, with the library's own as its cause."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager

from llamaindex_clipverify.errors import ClipVerifyError

_OURS = (
    ClipVerifyError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    StopIteration,
    StopAsyncIteration,
    CancelledError,
)
"""What passes unchanged: errors that are typed already, and what ends a program, a generator or a task."""


@contextmanager
def telling(kind: type[ClipVerifyError], what: str, *, got: object = None, do: str = "") -> Iterator[None]:
    """Raise `kind` in place of any other failure of the block; also usable as a decorator.

    Libraries written in other languages raise panics that are no `Exception`; they are caught as well.

    Args:
        kind: Class of the error.
        what: What went wrong.
        got: What it was about; the reason follows in brackets.
        do: What to do.
    """
    try:
        yield
    except _OURS:
        raise
    except BaseException as error:
        about = reason(error) if got is None else f"{got} ({reason(error)})"
        raise kind(what, got=about, do=do) from error


def reason(error: BaseException) -> str:
    """Return why something failed, as one short line: the system's words for a system error, else class and text."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text[:160]}" if text else name
