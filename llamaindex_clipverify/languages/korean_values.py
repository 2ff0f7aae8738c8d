"""Values in Korean templates: nouns by their Korean names, and particles that depend on the sound before them.

A field of a template may end with a particle: ``{noun:이}`` is "개가" or "컵이". With ``n`` before it the noun or colour is given
by its Korean name: ``{noun:n이}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from llamaindex_clipverify.claims.korean.letters import is_closed

_PARTICLES: Mapping[str, tuple[str, str]] = {
    "이": ("이", "가"), "은": ("은", "는"), "을": ("을", "를"), "과": ("과", "와"), "으로": ("으로", "로"),
    "이다": ("이다", "다"), "이라": ("이라", "라"),
}  # fmt: skip
"""Particle to its forms after a consonant and after a vowel."""
_READ = {"0": "영", "1": "일", "2": "이", "3": "삼", "4": "사", "5": "오", "6": "육", "7": "칠", "8": "팔", "9": "구"}
_ASIDE = re.compile(r"[\s”’\"')\]%]+$")


class Korean:
    """A value of a template with its particle."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __str__(self) -> str:
        """Return the value as text."""
        return str(self.value)

    def __repr__(self) -> str:
        """Return the value as Python shows it: ``{profile!r}``."""
        return repr(self.value)

    def __format__(self, spec: str) -> str:
        """Return the value with a particle, by its Korean name, or by an ordinary format."""
        named = spec.startswith("n") and isinstance(self.value, str)
        particle = spec.removeprefix("n") if named else spec
        if named or particle in _PARTICLES:
            text = korean_name(str(self.value)) if named else str(self.value)
            return text + (with_particle(text, particle) if particle else "")
        return format(self.value, spec)


def with_particle(text: str, particle: str) -> str:
    """Return the form of a particle that follows a text."""
    closed, open_ = _PARTICLES[particle]
    last = _ASIDE.sub("", text)[-1:]
    last = _READ.get(last, last)
    if not "가" <= last <= "힣":
        return f"{closed}({open_})"
    if particle == "으로" and (ord(last) - ord("가")) % 28 == _RIEUL:
        return open_
    return closed if is_closed(last) else open_


_RIEUL = 8


def korean_name(english: str) -> str:
    """Return the Korean name of a noun or colour in English, or it as it is if none is known."""
    return _names().get(english, english)


@lru_cache
def _names() -> Mapping[str, str]:
    """Return the first Korean name of each noun and colour that the Korean splitter reads."""
    words = files("llamaindex_clipverify.claims") / "words"
    lists = json.loads((words / "korean_nouns.json").read_text("utf-8"))
    found = {noun: names.split()[0].replace("_", " ") for part in lists.values() if isinstance(part, dict)
             for noun, names in part.items()}  # fmt: skip
    common = json.loads((words / "korean.json").read_text("utf-8"))
    for part in ("wider", "narrow", "nouns"):
        found |= {noun: names[0] for noun, names in common[part].items()}
    return found | _COLOURS


_COLOURS = {
    "red": "빨간색", "orange": "주황색", "yellow": "노란색", "green": "초록색", "blue": "파란색", "purple": "보라색",
    "pink": "분홍색", "brown": "갈색", "white": "흰색", "black": "검은색", "grey": "회색",
}  # fmt: skip
