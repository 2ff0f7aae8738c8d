"""What a claim implies: the things that it is about are there. Where one is not, the claim is false, whatever it says of it.

That there is a kitchen is as true as that the picture shows a kitchen.

"The bus on the left is yellow" is false of a picture without a bus, although nothing can check the colour of a bus that is not
there. So a claim that no check could decide is *contradicted* where the presence of one of its things is.
"""

from __future__ import annotations

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.places import PLACES

_ABOUT_THINGS = frozenset({
    "attribute", "count", "bound", "position", "relation", "depth", "action", "wearing", "part", "material", "pattern", "size",
    "state", "comparison",
})  # fmt: skip
"""Kinds of claim that are about things that must be there."""
_NOT_THERE = frozenset({"for", "like", "without", "about", "to", "than", "as"})
"""Relations whose second thing need not be in the picture."""


def presences(claim: Claim) -> list[Claim]:
    """Return the claims that each thing of a claim is there; none for a claim that denies something."""
    if claim.negated or claim.kind not in _ABOUT_THINGS or claim.noun is None or claim.number == 0:
        return []
    found = [_presence(claim, claim.noun, claim.narrow)]
    if claim.reference is not None and claim.relation not in _NOT_THERE and claim.reference != claim.noun:
        found.append(_presence(claim, claim.reference, None))
    return found


def as_place(claim: Claim) -> Claim | None:
    """Return the claim that the picture shows a place, for one that this place is there; None for any other."""
    is_place = claim.kind == "object" and claim.noun in PLACES
    return claim.swap(kind="scene", value=claim.noun, facet="place", noun=None) if is_place else None


def _presence(claim: Claim, noun: str, narrow: str | None) -> Claim:
    return Claim(
        text=claim.text,
        start=claim.start,
        end=claim.end,
        kind="object",
        noun=noun,
        known=claim.known,
        narrow=narrow,
        hard_to_see=(noun,) if noun in claim.hard_to_see else (),
        cites=claim.cites,
        vocabulary=claim.vocabulary,
    )
