"""Reads the tokens of a Korean sentence from left to right: noun phrases are stacked, a verb takes what it governs.

Korean puts modifiers before nouns and verbs last, so one pass is enough. A clause before a noun (모자를 쓴 남자) waits for
that noun; a clause without subject (모자를 쓰고 …) waits for the subject of a later clause.
"""

from __future__ import annotations

from llamaindex_clipverify.claims.korean import clauses
from llamaindex_clipverify.claims.korean.denials import without
from llamaindex_clipverify.claims.korean.gaps import is_gap
from llamaindex_clipverify.claims.korean.nominals import read_nominal
from llamaindex_clipverify.claims.korean.particles import ENDINGS
from llamaindex_clipverify.claims.korean.phrases import Draft, Phrase, Spot
from llamaindex_clipverify.claims.korean.places import captioned, placed
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.speakers import attention, is_speaker
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.verb_clauses import doing_noun, read_verb
from llamaindex_clipverify.claims.korean.verb_or_noun import is_verb
from llamaindex_clipverify.claims.korean.word_lists import word_set

_ALONE = word_set("alone_words")
_STATED = ("", "subject", "topic", "join")
"""Particles of phrases that a caption states."""
_BRACKETS = {"(": ")", "[": "]"}


def read(sentence: Sentence) -> None:
    """Read the sentence; the claims are collected by `claims`."""
    at = 0
    while at < len(sentence.tokens):
        at = max(_step(sentence, at), at + 1)
    _finish(sentence)


def _step(sentence: Sentence, at: int) -> int:
    token = sentence.tokens[at]
    if token.kind == "mark":
        return _mark(sentence, at, token)
    before = sentence.tokens[at - 1] if at else None
    if token.text in ("안", "못") and at + 1 < len(sentence.tokens) and _is_negative(sentence, at):
        sentence.denied_verb = True
        return at + 1
    idle = attention(sentence, at)
    if is_speaker(sentence, at) or idle:
        return at + (idle or 1)
    if token.text in _ALONE:
        sentence.alone = token
        return at + 1
    if token.text.startswith("없이"):
        return without(sentence, at, token)
    action = doing_noun(sentence, at)
    if action:
        return action
    if token.verbs and is_verb(token, before, sentence.token(at + 1), sentence.stack):
        return read_verb(sentence, at, token)
    return read_nominal(sentence, at, token)


def _mark(sentence: Sentence, at: int, token: Token) -> int:
    top = sentence.top
    if token.text in _BRACKETS and not isinstance(top, Phrase) and not sentence.draft.owners:
        return at + 1
    if token.text in _BRACKETS:
        places = range(at + 1, min(at + 12, len(sentence.tokens)))
        end = next((place for place in places if sentence.tokens[place].text == _BRACKETS[token.text]), at)
        return _particle_after(sentence, end)
    if token.text in (":", ";"):
        _finish(sentence)
    elif isinstance(top, Phrase) and top.after == at and not is_gap(sentence, at):
        if token.text == "," and top.case == "" and _another_place(sentence, at):
            _gapped(sentence, top)
        elif token.text in (",", "·", "/") and top.case in ("", "object", "join", "list"):
            top.case, top.after = "list", at + 1
        elif token.text == "," and top.case == "subject":
            _gapped(sentence, top)
    return at + 1


def _another_place(sentence: Sentence, at: int) -> bool:
    """Return whether a place with 에는 follows: "왼쪽에는 트럭, 오른쪽에는 …"."""
    after = sentence.token(at + 1)
    return after is not None and after.kind == "place" and after.text.endswith("에는")


def _gapped(sentence: Sentence, phrase: Phrase) -> None:
    """Read a place and a subject whose verb comes later: "왼쪽에는 버스가, 오른쪽에는 …"."""
    spots = [item for item in sentence.stack if isinstance(item, Spot)]
    if spots and all(isinstance(item, Spot) or item is phrase for item in sentence.stack):
        for spot in spots:
            placed(sentence.claims, phrase.group(), spot)
        sentence.stack = []


def _particle_after(sentence: Sentence, end: int) -> int:
    """Give the particle after a bracket to the noun before it: 여자아이(엘라)와."""
    token = sentence.token(end + 1)
    top = sentence.top
    if token is None or token.after_space or token.text not in ENDINGS or not isinstance(top, Phrase):
        return end + 1
    top.case, top.copula = ENDINGS[token.text]
    top.after = end + 2
    return end + 2


def _is_negative(sentence: Sentence, at: int) -> bool:
    following = sentence.tokens[at + 1]
    top = sentence.top
    inside = isinstance(top, Phrase) and top.case == "" and top.after == at
    taken = isinstance(top, Phrase) and top.case in ("object", "topic", "subject") and top.after == at
    return (
        bool(following.verbs)
        and not (inside and following.verbs[0].word in ("있다", "놓이다"))
        and (following.kind != "noun" or taken)  # "사과를 안 먹고": 먹 is a noun, too
    )


def _finish(sentence: Sentence) -> None:
    """State what no verb took: captions and short answers."""
    items, sentence.stack = sentence.stack, []
    spots = [item for item in [*items, *sentence.draft.spots] if isinstance(item, Spot)]
    phrases = [item for item in items if isinstance(item, Phrase) and not item.silent]
    subjects = [one for phrase in phrases[-1:] for one in phrase.group()] or ([] if phrases else sentence.carried)
    for waiting in sentence.waiting:
        waiting.subjects = subjects
        clauses.state(sentence.claims, waiting)
    sentence.waiting = []
    for clause in sentence.draft.clauses:
        clause.subjects = subjects
        clauses.state(sentence.claims, clause)
    for spot in spots:
        later = [phrase for phrase in phrases if phrase.start > spot.start]
        placed(
            sentence.claims,
            [one for phrase in later or phrases for one in phrase.group() if one.case in _STATED] or sentence.carried,
            spot,
        )
    captioned(sentence.claims, phrases)
    sentence.draft = Draft()
