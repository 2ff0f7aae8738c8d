"""Clauses before a Korean noun: 모자를 쓴 남자, 문이 열린 냉장고. They are stated when the noun is known."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.korean import clauses
from llamaindex_clipverify.claims.korean.claims_of import Claims
from llamaindex_clipverify.claims.korean.clauses_before_nouns import before_noun
from llamaindex_clipverify.claims.korean.default_relations import default_relation
from llamaindex_clipverify.claims.korean.phrases import ATTIRE, Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import Sense

_MEASURES = word_set("measures")
_ATTENTIVE = word_set("intransitive_actions") | word_set("attentive_actions")
_MATERIAL_VERBS = word_set("material_verbs")
_RUNNING = word_set("running_verbs")
"""What machines do by themselves: 가동 중인 설비."""


def modify(sentence: Sentence, clause: Clause) -> None:
    """Take from the stack what belongs to a clause before a noun."""
    begin = len(sentence.stack)
    while begin:
        item = sentence.stack[begin - 1]
        if isinstance(item, Phrase) and (item.case in ("topic", "join", "list", "of") or item.copula):
            break
        if isinstance(item, Spot) and item.topic:
            break
        begin -= 1
        if isinstance(item, Phrase) and item.case in ("subject", "", "also"):
            before = sentence.stack[begin - 1] if begin else None
            if (
                isinstance(before, Spot)
                and not before.topic
                and clause.has("exist", "visible")
                and begin + 1 == len(sentence.stack)
            ):
                begin -= 1
            break
    clause.items, sentence.stack = sentence.stack[begin:], sentence.stack[:begin]
    _keep_far_places(sentence, clause)
    if sentence.draft.colours and not clause.items and sentence.draft.start is not None:
        clause.start = min(clause.start, sentence.draft.start)
    sentence.draft.clauses.append(clause)


def _keep_far_places(sentence: Sentence, clause: Clause) -> None:
    """Leave a place before the subject to the clause outside: "배경에 산이 있는 …" keeps it, "방에 모자를 쓴 …" does not."""
    spots = [place for place, item in enumerate(clause.items) if isinstance(item, Spot)]
    objects = [item for item in clause.items if isinstance(item, Phrase) and item.case == "object"]
    worn = [ground for spot in clause.spots()[:1] for ground in spot.grounds if ground.sort in ("garments", "body")]
    dressed = bool(objects) and clause.has("wearing") is not None
    if spots and spots[0] == 0 and (dressed or _has_garment(clause)) and not worn:
        sentence.stack.append(clause.items.pop(0))


def _has_garment(clause: Clause) -> bool:
    """Return whether a clause says that somebody has a garment or not: "운동장에 모자가 없는 소년"."""
    subjects = [item for item in clause.items if isinstance(item, Phrase) and item.case in ("subject", "", "also")]
    garments = bool(subjects) and all(one.sort == "garments" for phrase in subjects for one in phrase.group())
    places = [
        ground for spot in clause.spots()[:1] for ground in spot.grounds if ground.sort in ("places", "nature", "at")
    ]
    return garments and bool(places) and clause.has("exist", "absent") is not None and clause.word in ("있다", "없다")


def headed(sentence: Sentence, head: Phrase, modifiers: Sequence[Clause]) -> None:
    """State the clauses before a noun, now that the noun is known."""
    for clause in modifiers:
        candidate = next(
            (item for item in clause.items if isinstance(item, Phrase) and item.case in ("subject", "", "also")),
            None,
        )
        facts = len(sentence.claims.found)
        if candidate is not None and (_is_inside(clause) or not _inner(clause, candidate, head)):
            clause.items.remove(candidate)
            sentence.stack.append(candidate)
            candidate = None
        _relative(sentence, clause, candidate, head)
        head.facts += list(range(facts, len(sentence.claims.found)))


def _is_inside(clause: Clause) -> bool:
    """Return whether 든 says where its noun is: "바구니에 든 감"."""
    grounds = [ground for spot in clause.spots() for ground in spot.grounds]
    inside = bool(grounds) and all(ground.sort in ("containers", "bags") for ground in grounds)
    return clause.word == "들다" and clause.ending == "adn" and inside and not clause.objects() and not clause.doing


def waits_for_person(clause: Clause, head: Phrase) -> bool:
    """Return whether a clause belongs to a later noun: "앉아 있는 긴 머리의 여자"; hair and hats do not sit."""
    if head.sort not in ("garments", "body", "bags") or head.noun in ("wing", "tail"):
        return False
    if any(isinstance(item, Phrase) and item.case in ("subject", "", "also") for item in clause.items):
        return False
    action = clause.has("actions")
    alone = action is not None and (bool(clause.objects()) or action.value in _ATTENTIVE)
    return alone or clause.has("postures") is not None or (clause.has("wearing") is not None and bool(clause.objects()))


def _needs_somebody(clause: Clause, head: Phrase) -> bool:
    """Return whether a clause without a subject waits for somebody after a thing: "방석에 누워 찢긴 수첩을 보는 토끼"."""
    lifeless = not head.living and head.sort not in ("unknown", "abstract", "body")
    return lifeless and clause.has("postures", "wearing") is not None and not clause.has("exist")


def skips_owner(clause: Clause, owner: Phrase) -> bool:
    """Return whether a clause before an owner is about what it owns: "나무로 만든 호수의 다리"."""
    made = clause.word in _MATERIAL_VERBS and not clause.objects()
    return made and owner.sort in ("nature", "places", "people", "animals")


def skips_ground(clause: Clause, ground: Phrase) -> bool:
    """Return whether a clause before a place is about a later person: "잠옷을 입은 난로 앞에 있는 여자"."""
    lifeless = not ground.living and ground.sort not in ("unknown", "abstract")
    worn = clause.has("wearing") is not None and not clause.has("actions") and bool(clause.objects())
    return lifeless and worn and all(one.sort in ("garments", "bags") for one in clause.objects())


def share(claims: Claims, first: Phrase, second: Phrase) -> None:
    """Let a clause before two joined persons be about both: "기다리고 있는 할머니와 할아버지"."""
    if first.sort != "people" or second.sort != "people" or first.number is not None:
        return
    for one in [claims.found[place] for place in dict.fromkeys(first.facts)]:
        if one.kind in ("action", "relation") and one.noun == first.noun and not one.negated:
            words = {"start": one.start, "end": second.end, "noun": second.noun, "narrow": second.narrow}
            second.facts.append(len(claims.found))
            claims.found.append(one.swap(**words))


def _inner(clause: Clause, candidate: Phrase, head: Phrase) -> bool:
    """Return whether a subject before a clause belongs to it, and not to the sentence around it."""
    if clause.has("have") and candidate.sort in ("body", "parts"):
        return True
    resting = clause.has("states")
    if resting and candidate.living and not clause.objects() and not clause.has("exist"):
        return resting.value == "asleep" and not head.living
    if clause.has("wearing", "actions", "do") and candidate.case == "" and clause.objects() == []:
        candidate.case = "object"
        return True
    if clause.doing and clause.word in _RUNNING:
        return False
    if clause.objects():
        return clause.has("have") is not None
    if clause.has("exist", "visible", "absent", "states", "have", "weather") and not clause.has("actions", "wearing"):
        later = any(spot.start > candidate.start for spot in clause.spots())
        return not later and not (clause.has("states") is not None and candidate.living and not clause.has("exist"))
    if clause.has("size", "state", "colour", "neutral"):
        return (has_own(candidate) and candidate.after == clause.at) or (
            candidate.after == clause.at - 1 and (candidate.sort in ("body", "parts") or has_own(candidate))
        )
    return not head.living or clause.has("exist") is not None


def _relative(sentence: Sentence, clause: Clause, candidate: Phrase | None, head: Phrase) -> None:
    """State a clause before a noun; its subject is the candidate, or the noun if there is none."""
    if clause.hedged or clause.ending == "will":
        clause.hedged = True
        if clause.ending != "will":
            sentence.hush(clause)
        return
    if candidate is not None and candidate.case == "object":
        candidate = None
    if candidate is None and _is_inside(clause):
        clause.senses = [Sense("exist", "be")]
    earlier = [one for one in sentence.subject if one.living]
    if candidate is None and earlier and _happens_in(clause, head):
        clause.subjects = earlier
        before_noun(sentence.claims, clause, head)
        return
    if candidate is None:
        clause.subjects = [head]
        later = [waiting for waiting in sentence.waiting if _needs_somebody(waiting, head)]
        for waiting in sentence.waiting:
            if waiting not in later:
                waiting.subjects = [head]
                waiting.hedged = waiting.hedged or (waiting.word == ATTIRE and clause.negated)
                clauses.state(sentence.claims, waiting)
        sentence.waiting = later
        if not clause.objects() and clause.has("wearing") and clause.doing is False and not head.living:
            return
        clauses.state(sentence.claims, clause)
        return
    clause.subjects = candidate.group()
    _place_before(sentence, clause, head)
    for one in sentence.subject:
        if (
            candidate.sort in ("body", "parts")
            and not one.owners
            and one is not candidate
            and clause.has("size", "state")
        ):
            _own(sentence, one, head)
    before_noun(sentence.claims, clause, head)


def _place_before(sentence: Sentence, clause: Clause, head: Phrase) -> None:
    """Put what the clause before says to be there into the place that ends the caption."""
    things, sentence.placeless = sentence.placeless, []
    if head.sort == "places" and clause.has("exist") and not clause.negated:
        for one in things:
            if not one.silent and not one.negated:
                sentence.claims.relation(default_relation(head, "at"), one, head, None, negated=False)


def _own(sentence: Sentence, part: Phrase, head: Phrase) -> None:
    """Give a noun the part that the clause before described: "귀가 뾰족하고 털이 긴 고양이"."""
    if part.sort in ("body", "parts") and sentence.claims.is_part(head, part):
        part.owners = [head]
        sentence.claims.part(part, head, negated=False)


def _happens_in(clause: Clause, head: Phrase) -> bool:
    """Return whether a noun is where the clause before it happens: "아이들이 웃으며 뛰노는 운동장"."""
    if head.sort not in ("places", "surfaces", "at") or clause.objects():
        return False
    action = clause.has("actions")
    return clause.has("postures") is not None or (action is not None and action.value in _ATTENTIVE)


def has_own(phrase: Phrase) -> bool:
    """Return whether a subject before an adjective is a part of what follows: 털이 하얀 개."""
    part = phrase.sort in ("body", "parts", "garments") or phrase.noun in terms().parts
    return part or phrase.surface in _MEASURES
