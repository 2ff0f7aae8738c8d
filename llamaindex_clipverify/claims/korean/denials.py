"""Denials that follow a Korean noun: "고양이가 아니다", "파란색이 아니라", "모자 없이"."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.phrases import Clause, Draft, Phrase
from llamaindex_clipverify.claims.korean.properties import coloured, is_no
from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.token import Token
from llamaindex_clipverify.claims.korean.words import Sense


def is_not(sentence: Sentence, clause: Clause) -> int:
    """Read 아니다 after a noun or a colour."""
    colour = sentence.last_colour
    sentence.last_colour = None
    if colour is not None:
        _is_not_coloured(sentence, clause, colour)
        return clause.after
    top = sentence.stack.pop() if sentence.stack else None
    if isinstance(top, Phrase) and clause.ending != "adn" and _is_place_next(sentence, clause.after):
        top.silent, sentence.claims.instead = True, top  # 소파가 아니라 바닥에
        sentence.subject = sentence.named() or sentence.subject
    elif isinstance(top, Phrase):
        is_no(sentence.claims, top, sentence.named())
        if clause.ending == "adn":
            sentence.draft.contrast = top
        else:
            sentence.subject = sentence.named() or sentence.subject
    if clause.ending != "adn":
        sentence.stack = []
    return clause.after


def _is_place_next(sentence: Sentence, at: int) -> bool:
    """Return whether the next noun is the place of something: 바닥에, 의자 위에."""
    for place in range(at, min(at + 4, len(sentence.tokens))):
        token = sentence.tokens[place]
        if token.kind == "mark" or token.verbs:
            return False
        if token.text.endswith(("에", "에서", "에는")):
            return True
    return False


def _is_not_coloured(sentence: Sentence, clause: Clause, colour: Token) -> None:
    """Read "파란색이 아니다", and "파란색이 아닌" before a noun."""
    top = sentence.top
    if clause.ending == "adn" and isinstance(top, Phrase) and top.case == "subject" and top.sort in ("body", "parts"):
        sentence.stack.pop()
        coloured(sentence.claims, [top], colour.value, colour.stop, negated=True, sort=colour.table)
        return
    if clause.ending == "adn" and sentence.noun_comes(clause.after):
        sentence.draft.denied_colours.append(colour.value)
        sentence.draft.begin(colour.start)
        return
    subjects = sentence.named()
    for value in (*sentence.draft.denied_colours, colour.value):
        coloured(sentence.claims, subjects, value, colour.stop, negated=True, sort=colour.table)
    sentence.draft = Draft()
    sentence.subject = subjects or sentence.subject
    sentence.stack = []


def without(sentence: Sentence, at: int, token: Token) -> int:
    """Read 없이 after a noun: the clause that follows it lacks the noun."""
    top = sentence.top
    if isinstance(top, Phrase) and top.after >= at - 1:
        sentence.stack.pop()
        clause = Clause(
            senses=[Sense("absent", "be")], word="없다", start=top.start, end=token.end, ending="and", after=at + 1
        )
        clause.items, clause.subjects = [top], top.group()
        while isinstance(before := sentence.top, Phrase) and before.case == "also":
            clause.subjects += before.group()  # 동물도 식물도 없이
            sentence.stack.pop()
        sentence.claims.lacking.append(clause)
    return at + 1
