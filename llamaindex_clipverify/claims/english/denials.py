"""Denials of several words as the one word *not*: "by no means", "isn't, in fact,", "does not appear to be"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.english.grammar import BE, HARDLY, MODALS

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_PHRASES = (("by", "no", "means"), ("in", "no", "way"), ("no", "longer"))
_PHRASES_OF_BE = (("anything", "but"), ("far", "from", "being"))
"""What denies after a form of *be*: "far from" is a distance elsewhere."""
_SEEMING = frozenset("appear seem".split())
_IS = {"does": "is", "do": "are", "did": "was", "doesn't": "isn't", "don't": "aren't", "didn't": "wasn't"}
_AUXILIARIES = BE | MODALS | {"has", "have", "had", *_IS}
_ASIDES = frozenset("in of as at to however though actually unfortunately sadly surprisingly interestingly".split())
"""First words of what may stand between commas after *not*."""
_LONGEST_ASIDE = 8


def plainly_denied(words: Sequence[Word]) -> list[Word]:
    """Return the tagged words of a sentence with each such denial as *not*."""
    texts = [word.text for word in words]
    if not {"not", "no", "nor", "anything", "far", *HARDLY}.intersection(texts) and not any(
        text.endswith("n't") for text in texts
    ):
        return list(words)
    return list(_plainly(words, texts))


def _plainly(words: Sequence[Word], texts: Sequence[str]) -> Iterator[Word]:
    at = 0
    while at < len(words):
        word, follows = words[at], at + 1
        phrases = (*_PHRASES, *(_PHRASES_OF_BE if at > 0 and texts[at - 1] in BE else ()))
        phrase = next((one for one in phrases if tuple(texts[at : at + len(one)]) == one), ())
        compares = texts[at + len(phrase) : at + len(phrase) + 1] == ["than"]  # "no longer than"
        if phrase and at > 0 and not compares:
            follows = at + len(phrase)
            word = word._replace(text="not", tag="RB", end=words[follows - 1].end)
        elif texts[at] == "nor" and (behind := _inverted_subject(words, at)):
            yield word._replace(text="and")
            yield from words[at + 2 : behind]
            if _only_tells_which(words, behind):
                at = behind  # "isn't smiling, nor is the woman on the right"
                continue
            yield words[at + 1]
            word, follows = words[at + 1]._replace(text="not", tag="RB"), behind  # "nor is he" is *and he is not*
        elif texts[at] in HARDLY and texts[at + 1 : at + 2] in (["anyone"], ["anybody"]):
            follows = at + 2
            word = word._replace(text="nobody", tag="NN", end=words[at + 1].end)
        elif texts[at].removesuffix("s") in _SEEMING and texts[at + 1 : at + 4] == ["not", "to", "be"]:
            yield word._replace(text="is" if texts[at].endswith("s") else "are", tag="VBZ")
            yield words[at + 1]
            at += 4
            continue
        elif texts[at] in _IS and (seeming := _seems_to_be(texts, at)):
            yield word._replace(text=_IS[texts[at]], tag="VBZ")
            yield from words[at + 1 : seeming]
            at = seeming + 3
            continue
        elif texts[at] == "not" or texts[at].endswith("n't"):
            follows = _after_aside(texts, at + 1)
        elif texts[at] in _AUXILIARIES and texts[(behind := _after_aside(texts, at + 1)) : behind + 1] == ["not"]:
            follows = behind
        yield word
        at = follows


def _inverted_subject(words: Sequence[Word], at: int) -> int:
    """Return where the subject ends in "nor is he holding", 0 if *nor* begins no clause."""
    if at + 2 >= len(words) or words[at + 1].text not in _AUXILIARIES:
        return 0
    if words[at + 2].tag == "PRP":
        return at + 3
    end = at + 2
    while end < len(words) and words[end].tag in ("DT", "PRP$", "JJ", "NN", "NNS"):
        end += 1
    while words[end - 1].tag == "JJ":
        end -= 1
    return end if words[at + 2].tag in ("DT", "PRP$") and words[end - 1].tag in ("NN", "NNS") else 0


def _only_tells_which(words: Sequence[Word], at: int) -> bool:
    """Return whether a place is all that comes before the end of a clause."""
    end = next((place for place in range(at, len(words)) if words[place].is_mark), len(words))
    return at < end and words[at].tag == "IN" and not any(word.tag.startswith("VB") for word in words[at:end])


def _seems_to_be(texts: Sequence[str], at: int) -> int:
    """Return the position of *appear* in "does (not) appear to be", 0 if there is none."""
    place = at + 1 + (texts[at + 1 : at + 2] == ["not"])
    denied = place > at + 1 or texts[at].endswith("n't")
    return place if denied and texts[place : place + 1] and texts[place] in _SEEMING and _is_to_be(texts, place) else 0


def _is_to_be(texts: Sequence[str], place: int) -> bool:
    return list(texts[place + 1 : place + 3]) == ["to", "be"]


def _after_aside(texts: Sequence[str], at: int) -> int:
    """Return where a sentence goes on after *not*: behind "at all", and behind what stands between commas."""
    if list(texts[at : at + 2]) == ["at", "all"] and at + 2 < len(texts):
        return at + 2
    if at + 1 >= len(texts) or texts[at] != "," or texts[at + 1] not in _ASIDES:
        return at
    closes = next((end for end in range(at + 2, min(at + 2 + _LONGEST_ASIDE, len(texts))) if texts[end] == ","), None)
    return at if closes is None else closes + 1
