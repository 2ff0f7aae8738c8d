"""A noun phrase of a sentence, and what is read of it before its head noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llamaindex_clipverify.claims.english.grammar import NO
from llamaindex_clipverify.claims.english.sentences import Word


@dataclass(eq=False, kw_only=True)
class Mention:
    """A noun phrase of a sentence; `begins`, `first`, `head` and `after` are word indices."""

    noun: str
    known: bool
    plural: bool
    first: int
    """First word of the span, after any article."""
    head: int
    """First word of the noun."""
    after: int
    """First word after the phrase."""
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    negated: bool = False
    shown: bool = True
    """Whether a picture can show it and the sentence claims it."""
    hedged: bool = False
    """Whether it is only supposed: "probably a fox"."""
    unasserted: bool = False
    """Whether a denial names it without saying that it is there: *a red hat* of "is not wearing a red hat"."""
    excepted: bool = False
    """Whether it is what a denial leaves: *a bottle* of "not holding a cup but a bottle"."""
    narrow: str | None = None
    possessive: bool = False
    part: bool = False
    """Whether it is some of several: "one of the dogs"."""
    rough: bool = False
    """Whether its number is inexact: "more than two"."""
    at_least: int | None = None
    at_most: int | None = None
    adjectives: list[tuple[str, int]] = field(default_factory=list)
    """Descriptive words before or inside the noun, each with its position."""
    stands_for: list[Mention] = field(default_factory=list)
    """Mentions that a pronoun refers to; empty for a noun."""
    pronoun: bool = False
    begins: int = 0
    """First word, articles included."""
    ground: bool = False
    """Whether a preposition before it makes it the place of something else."""

    @property
    def is_turned(self) -> bool:
        """Return whether it turns what its verb says into the opposite: *no cup*, *a bottle* of "not a cup but a bottle"."""
        return self.excepted or self.determiner in NO

    @property
    def last(self) -> str:
        """The last word of its name, "" for a pronoun: *truck* of "fire truck"."""
        return (self.narrow or self.noun).rpartition(" ")[2]

    def means(self) -> list[Mention]:
        """Return the noun mentions that a predicate of this mention applies to."""
        return self.stands_for if self.pronoun else [self] if self.shown else []


@dataclass
class Draft:
    """The modifiers of a phrase read so far, before its head."""

    first: int | None = None
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    opened: bool = False
    """Whether a noun must follow the words read so far."""
    described: bool = False
    rough: bool = False
    at_least: int | None = None
    at_most: int | None = None
    adjectives: list[tuple[str, int]] = field(default_factory=list)
    part: bool = False
    grouped: bool = False
    """Whether words for a group come before *of*: "a stack of boxes"."""
    many: bool = False
    """Whether the grammatical head is a plural before *of*: "pieces of furniture"."""


def text_at(words: Sequence[Word], at: int) -> str:
    """Return the word at a position, "" outside the sentence."""
    return words[at].text if 0 <= at < len(words) else ""
