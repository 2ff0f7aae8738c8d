"""Values that the Korean reader works with: noun phrases, places, clauses, and the modifiers read so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.words import Sense

ATTIRE = "차림"
"""Word of a clause that a garment with 차림으로 makes."""
LIVING = frozenset(("people", "animals"))


@dataclass(eq=False, kw_only=True)
class Phrase:
    """A noun phrase; `start` is its first modifier, `head` its noun, `end` the last letter before the particle."""

    noun: str
    """English word of the noun; the Korean word if no list has it."""
    sort: str
    start: int
    head: int
    end: int
    after: int
    """Position of the first token after the phrase."""
    surface: str = ""
    known: bool = True
    narrow: str | None = None
    plural: bool = False
    case: str = ""
    copula: str = ""
    colours: list[str] = field(default_factory=list)
    denied_colours: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Colours that no check measures."""
    values: list[tuple[Kind, str, int, int]] = field(default_factory=list)
    number: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    negated: bool = False
    covered: bool = False
    """Whether a denied claim is about it, so that its presence is not stated."""
    none: bool = False
    """Whether "한 명도" counts none of it."""
    silent: bool = False
    """Whether the sentence states nothing of it: a hedge, an abstract noun."""
    owners: list[Phrase] = field(default_factory=list)
    stands_for: list[Phrase] = field(default_factory=list)
    facts: list[int] = field(default_factory=list)
    """Places in the list of claims of those that a clause before the noun makes about it."""
    joined: list[Phrase] = field(default_factory=list)
    """Phrases before it that *and* joins."""
    pronoun: bool = False
    compared: bool = False
    """Whether 보다 follows."""
    contrast: Phrase | None = None
    """A phrase that 아닌 denies before it."""

    @property
    def living(self) -> bool:
        """Return whether it is a person or an animal."""
        return self.sort in LIVING

    def group(self) -> list[Phrase]:
        """Return the phrases that it and those joined to it stand for."""
        return [one for phrase in (*self.joined, self) for one in (phrase.stands_for if phrase.pronoun else [phrase])]


@dataclass(eq=False, kw_only=True)
class Spot:
    """A place that a clause names: 탁자 위에, 왼쪽에, 방에서."""

    grounds: list[Phrase]
    word: str
    """The place word, "" for a noun with a particle only."""
    relation: str
    positions: list[str]
    start: int
    end: int
    case: str
    topic: bool = False

    @classmethod
    def of(cls, ground: Phrase, *, case: str, relation: str, word: str = "") -> Spot:
        """Return the place that a noun with a particle names: 방에, 배경에."""
        return cls(
            grounds=[ground], word=word, relation=relation, positions=[], start=ground.start, end=ground.end, case=case
        )


Item = Phrase | Spot


@dataclass(eq=False, kw_only=True)
class Clause:
    """A verb with its auxiliaries, and the phrases before it."""

    senses: list[Sense]
    word: str
    start: int
    end: int
    ending: str
    after: int
    negated: bool = False
    hedged: bool = False
    doing: bool = False
    """Whether -고 있다 follows."""
    lasting: bool = False
    """Whether -어 있다 follows, or the verb describes a state before a noun."""
    at: int = 0
    """Position of its first token."""
    visible: bool = False
    denied: bool = False
    """Whether "-는 모습이 아니다" denies the whole clause."""
    watched: Sense | None = None
    """What somebody else does who sees or hears it: "노래하는 것을 듣고 있다"."""
    void: bool = False
    """Whether it states nothing for sure: a double or a partial negation."""
    items: list[Item] = field(default_factory=list)
    subjects: list[Phrase] = field(default_factory=list)

    def objects(self) -> list[Phrase]:
        """Return the direct objects."""
        found = [item for item in self.items if isinstance(item, Phrase) and item.case == "object"]
        return [one for phrase in found for one in phrase.group()]

    def spots(self) -> list[Spot]:
        """Return the places."""
        return [item for item in self.items if isinstance(item, Spot)]

    def has(self, *sorts: str) -> Sense | None:
        """Return the first meaning of one of some families."""
        return next((sense for sense in self.senses if sense.sort in sorts), None)


@dataclass(kw_only=True)
class Draft:
    """The modifiers read so far, before their noun."""

    start: int | None = None
    colours: list[str] = field(default_factory=list)
    denied_colours: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    values: list[tuple[Kind, str, int, int]] = field(default_factory=list)
    number: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    clauses: list[Clause] = field(default_factory=list)
    owners: list[Phrase] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    limit: str = ""
    contrast: Phrase | None = None

    def begin(self, start: int) -> None:
        """Set the start of the phrase if no modifier before has set it."""
        if self.start is None:
            self.start = start


@dataclass(kw_only=True)
class Reading:
    """What was read at a position."""

    after: int
    item: Item | None = None
    colour: Token | None = None
    """A colour as a predicate."""
    count: tuple[int | None, int | None, int | None, Token] | None = None
    """A number that counts no noun beside it."""
    owner: Phrase | None = None
    """A noun with 의 that owns the next noun."""
    copula: str = ""
    fresh: bool = False
    """Whether the modifiers read so far belong to nothing."""
