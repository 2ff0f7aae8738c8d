"""Lists in the cells of a table of text: as JSON, or as Python prints a list of texts (ragas). Nothing is evaluated."""

from __future__ import annotations

import json
import re
from typing import Any

_ITEM = re.compile(r"""\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")\s*([,\]])""", re.DOTALL)
"""A text between quotes, and the comma or the end after it."""
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def list_in(cell: str) -> list[Any] | None:
    """Return the list that a cell contains; None if it is another text. The time taken is proportional to its length."""
    text = cell.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _printed(text)
    return found if isinstance(found, list) else None


def _printed(text: str) -> list[str] | None:
    """Return the texts of a list as Python prints it; None if it is anything else."""
    found: list[str] = []
    place, end = 1, ","
    while end == "," and (item := _ITEM.match(text, place)):
        value = item[1] if item[1] is not None else item[2]
        try:
            found.append(_ESCAPE.sub(_character, value) if "\\" in value else value)
        except (KeyError, ValueError, OverflowError):
            return None
        place, end = item.end(), item[3]
    return found if end == "]" and place == len(text) else None


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _ESCAPED[escape[4]]
