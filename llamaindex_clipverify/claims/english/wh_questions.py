"""Questions with what, which, who, where and how as statements: the answer takes the place that the question asks for.

"What is the man riding on?" and *a horse* state that the man is riding on a horse. A question is divided into its question
word with the noun that it asks for (*which side of the photo*), the auxiliary, and the rest; what the noun is decides which
statement is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import ARTICLES, BE, COLOUR_WORDS, DEFINITE, SEEING, VIEWERS
from llamaindex_clipverify.claims.english.polar_questions import words_of
from llamaindex_clipverify.claims.english.question_parts import (
    CAN,
    DO,
    HAVE_FORMS,
    MATERIALS,
    PLACED,
    SHAPES,
    WRITTEN,
    Question,
    divided,
    noun_phrase,
    spelled_out,
    with_noun,
)
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.stated_answers import CALLED, SAYING, THESE, acting, stated
from llamaindex_clipverify.claims.english.terms import terms

_SIDES = frozenset("side part half edge corner end area section portion region".split())
_STANDING = frozenset("on in at located standing sitting shown placed".split())
"""Last words of a question of place that say no more than that something is there."""
_AROUND_SIDE = re.compile(r"^(?:on |in |at )?(?:the )?|(?:-?hand)?(?: side| part| half| edge| corner)?$", re.I)
_UNSEEN = frozenset("brand flavor flavour make model language nationality".split())
"""Of what a thing is or tastes, and what no picture shows: that the thing is there is all that is said."""
_GAMES = frozenset("sport sports game games".split())
_ROOMS = frozenset("room place hall location setting area building environment".split())
_NAMELESS = frozenset("kind type sort kinds types sorts".split())


def answered(question: str, answer: str) -> str | None:
    """Return the statement that an answer makes together with a question, or None for questions of other forms.

    Args:
        question: One question, as `last_question` returns it, with what, which, who, whose, where or how.
        answer: Its answer, a word or a phrase.
    """
    text = spelled_out(question)
    words = words_of(text)
    asked = divided(text, words)
    if asked is None:
        return _asked_last(text, words, answer)
    if asked.asks in ("where", "where's"):
        return _where(asked, answer)
    if (told := _told(text, words, asked)) is not None:
        return f"{told} {answer if asked.kind[0] in COLOUR_WORDS | SHAPES else noun_phrase(answer)}."
    asked = with_noun(asked)
    kind = next((word for word in reversed(asked.kind) if word not in _NAMELESS | {"of", "the"}), "")
    first = next((word for word in asked.kind if word not in ("the", *_NAMELESS, "of")), "")
    for names, state in _KINDS:
        if first in names or kind in names:
            return state(asked, answer)
    return stated(asked, answer)


def _told(text: str, words: Sequence[Word], asked: Question) -> str | None:
    """Return what follows the question word where the verb comes after its subject: "what color the car is"."""
    begins = 1 + (asked.kind[0] in COLOUR_WORDS | SHAPES if asked.kind else 0)
    told = words[0].text in ("what", "which") and begins <= len(asked.kind) and bool(asked.words)
    return text[words[begins].start :] if told and words[begins].text in DEFINITE | ARTICLES else None


def _coloured(asked: Question, answer: str) -> str | None:
    """Read "what colour is the car", "which colour hat has he", "what color are the walls of the house"."""
    thing = asked.kind[-1] if asked.kind[-1:] and asked.kind[-1] not in COLOUR_WORDS | {"colored", "coloured"} else ""
    if thing:
        return stated(asked, f"{answer} {thing}")
    if asked.auxiliary in BE | HAVE_FORMS:
        owner, extra = _with_clause(asked.between(1, len(asked.words)))
        return f"{extra}{owner} {'are' if asked.auxiliary == 'are' else 'is'} {answer}." if owner else None
    if asked.auxiliary in DO and len(asked.words) > 2:
        last = len(asked.words) - (asked.words[-1].text in ("have", "appear", "look"))
        return f"{asked.between(1, last)} is {answer}."
    return None


def _sided(asked: Question, answer: str) -> str | None:
    """Read "on which side of the photo is the chair", "at which edge do you see a swan"."""
    side = _AROUND_SIDE.sub("", answer)
    thing = _theme(asked)
    if not thing or not side or not any(word in terms().positions for word in re.split(r"[\s-]", side.lower())):
        return None
    verb = "are" if asked.auxiliary in ("are", "were") else "is"
    of = asked.kind[asked.kind.index("of") + 1 :] if "of" in asked.kind else []
    whole = "the image" if not of or of[-1] in terms().picture else " ".join(of)
    return f"{thing} {verb} on the {side} side of {whole}."


def _theme(asked: Question) -> str:
    """Return what a question of place is about: "is the chair on", "do you see a swan", "does the lamp stand"."""
    last = len(asked.words)
    while last > 2 and asked.words[last - 1].text in _STANDING:
        last -= 1
    if asked.auxiliary in BE:
        return asked.between(1, last)
    if asked.auxiliary in DO | CAN and len(asked.words) > 3 and asked.words[1].text in VIEWERS:
        return asked.between(3, last) if asked.words[2].text in SEEING else ""
    return asked.between(1, last - 1) if asked.auxiliary in DO and last > 2 else ""


def _roomed(asked: Question, answer: str) -> str | None:
    """Read "what room is this", "which hall is the piano in"."""
    texts = [word.text for word in asked.words]
    if texts[1:2] and texts[1] in THESE | {"shown", "pictured", "depicted"} and asked.auxiliary in BE:
        return f"This is {noun_phrase(answer)}."
    if (texts[-1:] and texts[-1] in ("in", "at")) or asked.preposition in ("in", "at"):
        thing = _theme(asked)
        return f"{thing} {asked.auxiliary if asked.auxiliary in BE else 'is'} in the {answer}." if thing else None
    return stated(asked, answer)


def _written(asked: Question, answer: str) -> str | None:
    """Read "what number is on the jersey", "which digits does the board show": the thing says it."""
    texts = [word.text for word in asked.words]
    if _UNSEEN.intersection(asked.kind):
        return f"There is {asked.between(1, len(texts))}." if asked.auxiliary in BE and len(texts) > 1 else None
    if "time" in asked.kind and "day" in asked.kind:
        return None
    ends = len(texts) - (texts[-1:] != [] and texts[-1] in SAYING)
    if asked.auxiliary in DO and ends > 1:
        return f'{asked.between(1, ends)} says "{answer}".'
    placed = next((at for at, text in enumerate(texts) if text in ("on", "of", "by") and at + 1 < len(texts)), None)
    if placed is not None:
        return f'{asked.between(placed + 1, len(texts))} says "{answer}".'
    if asked.auxiliary in BE and len(texts) > 2 and texts[-1] in ("showing", "saying", "displaying", "wearing"):
        return f'{asked.between(1, len(texts) - 1)} says "{answer}".'
    return None


def _played(asked: Question, answer: str) -> str | None:
    """Read "what sport is this", "which game are they playing"."""
    words = [word.text for word in asked.words]
    player = asked.between(1, words.index("playing")) if "playing" in words and asked.auxiliary in BE else ""
    player = player if player and player.lower() not in THESE | {"they", "he", "she", "being"} else "people"
    return f"{player} {'are' if player == 'people' else asked.auxiliary} playing {answer}."


def _shaped(asked: Question, answer: str) -> str | None:
    thing = asked.between(1, len(asked.words))
    return f"{thing} {asked.auxiliary} {answer}." if asked.auxiliary in BE and thing else None


def _made(asked: Question, answer: str) -> str | None:
    """Read "which material is the table made of", "what material forms the roof"."""
    end = next((at for at, word in enumerate(asked.words) if at and word.text in CALLED), len(asked.words))
    if asked.auxiliary in BE:
        return f"{asked.between(1, end)} {asked.auxiliary} made of {answer}."
    return f"{asked.between(1, len(asked.words))} is made of {answer}." if asked.auxiliary not in DO else None


_KINDS = (
    (COLOUR_WORDS | {"colored", "coloured"}, _coloured),
    (_SIDES, _sided),
    (SHAPES, _shaped),
    (MATERIALS, _made),
    (_GAMES, _played),
    (WRITTEN | _UNSEEN, _written),
    (_ROOMS, _roomed),
)
"""Nouns that questions ask for, and how their answers are stated."""


def _where(asked: Question, answer: str) -> str | None:
    """Read "where is the cat lying", "where was this picture taken"."""
    texts = [word.text for word in asked.words]
    if asked.auxiliary not in BE or len(texts) < 2:
        return None
    place = answer if PLACED.match(answer) else f"in {answer}"
    side = terms().positions.get(answer.lower().removeprefix("the "))
    if side is not None:
        return f"{asked.between(1, len(texts))} {asked.auxiliary} on the {answer.lower().removeprefix('the ')} side of the image."
    if "taken" in texts or (texts[-1] in terms().picture and len(texts) < 4) or texts[1:] in (["this"], ["it"]):
        room = re.sub(r"^(?:in|on|at|near) ", "", answer, flags=re.I)
        return f"This is {noun_phrase(room)}."
    verb = acting(asked.words)
    if verb is not None and verb == len(texts) - 1:
        return f"{asked.between(1, verb)} {asked.auxiliary} {texts[verb]} {place}."
    return f"{asked.between(1, len(texts))} {asked.auxiliary} {place}."


def _asked_last(text: str, words: Sequence[Word], answer: str) -> str | None:
    """Read questions that end with what they ask for: "the man is wearing what", "the blanket has what colour"."""
    at = next((at for at, word in enumerate(words) if at > 1 and word.text in ("what", "which")), None)
    if at is None or at + 2 < len(words):
        return None
    before = text[: words[at].start].strip()
    if words[at + 1 :] and words[at + 1].text in COLOUR_WORDS:
        subject = before.rsplit(" ", 1)[0] if words[at - 1].text in BE | HAVE_FORMS else before
        return f"{subject} is {answer}."
    return f"{before} {noun_phrase(answer)}." if at + 1 == len(words) else None


def _with_clause(owner: str) -> tuple[str, str]:
    """Divide "the helmet that the man is wearing": the thing, and the clause as a statement of its own."""
    words = words_of(owner)
    at = next((at for at, word in enumerate(words) if at > 1 and word.text in ("that", "which", "who")), None)
    acts = at is not None and any(word.tag.startswith("VB") for word in words[at + 1 :])
    if at is None or not acts or at + 3 > len(words):
        return owner, ""
    thing = owner[: words[at].start].strip()
    clause = owner[words[at + 1].start :].strip()
    if words[at + 1].text in BE or words[at + 1].tag.startswith("VB"):
        return thing, f"{thing} {clause}. "
    return thing, f"{clause} {thing}. "
