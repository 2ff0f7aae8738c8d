"""Part-of-speech tags as captions need them: the tagger learnt from news, where people do not lay "on a red couch sleeping"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.english.grammar import (
    ARTICLES,
    COVERING,
    DETERMINERS,
    NOT_ACTIONS,
    PAIRED,
    PREPOSITIONS,
)
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import lemma, visible_actions
from llamaindex_clipverify.claims.wordnet import wordnet

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_FURTHER = frozenset("lay glance chat wait work march look lean cross".split())
"""Verbs of captions beside `visible_actions`."""
_AFTER_VERB = ("IN", "TO", "RB", "RP", "DT", "PRP", "CC")
"""First letters of the tags of what may follow a verb."""
_DOUBTED = ("NN", "JJ", "NNP", "VBZ", "VBD", "VBN")
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
        if following is not None and (words[at].text, following.text) in _ONE_WORD:
            text = f"{words[at].text}-{following.text}"
            yield words[at]._replace(text=text, end=following.end, tag="JJ")
            at += 2
        else:
            yield words[at]
            at += 1


def _tag(words: Sequence[Word], at: int) -> str:
    text, tag = words[at].text, words[at].tag
    following = words[at + 1] if at + 1 < len(words) else None
    if at == 0:
        describes = tag in ("VBD", "VBN") and following is not None and following.tag in ("NN", "NNS")
        return "JJ" if describes and text.endswith("ed") else tag
    before = words[at - 1].tag
    if tag == "VBZ":
        plural = text in PAIRED | {"clothes"} or (before == "VBG" and wordnet().singular(text) is not None)
        return "NNS" if plural else tag
    ends = following is None or following.is_mark
    leads = ends or (following is not None and following.tag.startswith(_AFTER_VERB))
    acts = text.endswith("ing") and before.startswith(("NN", "JJ")) and _is_action(text)
    if acts and leads and before.startswith("NN") and _is_phrase(words, at):
        return "VBG"
    if acts and following is not None and following.tag in ("NN", "NNS") and _is_living(words[at - 1].text):
        return "VBG"  # "an elephant drinking water"
    if leads and not ends and before in ("NN", "NNS") and _is_base(text) and _is_several(words, at):
        return "VBP"
    governs = following is not None and following.tag in ("DT", "PRP$")
    if governs and before == "NNS" and text in COVERING and not words[at - 1].text.endswith("'s"):
        return "VBP"  # "parked cars line the street"
    if tag == "JJ" and text.endswith("s") and (one := wordnet().singular(text)) is not None and wordnet().shows(one):
        return "NNS"
    return tag


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
    return at - 2 < 0 or at - 1 == 0


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
