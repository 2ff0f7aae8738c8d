"""Relations that a Korean particle alone means: 벽에 *on*, 방에 *in*, 계산대에 *at*."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.korean.phrases import Phrase
from llamaindex_clipverify.claims.korean.word_lists import word_set

_IN = word_set("places_to_be_in")
_BESIDE = word_set("places_beside_water")
_AT = word_set("places_to_be_at")


def default_relation(ground: Phrase, case: str) -> str:
    """Return the relation that a particle alone means: 벽에 *on*, 방에 *in*, 계산대에 *at*."""
    name = (ground.narrow or ground.noun).split()[-1]
    if ground.sort == "at" or name in _BESIDE or (case == "in" and (ground.narrow or ground.noun) in _AT):
        return "at"
    if ground.sort == "surfaces" and name not in ("field", "alley", "street"):
        return "onto" if case == "to" else "on"
    if ground.narrow == "snow field" or ground.noun == "snow field":
        return "on"
    if ground.sort in ("containers", "places", "buildings") or name in _IN:
        return "into" if case == "to" else "on" if name in ("sand", "street") else "in"
    return "to" if case == "to" else "on" if name in terms().parts | terms().body or ground.sort else "in"
