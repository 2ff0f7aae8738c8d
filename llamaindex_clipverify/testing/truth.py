"""Decides whether a claim is true of drawn scenes; the reference for measuring verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.testing.art import NOUNS
from llamaindex_clipverify.testing.lively import ACTIONS, PLACES
from llamaindex_clipverify.testing.patterns import PATTERNS
from llamaindex_clipverify.testing.scenes import Relation, Scene

_OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


def truth_of(claim: Claim, scenes: Sequence[Scene]) -> bool | None:
    """Return whether a claim, as stated, is true of the cited picture, else of any (negated: all) of the pictures.

    None: the scenes cannot decide it, for example a mood, an undrawn noun, an indefinite colour or an unclear position.
    """
    meant = [scenes[claim.cites]] if claim.cites is not None and claim.cites < len(scenes) else scenes
    found = [_positive(claim, scene) for scene in meant]
    there = True if True in found else None if None in found or not found else False
    return None if there is None else there != claim.negated


def _positive(claim: Claim, scene: Scene) -> bool | None:
    if claim.kind == "scene":
        return None if not scene.place or claim.value not in PLACES else claim.value == scene.place
    if claim.noun not in NOUNS:
        return None
    if claim.noun in scene.unclaimed:
        return True if claim.kind == "object" and scene.count(claim.noun) else None
    if claim.kind == "count" and claim.number is None:
        return None
    judges = {"attribute": _coloured, "relation": _placed, "action": _acting, "pattern": _patterned, "state": _in_state}
    if claim.kind in ("object", "count"):
        count = scene.count(claim.noun)
        return count > 0 if claim.kind == "object" else count == claim.number
    return judges[claim.kind](claim, scene) if claim.kind in judges else None


def _acting(claim: Claim, scene: Scene) -> bool | None:
    verb = claim.value
    if claim.reference is not None:
        verb = next(
            (name for name, action in ACTIONS.items() if action.shows == claim.reference and _means(claim, name)), None
        )
    if verb not in ACTIONS or (verb == "ride" and claim.reference is None):
        return None
    return _any({thing.action for thing in scene.objects if thing.noun == claim.noun}, verb)


def _means(claim: Claim, action: str) -> bool:
    return claim.value == action or (claim.value == "ride" and action == "cycle")


def _patterned(claim: Claim, scene: Scene) -> bool | None:
    if claim.value not in (*PATTERNS, "plain"):
        return None
    return _any({thing.pattern for thing in scene.objects if thing.noun == claim.noun}, claim.value)


def _in_state(claim: Claim, scene: Scene) -> bool | None:
    if claim.value not in ("open", "closed"):
        return None
    return _any({thing.state for thing in scene.objects if thing.noun == claim.noun}, claim.value)


def _any(values: set[str | None], wanted: str | None) -> bool | None:
    """Return whether the wanted value is one of those of the things; None if one is unknown, or nothing is there."""
    if wanted in values:
        return True
    return None if None in values or not values else False


def _coloured(claim: Claim, scene: Scene) -> bool | None:
    colours = {thing.colour for thing in scene.objects if thing.noun == claim.noun}
    if claim.colour is None or (None in colours and claim.colour not in colours):
        return None
    return claim.colour in colours


def _placed(claim: Claim, scene: Scene) -> bool | None:
    noun, other, relation = str(claim.noun), claim.reference, str(claim.relation)
    if other not in NOUNS or relation not in _OPPOSITE:
        return None
    if not scene.count(noun) or not scene.count(other):
        return False
    facts = scene.relations()
    if Relation(noun, relation, other) in facts:
        return True
    return False if Relation(noun, _OPPOSITE[relation], other) in facts else None
