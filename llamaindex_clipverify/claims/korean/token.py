"""A word or mark of a Korean sentence with its readings."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamaindex_clipverify.claims.korean.verb_forms import Verb
from llamaindex_clipverify.claims.korean.words import Noun


@dataclass(eq=False, kw_only=True)
class Token:
    """A word or mark of a sentence; `start`, `stop` and `end` are offsets: the stem is ``text[start:stop]``."""

    text: str
    start: int
    stop: int
    end: int
    kind: str
    """noun, number, counter, term, place, mark, other, or "" if it can only be a verb."""
    stem: str = ""
    case: str = ""
    copula: str = ""
    plural: bool = False
    noun: Noun | None = None
    number: int | None = None
    table: str = ""
    """Table of korean_terms.json that has the stem, for kind *term*."""
    value: str = ""
    verbs: list[Verb] = field(default_factory=list)
    after_space: bool = True
    denied: bool = False
    """Whether it counts nothing: 한 명도."""
    limit: str = ""
    """least, most or about, from a suffix of a number."""
