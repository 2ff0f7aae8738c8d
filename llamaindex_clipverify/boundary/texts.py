"""Texts that others wrote: answers, questions and passages, checked once before anything reads them."""

from __future__ import annotations

import re
from typing import Any

from llamaindex_clipverify.errors import DataError

MOST = 100_000
"""Maximum length of an answer in characters."""
_HALF = re.compile(r"[\ud800-\udfff]")
_DIGITS = re.compile(r"\d{400}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_BINARY = 0.02
"""Share of control characters from which a text is the content of some other file."""


def checked(value: Any, name: str, most: int = MOST) -> str:
    """Return a text that can be read.

    Args:
        value: What was given.
        name: What it is, for the error: ``the answer``.
        most: Maximum length in characters.

    Raises:
        DataError: It is no text, longer than `most`, or holds half a surrogate pair or a number of 400 digits.
    """
    if not isinstance(value, str):
        raise DataError(f"{name} is not a text", got=type(value).__name__, do="give a str")
    if len(value) > most:
        raise DataError(f"{name} is too long", got=f"{len(value):,} characters", do=f"give at most {most:,}")
    if half := _HALF.search(value):
        do = "decode the bytes it came from with errors='replace'"
        raise DataError(f"{name} holds half a surrogate pair", got=f"U+{ord(half[0]):04X} at {half.start()}", do=do)
    if digits := _DIGITS.search(value):
        raise DataError(f"{name} holds a number of 400 digits or more", got=f"at {digits.start()}", do="shorten it")
    return value


def shown(text: object) -> str:
    """Return a text that can be encoded: half a surrogate pair becomes a question mark."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def is_binary(text: str) -> bool:
    """Return whether a text is the bytes of a file that was read as text: many control or replacement characters."""
    part = text[:10_000]
    return bool(part) and (
        part.startswith(("\x89PNG", "\ufffdPNG", "%PDF-")) or len(_CONTROL.findall(part)) > _BINARY * len(part)
    )
