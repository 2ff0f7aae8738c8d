"""Part-of-speech tags as captions need them: the tagger learnt from news, where people do not lay "on a red couch sleeping"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ARTICLES,
    COVERING,
    DETERMINERS,
    NOT_ACTIONS,
    PAIRED,
    PREPOSITIONS,
)
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import lemma, visible_actions
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_FURTHER = frozenset("lay glance chat wait work march look lean cross".split())
"""Verbs of captions beside `visible_actions`."""
_AFTER_VERB = ("IN", "TO", "RB", "RP", "DT", "PRP", "CC")
"""First letters of the tags of what may follow a verb."""
_SHADES = frozenset("shades hues tones tints shade hue tone tint".split())
_OBJECTS = ("DT", "PRP$", "CD")
"""Tags of what begins the object of a verb."""
_DOUBTED = ("NN", "JJ", "NNP", "NNS", "VBZ", "VBD", "VBN")
_OWNERS = {"its": "it", "his": "him", "her": "her", "their": "them"}
_ONE_WORD = frozenset((("upside", "down"), ("face", "down"), ("face", "up"), ("mid", "air")))
"""Pairs that are one adjective."""
_SMALL = PREPOSITIONS | DETERMINERS | {"and", "or", "is", "are"}
_NEAR = 5
"""Words that a phrase may have before its noun."""


def spelled(words: Sequence[str]) -> list[str]:
    """Return words for the tagger, for which capitals mean names: in small letters where even *of* and *on* have capitals.

    Args:
        words: The words of a sentence, as written.
    """
    shouted = len(words) > 3 and all(word.isupper() for word in words if word.isalpha())
    small = [word for word in words[1:] if word.lower() in _SMALL]
    titled = len(small) > 1 and all(word[0].isupper() for word in small if word != "a")
    return [word.lower() for word in words] if shouted or titled else list(words)


def corrected(words: Sequence[Word]) -> list[Word]:
    """Return the words of a sentence with the tags of verbs, nouns and participles put right, "upside down" as one word."""
    found = list(_joined(words))
    for at, word in enumerate(found):
        if word.tag in _DOUBTED:
            found[at] = word._replace(tag=_tag(found, at))
    return found


def _joined(words: Sequence[Word]) -> Iterator[Word]:
    at = 0
    while at < len(words):
        following = words[at + 1] if at + 1 < len(words) else None
        side = words[at + 2] if at + 2 < len(words) else None
        owner = _OWNERS.get(following.text) if following is not None else None
        if owner and side is not None and words[at].text in ("to", "on") and side.text in ("left", "right"):
            yield from (words[at], side._replace(tag="JJ"))  # "to its left" is *to the left of it*
            yield side._replace(text="of", start=side.end, tag="IN")
            yield side._replace(text=owner, start=side.end, tag="PRP")
            at += 3 + (at + 3 < len(words) and words[at + 3].text == "side")
        elif words[at].text in _SHADES and following is not None and following.text == "of" and _is_colour(side):
            at += 2  # "in shades of red" is *in red*
        elif following is not None and (words[at].text, following.text) in _ONE_WORD:
            text = f"{words[at].text}-{following.text}"
            yield words[at]._replace(text=text, end=following.end, tag="JJ")
            at += 2
        else:
            yield words[at]
            at += 1


def _is_colour(word: Word | None) -> bool:
    return word is not None and (word.text in english().colours or word.text in terms().colours)


def _tag(words: Sequence[Word], at: int) -> str:
    """Return the tag of a word whose own is doubted."""
    text, tag = words[at].text, words[at].tag
    following = words[at + 1] if at + 1 < len(words) else None
    after = following.tag if following is not None and not following.is_mark else ""
    if at == 0 and tag == "JJ" and text not in ADJECTIVES and wordnet().shows(text):
        return "NN" if after in ("VBG", "VBN", "VBZ", "IN") else tag  # "frog standing on a stone"
    if at == 0:
        return "JJ" if tag in ("VBD", "VBN") and after in ("NN", "NNS") and text.endswith("ed") else tag
    one = wordnet().singular(text) if text.endswith("s") else None
    if tag == "VBZ":
        listed = words[at - 1].text in ("or", "nor") and at > 1 and words[at - 2].tag.startswith("NN")
        plural = one is not None and (listed or after in ("VBZ", "VBP", "MD") or words[at - 1].tag == "VBG")
        return "NNS" if plural or text in PAIRED | {"clothes"} else tag
    if tag == "NNS":
        acts = words[at - 1].tag == "NN" and after in (*_OBJECTS, "NN", "NNS", "JJ") and one in wordnet().verbs
        return "VBZ" if acts and _is_living(words[at - 1].text) else tag
    single = tag == "NN" and one in wordnet().verbs and _is_one(words, at)
    if single and after.startswith(("IN", "TO", "RP", "DT", "PRP$")):
        return "VBZ"  # "a child holding a balloon tugs at"
    if _is_verb(words, at, after):
        return "VBG" if text.endswith("ing") else "VBP"
    return "NNS" if tag == "JJ" and one is not None and wordnet().shows(one) else tag


def _is_verb(words: Sequence[Word], at: int, after: str) -> bool:
    """Return whether a word taken for a noun or an adjective is a verb by what is around it."""
    text, before = words[at].text, words[at - 1]
    ends = at + 1 == len(words) or words[at + 1].is_mark
    if text.endswith("ing"):
        if before.tag == "CD" or before.text in ("another", "other", "others"):
            return _is_action(text) and (ends or after.startswith(_AFTER_VERB))  # "two lamps, one standing near"
        if not before.tag.startswith(("NN", "JJ")) or not _is_action(text):
            return False
        leads = (ends or after.startswith(_AFTER_VERB)) and before.tag.startswith("NN") and _is_phrase(words, at)
        return leads or (after in ("NN", "NNS") and _is_living(before.text))  # "an elephant drinking water"
    governs = after in _OBJECTS and before.tag == "NNS" and not before.text.endswith("'s")
    if governs and text in wordnet().verbs | COVERING:
        return True  # "parked cars line the street", "two women share an umbrella"
    return after.startswith(_AFTER_VERB) and before.tag in ("NN", "NNS") and _is_base(text) and _is_several(words, at)


@lru_cache(20_000)
def _is_action(text: str) -> bool:
    return text not in NOT_ACTIONS and lemma(text) in visible_actions() | _FURTHER


@lru_cache(20_000)
def _is_base(text: str) -> bool:
    return lemma(text) == text and text in visible_actions() | _FURTHER


@lru_cache(20_000)
def _is_living(text: str) -> bool:
    net = wordnet()
    one = net.singular(text) or text
    if english().nouns.get(text) == "person":
        return True
    return one in terms().living or any(net.is_kind(one, root) for root in ("person", "animal"))


def _is_phrase(words: Sequence[Word], at: int) -> bool:
    """Return whether the nouns before a word are a whole phrase: "a red couch sleeping", not "go horse riding"."""
    if words[at - 1].tag == "NNS":
        return True
    for place in range(at - 2, max(at - 2 - _NEAR, -1), -1):
        if words[place].text in DETERMINERS or words[place].tag in ("CD", "PRP$"):
            return True
        if not words[place].tag.startswith(("NN", "JJ", "VBN")):
            return False
    return at < 2


def _is_one(words: Sequence[Word], at: int) -> bool:
    """Return whether the noun before a word is one thing: *a* does not go with a plural."""
    place = at - 1
    while place > 0 and words[place].tag in ("NN", "JJ"):
        place -= 1
    return place < at - 1 and words[place].text in ("a", "an")


def _is_several(words: Sequence[Word], at: int) -> bool:
    """Return whether several things come right before a word: "two men glance at", "a man and a woman stand in"."""
    if words[at - 1].tag == "NNS":
        return not words[at - 1].text.endswith("'s")
    for place in range(at - 2, max(at - 2 - _NEAR, 0), -1):
        if words[place].text == "and":
            return words[place + 1].text in ARTICLES and words[place - 1].tag.startswith("NN")
        if not words[place].tag.startswith(("NN", "JJ", "DT")):
            return False
    return False
