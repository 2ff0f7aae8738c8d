"""Claims in words: as a noun phrase for an image-text encoder, and as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.vocabulary import Vocabulary

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.claim import Claim

_SIDES = {"left of": "to the left of", "right of": "to the right of"}
_POSITIONS = {
    "background": "in the background",
    "foreground": "in the foreground",
    "centre": "in the centre",
    "corner": "in the corner",
}


def noun_phrase(
    words: Vocabulary, noun: str, colour: str | None = None, number: int | None = None, *, plural: bool = False
) -> str:
    """Return the noun with its number or article and its colour: "a red car", "two cars", "cars"."""
    is_plural = plural if number is None else number != 1
    name = words.plural(noun) if is_plural else noun
    described = f"{colour} {name}" if colour else name
    if number is not None:
        return f"{words.number_word(number)} {described}"
    if is_plural or (words.plural(noun) == noun and noun.endswith("s")):
        return described
    return f"{'an' if described[0] in 'aeiou' else 'a'} {described}"


def phrase(claim: Claim) -> str:
    """Return the positive claim as a noun phrase: ``two red cars``, ``a person holding a cup``, ``a bus with red wheels``."""
    if claim.kind == "scene" and claim.value is not None:
        return f"a {claim.value} day" if claim.facet == "weather" else claim.value
    if claim.noun is None:
        return claim.text
    if claim.kind in _PHRASES:
        return _PHRASES[claim.kind](claim)
    return _head(claim)


def _head(claim: Claim) -> str:
    return noun_phrase(claim.words, claim.noun or "", claim.colour, claim.number, plural=claim.plural)


def _plain(claim: Claim) -> str:
    return noun_phrase(claim.words, claim.noun or "", plural=claim.plural)


def _other(claim: Claim, colour: str | None = None) -> str:
    noun = claim.reference or ""
    several = noun not in claim.words.plurals and noun.endswith("s") and not noun.endswith("ss")
    return noun_phrase(claim.words, noun, colour, plural=several) if noun else ""


def _relation(claim: Claim) -> str:
    if not (claim.relation and claim.reference):
        return _head(claim)
    return f"{_head(claim)} {_SIDES.get(claim.relation, claim.relation)} {_other(claim)}"


def _action(claim: Claim) -> str:
    if claim.value is None:
        return f"{_head(claim)} {claim.text.split()[-1]}" if claim.text.isascii() else _head(claim)
    return f"{_head(claim)} {gerund(claim.value)} {_other(claim)}".rstrip()


def _described(claim: Claim) -> str:
    return noun_phrase(claim.words, claim.noun or "", claim.value, plural=claim.plural)


_PHRASES: dict[str, Callable[[Claim], str]] = {
    "relation": _relation,
    "depth": _relation,
    "comparison": _relation,
    "action": _action,
    "wearing": lambda claim: f"{_plain(claim)} wearing {_other(claim, claim.colour)}",
    "part": lambda claim: f"{_other(claim)} with {_head(claim)}",
    "material": lambda claim: f"{_plain(claim)} made of {claim.value}",
    "pattern": _described,
    "size": _described,
    "state": _described,
    "position": lambda claim: f"{_plain(claim)} {_POSITIONS.get(claim.value or '', f'on the {claim.value}')}",
}


def gerund(verb: str) -> str:
    """Return the -ing form of a verb."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return f"{verb[:-1]}ing"
    short = len(verb) > 2 and verb[-1] not in "aeiouwxy" and verb[-2] in "aeiou" and verb[-3] not in "aeiou"
    single = sum(letter in "aeiou" for letter in verb) == 1
    return f"{verb}{verb[-1]}ing" if short and single else f"{verb}ing"


def sentence(claim: Claim) -> str:
    """Return an object, attribute or count claim as a sentence that the splitter turns back into the same claim."""
    if claim.noun is None:
        return ""
    if claim.kind == "attribute":
        be = "are" if claim.plural else "is"
        return f"The {claim.words.plural(claim.noun) if claim.plural else claim.noun} {be} {claim.colour}."
    words = _head(claim)
    is_plural = claim.number not in (None, 1) or (claim.number is None and not words.startswith(("a ", "an ")))
    return f"There {'are' if is_plural else 'is'} {words} in the picture."
