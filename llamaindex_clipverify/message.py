"""Messages: texts in English that know their template, so that they can be rendered in another language; see `languages`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self


class Message(str):
    """A text made of a template and values: ``Message("saw {count}", count=2)``. It is the English text wherever a string is."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        """Fill in the template, a format string whose fields are the names of the values; without values it is plain text."""
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Pickle and copy as template and values."""
        return (self.template,), dict(self.values)


class Listed(str):
    """Several messages with commas between them."""

    __slots__ = ("items",)
    items: tuple[Message, ...]

    def __new__(cls, items: Iterable[Message]) -> Self:
        """Join them."""
        kept = tuple(items)
        made = super().__new__(cls, ", ".join(kept))
        made.items = kept
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[tuple[Message, ...]], dict[str, Any]]:
        """Pickle and copy as the messages."""
        return (self.items,), {}
