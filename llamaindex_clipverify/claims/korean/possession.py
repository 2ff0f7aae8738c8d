"""Claims that somebody has something: it is worn, a part, in a place, or with its owner."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase

_STOOD_ON = ("balcony", "rooftop", "stairs", "porch", "step")
"""Parts of buildings that are places."""
_WORN = ("garments", "bags")


def has_shape(thing: Phrase) -> bool:
    """Return whether 하다 says how somebody's hair looks: "갈색 곱슬머리를 한"."""
    if thing.sort == "body" and thing.noun in ("beard", "mustache", "ponytail", "bangs", "braid", "bun", "pigtails"):
        return True
    described = thing.colours or thing.others or thing.values or thing.surface not in ("머리", "고개")
    return thing.sort == "body" and thing.noun == "hair" and bool(described)


def possess(claims: Claims, owner: Phrase, thing: Phrase, clause: Clause) -> None:
    """Read that somebody has something: worn, a part, in a place, or with it."""
    start, end = min(owner.start, thing.start), max(owner.end, thing.end)
    if owner.living and thing.sort in _WORN:
        claims.wearing(owner, thing, start, end, negated=clause.negated)
    elif claims.is_part(owner, thing) and not (owner.sort == "places" and thing.sort != "parts"):
        claims.part(thing, owner, negated=clause.negated)
    elif owner.noun in _STOOD_ON:
        claims.relation("on", thing, owner, None, negated=clause.negated)
        thing.covered = thing.covered or clause.negated
    elif owner.sort in ("places", "buildings", "surfaces", "containers", "at"):
        relation = (
            "in" if owner.sort in ("places", "buildings", "containers") else "on" if owner.sort == "surfaces" else "at"
        )
        claims.relation(relation, thing, owner, None, negated=clause.negated)
        thing.covered = thing.covered or clause.negated
        if owner.sort == "places":
            claims.scene("place", owner.noun, owner.start, owner.end)
    elif owner.sort == "nature" and not thing.silent and clause.has("exist"):
        claims.relation(default_relation(owner, "at"), thing, owner, None, negated=clause.negated)
        thing.covered = thing.covered or clause.negated
    elif clause.negated:
        thing.negated = True
    elif not owner.silent and not (owner.sort == "body" and thing.sort == "body"):
        claims.relation("with", owner, thing, None, negated=False)
