"""The structure of a sentence: which noun phrases are subjects and objects of its verbs, and what its prepositions link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from llamaindex_clipverify.claims.english.grammar import CONTAINERS
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.wordnet import wordnet

_SURROUNDINGS = frozenset("sky air water sea ocean background distance snow grass ground darkness".split())


@dataclass(eq=False, kw_only=True)
class Link:
    """A preposition between figures and a ground; `at` and `after` are word indices of the preposition."""

    figures: list[Mention]
    relation: str
    at: int
    after: int
    ground: Mention | None = None
    position: Position | None = None
    verb: Verb | None = None
    negated: bool = False
    """Whether *not* is before the preposition: "on the table, not under it"."""
    excepted: bool = False
    """Whether it is what a denial leaves: *on the chair* of "not under the table but on the chair"."""
    owner: Verb | None = None
    """For *with* after another prepositional phrase: the verb whose subject may be meant."""

    def to(self, ground: Mention) -> Link:
        """Return the link of the same figures and preposition with another ground."""
        return replace(self, ground=ground)

    def of(self, figures: list[Mention]) -> Link:
        """Return the link of the same preposition and ground with other figures."""
        return replace(self, figures=figures)


@dataclass(eq=False, kw_only=True)
class Structure:
    """Verbs with subjects and objects, links, and what *whose* gives an owner, in the order of the sentence."""

    verbs: list[Verb] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    owned: list[tuple[Mention, Mention]] = field(default_factory=list)


class Parser(Protocol):
    """Finds the structure of a sentence whose noun phrases, verbs and positions are known."""

    def parse(
        self, words: Sequence[Word], mentions: Sequence[Mention], verbs: Sequence[Verb], positions: Sequence[Position]
    ) -> Structure:
        """Return the structure; fills `subjects` and `objects` of the verbs."""
        ...


def is_place(mention: Mention) -> bool:
    """Return whether a mention is a place or surroundings, which a preposition after it does not tell about."""
    return mention.noun in terms().places or mention.noun in _SURROUNDINGS


def is_own(mention: Mention) -> bool:
    """Return whether a mention is a part of something or a garment, which a later phrase does not tell about."""
    table = terms()
    name = mention.last
    return bool({name, name + "s"} & (table.body | table.garments | table.parts))


def is_worn(mention: Mention) -> bool:
    """Return whether a mention is a garment or something else that is worn."""
    name = mention.narrow or mention.noun
    last = mention.last
    return bool({name, last, name + "s", last + "s"} & terms().garments) and last != "case"


def is_container(mention: Mention) -> bool:
    """Return whether a mention is a container, which what follows "of …" tells about: "a jar of powder with a label"."""
    return mention.shown and mention.last in CONTAINERS


def is_substance(mention: Mention) -> bool:
    """Return whether a mention is what something is made of: *washed denim* of "jeans in washed denim"."""
    return mention.determiner is None and mention.number is None and mention.last in terms().substances


_LIFELESS = frozenset("shadow figure star model".split())
"""Nouns whose common meaning in a picture is no person, although WordNet's list has that one only."""


def _is_person_by_form(noun: str) -> bool:
    """Return whether a noun of no list is probably a person: *hiker*, *cellist*."""
    listed = wordnet().meanings(noun) or noun in terms().shown | terms().living
    return len(noun) > 4 and noun.endswith(("er", "or", "ist")) and not listed


def is_person(mention: Mention) -> bool:
    """Return whether a mention is a person, as *he* and *she* are."""
    noun = mention.noun
    return noun == "person" or noun in terms().people or _is_person_by_form(noun) or wordnet().is_kind(noun, "person")


def is_living(mention: Mention) -> bool:
    """Return whether a mention is a person or an animal."""
    nouns = {one.noun for one in mention.means()} if mention.pronoun else {mention.noun}
    return any(
        _is_person_by_form(noun)
        or noun in terms().people
        or noun in ("person", "animal")
        or noun in terms().living
        or any(wordnet().is_kind(noun, root) for root in ("person", "animal"))
        for noun in nouns - _LIFELESS
    )
