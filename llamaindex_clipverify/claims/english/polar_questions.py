"""Yes-or-no questions as statements: "Is the car red?" and *no* state that the car is not red."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from llamaindex_clipverify.claims.english.grammar import ADJECTIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.phrases import Phrases
from llamaindex_clipverify.claims.english.sentences import Word, sentences
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import english

_POLAR = re.compile(r"^\W*(?:so,? |and |but )?(is|are|was|were|does|do|did|can|has|have)\s+(.+?)\W*$", re.I)
_THOUGHT = re.compile(
    r"^\W*(?:do|would|can) you (?:think|say|believe)(?: that)? (.+?) (is|are|was|were|has|have|can) (.+?)\W*$", re.I
)
_SEE = re.compile(r"^(?:you|we|i)\s+(?:see|find|spot)\s+(?:any\s+|an?\s+|some\s+)?(.+)$", re.I)
_EXISTS = re.compile(r"^there\s+(?:any\s+|an?\s+|some\s+)?(.*)$", re.I)
_SEEMS = re.compile(r"^(?:it|this|that) (?:look|seem|appear|feel)\b", re.I)
_SUBJECT = re.compile(r"^(it|he|she|they|there|this|that|these|those)\s+(.*)$", re.I)
_NUMBERED = re.compile(r"^(?:exactly\s+|only\s+)?(\w+)\s", re.I)
_QUANTIFIED = re.compile(
    r"^(?:at least|at most|(?:more|fewer|less) than|only|exactly|several|many|a few|few|lots? of|a lot of|enough)\b",
    re.I,
)
_ALL = re.compile(r"^(?:all|every|everyone|everybody|each|both)\b", re.I)
_NOBODY = re.compile(r"^(?:no|nobody|nothing|none|neither|no one)\b", re.I)
_ANYTHING = re.compile(r"^((?:any|some)(?:thing|one|body))\b", re.I)
_EQUAL = re.compile(r"^(?:an? |the )?(?:equal|same|even|odd) (?:number|amount)\b", re.I)
_THEMES = re.compile(r"^(?:it|this|that|these|those) (?:an?|the|in|at|on|from|of|taken|daytime|nighttime)\b", re.I)
_DO = ("do", "does", "did")
_ARTICLES = ("a", "an", "the")
_DESCRIBES = ("JJ", "JJR", "VBG", "VBN")
_GOES_ON = ("IN", "CC", "TO", ",")
"""Tags of words that may follow a predicate of one word."""


def polar(question: str, *, yes: bool) -> str | None:
    """Return "Is the car red?" as a statement: "the car is red", or "the car is not red"."""
    thought = _THOUGHT.match(question)
    if thought is not None:
        return f"{thought[1]} {thought[2]} {'' if yes else 'not '}{thought[3]}."
    found = _POLAR.match(question.split(" Yes or No")[0])
    if found is None:
        return None
    auxiliary, rest = found[1].lower(), found[2]
    if _SEEMS.match(rest):
        return None
    if exists := _EXISTS.match(rest):
        return _existing(exists[1], auxiliary, yes)
    if not yes and _NOBODY.match(rest):
        return None  # "no" may confirm it or deny it
    if see := _SEE.match(rest):
        several = see[1].endswith("s") or see[1].split()[0].endswith("s")
        return _existing(see[1], "are" if several else "is", yes)
    subject, predicate = _divided(rest, auxiliary)
    if not yes and _ALL.match(subject):
        return None  # of some it may be true
    return f"{subject} {auxiliary} {'' if yes else 'not '}{predicate}." if predicate else None


def _existing(thing: str, auxiliary: str, yes: bool) -> str | None:
    if _EQUAL.match(thing) or (not yes and _NOBODY.match(thing)):
        return None
    if _NOBODY.match(thing):
        return f"There {auxiliary} {thing}."
    if not yes and (anything := _ANYTHING.match(thing)):
        nothing = "nothing" if anything[1].lower().endswith("thing") else "nobody"
        return f"There {auxiliary} {nothing}{thing[anything.end() :]}."
    both = re.match(r"^both\s+(.+?)\s+and\s+(.+)$", thing, re.I)
    if not yes and both is not None:
        return f"There {auxiliary} no {both[1]} or {both[2]}."
    counted = _NUMBERED.match(thing)
    if not yes and (_QUANTIFIED.match(thing) or (counted is not None and _is_number(counted[1]))):
        return f"There {auxiliary} not {thing}."  # there may be fewer or more
    if not yes:
        return f"There {auxiliary} no {thing}."
    return f"There {auxiliary} {thing if auxiliary in ('are', 'were') else with_article(thing)}."


def with_article(noun: str) -> str:
    """Return a noun after *a* or *an*, whichever fits."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def phrases_of(words: Sequence[Word]) -> list[Mention]:
    """Return the noun phrases of words."""
    return _phrases().find(words, [False] * len(words))


@lru_cache
def _phrases() -> Phrases:
    return Phrases(english())


def _divided(rest: str, auxiliary: str) -> tuple[str, str]:
    """Return subject and predicate of what follows the auxiliary of a question; "" if there is no predicate."""
    words = words_of(rest)
    mentions = phrases_of(words)
    pronoun = _SUBJECT.match(rest)
    if pronoun is not None and _THEMES.match(rest):
        return pronoun[1], pronoun[2]
    if not mentions or mentions[0].begins > 0:
        return (pronoun[1], pronoun[2]) if pronoun is not None else _within(rest, words, len(words), auxiliary)
    starts = {mention.begins: mention for mention in mentions}
    last = mentions[0]
    while True:
        joint = last.after + (last.after < len(words) and words[last.after].text in ("and", "of"))
        if joint not in starts or not (joint > last.after or last.possessive):
            break
        last = starts[joint]
    after = _end(words, last)
    placed = starts.get(after + 1) if after < len(words) and words[after].tag in ("IN", "TO") else None
    end = _end(words, placed) if placed is not None else len(words)
    if end < len(words) and (words[end].tag in _DESCRIBES or words[end].text in _ARTICLES):
        after = end  # "the man on the left taller than the woman", "the animal in the photo a horse"
    ends = [one for one in (placed, last) if one is not None and not one.known and " " not in one.noun]
    for one in ends:  # "the dog on the couch asleep", "the towel wet"
        if _end(words, one) < one.after:
            break
        if one.after == len(words) or words[one.after].tag in _GOES_ON:
            within = _within(rest, words, one.after, auxiliary)
            if within[1]:
                return within
    if after >= len(words):
        return rest, ""
    return rest[: words[after].start].strip(), rest[words[after].start :].strip()


def _end(words: Sequence[Word], mention: Mention) -> int:
    """Return where a noun phrase ends, at the latest before a second article: "the bus | a double decker"."""
    inner = range(mention.begins + 1, mention.after)
    apart = (
        at for at in inner if words[at].text in _ARTICLES and words[at - 1].text not in ("of", "all", "both", "half")
    )
    return next(apart, mention.after)


def _within(rest: str, words: Sequence[Word], end: int, auxiliary: str) -> tuple[str, str]:
    """Divide what looks like one noun phrase without its auxiliary: "the towel wet", "the male nurse wear gloves".

    A word begins the predicate if it is an adjective, a participle or a verb with the auxiliary before it.
    """
    tags = ("VB", "VBP") if auxiliary in _DO else (*_DESCRIBES, "RB")
    for at in range(end - 1, 0, -1):
        subject, predicate = rest[: words[at].start].strip(), rest[words[at].start :].strip()
        whole = words_of(subject)
        mentions = phrases_of(whole)
        if not mentions or mentions[0].begins > 0 or mentions[-1].after < len(whole):
            continue
        stated = words_of(f"{subject} {auxiliary} {predicate}")
        divided = len(stated) > at + 1 and stated[at].text == auxiliary
        head = stated[at - 1] if divided else None
        if head is not None and head.tag.startswith("NN") and head.text not in ADJECTIVES:
            described = auxiliary not in _DO and stated[at + 1].text in ADJECTIVES | terms().weather.keys()
            if stated[at + 1].tag in tags or described:
                return subject, predicate
    return rest, ""


def words_of(text: str) -> Sequence[Word]:
    """Return the words of a text's first sentence; offsets are those of the text."""
    sentence = next(iter(sentences(f"{text}.")), None)
    return sentence.words if sentence is not None else []


def _is_number(text: str) -> bool:
    return text.isdecimal() or text.lower() in english().numbers
