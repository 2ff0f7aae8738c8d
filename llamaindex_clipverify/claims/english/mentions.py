"""A noun phrase of a sentence, and what is read of it before its head noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llamaindex_clipverify.claims.english.sentences import Word


@dataclass(eq=False, kw_only=True)
class Mention:
    """A noun phrase of a sentence; `first`, `head` and `after` are places among its words."""

    noun: str
    known: bool
    plural: bool
    first: int
    """The first word of its span: articles stand before it."""
    head: int
    """The first word of the noun itself."""
    after: int
    """The word behind it."""
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    negated: bool = False
    shown: bool = True
    """Whether it is something to look for."""
    narrow: str | None = None
    possessive: bool = False
    part: bool = False
    """Some of several: "one of the dogs"."""
    rough: bool = False
    """Its number was not exact: "more than two"."""
    stands_for: list[Mention] = field(default_factory=list)
    """What a pronoun means; empty for a noun."""
    pronoun: bool = False
    begins: int = 0
    """The very first word, articles included."""

    def means(self) -> list[Mention]:
        """Return the mentions with nouns that a predicate about this one is about."""
        return self.stands_for if self.pronoun else [self] if self.shown else []


@dataclass
class Draft:
    """What has been read of a phrase before its head."""

    first: int | None = None
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    opened: bool = False
    """Whether what was read says that a noun must follow."""
    described: bool = False
    rough: bool = False
    part: bool = False
    many: bool = False
    """Whether the grammatical head is a plural before *of*: "pieces of furniture"."""


def text_at(words: Sequence[Word], at: int) -> str:
    """Return the word at a position, "" outside the sentence."""
    return words[at].text if 0 <= at < len(words) else ""
