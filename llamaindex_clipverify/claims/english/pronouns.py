"""Resolves subject pronouns (*it*, *they*, *he*, *she*, *one*, *the other*, *two of them*) if only one noun fits.

If several nouns fit, the pronoun is not resolved: no claim is better than a claim about the wrong object. The one exception
is the subject of the previous sentence: "The dog stands next to the car. It is brown."
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import COPULAS, DEFINITE, FINITE, HAVE, PEOPLE_PRONOUNS, PREPOSITIONS
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.sentences import Word

_PERSON = "person"
_SINGULAR = frozenset(("it", "it's"))
_PLURAL = frozenset(("they", "they're", "both", "these", "those"))


def resolve(words: Sequence[Word], mentions: list[Mention], before: Sequence[Mention]) -> None:
    """Add a mention for each subject pronoun; `before` are the mentions of the previous sentence."""
    taken = {at for mention in mentions for at in range(mention.begins, mention.after)}
    for at in range(len(words)):
        length = 0 if at in taken else _pronoun(words, at)
        if length:
            earlier = [mention for mention in mentions if mention.after <= at]
            mentions.append(_mention(words, at, length, earlier, before))
            taken |= set(range(at, at + length))
    mentions.sort(key=lambda one: one.begins)


def _pronoun(words: Sequence[Word], at: int) -> int:
    """Return the length in words of the subject pronoun at a position; 0 if there is none."""
    text = words[at].text
    if _text(words, at - 1) in PREPOSITIONS or _text(words, at - 1) == "of":
        return 0
    if _text(words, at + 1) == "of" and _text(words, at + 2) in ("them", "these", "those"):
        return 3
    if text == "the" and _text(words, at + 1) in ("other", "others"):
        length = 3 if _text(words, at + 2) in ("one", "two", "three") else 2
        return length if _is_verb(_text(words, at + length)) else 0
    if text in _SINGULAR | _PLURAL | PEOPLE_PRONOUNS or (text == "one" and _is_verb(_text(words, at + 1))):
        return 1
    return 0


def _is_verb(text: str) -> bool:
    return text in COPULAS or text in FINITE or text in HAVE


def _mention(
    words: Sequence[Word], at: int, length: int, earlier: Sequence[Mention], before: Sequence[Mention]
) -> Mention:
    text = words[at].text
    several = length == 3 or text in _PLURAL
    referents = _fitting(text, several, earlier) or _fitting(text, several, before)
    if text == "the" or text == "one":
        referents = _of_several(earlier) or _of_several(before)
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
    if text == "the":
        mention.first = mention.head = at + 1
    if length == 3 and text != "the":
        mention.number = _NUMBERS.get(text, int(text) if text.isdigit() else None)
    return mention


_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}


def _fitting(text: str, several: bool, mentions: Sequence[Mention]) -> list[Mention]:
    """Return the mentions that a pronoun refers to: one noun, or a group for *they*; empty if ambiguous."""
    options = [mention for mention in mentions if mention.shown and not mention.negated and not mention.pronoun]
    options += [other for mention in mentions if mention.pronoun for other in mention.stands_for]
    if several:
        return _group(options)
    people = text in PEOPLE_PRONOUNS
    options = [one for one in options if not one.plural and (one.noun == _PERSON) == people and (one.number or 1) == 1]
    nouns = dict.fromkeys(one.noun for one in options)
    if len(nouns) > 1 and _is_subject(mentions, options[0]):
        return options[:1]
    return options[-1:] if len(nouns) == 1 else []


def _is_subject(mentions: Sequence[Mention], option: Mention) -> bool:
    return mentions[0] is option and option.determiner in DEFINITE and option.begins == 0


def _group(options: Sequence[Mention]) -> list[Mention]:
    many = [one for one in options if one.plural or (one.number or 1) > 1]
    if many:
        return many[-1:] if len({one.noun for one in many}) == 1 else []
    return list(options) if len(options) == 2 else []


def _of_several(mentions: Sequence[Mention]) -> list[Mention]:
    """Return the plural mention that *one* and *the other* refer to: the last one before the pronoun."""
    own = [other for mention in mentions if mention.pronoun for other in mention.stands_for]
    many = [
        mention
        for mention in mentions
        if mention.shown and not mention.negated and (mention.plural or (mention.number or 1) > 1)
    ]
    return (many or own)[-1:]


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""
