"""Claims on what is there and what is not: 있다, 없다, 보이다, 없이."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.actions import state_action
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.descriptions import state_value
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import admit, placed
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_STUCK = word_set("stuck_verbs")
"""Verbs whose subject is in the thing that they name: 문에 꽂히다."""


def state_lacking(claims: Claims, clause: Clause) -> None:
    """State what 없이 denies, now that the subject is known."""
    lacking, claims.lacking = claims.lacking, []
    for one in lacking:
        for thing in one.subjects:
            if thing not in claims.phrases:
                continue
            wearers = [figure for figure in clause.subjects if figure.living]
            if thing.sort == "garments" and wearers:
                for figure in wearers:
                    claims.wearing(
                        figure, thing, min(thing.start, figure.start), max(one.end, figure.end), negated=True
                    )
            else:
                thing.negated = True


def deny(claims: Claims, phrase: Phrase, start: int, end: int) -> None:
    """Deny a thing: what a clause before the noun said of it is denied in its place."""
    if phrase not in claims.phrases:
        claims.about("object", phrase, start, end, negated=True)
        return
    facts = deny_facts(claims, phrase)
    if phrase.contrast is not None or phrase.denied_colours:
        phrase.silent = True
        if phrase.contrast is not None:
            phrase.contrast.silent = True
        claims.found = [one for one in claims.found if not (one.negated and one.noun == phrase.noun)]
    phrase.negated, phrase.covered = True, phrase.covered or bool(facts)
    for owner in phrase.owners:
        owner.silent = owner.silent or owner.sort in ("body", "parts", "garments")


def deny_facts(claims: Claims, phrase: Phrase) -> list[int]:
    """Deny what a clause before a noun said of it."""
    kinds = ("action", "relation", "depth", "wearing", "state", "position")
    facts = [
        place
        for place in phrase.facts
        if (claims.found[place].kind in kinds and claims.found[place].noun == phrase.noun)
        or (claims.found[place].kind == "part" and claims.found[place].reference == phrase.noun)
    ]
    for place in facts:
        claims.found[place] = claims.found[place].swap(negated=True)
    return facts


def absent(claims: Claims, clause: Clause) -> None:
    """Read 없다: the subject is denied, or its place if the clause names one."""
    if clause.negated:
        return
    clause.negated = True
    things = clause.subjects
    spots = [spot for spot in clause.spots() if _grounded(spot) or (spot.relation and claims.focus)]
    only = [item for item in clause.items if isinstance(item, Phrase) and item.case in ("but", "only")]
    if only:
        for spot in spots:
            placed(claims, [one for phrase in only for one in phrase.group()], spot)
        return
    for thing in things:
        if thing.silent and thing.sort != "unknown":
            continue
        thing.silent = False
        if thing not in claims.phrases:
            claims.about("object", thing, clause.start, clause.end, negated=True)
            continue
        if spots and not thing.facts:
            for spot in spots:
                placed(claims, [thing], spot, negated=True)
            thing.negated = thing.covered = True
        else:
            deny(claims, thing, clause.start, clause.end)


def _grounded(spot: Spot) -> bool:
    return bool(spot.grounds or spot.positions)


def exist(claims: Claims, clause: Clause) -> None:
    """Read 있다 and verbs like it: where the subjects are."""
    subjects = clause.subjects
    above = clause.word in ("떠오르다",)
    for figure in subjects if clause.word == "올라가다" else ():
        if figure.living:
            state_action(claims, clause, figure, "climb", None)
    spots = list(clause.spots())
    admit(spots)
    for phrase in subjects:
        named = clause.word in ("있다", "보이다") or (spots and not clause.negated)
        if phrase.sort == "unknown" and phrase.case in ("subject", "topic", "") and named:
            phrase.silent = phrase.surface in lexicon().not_things
    if clause.negated and any(isinstance(item, Phrase) and item.case == "together" for item in clause.items):
        return
    if clause.negated and not spots:
        for phrase in subjects:
            deny(claims, phrase, clause.start, clause.end)
        return
    for phrase in subjects if clause.negated else ():
        phrase.number = phrase.at_least = phrase.at_most = None
    for spot in spots:
        if clause.word in _STUCK and spot.word == "" and spot.relation == "on":
            spot.relation = "in"
        placed(claims, subjects, spot, negated=clause.negated, above=above)
    sense = clause.has("states")
    if sense is not None and clause.lasting and sense.value not in ("parked",):
        state_value(claims, clause, "state", sense.value, [one for one in subjects if not one.living])
    _sized(claims, subjects)


def _sized(claims: Claims, subjects: list[Phrase]) -> None:
    """State the size that an adverb names: "크게 걸려 있다"."""
    if claims.pending_size is not None:
        value, start, end = claims.pending_size
        for phrase in subjects:
            claims.about("size", phrase, min(start, phrase.start), max(end, phrase.end), value=value, known=False)
        claims.pending_size = None


def seen(claims: Claims, clause: Clause) -> None:
    """Read 보이다 and 보여주다: what is seen is there."""
    subjects = [*clause.subjects] if clause.has("visible") and not clause.visible else []
    subjects += clause.objects()
    clause.subjects = subjects or clause.subjects
    clause.senses = [sense for sense in clause.senses if sense.sort in ("visible", "shows")]
    exist(claims, clause)
