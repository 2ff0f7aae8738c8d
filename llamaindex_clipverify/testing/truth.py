"""Decides whether a claim is true of drawn scenes; the reference for measuring verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.testing.art import NOUNS
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
    if claim.noun not in NOUNS:
        return None
    if claim.kind == "object":
        return scene.count(claim.noun) > 0
    if claim.kind == "count":
        return None if claim.number is None else scene.count(claim.noun) == claim.number
    if claim.kind == "attribute":
        return _coloured(claim, scene)
    return _placed(claim, scene) if claim.kind == "relation" else None


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
