"""The answer to a question as subject, object or after a preposition that is left behind: "What is he riding on?", *a horse*."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import BE, SEEING, VIEWERS
from llamaindex_clipverify.claims.english.question_parts import (
    CAN,
    DO,
    HAVE_FORMS,
    INSCRIBED,
    PLACED,
    Question,
    noun_phrase,
)
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.wording import gerund

SAYING = frozenset("say read show display says reads shows displays bear bears".split())
THESE = frozenset("this that it these those".split())
CALLED = frozenset(("called", "named", "made", "composed", "built"))
_UNSEEN = frozenset(
    "name names age gender race mood emotion relationship purpose meaning reason job occupation".split()
)
"""What no picture shows, so that its answer names no thing."""
_STRANDED = frozenset("on in at to of with from by under near behind for against over around next".split())


def stated(asked: Question, answer: str) -> str | None:
    """Return the statement with the answer as subject, object or after a preposition that is left behind."""
    said, texts = noun_phrase(answer), [word.text for word in asked.words]
    if not texts:
        return None
    if asked.kind and answer.lower() in terms().positions:
        to = asked.kind[-1] in ("direction", "way")  # "which way is he facing"
        said = answer.lower() if to else f"the {answer.lower()} {asked.kind[-1]}"  # "which hand does he hold it in"
    if asked.auxiliary in BE and len(texts) > 1:
        return _with_be(asked, said, answer, texts)
    if asked.auxiliary in DO and len(texts) > 2:
        return _with_do(asked, said, answer, texts)
    if asked.auxiliary in CAN and len(texts) > 2 and texts[1] in VIEWERS and texts[2] in SEEING:
        return f"There is {said} {asked.between(3, len(texts))}."
    if asked.auxiliary in HAVE_FORMS and len(texts) > 2 and asked.words[1].tag in ("DT", "PRP", "PRP$"):
        return f"{asked.between(1, len(texts))} {asked.auxiliary} {said}."
    main = asked.words[0].tag.startswith(("VB", "NNS")) or asked.auxiliary in HAVE_FORMS
    return f"{said} {asked.between(0, len(texts))}." if main else None


def _with_be(asked: Question, said: str, answer: str, texts: Sequence[str]) -> str | None:
    """Read "what is hanging on the wall", "what is the man holding", "what is the cat on"."""
    if texts[1] in INSCRIBED and len(texts) > 3 and asked.asks != "who":
        return f'{asked.between(3, len(texts))} says "{answer}".'
    if asked.words[1].tag in ("VBG", "VBN", "IN", "JJ", "TO", "RB") and texts[1] not in THESE:
        return f"{said} {asked.auxiliary} {asked.between(1, len(texts))}."
    if texts[1] in THESE and (len(texts) == 2 or PLACED.match(texts[2])):
        return f"There is {said}."
    verb, left = acting(asked.words), _left_behind(texts)
    if verb is not None and texts[verb] == "doing":
        return f"{asked.between(1, verb)} {asked.auxiliary} {answer} {asked.between(verb + 1, len(texts))}."
    if left < len(texts):
        at = left if verb is None else verb
        return f"{asked.between(1, at)} {asked.auxiliary} {asked.between(at, len(texts))} {said}."
    if verb is not None and texts[verb] not in CALLED and asked.words[verb].tag != "VBN":
        before = f"{asked.between(1, verb)} {asked.auxiliary} {texts[verb]} {said}"
        return f"{before} {asked.between(verb + 1, len(texts))}."
    return _identified(asked, said, texts)


def _left_behind(texts: Sequence[str]) -> int:
    """Return where the preposition at the end of a question begins, its length where there is none: "standing in front of"."""
    at = len(texts)
    while at > 2 and texts[at - 1] in _STRANDED | {"top", "front"}:
        at -= 1
    return at if texts[-1] in _STRANDED else len(texts)


def _identified(asked: Question, said: str, texts: Sequence[str]) -> str | None:
    """Read "what is the animal on the grass": the answer is what is there."""
    end = len(texts) - (texts[-1] in ("called", "named"))
    if texts[end - 1] in _UNSEEN:
        return None
    clause = next((at for at in range(2, end) if texts[at] in ("that", "which", "who")), None)
    if clause is not None and clause + 2 < end:
        return f"{said} {asked.between(clause + 1, end)}."
    place = next((at for at in range(2, end) if PLACED.match(texts[at])), None)
    if place is not None and texts[1] not in ("in", "on"):
        return f"{said} is {asked.between(place, end)}."
    return f"There is {said}."


def _with_do(asked: Question, said: str, answer: str, texts: Sequence[str]) -> str | None:
    """Read "what does the man have on his back", "what do you see on the table"."""
    if texts[1] in VIEWERS and texts[2] in SEEING:
        return f"There is {said} {asked.between(3, len(texts))}."
    if texts[-1] in SAYING - {"show", "display"}:
        return f'{asked.between(1, len(texts) - 1)} says "{answer}".'
    verbs = [
        at
        for at in range(2, len(texts))
        if asked.words[at].tag in ("VB", "VBP") or texts[at] in ("have", "hold", "wear")
    ]
    if not verbs:
        return None
    at = verbs[0]
    acts = "has" if texts[at] == "have" else f"is {gerund(texts[at])}"
    rest = asked.between(at + 1, len(texts))
    if rest and texts[-1] in _STRANDED:
        return f"{asked.between(1, at)} {acts} {rest} {said}."
    return f"{asked.between(1, at)} {acts} {said} {rest}."


def acting(words: Sequence[Word]) -> int | None:
    """Return the place of the verb after the subject of a question, or None: *wearing* of "is the man on the left wearing"."""
    found = [at for at in range(2, len(words)) if words[at].tag in ("VBG", "VBN") or words[at].text in CALLED]
    last = _left_behind([word.text for word in words]) - 1
    return last if last in found else (found[0] if found else None)
