"""Messages in JSON, so that a report that is read back can be shown in other languages.

JSON may come from anywhere: only templates of this package are filled in, and only where the result is the English text that
the JSON has in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from llamaindex_clipverify.languages import NAMES, language
from llamaindex_clipverify.message import Listed, Message

_DEEPEST = 4
"""Messages inside messages."""


def stored(texts: Iterable[str]) -> dict[str, Any]:
    """Return the messages among some texts as JSON values, by their English text."""
    return {str(text): _data(text) for text in texts if isinstance(text, Message) and text.values}


def restored(data: Mapping[str, Any]) -> dict[str, Message]:
    """Return the messages that `stored` wrote, by their English text; what is none is left out."""
    found = {text: _message(one, _DEEPEST) for text, one in data.items()}
    return {text: one for text, one in found.items() if isinstance(one, Message) and one == text}


def _data(value: object) -> Any:
    if isinstance(value, Message):
        return {"template": value.template, "values": {name: _data(one) for name, one in value.values.items()}}
    if isinstance(value, Listed):
        return {"items": [_data(one) for one in value.items]}
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, str | int | float | None) else str(plain)


def _message(data: Any, depth: int) -> Any:
    if not isinstance(data, dict):
        return data if isinstance(data, str | int | float | None) else None
    if depth == 0:
        return None
    if isinstance(items := data.get("items"), list):
        told = [_message(one, depth - 1) for one in items]
        return Listed(told) if all(isinstance(one, Message) for one in told) else None
    template, values = data.get("template"), data.get("values")
    if not isinstance(template, str) or not isinstance(values, dict) or not _is_known(template, values):
        return None
    try:
        return Message(template, **{name: _message(one, depth - 1) for name, one in values.items()})
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def _is_known(template: str, values: Mapping[str, Any]) -> bool:
    """Whether a template is one of this package; a text without values is only looked up, so that it may be any."""
    return not values or any(template in language(code).table for code in NAMES if code != "en")
