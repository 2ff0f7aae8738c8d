"""Foils of a claim: the same words with one of them swapped, so that an encoder has something to prefer it to.

After the minimal pairs of SugarCrepe (Hsieh et al., NeurIPS 2023) and FOIL (Shekhar et al., ACL 2017).
"""

from __future__ import annotations

from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim

MOST = 16
"""Foils per claim at most."""
_FAR = ("person", "car", "dog", "chair", "bottle", "banana", "laptop", "umbrella", "book", "train", "bed", "bird")
"""One or two nouns of every family, so that a claim is also compared with things that are nothing like it."""
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")


def foils(claim: Claim) -> list[Claim]:
    """Return the foils of a claim, hardest first: other objects, colours, numbers, or the opposite relation.

    `text` and `other` claims have none: there is no word to swap.
    """
    return list(_foils(claim))


@lru_cache(4096)
def _foils(claim: Claim) -> list[Claim]:
    """Find them; every check asks for the same ones in every picture."""
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
    """Return the claim with other nouns: first of the same family (WordNet's sisters of a noun it alone has), then of others."""
    return list(_other_nouns(claim))


@lru_cache(4096)
def _other_nouns(claim: Claim) -> list[Claim]:
    noun, words = claim.noun or "", claim.words
    names = [*words.sisters(noun), *_FAR]
    unique = [name for name in dict.fromkeys(names) if name != noun]
    if noun not in words.plurals:  # a dog is no foil of an animal, nor of a poodle
        unique = [name for name in unique if not words.related(noun, name)]
    return [claim.swap(noun=name) for name in unique][:MOST]


def pictured(claim: Claim) -> tuple[Claim, list[Claim]]:
    """Return what a heat map of a claim is of, and what it is told apart from: one thing at a time, in its colour.

    The noun phrase and not the sentence, for a map of several nouns points at none; no number, for a place has none. The
    foils are other things, and for a thing with a colour the same thing in other colours.
    """
    one = claim.swap(
        kind="attribute" if claim.colour else "object", plural=False, number=None, relation=None, reference=None
    )
    colours = foils(one) if claim.colour else []
    return one, colours + other_nouns(one)
