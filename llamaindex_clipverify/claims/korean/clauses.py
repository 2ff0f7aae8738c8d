"""Claims of a Korean clause: its verb decides which kind of statement it is."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.actions import (
    act,
    in_posture,
    on_body,
    put_on,
    surround,
    wears,
    wrapped,
)
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.descriptions import (
    DESCRIBED,
    composed,
    describe,
    in_state,
    made_of,
    tall,
    weather,
)
from llamaindex_clipverify.claims.korean.passives import done_by
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.possession import has_shape, possess
from llamaindex_clipverify.claims.korean.presence import absent, exist, seen, state_lacking
from llamaindex_clipverify.claims.korean.verb_meanings import named_by_object
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import Sense

_PREPARED = word_set("prepare_verbs")
_DRESSING = ("입다", "신다", "착용하다", "걸치다")
"""Verbs whose object is always worn, whatever it is."""
_INSTRUMENTS = word_set("instruments")


def state(claims: Claims, clause: Clause) -> bool:
    """Add the claims of a clause; return whether its subject is carried on."""
    if clause.void:
        for phrase in clause.subjects:
            phrase.covered = True
        return True
    if clause.hedged:
        return True
    state_lacking(claims, clause)
    if clause.word == "켜다" and any(one.noun in _INSTRUMENTS for one in clause.objects()):
        clause.senses = [Sense("actions", "play")]
    if clause.word in ("나다", "날다") and any(one.noun in ("sky", "air") for one in clause.objects()):
        clause.senses = [Sense("actions", "fly")]
    _take_for_persons(clause)
    _together(claims, clause)
    if clause.negated and all(one.silent for one in clause.subjects):
        for phrase in clause.objects():
            phrase.covered = True
    for phrase in clause.subjects if clause.denied else ():
        phrase.number, phrase.covered = None, True
    for phrase in clause.subjects if clause.negated and not clause.has("exist", "absent", "visible") else ():
        phrase.covered = phrase.covered or phrase.none
    clause.start = min([clause.start, *(item.start for item in clause.items)])
    return (
        _of_wearing(claims, clause)
        or _of_presence(claims, clause)
        or _of_doing(claims, clause)
        or (clause.has("neutral") is not None and any(one.living for one in clause.subjects))
    )


def _together(claims: Claims, clause: Clause) -> None:
    """Read "개와 함께": the subjects are with somebody or something."""
    for item in clause.items if not clause.negated else ():
        if isinstance(item, Phrase) and item.case == "together":
            for figure in clause.subjects:
                if not figure.silent and not item.silent:
                    claims.relation("with", figure, item, None, negated=False)


def _take_for_persons(clause: Clause) -> None:
    """Let subjects of no list be persons if they wear, hold, sit or stand: 엿장수는 목판을 들고 있다."""
    human = clause.has("wearing", "postures") or (clause.has("actions") and clause.objects())
    for phrase in clause.subjects if human else ():
        if phrase.sort == "unknown":
            phrase.sort, phrase.silent = "people", False


def _of_wearing(claims: Claims, clause: Clause) -> bool:
    """Read what is missing, made of something or worn, and the weather; return whether the clause is one of these."""
    subjects = clause.subjects
    garments = [
        one for one in clause.objects() if one.sort in ("garments", "bags") or _is_unlisted_garment(clause, one)
    ]
    if clause.has("absent"):
        absent(claims, clause)
    elif (
        made_of(claims, clause)
        or done_by(claims, clause)
        or wrapped(claims, clause)
        or surround(claims, clause)
        or (garments and put_on(claims, clause, garments))
    ):
        return True
    elif (clause.has("wearing") or clause.word == "하다") and garments:
        wears(claims, clause, garments)
    elif clause.word == "하다" and any(has_shape(one) for one in clause.objects()):
        _possesses(claims, clause)
    elif clause.has("weather") and any(one.noun in ("snow", "rain") or one.surface in ("눈", "비") for one in subjects):
        weather(claims, clause, subjects)
    else:
        return False
    return True


def _put_around(claims: Claims, clause: Clause, garments: list[Phrase]) -> bool:
    """Read what is around somebody or something, and what somebody puts on somebody else."""
    around = wrapped(claims, clause) or surround(claims, clause)
    if clause.has("wearing") and not clause.has("actions") and not garments and _is_on_body(clause):
        on_body(claims, clause, clause.objects())
        return True
    return around or (bool(garments) and clause.has("wearing") is not None and put_on(claims, clause, garments))


def _is_on_body(clause: Clause) -> bool:
    """Return whether a clause names a part of the body where something is: "팔에 바구니를 끼고"."""
    return bool(clause.objects()) and any(one.sort == "body" for spot in clause.spots() for one in spot.grounds)


def _is_unlisted_garment(clause: Clause, thing: Phrase) -> bool:
    """Return whether an object of no list is worn, by the verb or by the end of its name: 위생모를 쓰다."""
    headwear = clause.word == "쓰다" and thing.surface.endswith(("모", "캡", "경", "면"))
    return thing.sort == "unknown" and (clause.word in _DRESSING or headwear)


def _of_presence(claims: Claims, clause: Clause) -> bool:
    """Read what somebody has, what is seen and what is there; return whether the clause is one of these."""
    done = clause.has("actions") is not None
    prepared = done and clause.word in _PREPARED and not clause.negated
    if clause.has("have") and not prepared and not (done and not clause.doing and not clause.objects()):
        _possesses(claims, clause)
    elif clause.has("visible", "shows"):
        seen(claims, clause)
    elif (
        clause.has("exist") and not (done and not clause.lasting) and not (clause.has("states") and not clause.spots())
    ):
        exist(claims, clause)
    else:
        return False
    return True


def _of_doing(claims: Claims, clause: Clause) -> bool:
    """Read postures, states, actions and descriptions; return whether the clause is one of these."""
    acted = clause.has("actions") and (clause.objects() or any(one.living for one in clause.subjects))
    if clause.has("postures"):
        in_posture(claims, clause)
    elif clause.has("states") and not acted:
        in_state(claims, clause)
    elif clause.has("actions", "do") or named_by_object(clause):
        act(claims, clause)
    elif clause.has(*DESCRIBED):
        describe(claims, clause, clause.subjects)
    elif clause.word in ("구성되다", "이루어지다"):
        composed(claims, clause)
    else:
        return False
    return True


def _possesses(claims: Claims, clause: Clause) -> None:
    things = clause.objects()
    for figure in clause.subjects:
        for thing in things:
            possess(claims, figure, thing, clause)
    on_body(claims, clause, things)


def double(claims: Claims, clause: Clause, topic: Phrase, subject: Phrase) -> list[Phrase]:
    """Read a topic and a subject: "남자는 머리가 길다"; return the subjects of the verb."""
    owners = topic.group()
    if subject.surface == "키" and clause.has("size"):
        tall(clause)
        return owners
    if topic.sort == "places" or (
        clause.has("exist", "visible", "absent")
        and topic.sort in ("containers", "surfaces")
        and not claims.is_part(topic, subject)
    ):
        relation = "on" if topic.sort == "surfaces" else "in"
        clause.items.append(
            Spot(grounds=owners, word="", relation=relation, positions=[], start=topic.start, end=topic.end, case="at")
        )
    elif clause.has("exist", "absent", "have", "visible") and not clause.spots():
        clause.negated = clause.negated or clause.has("absent") is not None
        for owner in owners:
            for thing in subject.group():
                possess(claims, owner, thing, clause)
        clause.senses = [Sense("neutral", "seem")]
        return owners
    elif clause.has("wearing", "actions") and not clause.objects() and not topic.living:
        topic.case = "object"
    else:
        own_parts(claims, clause, owners, subject)
    return subject.group()


def own_parts(claims: Claims, clause: Clause, owners: list[Phrase], subject: Phrase) -> None:
    """Let the topics own the subjects that can be their parts."""
    for owner in owners:
        for thing in subject.group():
            if claims.is_part(owner, thing):
                thing.owners = [owner]
                if not clause.has("colour"):
                    claims.part(thing, owner, negated=False)
