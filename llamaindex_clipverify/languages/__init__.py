"""The languages that reports and pages are shown in: English, and those with a table of translations in this folder.

A table maps English texts and templates to those of the language. What is in no table is shown in English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.message import Listed, Message

NAMES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
"""ISO 639-1 code to the name of a language in itself."""


@dataclass(frozen=True)
class Language:
    """A language to show texts in."""

    code: str = "en"
    table: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    def __call__(self, template: str, **values: object) -> str:
        """Return a text made of an English template and values, in this language."""
        return self.say(Message(template, **values))

    def say(self, text: str) -> str:
        """Return an English text in this language, or as it is if no translation is known."""
        if self.code == "en":
            return str(text)
        if isinstance(text, Listed):
            return ", ".join(map(self.say, text.items))
        if not isinstance(text, Message):
            return self.table.get(text, text)
        template = self.table.get(text.template)
        if template is None or not text.values:
            return template or str(text)
        from llamaindex_clipverify.languages.korean_values import Korean  # loads the Korean reader

        values = {
            name: self.say(one) if isinstance(one, Message | Listed) else one for name, one in text.values.items()
        }
        try:
            return template.format(**{name: Korean(value) for name, value in values.items()})
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            return str(text)  # of a report of anybody, whose values are enough for the English text alone


ENGLISH = Language()


@lru_cache
def language(code: str) -> Language:
    """Return a language by its ISO 639-1 code.

    Raises:
        DataError: There is no such language.
    """
    if code == "en":
        return ENGLISH
    check_code(code)
    parts = json.loads((files("llamaindex_clipverify.languages") / f"{code}.json").read_text("utf-8"))
    return Language(code, {english: text for part in parts.values() for english, text in part.items()})


def check_code(code: str) -> None:
    """Check that texts can be shown in a language.

    Raises:
        DataError: They cannot.
    """
    if code not in NAMES:
        raise DataError("no such language", got=code, do=f"give one of {', '.join(NAMES)}")


def language_for(code: str | None) -> Language:
    """Return the language of a text, or English where reports are not shown in it."""
    return language(code) if code in NAMES else ENGLISH


def preferred(accepted: str) -> str:
    """Return the code of the language that a browser's ``Accept-Language`` header prefers, among those known."""
    weighed = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(weighed) if name in NAMES), "en")
