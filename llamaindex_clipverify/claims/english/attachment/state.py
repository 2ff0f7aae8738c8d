"""What the pass over a sentence has seen so far."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Link, Structure, is_living
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.vocabulary import Vocabulary

RELATIVES = frozenset(("who", "which", "that", "whose"))
STATIC = frozenset(
    "place seat perch position lean park hang mount lie rest stand sit float grow face overlook contain".split()
)
"""Verbs that lifeless things do too: the nearest noun phrase is their subject."""

MOVING = frozenset(
    "fly flow shoot burn shine glow rise fall blow drip pour swirl burst explode smoke spray flap flutter billow".split()
)
"""Verbs that the nearest lifeless thing after *with* does by itself: "with fireworks shooting"."""


class State:
    """The words, what was found of them, and the clause that is being read."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        words: Sequence[Word],
        mentions: Sequence[Mention],
        verbs: Sequence[Verb],
        positions: Sequence[Position],
    ) -> None:
        """Begin before the first word."""
        self.vocabulary, self.words = vocabulary, words
        self.mentions = {mention.begins: mention for mention in mentions}
        self.verbs = {verb.begins: verb for verb in verbs}
        self.positions = {position.begins: position for position in positions}
        self.found = Structure(verbs=list(verbs))
        self.subjects: list[Mention] = []
        """Subjects of the clause, complete or still growing."""
        self.role: dict[int, str] = {}
        """For each noun phrase, by `id`: subject, object or ground."""
        self.governor: dict[int, Verb | Link] = {}
        """The verb of an object, the link of a ground, by `id`."""
        self.groups: dict[int, list[Mention]] = {}
        """Noun phrases that were joined by *and* or commas."""
        self.apart: set[int] = set()
        """Noun phrases, by `id`, that were joined to others and have a place of their own."""
        self.verb: Verb | None = None
        self.main: Verb | None = None
        self.last: Mention | None = None
        self.link: Link | None = None
        """The preposition that waits for its noun phrase."""
        self.fronted: list[Link] = []
        """Links at the beginning of the clause, whose figures are still to come."""
        self.opened: list[Link] = []
        """Such links after "there is": what is joined to its object is their figure too."""
        self.joined = False
        self.comma = False
        self.relative: Mention | None = None
        """What a relative pronoun stands for."""
        self.owner: Mention | None = None
        """What *whose* stands for, until its noun phrase comes."""
        self.outer: list[Mention] = []
        """Subjects of the clause around one that *whose* begins."""
        self.placed = False
        """Whether a position came after the last noun phrase or verb."""
        self.verb_since = False
        """Whether a verb came after the last noun phrase."""

    def group(self, mention: Mention) -> list[Mention]:
        """Return a noun phrase with those joined to it; alone if it has a place or clothes of its own."""
        if id(mention) in self.apart:
            return [mention]
        if self.role.get(id(mention)) == "subject" and mention in self.subjects:
            return list(self.subjects)
        return list(self.groups.get(id(mention), [mention]))

    def chain(self, near: Mention) -> list[Mention]:
        """Return a noun phrase and those it is attached to, nearest first."""
        chain = [near]
        while True:
            above = self._above(chain[-1])
            if not above or above[0] in chain:
                return chain
            chain += above

    def living(self, near: Mention) -> Mention | None:
        """Return the nearest living thing of a noun phrase and those it is attached to, None without one."""
        return next((one for one in self.chain(near) if is_living(one)), None)

    def _above(self, mention: Mention) -> list[Mention]:
        governor = self.governor.get(id(mention))
        if isinstance(governor, Link):
            return governor.figures[-1:]
        if isinstance(governor, Verb) and self.role.get(id(mention)) == "object":
            return governor.subjects[-1:]
        return []

    def link_of(self, mention: Mention | None) -> Link | None:
        """Return the link whose ground a noun phrase is, or None."""
        governor = self.governor.get(id(mention))
        return governor if isinstance(governor, Link) else None

    def verb_of(self, mention: Mention | None) -> Verb | None:
        """Return the verb whose object a noun phrase is, or None."""
        governor = self.governor.get(id(mention))
        return governor if isinstance(governor, Verb) else None

    def new_clause(self, keep: bool = False) -> None:
        """Begin a clause, with the subjects so far if they are kept."""
        if not keep:
            self.subjects, self.last = [], None
        self.verb, self.link, self.relative, self.joined, self.comma = None, None, None, False, False
