"""Language detection, just good enough to decide whether a splitter can read an answer."""

from __future__ import annotations

import re

_ENGLISH = frozenset(
    "a an the is are was were there in on of to and or no not with it this that its by at from for two one three "
    "picture image photo shows next left right above below has have next".split()
)
_SCRIPTS = (
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
UNKNOWN = "und"
"""ISO 639-2 code of an undetermined language."""


def language_of(text: str) -> str:
    """Return an ISO 639-1 code: by script, then English by its function words; `UNKNOWN` for other Latin-script texts.

    Texts in Latin script with fewer than five words count as English.
    """
    letters = sum(character.isalpha() for character in text)
    for code, script in _SCRIPTS:
        if letters and len(script.findall(text)) > 0.3 * letters:
            return code
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < 5:
        return "en"
    share = sum(word in _ENGLISH for word in words) / len(words)
    return "en" if share >= 0.15 else UNKNOWN
