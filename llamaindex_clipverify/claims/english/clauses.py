"""A sentence with its mentions: which subjects a verb has, and how a claim is made of a mention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.grammar import (
    BE,
    CARRIES,
    COLOUR_WORDS,
    CONJUNCTIONS,
    COPULAS,
    PLURAL_BE,
    PREPOSITIONS,
    RELATIVES,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.sentences import Sentence, Word
from llamaindex_clipverify.claims.vocabulary import Vocabulary

_BREAKS = frozenset(("but", "while", ";", "whereas", "because", "there", "—"))
_BETWEEN = frozenset(("between", "than"))


@dataclass
class Clause:
    """One sentence with its noun phrases; `claims` returns what it states about them."""

    sentence: Sentence
    mentions: list[Mention]
    hedged: list[bool]
    vocabulary: Vocabulary
    own: Vocabulary | None = None
    """Vocabulary stored in the claims. None: the built-in one."""
    covered: set[int] = field(default_factory=set)
    """Mentions, by `id`, whose presence another claim (a predicate or a relation) already covers."""
    inside: set[int] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the words that belong to mentions."""
        self.inside = {at for mention in self.mentions for at in range(mention.begins, mention.after)}

    @property
    def words(self) -> Sequence[Word]:
        """The words of the sentence."""
        return self.sentence.words

    def _subjects(self, verb: int) -> list[Mention]:
        """Return the subjects of the verb at a position: the head of the phrase before it and what is joined to that."""
        earlier = [
            mention for mention in self.mentions if mention.after <= verb or (mention.pronoun and mention.head == verb)
        ]
        if not earlier or _BREAKS & set(self._between(earlier[-1].after, verb)):
            return []
        if self._text(verb - 1) in RELATIVES:
            return [earlier[-1]]
        if self._text(verb - 1) == "and":
            return self._subjects_shared(verb, earlier)
        if not self._reaches(earlier[-1], verb):
            return []
        place = self._chain_start(earlier, len(earlier) - 1)
        group = [earlier[place]]
        joining = (
            self._text(verb) in PLURAL_BE or self._text(verb) not in COPULAS or "neither" in self._between(0, verb)
        )
        while joining and place and self._joined(earlier[place - 1], earlier[place]):
            place -= 1
            place = self._chain_start(earlier, place)
            group.insert(0, earlier[place])
        return group

    def _subjects_shared(self, verb: int, earlier: list[Mention]) -> list[Mention]:
        """Return the subjects of a second verb ("… sits there and is black"): those of the previous verb."""
        verbs = [at for at in range(earlier[0].after, verb - 1) if self._text(at) in BE and at not in self.inside]
        return self._subjects(verbs[-1]) if verbs else [earlier[0]]

    def _reaches(self, mention: Mention, verb: int) -> bool:
        """Return whether no other verb is between a mention and a verb, except in a relative clause in commas."""
        between = self._between(mention.after, verb)
        return not any(text in BE and place > 0 for place, text in enumerate(between)) or "," in between

    def _chain_start(self, mentions: Sequence[Mention], place: int) -> int:
        """Walk back over prepositions: in "the cat on the table" from the table to the cat."""
        while place:
            before, here = mentions[place - 1], mentions[place]
            between = self._between(before.after, here.begins)
            linked = bool(between) and all(
                text in PREPOSITIONS | CARRIES | {"top", "next", "to", "close"} for text in between
            )
            own = before.possessive and not between and here.noun in COLOUR_WORDS
            if not (linked or own) or here.pronoun:
                break
            if "of" in between and before.noun in COLOUR_WORDS:
                break
            place -= 1
            if own:
                break
        return place

    def _joined(self, one: Mention, other: Mention) -> bool:
        between = self._between(one.after, other.begins)
        return bool(between) and set(between) <= CONJUNCTIONS | {",", "both", "neither"}

    def _claim(self, kind: Kind, mention: Mention, last: int | None = None, **words: object) -> Claim:
        start = self.words[mention.first].start
        word = self.words[(mention.after if last is None else last) - 1]
        end = word.end - 2 * (mention.possessive and last is None and word.text.endswith("'s"))
        return self._build_claim(kind, mention, start, end, **words)

    def _build_claim(self, kind: Kind, mention: Mention, start: int, end: int, **words: object) -> Claim:
        own: dict[str, Any] = {
            "negated": mention.negated, "noun": mention.noun, "known": mention.known, "plural": mention.plural,
            "narrow": mention.narrow, "cites": self.sentence.cites, "vocabulary": self.own, **words,
        }  # fmt: skip
        return Claim(text=self.sentence.answer[start:end], start=start, end=end, kind=kind, **own)

    def _text(self, at: int) -> str:
        return self.words[at].text if 0 <= at < len(self.words) else ""

    def _between(self, start: int, end: int) -> list[str]:
        return [word.text for word in self.words[start:end]]
