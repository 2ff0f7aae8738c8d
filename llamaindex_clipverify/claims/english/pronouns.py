"""Resolves subject pronouns (*it*, *they*, *he*, *she*, *one*, *the other*, *two of them*) if only one noun fits.

If several nouns fit, the pronoun is not resolved: no claim is better than a claim about the wrong object. The one exception
is the subject of the previous sentence: "The dog stands next to the car. It is brown."
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from llamaindex_clipverify.claims.english.grammar import (
    BE,
    DEFINITE,
    NO,
    PEOPLE_PRONOUNS,
    POSTURES,
    PREPOSITIONS,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import is_living, is_own, is_person
from llamaindex_clipverify.claims.english.told_apart import NUMBERS, is_several, length_of_some, meant_by

_SINGULAR = frozenset(("it", "it's"))
_PLURAL = frozenset(("they", "they're", "both", "these", "those"))


_WEATHER = frozenset(
    "raining snowing hailing drizzling pouring storming thundering rains snows windy foggy stormy nighttime daytime night "
    "evening morning noon midnight winter summer autumn spring christmas likely possible unclear evident obvious".split()
)
"""After *it is*, what *it* stands for nothing with."""
_FURTHEST = 40
"""Noun phrases before a pronoun that it may refer to."""


def resolve(words: Sequence[Word], mentions: list[Mention], before: Sequence[Mention]) -> None:
    """Add a mention for each pronoun; `before` are the mentions of the previous sentence."""
    if words and words[0].tag == "VBZ" and words[0].text not in BE and before and before[0].shown:
        mentions.insert(0, _implied(before[0]))  # "A coat in red wool. Has two pockets."
    waiting, passed = mentions[::-1], list[Mention]()
    at = 0
    while at < len(words):
        while waiting and waiting[-1].after <= at:
            passed.append(waiting.pop())
        if waiting and waiting[-1].begins == at and _text(words, at + 1) == "ones" and _pronoun(words, at):
            waiting.pop()  # "the ones on the left" name no thing of their own
        if waiting and waiting[-1].begins <= at:
            at = waiting[-1].after
            continue
        length = _pronoun(words, at)
        if length:
            passed.append(_mention(words, at, length, passed[-_FURTHEST:], before))
        elif _is_object(words, at):
            passed.append(_object(words, at, passed[-_FURTHEST:], before))
        at += max(length, 1)
    mentions[:] = sorted([*passed, *waiting], key=lambda one: one.begins)


def _implied(model: Mention) -> Mention:
    """Return the subject that a sentence without one goes on with: that of the sentence before."""
    return Mention(
        noun="", known=True, plural=model.plural, first=0, head=0, after=0, pronoun=True, begins=0, stands_for=[model]
    )


def _pronoun(words: Sequence[Word], at: int) -> int:
    """Return the length in words of the subject pronoun at a position; 0 if there is none."""
    if words[at].text in _SINGULAR and _is_expletive(words, at):
        return 0
    if _text(words, at - 1) in PREPOSITIONS or _text(words, at - 1) == "of":
        return 0
    return length_of_some(words, at) or int(words[at].text in _SINGULAR | _PLURAL | PEOPLE_PRONOUNS)


def _is_expletive(words: Sequence[Word], at: int) -> bool:
    """Return whether *it* stands for nothing: "it is raining"."""
    said = (word.text for word in words[at + 1 : at + 4])
    return next((text for text in said if text not in ("is", "was", "also", "still", "currently")), "") in _WEATHER


_OBJECTS = {
    "it": "it",
    "itself": "it",
    "him": "he",
    "himself": "he",
    "her": "she",
    "herself": "she",
    "them": "they",
    "themselves": "they",
}


def _is_object(words: Sequence[Word], at: int) -> bool:
    """Return whether a pronoun is the object of a preposition or verb: "in front of him", not "her dog"."""
    text = words[at].text
    if text not in _OBJECTS or at == 0:
        return False
    if _text(words, at - 1) == "of" and _text(words, at - 2) in ("left", "right"):
        return True
    return text != "her" or at + 1 == len(words) or words[at + 1].tag[:2] not in ("NN", "JJ", "CD", "VB")


def _object(words: Sequence[Word], at: int, earlier: Sequence[Mention], before: Sequence[Mention]) -> Mention:
    """Return the mention of an object pronoun: the first noun phrase of the sentence that fits, or what *with* follows."""
    role = _OBJECTS[words[at].text]
    holder = _holder(words, at, earlier)
    return Mention(
        noun="",
        known=True,
        plural=role == "they",
        first=at,
        head=at,
        after=at + 1,
        pronoun=True,
        begins=at,
        stands_for=[holder] if holder is not None and _fits(role, holder) else _referent(words, at, earlier, before),
    )


def _holder(words: Sequence[Word], at: int, earlier: Sequence[Mention]) -> Mention | None:
    """Return what *with* follows, if *it* ends that phrase: the shelf of "below the window is a shelf with a lamp on it"."""
    for thing, holder in pairwise(reversed(earlier)):
        if _text(words, thing.begins - 1) in ("with", "without", "has", "have", "having"):
            gap = [word.text for word in words[holder.after : thing.begins - 1]]
            near = gap in ([], ["that"], ["which"], [",", "which"]) and holder.shown and not holder.pronoun
            between = words[earlier[-1].after : at]
            return holder if near and len(between) < 4 and not any(one.tag[:2] == "VB" for one in between) else None
        if _text(words, thing.begins - 1) not in ("and", ","):
            return None
    return None


def _referent(words: Sequence[Word], at: int, earlier: Sequence[Mention], before: Sequence[Mention]) -> list[Mention]:
    """Return the noun phrase that fits, if only one noun does or the first of the sentence; in this sentence or the last."""
    role = _OBJECTS[words[at].text]
    if role in ("he", "she") and not any(map(is_person, (*earlier, *before))):
        role = "pet"  # "a dog has a ribbon behind him"
    options = [
        one for one in earlier if one.shown and not one.pronoun and one.determiner not in _ABSENT and _fits(role, one)
    ]
    if len(earlier) == 1 and _text(words, earlier[0].after) in POSTURES and _text(words, at - 1) in PREPOSITIONS:
        options = []  # "A rug is on the floor. A cat lies on it."
    placed = [one for one in options if _text(words, one.begins - 1) in PREPOSITIONS]
    if options and not (placed and placed[0] is options[0]) and len(placed) == len(options) - 1:
        return options[:1]  # "a red car stands on asphalt, with other vans near it"
    told = [one for mention in before[:1] for one in mention.means() if mention.pronoun and _fits(role, one)]
    if not options and told:
        return told[:1]  # "It contains apples. Next to it is a knife."
    options = options or [
        mention
        for mention in before
        if mention.shown and not mention.pronoun and _fits(role, mention) and not (role == "they" and mention.ground)
    ]
    nouns = {option.noun for option in options}
    first = options and (len(nouns) == 1 or (earlier and options[0] is earlier[0]))
    return options[:1] if first else _placed(options)[:1]


_ABSENT = (*NO, "any")


def _fits(role: str, mention: Mention) -> bool:
    several = mention.plural or (mention.number or 1) > 1
    if role == "they":
        return several
    if role == "pet":
        return not several and is_living(mention)
    return not several and is_person(mention) == (role in ("he", "she"))


def _mention(
    words: Sequence[Word], at: int, length: int, earlier: Sequence[Mention], before: Sequence[Mention]
) -> Mention:
    text = words[at].text
    several = text in _PLURAL or is_several(words, at, length)
    if text in ("the", "one", "a") or (length == 1 and text in NUMBERS):
        referents = meant_by(words, at, earlier, before)
    else:
        pets = not any(map(is_person, (*earlier, *before)))
        referents = _fitting(text, several, earlier, pets=pets) or _fitting(text, several, before, pets=pets)
    mention = Mention(
        noun="",
        known=True,
        plural=several,
        first=at,
        head=at,
        after=at + length,
        pronoun=True,
        begins=at,
        stands_for=referents,
    )
    if text in ("the", "a"):
        mention.first = mention.head = at + 1
    if text in ("neither", "none"):
        mention.determiner = "none"
    if length == 3 and text not in ("the", "a"):
        mention.number = NUMBERS.get(text, int(text) if text.isdecimal() else None)
    return mention


def _fitting(text: str, several: bool, mentions: Sequence[Mention], *, pets: bool) -> list[Mention]:
    """Return the mentions that a pronoun refers to: one noun, or a group for *they*; empty if ambiguous.

    With `pets`, *he* and *she* may be animals.
    """
    options = [mention for mention in mentions if mention.shown and not mention.negated and not mention.pronoun]
    options += [other for mention in mentions if mention.pronoun for other in mention.stands_for]
    if several:
        return _group(options)
    options = [one for one in options if not one.plural and (one.number or 1) == 1]
    people = [one for one in options if is_person(one)]
    if text in PEOPLE_PRONOUNS:
        options = people or [one for one in options if pets and is_living(one)]  # "The dog is small. He is brown."
    else:
        options = [one for one in options if one not in people]
    nouns = dict.fromkeys(one.noun for one in options)
    if len(nouns) > 1 and _is_subject(mentions, options[0]):
        return options[:1]
    return options[-1:] if len(nouns) == 1 else _placed(options)[:1]


def _is_subject(mentions: Sequence[Mention], option: Mention) -> bool:
    return mentions[0] is option and option.determiner in DEFINITE and option.begins == 0


def _placed(options: Sequence[Mention]) -> list[Mention]:
    """Return what alone is no place of another: the tower of "A tower stands on a hill. It is painted red."""
    free = [one for one in options if not one.ground]
    return free if len({one.noun for one in free}) == 1 else []


def _group(options: Sequence[Mention]) -> list[Mention]:
    options = [one for one in options if not one.ground and not is_own(one)] or options
    people = {one.noun: one for one in options if is_person(one)}
    many = [one for one in options if one.plural or (one.number or 1) > 1]
    if many:
        distinct = {one.narrow or one.noun: one for one in many}
        return list(distinct.values()) if len({one.noun for one in many}) == 1 else []
    if len(options) == 2:
        return list(options)
    joined = [[one, other] for one, other in pairwise(options) if other.begins == one.after + 1]
    pairs = [pair for pair in joined if all(map(is_person, pair))]
    if len(pairs) == 1 and len(people) == 1:
        return pairs[0]  # "a man and a woman on a bridge, both …"
    return list(people.values()) if len(people) == 1 else []  # "The hiker … They have a bag."


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""
