"""Verbs said once for two clauses: "남자는 바지를, 여자는 치마를 입고 있다"."""

from __future__ import annotations

from dataclasses import replace

from llamaindex_clipverify.claims.korean import clauses
from llamaindex_clipverify.claims.korean.phrases import Clause, Phrase, Spot
from llamaindex_clipverify.claims.korean.sentence import Sentence

_NAMED = ("topic", "subject")
_PARALLEL = 4
"""Tokens after the comma in which the second clause names its subject or its place."""


def is_gap(sentence: Sentence, at: int) -> bool:
    """Return whether a comma ends a clause whose verb comes later; its phrases then wait for that verb."""
    top = sentence.top
    if (
        sentence.tokens[at].text != ","
        or not isinstance(top, Phrase)
        or top.case != "object"
        or len(sentence.stack) < 2
    ):
        return False
    before = sentence.stack[-2]
    following = sentence.tokens[at + 1 : at + 1 + _PARALLEL]
    if isinstance(before, Phrase):
        parallel = before.case in _NAMED and any(one.case in _NAMED and one.noun is not None for one in following)
    else:
        parallel = before.case == "at" and any(one.text.endswith(("에는", "에", "엔")) for one in following)
    if parallel:
        begin = 0 if isinstance(before, Phrase) else _after_named(sentence)
        sentence.gaps.append(sentence.stack[begin:])
        sentence.stack = sentence.stack[:begin]
    return parallel


def _after_named(sentence: Sentence) -> int:
    """Return where the phrases after the last subject begin."""
    named = (isinstance(item, Phrase) and item.case in _NAMED for item in sentence.stack)
    return max((place + 1 for place, found in enumerate(named) if found), default=0)


def fill(sentence: Sentence, clause: Clause) -> None:
    """State the clauses that waited for a verb."""
    gaps, sentence.gaps = sentence.gaps, []
    for items in gaps:
        named = [item for item in items if isinstance(item, Phrase) and item.case in _NAMED]
        rest = [item for item in items if item not in named]
        subjects = [one for phrase in named[-1:] for one in phrase.group()] or clause.subjects
        if not clause.hedged and not clause.void and any(isinstance(item, (Phrase, Spot)) for item in rest):
            clauses.state(sentence.claims, replace(clause, items=rest, subjects=subjects, senses=list(clause.senses)))
