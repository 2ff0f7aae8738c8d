"""A sentence that is read: its noun phrases and structure, what is denied or hedged in it, and how a claim is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.sentences import Sentence, Word
from llamaindex_clipverify.claims.english.structure import Structure
from llamaindex_clipverify.claims.english.terms import Terms, terms
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.vocabulary import Vocabulary


@dataclass(eq=False, kw_only=True)
class Clause:
    """One sentence with its noun phrases and structure."""

    sentence: Sentence
    mentions: list[Mention]
    structure: Structure
    hedged: list[bool]
    vocabulary: Vocabulary
    own: Vocabulary | None = None
    """Vocabulary stored in the claims. None: the built-in one."""
    covered: set[int] = field(default_factory=set)
    """Mentions, by `id`, whose presence another claim already states or denies."""

    coloured: set[int] = field(default_factory=set)
    """Positions of *in* before colours: "a man in red"."""

    @property
    def words(self) -> Sequence[Word]:
        """The words of the sentence."""
        return self.sentence.words

    @property
    def terms(self) -> Terms:
        """Descriptive words by what they say."""
        return terms()

    def text(self, at: int) -> str:
        """Return the word at a position, "" outside the sentence."""
        return text_at(self.words, at)

    def between(self, start: int, end: int) -> list[str]:
        """Return the words of a span."""
        return [word.text for word in self.words[start:end]]

    def verb_before(self, at: int) -> Verb | None:
        """Return the last verb that begins before a position."""
        return next((verb for verb in reversed(self.structure.verbs) if verb.begins < at), None)

    def meant(self, mentions: Iterable[Mention]) -> list[tuple[Mention, Mention]]:
        """Return each mention with the nouns it stands for: itself, or what a pronoun refers to."""
        return [(mention, noun) for mention in mentions for noun in mention.means()]

    def claim_at(self, kind: Kind, mention: Mention, last: int | None = None, **words: object) -> Claim:
        """Return a claim that spans a noun phrase, or what begins with it and ends before word `last`.

        The claim that a thing is there spans its noun only: it says nothing of the adjectives.
        """
        described = kind == "object" and not mention.negated and any(at < mention.head for _, at in mention.adjectives)
        start = self.words[mention.head if described else mention.first].start
        word = self.words[(mention.after if last is None else last) - 1]
        end = word.end - 2 * (mention.possessive and last is None and word.text.endswith("'s"))
        return self.claim(kind, mention, start, end, **words)

    def spanning(self, kind: Kind, mention: Mention, first: int, last: int, /, **words: object) -> Claim:
        """Return a claim that spans the words from `first` to `last`, in either order, both included."""
        low, high = min(first, last), max(first, last)
        return self.claim(kind, mention, self.words[low].start, self.words[high].end, **words)

    def claim(self, kind: Kind, mention: Mention, start: int, end: int, /, **words: object) -> Claim:
        """Return a claim about a noun with a span of the answer."""
        own: dict[str, Any] = {
            "negated": mention.negated, "noun": mention.noun, "known": mention.known, "plural": mention.plural,
            "narrow": mention.narrow, "cites": self.sentence.cites, "vocabulary": self.own, **words,
        }  # fmt: skip
        return Claim(text=self.sentence.answer[start:end], start=start, end=end, kind=kind, **own)
