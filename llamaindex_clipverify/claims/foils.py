"""Foils of a claim: copies with one word swapped, so that an encoder can compare the claim with alternatives.

After the minimal pairs of SugarCrepe (Hsieh et al., NeurIPS 2023) and FOIL (Shekhar et al., ACL 2017).
"""

from __future__ import annotations

from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim

MOST = 16
"""Maximum number of foils per claim."""
_FAR = ("person", "car", "dog", "chair", "bottle", "banana", "laptop", "umbrella", "book", "train", "bed", "bird")
"""One or two nouns of every family, so that a claim is also compared with unrelated objects."""
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")


def foils(claim: Claim) -> list[Claim]:
    """Return the foils of a claim, hardest first: other objects, colours, numbers, or the opposite relation.

    `text`, `action` and `other` claims have no foils.
    """
    return list(_foils(claim))


@lru_cache(4096)
def _foils(claim: Claim) -> list[Claim]:
    """Return the foils of a claim; cached because every check asks for them in every picture."""
    if claim.noun is None:
        return []
    if claim.kind == "attribute":
        return [claim.swap(colour=colour) for colour in _COLOURS if colour != claim.colour][:MOST]
    if claim.kind == "count" and claim.number is not None:
        near = (claim.number + 1, claim.number - 1, claim.number + 2, claim.number - 2)
        return [claim.swap(number=number) for number in near if number > 0]
    if claim.kind == "relation" and claim.relation:
        opposite = claim.words.opposites.get(claim.relation)
        turned = claim.swap(noun=claim.reference, reference=claim.noun, plural=False, colour=None)
        return [claim.swap(relation=opposite), turned] if opposite else []
    if claim.kind == "object":
        return other_nouns(claim)
    return []


def other_nouns(claim: Claim) -> list[Claim]:
    """Return the claim with other nouns: first of the same family (else WordNet's sister terms), then of other families."""
    return list(_other_nouns(claim))


@lru_cache(4096)
def _other_nouns(claim: Claim) -> list[Claim]:
    noun, words = claim.noun or "", claim.words
    names = [*words.sisters(noun), *_FAR]
    unique = [name for name in dict.fromkeys(names) if name != noun]
    if noun not in words.plurals:  # a dog may be the animal of the claim, or the poodle
        unique = [name for name in unique if not words.related(noun, name)]
    return [claim.swap(noun=name) for name in unique][:MOST]


def pictured(claim: Claim) -> tuple[Claim, list[Claim]]:
    """Return the claim that a heat map explains, and the foils that it is contrasted with.

    The claim is reduced to one object in its colour: a map of several nouns localises none of them, and a number has no
    location. The foils are other objects and, if the claim has a colour, the same object in other colours.
    """
    target = claim.swap(
        kind="attribute" if claim.colour else "object", plural=False, number=None, relation=None, reference=None
    )
    colours = foils(target) if claim.colour else []
    return target, colours + other_nouns(target)
