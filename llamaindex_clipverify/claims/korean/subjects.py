"""Finds the subjects of a Korean clause: phrases with a subject particle, topics, or phrases without a particle."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean import clauses
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.word_lists import word_set

_HELD = word_set("held_verbs")


def subjects_of(sentence: Sentence, clause: Clause) -> list[Phrase]:
    """Return the subjects that a clause names itself; empty if it names none."""
    phrases = [item for item in clause.items if isinstance(item, Phrase)]
    _find_objects(sentence, clause, phrases)
    marked = [one for one in phrases if one.case == "subject"]
    topics = [one for one in phrases if one.case in ("topic", "also", "only", "but")]
    if marked:
        for one in topics:
            one.covered = one.covered or one.surface == "아무"
        topics = [one for one in topics if one.surface != "아무"]
    topic = _topic_of(sentence, clause, marked, topics)
    if topic is not None:
        return clauses.double(sentence.claims, clause, topic, marked[-1])
    chosen = marked[-1:] or _without_nobody(topics)
    if chosen and sentence.subject and not clause.objects() and _is_object(sentence, clause, chosen[0]):
        chosen[0].case = "object"
        return []
    return [one for phrase in chosen or _unmarked(sentence, clause, phrases) for one in phrase.group()]


def _find_objects(sentence: Sentence, clause: Clause, phrases: list[Phrase]) -> None:
    """Let things with 도 be objects if somebody else is the subject: "남자는 모자도 안경도 쓰지 않았다"."""
    named = [one for one in phrases if one.case in ("subject", "topic")] or sentence.subject
    worn = clause.word == "하다" and any(one.sort == "garments" for one in phrases)
    acts = clause.has("wearing", "actions") or worn
    if not any(one.living for one in named) or not acts or clause.has("exist", "absent"):
        return
    for one in phrases:
        bare = one.case == "" and one.after == clause.at and one is phrases[-1] and not clause.objects()
        told = one.case == "topic" and any(other.living and other is not one for other in named)
        contrasted = told and _may_be_held(clause, one)  # 여자는 장갑은 끼고 있지만
        if (one.case == "also" or bare or contrasted) and not one.living and not one.silent:
            one.case = "object"


def _topic_of(sentence: Sentence, clause: Clause, marked: list[Phrase], topics: list[Phrase]) -> Phrase | None:
    """Return the topic that a marked subject belongs to: named in the clause, or a person named before."""
    if not marked:
        return None
    if topics and topics[0] is not marked[-1]:
        return topics[0]
    owner = sentence.subject[-1] if sentence.subject else None
    whole = owner.owners[-1] if owner is not None and owner.owners else owner
    if whole is not None and _has_part(sentence, clause, whole, marked[-1]):
        return whole
    if owner is None or not owner.living or clause.spots() or not clause.has("exist", "absent"):
        return None
    return owner if marked[-1].sort in ("body", "garments") else None


def _has_part(sentence: Sentence, clause: Clause, whole: Phrase, piece: Phrase) -> bool:
    """Return whether a part that is there or not belongs to the thing before: "등받이는 둥글고 팔걸이가 없다"."""
    if piece.sort != "parts" or clause.spots() or not clause.has("exist", "absent") or whole.pronoun:
        return False
    return whole.sort in ("things", "containers", "surfaces", "garments", "bags") and sentence.claims.is_part(
        whole, piece
    )


def _without_nobody(topics: list[Phrase]) -> list[Phrase]:
    """Return the topics without 아무도, if there are others."""
    return [one for one in topics if one.surface != "아무"] or topics


def _unmarked(sentence: Sentence, clause: Clause, phrases: list[Phrase]) -> list[Phrase]:
    """Return the last phrase without a particle; it may turn out to be the object, with the subject before it."""
    bare = [one for one in phrases if one.case == ""]
    chosen = [one for one in bare if not one.silent][-1:]
    if not chosen or clause.objects() or not clause.has("wearing", "actions"):
        return chosen
    if not sentence.subject and len(phrases) == 1 and chosen[0].living:
        return chosen
    chosen[0].case = "object"
    return [one for one in bare if one is not chosen[0]][-1:]


def _is_object(sentence: Sentence, clause: Clause, phrase: Phrase) -> bool:
    """Return whether a topic is what somebody named before holds or wears: "모자는 쓰고 있다"."""
    return sentence.subject[0].living and not phrase.living and _may_be_held(clause, phrase)


def _may_be_held(clause: Clause, phrase: Phrase) -> bool:
    """Return whether the verb says that somebody wears or holds such a thing."""
    worn = clause.has("wearing") is not None and phrase.sort in ("garments", "bags")
    held = clause.has("actions") is not None and clause.doing and phrase.sort in ("things", "food", "bags")
    return worn or (held and clause.word in _HELD)
