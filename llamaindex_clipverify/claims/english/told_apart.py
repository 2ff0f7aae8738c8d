"""Phrases without a noun for one or some of several things: *the other*, *the first*, *the one*, *two of them*, *a third*."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import COPULAS, FINITE, HAVE
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.sentences import Word

NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_FURTHER = frozenset("second third fourth fifth sixth".split())
"""Before a verb, one more of what was named: "three sheep graze while a fourth lies down"."""
ORDINALS = _FURTHER | {"first", "last"}
BY_PLACE = frozenset("on in at to with near behind beside next holding wearing".split())
"""What follows "the one" where its place or what it has says which one is meant."""


def length_of_some(words: Sequence[Word], at: int) -> int:
    """Return the length in words of such a phrase at a position; 0 if there is none."""
    text, following = words[at].text, text_at(words, at + 1)
    if following == "of" and text_at(words, at + 2) in ("them", "these", "those"):
        return 3
    if text == "the":
        return _told_apart(words, at)
    if text == "a" and following in _FURTHER:
        length = 3 if text_at(words, at + 2) == "one" else 2
        return length if at + length < len(words) and words[at + length].tag in ("VBZ", "VBD") else 0
    acts = at + 1 < len(words) and words[at + 1].tag in ("VBG", "VBN")
    some = text == "others" and acts  # "some sunbathing and others swimming"
    opens = not text_at(words, at - 1).isalnum()
    numbered = text in NUMBERS and following in ("are", "were") and opens  # "four people are here; two are singing"
    return int(some or numbered or (text == "one" and _is_verb(following)))


def _told_apart(words: Sequence[Word], at: int) -> int:
    """Return the length of *the other*, *the one* or *the first* at a position; 0 if there is none."""
    second, third = text_at(words, at + 1), text_at(words, at + 2)
    if second in ("one", "ones"):
        return 2 if third in BY_PLACE else 0
    if second in ("other", "others"):
        length = 3 if third in ("one", "two", "three") else 2
        following = text_at(words, at + length)
        return length if _is_verb(following) or (length == 3 and following in ("on", "in", "at", "to")) else 0
    if second in ORDINALS:
        length = 3 if third == "one" else 2
        after = words[at + length] if at + length < len(words) else None
        acts = after is not None and (_is_verb(after.text) or after.tag in ("VBZ", "VBD", "MD"))
        return length if acts or (after is not None and after.text in ("on", "in", "at")) else 0
    return 0


def is_several(words: Sequence[Word], at: int, length: int) -> bool:
    """Return whether such a phrase is plural."""
    text = words[at].text
    if text_at(words, at + 1) == "ones":
        return True
    if text in ("the", "a"):
        return text == "the" and length == 3 and text_at(words, at + 2) != "one"
    return text == "others" or (length == 3 and text != "one") or text in NUMBERS


def meant_by(words: Sequence[Word], at: int, earlier: Sequence[Mention], before: Sequence[Mention]) -> list[Mention]:
    """Return what *the …*, *one*, *a third* or *two* stands for.

    Args:
        words: Words of the sentence.
        at: Where the phrase begins.
        earlier: Noun phrases of the sentence before it.
        before: Noun phrases of the sentence before that.
    """
    second = text_at(words, at + 1) if words[at].text == "the" else ""
    named = [one for one in earlier if one.shown and not one.pronoun]
    parts = [one for one in (earlier if named else before) if (one.pronoun and one.stands_for) or one.part]
    if second in ("other", "others", *ORDINALS) and parts:
        return parts[-1].means()[-1:]  # "two are roasting marshmallows and the others play"
    if second in ("one", "ones"):
        told = [one for one in _first(earlier) if second == "ones" and one.begins < 2]
        return told or _of_several(before) or _first(before)
    several = _of_several(earlier) or _of_several(before)
    subject = [one for one in _first(earlier) if one.begins < 2] if second == "other" else []
    return several or subject  # "the dog is black and the other is brown"


def _first(mentions: Sequence[Mention]) -> list[Mention]:
    return [one for one in mentions[:1] if one.shown and not one.pronoun]


def _of_several(mentions: Sequence[Mention]) -> list[Mention]:
    """Return the plural noun phrase that *one* and *the other* refer to: the last one before them, counted before others."""
    own = [other for mention in mentions if mention.pronoun for other in mention.stands_for]
    many = [
        mention
        for mention in mentions
        if mention.shown and not (mention.negated or mention.pronoun) and (mention.plural or (mention.number or 1) > 1)
    ]
    counted = [mention for mention in many if (mention.number or 1) > 1 or mention.at_least]
    return (counted or many or own)[-1:]


def _is_verb(text: str) -> bool:
    """Return whether a word is a verb after the subject: *is*, *has*, *stands*."""
    return text in COPULAS or text in FINITE or text in HAVE
