"""Passive verbs with 으로 or 에: what surrounds, covers, fills or adorns a thing. 숲으로 둘러싸이다, 천으로 덮이다."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.descriptions import state_value
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.word_lists import word_set, word_table

_RELATIONS = word_table("passive_relations")
"""Passive verb to the relation of what does it to what it is done to."""
_COVERS = {"snow": "snow-covered", "leaf": "leaf-covered"}
_COVERING = word_set("covering_verbs")
_COVERED = ("places", "nature", "surfaces", "buildings")


def done_by(claims: Claims, clause: Clause) -> bool:
    """Read a passive verb with what does it; return whether it is one."""
    relation = _RELATIONS.get(clause.word)
    if relation is None or not clause.subjects:
        return False
    agents = [one for item in clause.items for one in _agents(clause, item, relation)]
    agents = [one for one in agents if one not in clause.subjects and (not one.silent or one.sort == "unknown")]
    if not agents:
        return False
    for figure in clause.subjects:
        for agent in agents:
            _related(claims, clause, relation, figure, agent)
    return True


def _agents(clause: Clause, item: Phrase | Spot, relation: str) -> list[Phrase]:
    """Return what a phrase with 으로 names; with 에 only what surrounds."""
    cases = ("to", "at") if relation == "around" else ("to",)
    if item.case not in cases:
        return []
    if isinstance(item, Spot):
        return item.grounds if item.word == "" else []
    return item.group()


def _related(claims: Claims, clause: Clause, relation: str, figure: Phrase, agent: Phrase) -> None:
    """Add the relation of two phrases, or that snow or leaves cover one."""
    if figure.silent:
        return
    agent.silent = False
    cover = _COVERS.get(agent.noun) if relation == "on" else None
    if cover is not None:
        state_value(claims, clause, "state", cover, [figure])
        agent.covered = True
        return
    if relation == "with":
        claims.relation(relation, figure, agent, None, negated=clause.negated)
    else:
        claims.relation(relation, agent, figure, None, negated=clause.negated)


def covered(claims: Claims, clause: Clause, head: Phrase) -> bool:
    """Read "눈이 쌓인 숲": snow or leaves cover the noun."""
    covers = [_COVERS[one.noun] for one in clause.subjects if one.noun in _COVERS and clause.word in _COVERING]
    if not covers or head.sort not in _COVERED:
        return False
    claims.about("state", head, clause.start, head.end, value=covers[0], negated=clause.negated, known=False)
    for phrase in clause.subjects:
        phrase.covered = True
    return True
