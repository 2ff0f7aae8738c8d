"""Claims on what somebody does or wears, with the object and the place of the verb."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import NO_GROUNDS, admit, placed
from llamaindex_clipverify.claims.korean.possession import has_shape
from llamaindex_clipverify.claims.korean.verb_meanings import english_verb
from llamaindex_clipverify.claims.korean.word_lists import word_set

_PUT = word_set("placing_actions")
_MOTION = word_set("motions_of_things")
"""What lifeless things do too."""
_TABLES = word_set("tables_to_sit_at")
_INSERTING = word_set("inserting_verbs")
PLACING = word_set("placing_verbs")
"""Verbs whose object is in the place that they name: 벽에 붙이다."""
_CLOTHS = word_set("wrapped_cloths")
_WRAPPING = word_set("wrapping_verbs")
_SURROUNDING = word_set("surrounding_verbs")
_UNMOVED = ("nature", "surfaces", "buildings", "places")
_MOVABLE = word_set("movable_surfaces")
_JUMPING = ("뛰어넘다", "건너뛰다", "넘다")
"""Verbs whose path is below."""
_TAKING = word_set("taking_out_verbs")
_GIVING = word_set("giving_actions")
_MACHINES = word_set("machines_that_act")
_HANDS = word_set("hand_actions")
_OF_ANYTHING = frozenset("enjoy look see use do make prepare avoid forget show watch feel start".split())
"""Verbs whose object may be abstract: a word of no list is not stated after them."""
_MOVES = word_set("moves_along_paths")


def wears(claims: Claims, clause: Clause, garments: list[Phrase]) -> None:
    """Add that the subjects wear the garments."""
    garments = [*_with_them(clause), *garments]
    for figure in clause.subjects:
        figure.covered = figure.covered or (clause.negated and figure.surface == "아무")
        if figure.silent or figure.sort in ("garments", "places"):
            continue
        for hair in _hair_with_them(clause):
            claims.part(hair, figure, negated=False)
        for garment in garments:
            claims.wearing(
                figure, garment, min(clause.start, figure.start), max(clause.end, figure.end), negated=clause.negated
            )
    on_body(claims, clause, garments)
    _beside(claims, clause)


def put_on(claims: Claims, clause: Clause, garments: list[Phrase]) -> bool:
    """Read "강아지에게 목줄을 매다": somebody puts a thing on somebody else; return whether that is said."""
    receivers = [one for one in clause.items if isinstance(one, Phrase) and one.case == "at" and one.living]
    for receiver in receivers:
        for garment in garments:
            claims.relation("on", garment, receiver, None, negated=clause.negated)
            for figure in clause.subjects:
                state_action(claims, clause, figure, "put on", garment)
    return bool(receivers)


def wrapped(claims: Claims, clause: Clause) -> bool:
    """Read "담요를 두르다": a cloth is around somebody; return whether that is said."""
    cloths = [one for one in clause.objects() if one.noun in _CLOTHS] if clause.word in _WRAPPING else []
    for figure in clause.subjects:
        for cloth in cloths:
            claims.relation("around", cloth, figure, None, negated=clause.negated)
            state_action(claims, clause, figure, "wrap", cloth)
    return bool(cloths)


def surround(claims: Claims, clause: Clause) -> bool:
    """Read "동그라미가 개를 둘러싸고 있다": a thing is around another; return whether that is said."""
    if clause.word not in _SURROUNDING or not clause.objects():
        return False
    for figure in clause.subjects:
        for target in clause.objects():
            if not figure.living:
                figure.silent = False
                claims.relation("around", figure, target, None, negated=clause.negated)
    return not any(figure.living for figure in clause.subjects)


def on_body(claims: Claims, clause: Clause, things: list[Phrase]) -> None:
    """Place what somebody wears or has on a part of the body: "어깨에 목도리를 두르고"."""
    for spot in clause.spots() if not clause.negated else ():
        for ground in spot.grounds if spot.word in ("", "위") and spot.case == "at" else ():
            if ground.sort == "body":
                for thing in things:
                    claims.relation("on", thing, ground, None, negated=False)


def _with_them(clause: Clause) -> list[Phrase]:
    """Return garments with 에 before the object: "블라우스에 치마를 입고"."""
    spots = [spot for spot in clause.spots() if spot.case == "at" and spot.word == ""]
    return [ground for spot in spots for ground in spot.grounds if ground.sort == "garments"]


def _hair_with_them(clause: Clause) -> list[Phrase]:
    """Return hair with 에 before the garment: "갈색 곱슬머리에 안경을 쓴"."""
    spots = [spot for spot in clause.spots() if spot.case == "at" and spot.word == ""]
    return [ground for spot in spots for ground in spot.grounds if has_shape(ground)]


def _beside(claims: Claims, clause: Clause) -> None:
    """Place the subjects of a verb where the clause says."""
    for spot in clause.spots():
        if not any(ground.sort in ("body", "garments") for ground in spot.grounds):
            placed(claims, clause.subjects, spot, negated=False)


def in_posture(claims: Claims, clause: Clause) -> None:
    """Add that the living subjects stand, sit or lie, and where."""
    sense = clause.has("postures")
    assert sense is not None
    admit(clause.spots())
    for line in clause.objects():
        line.silent = line.silent or line.noun == "line"
    for figure in clause.subjects:
        if figure.living:
            state_action(claims, clause, figure, sense.value, None)
    for spot in clause.spots():
        if sense.value == "sit" and spot.word == "" and any(one.noun in _TABLES for one in spot.grounds):
            spot.relation = "at"
        living = any(one.living and one.surface != "아무" for one in clause.subjects)
        placed(claims, [] if clause.negated and living else clause.subjects, spot, negated=clause.negated)


def act(claims: Claims, clause: Clause) -> None:
    """Add what the subjects do, with the objects, the paths and the places of the verb."""
    objects = clause.objects()
    sense = clause.has("actions")
    value = english_verb(clause, objects, sense.value if sense else "")
    if not value:
        return
    paths = [
        one
        for one in objects
        if value in _MOVES and one.sort in ("surfaces", "nature", "places") and value not in ("cross", "ride")
    ]
    unlisted = value not in _OF_ANYTHING
    targets = [one for one in objects if one not in paths and (not one.silent or (unlisted and one.sort == "unknown"))]
    targets += _ridden(clause) if value in ("ride", "mount") and not targets else []
    targets += _entered(clause) if value == "enter" and not targets else []
    nothing: list[Phrase | None] = [None]
    unmoved = value in _PUT and any(one.sort in _UNMOVED and not _is_movable(one) for one in objects)
    for figure in clause.subjects if not unmoved else ():
        if figure.silent and figure.sort != "people" and not figure.pronoun:
            continue
        machine = bool(objects) and (figure.narrow or figure.noun) in _MACHINES
        if not figure.living and not machine and not (value in _MOTION or (value in _HANDS and figure.sort == "body")):
            continue
        for target in targets or nothing:
            state_action(claims, clause, figure, value, target)
        for path in [one for one in paths if one.noun not in NO_GROUNDS]:
            relation = "over" if clause.word in _JUMPING else default_relation(path, "in")
            claims.relation(relation, figure, path, None, negated=clause.negated)
    unread = [one for one in clause.subjects if not one.living and one.case == "also"]
    for target in [*targets, *unread] if clause.negated else ():
        target.covered = True
    _where(claims, clause, value, targets)


def _is_movable(thing: Phrase) -> bool:
    """Return whether a surface can be put somewhere: paper and plates, no roads."""
    return thing.sort == "surfaces" and (thing.narrow or thing.noun).split()[-1] in _MOVABLE


def _entered(clause: Clause) -> list[Phrase]:
    return [ground for spot in clause.spots() if spot.case in ("to", "at") for ground in spot.grounds]


def _ridden(clause: Clause) -> list[Phrase]:
    return [
        ground
        for spot in clause.spots()
        for ground in spot.grounds
        if ground.sort in ("containers", "things", "surfaces", "animals") and spot.word == ""
    ]


def _where(claims: Claims, clause: Clause, value: str, objects: list[Phrase]) -> None:
    for spot in clause.spots():
        inserted = clause.word in _INSERTING and bool(objects)
        written = value in ("write", "draw")
        moved = inserted or ((clause.word in PLACING or written) and bool(objects) and spot.case == "at")
        held = any(ground.sort == "body" for ground in spot.grounds) or (value in _PUT and objects) or moved
        if inserted and spot.word == "":
            spot.relation = "in" if any(ground.sort == "body" for ground in spot.grounds) else "into"
        figures = objects if held and (objects or any(one.living for one in clause.subjects)) else clause.subjects
        if written and not objects and spot.case == "at":
            placed(claims, [], spot)
            continue
        if value in ("ride", "mount", "enter") and any(ground in objects for ground in spot.grounds):
            continue
        if value == "lean" and spot.word == "":
            spot.relation = "against"
        if objects and not held and spot.case == "to" and _is_tool(spot):
            spot.relation = "with"
        if held and spot.case == "to" and spot.word == "" and any(ground.sort == "body" for ground in spot.grounds):
            spot.relation = "in"
        if (not held and spot.relation == "to") or (clause.negated and not held) or _is_source(clause, spot, value):
            placed(claims, [], spot)
            continue
        placed(
            claims,
            figures,
            spot,
            negated=bool(held and clause.negated),
            above=value in ("fly",) or (bool(held) and spot.word == "위" and value not in _PUT and not moved),
        )


def _is_source(clause: Clause, spot: Spot, value: str) -> bool:
    """Return whether a place is where something is taken from, seen, or who gets it: 가방에서 꺼내다, 창밖을 보다."""
    if spot.case == "object" and value in ("look", "watch", "stare", "peer", "point"):
        return True
    taken = spot.case == "in" and clause.word in _TAKING
    return spot.word == "" and (taken or (spot.case == "at" and value in _GIVING))


def _is_tool(spot: Spot) -> bool:
    """Return whether a place is the tool of the action: 합판으로."""
    return spot.word == "" and all(one.sort == "things" for one in spot.grounds)


def watch(claims: Claims, clause: Clause, watchers: list[Phrase], seen: list[Phrase]) -> None:
    """Add that somebody sees or hears what the subjects of a clause do."""
    if clause.watched is None or clause.hedged:
        return
    for figure in watchers:
        for target in seen:
            if not figure.silent and figure is not target:
                state_action(claims, clause, figure, clause.watched.value, target)


def state_action(claims: Claims, clause: Clause, figure: Phrase, value: str, target: Phrase | None) -> None:
    """Add an action of a figure; `target` is its object, if it has one."""
    start, end = min(clause.start, figure.start), max(clause.end, figure.end)
    figure.covered = figure.covered or (clause.negated and figure.surface == "아무")
    reference = target.noun if target is not None else None
    claims.about("action", figure, start, end, value=value, reference=reference, known=False, negated=clause.negated)
