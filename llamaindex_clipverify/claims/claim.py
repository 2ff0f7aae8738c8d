"""A claim: a span of an answer that can be true or false of a picture, and the words it is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from llamaindex_clipverify.claims.vocabulary import Vocabulary, english
from llamaindex_clipverify.claims.wording import phrase

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.written_claims import Statement

Kind = Literal[
    "object", "attribute", "count", "bound", "relation", "depth", "position", "action", "wearing", "part", "material", "pattern",
    "size", "state", "scene", "comparison", "text", "other",
]  # fmt: skip
"""What a claim states; docs/claims.md has a table with an example of each, and what checks it."""


_TOGETHER = frozenset({"with", "at", "of", "in"})
"""Relations without a direction: things that touch are together ("a man with a suitcase", "people at a table", "in a car")."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of an answer, in its positive form; `negated` says whether the answer denies it."""

    text: str
    """The words of the answer, `answer[start:end]`."""
    start: int
    end: int
    kind: Kind
    negated: bool = False
    noun: str | None = None
    """Canonical noun, or the word itself if the vocabulary does not have it."""
    known: bool = True
    """Whether the vocabulary has the noun, and for a relation the reference too."""
    plural: bool = False
    colour: str | None = None
    number: int | None = None
    of_some: bool = False
    """Whether the answer tells the thing from others of its kind, which may be there too: "three people sit on a bench", "the red
    umbrella and the blue one"."""
    hard_to_see: tuple[str, ...] = ()
    """Those of its nouns that the answer calls small, far away, behind something or seen in part: a detector may miss them."""
    at_least: int | None = None
    """Least number of a `bound` claim: 3 for "several"."""
    at_most: int | None = None
    relation: str | None = None
    """Canonical relation of `noun` to `reference`, or the preposition of the answer if the vocabulary has no name for it."""
    reference: str | None = None
    """Canonical noun of the second thing: *car* in "a dog left of a car", what is held or worn, the whole of a part."""
    value: str | None = None
    """Base form of the verb of an action; canonical value of a position, material, pattern, size, state or scene."""
    facet: str | None = None
    """What the value of a scene is: ``place``, ``weather`` or ``time``."""
    cites: int | None = None
    """Zero-based index of the picture that the sentence cites ("in image 2"). None: any picture may support the claim."""
    narrow: str | None = None
    """The more specific word of the answer: *man* for person. A detector of persons cannot count men."""
    written: Statement | None = None
    """The parsed statement of a `text` claim; None if the splitter did not parse it."""
    vocabulary: Vocabulary | None = None
    """Vocabulary of the words. Default: English."""

    @property
    def unnamed(self) -> str | None:
        """Return the relation or colour of the claim that the vocabulary has no name for, so that no check measures it."""
        if self.kind == "relation" and not self.is_together and self.relation not in self.words.relation_names:
            return self.relation
        return self.colour if self.colour is not None and self.colour not in self.words.colour_names else None

    @property
    def is_together(self) -> bool:
        """Whether it is a relation without a direction, that things are together: "a man with a suitcase"."""
        return self.kind == "relation" and self.relation in _TOGETHER

    @property
    def words(self) -> Vocabulary:
        """Return the vocabulary of the claim."""
        return self.vocabulary or english()

    @cached_property
    def phrase(self) -> str:
        """Return the positive claim as a noun phrase for an image-text encoder: ``two red cars``, ``a dog left of a car``."""
        return phrase(self)

    def __repr__(self) -> str:
        """Show the text and what differs from the defaults."""
        shown = [repr(self.text), f"kind={self.kind!r}"]
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in ("text", "start", "end", "kind", "vocabulary") and value != one.default:
                shown.append(f"{one.name}={value!r}")
        return f"Claim({', '.join(shown)})"

    def swap(self, **words: object) -> Claim:
        """Return a copy of the claim with some fields replaced: ``claim.swap(colour="blue")``."""
        if not words.keys() <= _FIELDS:
            return replace(self, **words)  # type: ignore[arg-type]  # tells what is wrong
        # a third of the time of `replace`: foils make some dozens of copies of every claim
        changed: Claim = object.__new__(type(self))
        kept = {name: value for name, value in vars(self).items() if name in _FIELDS}
        vars(changed).update(kept, **words)
        return changed


_FIELDS = frozenset(one.name for one in fields(Claim))


class Splitter(Protocol):
    """Splits an answer into claims."""

    language: str
    """ISO 639-1 code of the language the splitter reads."""

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character."""
        ...


class QuestionSplitter(Protocol):
    """A splitter that reads short answers together with their question: "Three." to "How many clocks are there?"."""

    language: str
    """ISO 639-1 code of the language the splitter reads."""
    reads_questions: bool
    """Always True."""

    def split(self, answer: str, question: str | None = None) -> list[Claim]:
        """Return the claims of an answer, sorted by their first character."""
        ...
