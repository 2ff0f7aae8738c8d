"""Claims of a Korean clause before a noun whose subject is inside: 문이 열린 냉장고, 남자가 들고 있는 우산."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.actions import PLACING, in_posture, state_action
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.clauses import own_parts, state
from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.descriptions import DESCRIBED, made_of, tall, weather
from llamaindex_clipverify.claims.korean.passives import covered
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import placed
from llamaindex_clipverify.claims.korean.possession import possess
from llamaindex_clipverify.claims.korean.presence import deny_facts, state_lacking
from llamaindex_clipverify.claims.korean.verb_meanings import english_verb
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import Sense

_FACE_WORDS = word_set("face_words")
_RISING = ("smoke", "steam", "fire", "light", "flame", "냄새", "소리", "향기", "윤기")
"""What comes out of things: 연기가 나는 굴뚝."""
_LAID = word_set("laid_verbs")
_INTRANSITIVE = word_set("intransitive_actions")
_HOLDING = ("들다", "차다", "담다")
"""Verbs before a container that say what is in it."""
_FACES = word_set("faces")
"""Sides of the noun itself: 앞면에 그림이 있는 상자."""


def before_noun(claims: Claims, clause: Clause, head: Phrase) -> None:
    """Add the claims of a clause whose subject is inside: 문이 열린 냉장고, 남자가 들고 있는 우산."""
    state_lacking(claims, clause)
    subjects = clause.subjects
    if clause.word in ("나다", "날다") and all(one.noun in _RISING for one in subjects):
        clause.senses = [Sense("have", "have")]
    clause.start = min([clause.start, *(item.start for item in clause.items)])
    if covered(claims, clause, head):
        return
    if clause.word in _HOLDING and clause.ending == "adn" and not clause.objects():
        _contained(clause, head)
    if clause.has("weather") and any(one.noun in ("snow", "rain") or one.surface in ("눈", "비") for one in subjects):
        weather(claims, clause, subjects)
        if head.surface in ("날", "날씨"):
            head.silent = True
        return
    if clause.has("absent", "exist", "visible", "have") and not (clause.has("actions") and not clause.lasting):
        _belongs(claims, clause, head)
        return
    if any(one.surface == "키" for one in subjects) and clause.has("size"):
        tall(clause)
        clause.subjects = [head]
        state(claims, clause)
        return
    if made_of(claims, clause):
        own_parts(claims, clause, [head], subjects[-1])
        return
    if clause.has("states", *DESCRIBED) and not clause.has("wearing"):
        for phrase in subjects:
            if claims.is_part(head, phrase):
                claims.part(phrase, head, negated=False)
        state(claims, clause)
        return
    _towards(claims, clause, head)


def _contained(clause: Clause, head: Phrase) -> None:
    """Let "구슬이 든 상자" say that the beads are in the box."""
    if head.sort in ("containers", "bags", "surfaces") and not any(one.living for one in clause.subjects):
        clause.senses = [Sense("exist", "be")]
        clause.items.append(Spot.of(head, case="at", relation=default_relation(head, "at")))


def _belongs(claims: Claims, clause: Clause, head: Phrase) -> None:
    """Read a clause that says what its noun has, or where its noun is: 그림이 있는 벽."""
    if clause.has("absent"):
        if clause.negated:
            return
        clause.negated = True
    pieces = all(claims.is_part(head, one) for one in clause.subjects)
    if pieces and clause.subjects and all(spot.word in _FACE_WORDS and not spot.grounds for spot in clause.spots()):
        clause.items = [item for item in clause.items if not isinstance(item, Spot)]
    for spot in clause.spots():
        if any(ground.noun in _FACES for ground in spot.grounds) or not (spot.grounds or spot.positions):
            for ground in spot.grounds:
                ground.silent = True
            spot.grounds = [head]
            spot.relation = spot.relation or "on"
        placed(claims, clause.subjects, spot, negated=clause.negated)
    for phrase in clause.subjects:
        if clause.negated:
            deny_facts(claims, phrase)
        if not clause.spots() or head.sort == "places":
            _has(claims, clause, head, phrase)


def _has(claims: Claims, clause: Clause, head: Phrase, phrase: Phrase) -> None:
    """Read what the noun after a clause has, or what lies on it: 빨래가 널린 옥상."""
    if clause.word in _LAID and not head.living and not head.silent and not claims.is_part(head, phrase):
        claims.relation(default_relation(head, "at"), phrase, head, None, negated=clause.negated)
        phrase.covered = phrase.covered or clause.negated
    elif not head.silent and not (phrase.silent and phrase.sort != "unknown"):
        possess(claims, head, phrase, clause)
    elif clause.negated:
        phrase.negated = True


def _towards(claims: Claims, clause: Clause, head: Phrase) -> None:
    """Read a clause whose noun is its object or its place."""
    posture = clause.has("postures")
    if posture is not None:
        in_posture(claims, clause)
        if head.sort in ("surfaces", "places", "containers", "nature"):
            for phrase in clause.subjects:
                relation = "on" if head.sort == "surfaces" else "in"
                claims.relation(relation, phrase, head, None, negated=clause.negated)
        return
    if clause.has("wearing") and head.sort in ("garments", "bags"):
        for phrase in clause.subjects:
            claims.wearing(phrase, head, clause.start, head.end, negated=clause.negated)
        return
    sense = clause.has("actions")
    if sense is None:
        return
    value = english_verb(clause, [head], sense.value)
    for phrase in clause.subjects:
        if clause.word in PLACING and not phrase.living:
            claims.relation(default_relation(head, "at"), phrase, head, None, negated=clause.negated)
            phrase.covered = phrase.covered or clause.negated
            continue
        open_ground = head.sort in ("surfaces", "at", "buildings") and value in _INTRANSITIVE
        place = head.sort == "places" or head.silent or head.sort == "nature" or open_ground
        state_action(claims, clause, phrase, value, None if place else head)
        if place and not head.silent and (head.sort == "places" or value in _INTRANSITIVE):
            claims.relation(default_relation(head, "in"), phrase, head, None, negated=clause.negated)
    if clause.word in PLACING:
        for spot in clause.spots():
            placed(claims, [head], spot, negated=clause.negated)
