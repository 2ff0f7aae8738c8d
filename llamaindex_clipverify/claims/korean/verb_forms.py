"""Readings of a Korean word as a verb: dictionary form and ending, also of verbs made of two, and of nouns with 하다."""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.claims.korean.conjugation import ENDINGS, LONGEST_STEM
from llamaindex_clipverify.claims.korean.letters import jamo
from llamaindex_clipverify.claims.korean.word_lists import word_set
from llamaindex_clipverify.claims.korean.words import lexicon

_SECOND_VERBS = word_set("second_verbs")
"""Verbs behind another verb in one word."""


@dataclass(eq=False)
class Verb:
    """A reading as a verb: dictionary form and what its ending does."""

    word: str
    ending: str


def verb_readings(word: str) -> list[Verb]:
    """Return the readings of a word as a verb, longest stem first."""
    letters = jamo(word)
    found = []
    for size in range(min(len(letters), LONGEST_STEM), 0, -1):
        for verb, form in lexicon().stems.get(letters[:size], ()):
            ending = ENDINGS[form].get(letters[size:])
            if ending is not None:
                found.append(Verb(verb, ending))
    return found


def unlisted_verbs(word: str) -> list[Verb]:
    """Read a verb that no list has, made of a noun of two or three letters and 하다 or 되다."""
    for size in (2, 3):
        for verb in verb_readings(word[size:]) if len(word) > size else ():
            if verb.word in ("하다", "되다") and verb.ending in ("go", "and", "ji", "adn", "final"):
                return [Verb(word[:size] + verb.word, verb.ending)]
    return []


def compound_verbs(word: str) -> list[Verb]:
    """Read a verb with a verb of motion or giving behind it: 미끄러져가는, 끌어올리고."""
    for size in range(min(len(word), LONGEST_STEM) - 1, 1, -1):
        second = next((one for one in verb_readings(word[size:]) if one.word in _SECOND_VERBS), None)
        first = next((one for one in verb_readings(word[:size]) if one.ending == "inf"), None) if second else None
        if first is not None and second is not None:
            return [Verb(first.word, second.ending)]
    return []
