"""The parts of a question with what, which, who or where: what it asks for, the auxiliary, the rest; answers as noun phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llamaindex_clipverify.claims.english.grammar import BE, COLOUR_WORDS, MASS
from llamaindex_clipverify.claims.english.polar_questions import phrases_of, with_article, words_of
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import english

PLACED = re.compile(
    r"^(on|in|at|under|next|near|behind|above|below|to|between|beside|inside|outside|over|by|around|surrounding|across|along"
    r"|against|atop|underneath|beneath|off|up|down)\b",
    re.I,
)
"""Answers that begin with a preposition."""
_LAST_QUESTION = re.compile(r"[^.?!\n]*\?")
_ASKING = frozenset("what which who whose where what's who's where's whom".split())
# auxiliaries without their denials, which turn what the answer states
DO = frozenset("do does did".split())
CAN = frozenset("can could would will should may might".split())
HAVE_FORMS = frozenset("have has had".split())
WRITTEN = frozenset(
    "number numbers word words text letter letters digit digits percentage price time date name message title year writing "
    "lettering slogan label logo brand minutes hours score temperature speed".split()
)
INSCRIBED = frozenset("written spelled engraved inscribed".split())
SHAPES = frozenset(("shape", "shapes"))
MATERIALS = frozenset(("material", "materials"))
_NUMBERED = re.compile(r"\d")
_OPINION = re.compile(r"(?<=\w) (?:do|would|did|can) you (?:think|say|believe|guess)(?: that)?\b", re.I)
_PERSONS = {"he": "the man", "she": "the woman"}
_PRONOUN = re.compile(r"\b(he|she)\b", re.I)
_MASS = MASS | frozenset(
    "nothing nobody noone everything none rope hay dirt salt music tennis soccer baseball football basketball golf frisbee "
    "people men women children broccoli chicken fish".split()
)
"""Words that need no article as an answer."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question in three parts."""

    kind: Sequence[str]
    """Words of the noun that is asked for: *side*, *kind of hat*; empty for *what* alone."""
    preposition: str
    """Before the question word: "*on* which side"; else empty."""
    asks: str
    """The question word."""
    text: str
    words: Sequence[Word]
    """Everything after the question word and its noun, the auxiliary first."""

    def between(self, first: int, last: int) -> str:
        """Return the text from one word of the rest to before another."""
        return self.text[self.words[first].start : self.words[last - 1].end] if first < last else ""

    @property
    def auxiliary(self) -> str:
        """Return the first word of the rest."""
        return self.words[0].text if self.words else ""


def spelled_out(question: str) -> str:
    """Return a question without "do you think", and with "the man" for *he*, whom nothing else names."""
    return _PRONOUN.sub(lambda found: _PERSONS[found[1].lower()], _OPINION.sub("", question))


def last_question(question: str) -> str:
    """Return the last question of a text, without what comes before and after it: "Answer with one word."."""
    found = _LAST_QUESTION.findall(question)
    return (found[-1] if found else question).strip().rstrip("?").strip()


def divided(text: str, words: Sequence[Word]) -> Question | None:
    """Divide a question; None if it does not begin with a question word."""
    at = next((at for at, word in enumerate(words[:3]) if word.text in _ASKING), None)
    if at is None or any(
        word.text not in ("in", "on", "at", "to", "from", "and", "so", ",", "of") for word in words[:at]
    ):
        return None
    asks = words[at].text
    after = at + 1
    while after < len(words) and not _is_auxiliary(words, after):
        after += 1
    if asks.endswith("'s"):
        rest = [words[at]._replace(text="is"), *words[at + 1 :]]
        return Question(kind=(), preposition="", asks=asks, text=text, words=rest)
    kind = [word.text for word in words[at + 1 : after]]
    before = words[at - 1].text if at else ""
    return Question(kind=kind, preposition=before, asks=asks, text=text, words=words[after:])


def with_noun(asked: Question) -> Question:
    """Return "what is the colour of the car" as "what colour is the car", and "what is the word on the sign" alike."""
    texts = [word.text for word in asked.words[:5]]
    if asked.kind or texts[1:2] != ["the"] or asked.auxiliary not in BE or len(asked.words) < 4:
        return asked
    of, named = texts[3:4] == ["of"], texts[2:3]
    if of and named and named[0] in COLOUR_WORDS | SHAPES | MATERIALS:
        return replace(asked, kind=named, words=[asked.words[0], *asked.words[4:]])
    if named and named[0] in WRITTEN and texts[3:4] and texts[3] in ("on", "of", *INSCRIBED):
        return replace(asked, kind=named, words=[asked.words[0], *asked.words[3:]])
    return asked


def _is_auxiliary(words: Sequence[Word], at: int) -> bool:
    """Return whether the verb of a question stands at a position."""
    word, before = words[at], words[at - 1]
    if word.text in BE | DO | CAN | HAVE_FORMS:
        return True
    if word.text in COLOUR_WORDS | SHAPES:
        return False
    if word.tag in ("VBZ", "VBP", "VBD"):
        verb_follows = at + 1 < len(words) and words[at + 1].tag in ("VBZ", "NNS") and word.tag != "VBZ"
        return not (verb_follows and before.text in ("what", "which"))  # "which object hangs"
    following = words[at + 1].tag if at + 1 < len(words) else ""
    return word.tag == "NNS" and words[at - 1].tag in ("NN", "JJ", "WP", "WDT") and following in ("IN", "DT", "PRP$")


def noun_phrase(answer: str) -> str:
    """Return an answer as a noun phrase: with an article if it is a bare singular, as *clock* or *baseball cap*."""
    words = words_of(answer)
    if not words or answer.endswith(("s", "ing")) or words[0].tag[:2] in ("DT", "CD", "PR", "IN", "VB"):
        return answer
    name = words[-1].text
    if name in terms().substances or name in english().plural_forms or name in _MASS or _NUMBERED.search(answer):
        return answer
    several = any(word.text in ("and", "or", ",", "of", "with", "on", "in") for word in words)
    named = several or answer.istitle() or words[-1].tag not in ("NN", "JJ") or not phrases_of(words)
    return with_article(answer) if len(words) == 1 or not named else answer
