"""A claim: a span of an answer that can be true or false of a picture, and the words it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from llamaindex_clipverify.claims.vocabulary import Vocabulary, english

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.written_claims import Statement

Kind = Literal["object", "attribute", "count", "relation", "action", "text", "other"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One checkable (or honestly uncheckable) statement, always kept in its positive form beside `negated`."""

    text: str
    """The words as they stand in the answer, `answer[start:end]`."""
    start: int
    end: int
    kind: Kind
    negated: bool = False
    noun: str | None = None
    """Canonical noun, or the word itself when the vocabulary does not know it."""
    known: bool = True
    """Whether the vocabulary knows the noun(s)."""
    plural: bool = False
    colour: str | None = None
    number: int | None = None
    relation: str | None = None
    """Canonical relation of `noun` to `reference`."""
    reference: str | None = None
    """Canonical noun that a relation points at: in "a dog left of a car" the car."""
    cites: int | None = None
    """Zero-based index of the picture that the sentence names ("in image 2"), else None: any picture will do."""
    narrow: str | None = None
    """What the answer calls the noun where that says more: *man* for person. Who sees persons cannot count men."""
    written: Statement | None = None
    """Of a `text` claim: what is said to be written, parsed; None where the splitter did not parse it."""
    vocabulary: Vocabulary | None = None
    """Where the words came from; None is English."""

    @property
    def words(self) -> Vocabulary:
        """The vocabulary of the claim."""
        return self.vocabulary or english()

    @cached_property
    def phrase(self) -> str:
        """The positive claim as a short noun phrase for an image-text encoder: ``two red cars``, ``a dog left of a car``."""
        if self.noun is None:
            return self.text
        head = noun_phrase(self.words, self.noun, self.colour, self.number, plural=self.plural)
        if self.kind == "relation" and self.relation and self.reference:
            link = {"left of": "to the left of", "right of": "to the right of"}.get(self.relation, self.relation)
            return f"{head} {link} {noun_phrase(self.words, self.reference)}"
        if self.kind == "action" and self.text.split()[-1].isascii():
            return f"{head} {self.text.split()[-1]}"
        return head

    def swap(self, **words: object) -> Claim:
        """Return the claim with other words (a foil): ``claim.swap(colour="blue")``."""
        return replace(self, **words)  # type: ignore[arg-type]


def noun_phrase(
    words: Vocabulary, noun: str, colour: str | None = None, number: int | None = None, *, plural: bool = False
) -> str:
    """Return "a red car", "two cars", "cars": the noun with its number or article and its colour."""
    many = plural if number is None else number != 1
    name = words.plural(noun) if many else noun
    described = f"{colour} {name}" if colour else name
    if number is not None:
        return f"{words.number_word(number)} {described}"
    if many or (words.plural(noun) == noun and noun.endswith("s")):
        return described
    return f"{'an' if described[0] in 'aeiou' else 'a'} {described}"


def sentence(claim: Claim) -> str:
    """Return a claim of an object, colour or number as a sentence that the splitter reads as that claim again."""
    if claim.noun is None:
        return ""
    if claim.kind == "attribute":
        be = "are" if claim.plural else "is"
        return f"The {claim.words.plural(claim.noun) if claim.plural else claim.noun} {be} {claim.colour}."
    phrase = noun_phrase(claim.words, claim.noun, claim.colour, claim.number, plural=claim.plural)
    many = claim.number not in (None, 1) or (claim.number is None and not phrase.startswith(("a ", "an ")))
    return f"There {'are' if many else 'is'} {phrase} in the picture."


class Splitter(Protocol):
    """Turns an answer into claims."""

    language: str
    """ISO 639-1 code of the language it reads."""

    def split(self, answer: str) -> list[Claim]:
        """Return the claims of an answer in the order of their first character."""
        ...
