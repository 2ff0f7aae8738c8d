"""What else a claim could say: other actions, places, materials, patterns, states or garments (claims/words/alternatives.json).

An encoder compares a claim with these: "a person swimming" with the same person walking, sleeping and so on. The lists are
plain data; a word that is missing there is compared with the words that are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.wordnet import wordnet


def alternatives(claim: Claim) -> list[Claim]:
    """Return a claim with what else could be said in its place; none for kinds or states without alternatives."""
    return list(_alternatives(claim))


@lru_cache(4096)
def _alternatives(claim: Claim) -> tuple[Claim, ...]:
    find = _BY_KIND.get(claim.kind)
    return tuple(find(claim)) if find is not None else ()


@lru_cache
def _lists() -> Mapping[str, Any]:
    path = files("llamaindex_clipverify.claims") / "words" / "alternatives.json"
    lists: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return lists


def _scenes(claim: Claim) -> Iterable[Claim]:
    """Other values of the facet; those that share a word are left out, and "indoors" has nothing to compare with."""
    own = set((claim.value or "").split())
    if own & {"indoors", "outdoors"}:
        return []
    values = _lists()["scene"].get(claim.facet or "", ())
    return (claim.swap(value=value) for value in values if not own & set(value.split()))


def _actions(claim: Claim) -> Iterable[Claim]:
    """Other verbs for this kind of actor; with a thing also what else can be done with it."""
    if claim.value is None:
        return
    if claim.reference is not None:
        for verb in _lists()["action_on_a_thing"]:
            if verb != claim.value:
                yield claim.swap(value=verb)
    for verb in _lists()["action"][_actor(claim)]:
        if verb != claim.value:
            yield claim.swap(value=verb, reference=None, colour=None)


def _actor(claim: Claim) -> str:
    """Return the list of verbs for the one who acts: ``person``, ``animal``, ``vehicle`` or ``thing``."""
    noun = claim.noun or ""
    family = {"human": "person"}.get(claim.words.groups.get(noun, ""), claim.words.groups.get(noun, ""))
    if family in ("person", "animal", "vehicle"):
        return family
    return next((kind for kind in ("person", "animal", "vehicle") if wordnet().is_kind(noun, kind)), "thing")


def _values(claim: Claim) -> Iterable[Claim]:
    return (claim.swap(value=value) for value in _lists()[claim.kind] if value != claim.value)


def _states(claim: Claim) -> Iterable[Claim]:
    """The opposites of a state, in every list that has it."""
    values = [value for states in _lists()["state"] if claim.value in states for value in states]
    return (claim.swap(value=value) for value in dict.fromkeys(values) if value != claim.value)


def _garments(claim: Claim) -> Iterable[Claim]:
    return (claim.swap(reference=garment) for garment in _lists()["wearing"] if garment != claim.reference)


_BY_KIND: Mapping[str, Callable[[Claim], Iterable[Claim]]] = {
    "scene": _scenes,
    "action": _actions,
    "material": _values,
    "pattern": _values,
    "state": _states,
    "wearing": _garments,
}
KINDS = tuple(_BY_KIND)
"""Kinds of claim that have alternatives."""
