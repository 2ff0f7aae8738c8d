"""Part-of-speech tags as captions need them: the tagger learnt from news, where people do not lay "on a red couch sleeping"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.english.grammar import BE, DETERMINERS, PREPOSITIONS
from llamaindex_clipverify.claims.english.tag_rules import right_tag
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import english

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_SHADES = frozenset("shades hues tones tints shade hue tone tint".split())
_DOUBTED = ("NN", "JJ", "JJR", "NNP", "NNS", "VB", "VBZ", "VBD", "VBN", "VBG", "MD", "RB")
_OWNERS = {"its": "it", "his": "him", "her": "her", "their": "them"}
_ONE_WORD = frozenset(
    (("upside", "down"), ("face", "down"), ("face", "up"), ("mid", "air"), ("polka", "dot"), ("polka", "dotted"))
)
"""Pairs that are one adjective."""
_BUILT = frozenset(
    "wheeled legged sided headed handed storied storeyed tiered armed seated seater masted engined pronged layered humped "
    "story storey seat tier piece lane level engine door person man wheel".split()
)
"""What a number before it makes an adjective: "a two wheeled bike", "a three story house"."""
_MADE_FOR = frozenset("women's men's kids' kid's girls' boys' ladies' children's womens mens".split())
"""First words of product names, which name no owner."""
_HANDS = frozenset(("left", "right", "other"))
_STARTS = frozenset(
    (
        ("at", "the", "beginning"),
        ("at", "the", "start"),
        ("at", "the", "end"),
        ("in", "the", "beginning"),
        ("in", "the", "end"),
    )
)
"""When in a film something happens."""
_ABREAST = frozenset((part, "in", part) for part in ("hand", "arm"))
"""How people walk together."""
_SMALL = PREPOSITIONS | DETERMINERS | {"and", "or", "is", "are"}


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
        if word.tag in _DOUBTED or word.text in ("half", "overhead"):
            found[at] = word._replace(tag=right_tag(found, at))
    return found


def _joined(words: Sequence[Word]) -> Iterator[Word]:
    at = 0
    while at < len(words):
        following = words[at + 1] if at + 1 < len(words) else None
        side = words[at + 2] if at + 2 < len(words) else None
        owner = _OWNERS.get(following.text) if following is not None else None
        third = words[at + 3].tag if at + 3 < len(words) and words[at + 3].text != "side" else ""
        aside = side is not None and side.text in ("left", "right") and not third.startswith("NN")
        if owner and side is not None and aside and words[at].text in ("to", "on"):
            yield from (words[at], side._replace(tag="JJ"))  # "to its left" is *to the left of it*
            yield side._replace(text="of", start=side.end, tag="IN")
            yield side._replace(text=owner, start=side.end, tag="PRP")
            at += 3 + (at + 3 < len(words) and words[at + 3].text == "side")
        elif words[at].text in _SHADES and following is not None and following.text == "of" and _is_colour(side):
            at += 2  # "in shades of red" is *in red*
        elif following is not None and ((words[at].text, following.text) in _ONE_WORD or _is_built(words, at)):
            text = f"{words[at].text}-{following.text}"
            yield words[at]._replace(text=text, end=following.end, tag="JJ")
            at += 2
        elif (
            at == 0 and words[at].text in _MADE_FOR and following is not None and following.tag.startswith(("NN", "JJ"))
        ):
            # "women's summer dress" of a catalogue
            yield words[at]._replace(text=words[at].text.replace("'", ""), tag="JJ")
            at += 1
        elif following is not None and side is not None and _is_other_hand(words, at):
            yield from (words[at], following, side._replace(tag="JJ"))  # "and a branch in his right"
            yield side._replace(text="hand", start=side.end, tag="NN")
            at += 3
        elif words[at].text == "comes" and following is not None and following.text == "with":
            yield words[at]._replace(text="has", end=following.end)
            at += 2
        elif tuple(word.text for word in words[at : at + 3]) in _ABREAST:
            at += 3
        elif at == 0 and tuple(word.text for word in words[:3]) in _STARTS:
            at += 3 + (len(words) > 3 and words[3].text == ",")
        elif at and words[at].text == "the" and (skipped := _is_the_one(words, at)):
            at += skipped
        elif words[at].text == "whilst":
            yield words[at]._replace(text="while", tag="IN")
            at += 1
        else:
            yield words[at]
            at += 1


def _is_other_hand(words: Sequence[Word], at: int) -> bool:
    """Return whether *hand* is left out: "a book in his left hand and a branch in his right"."""
    own, side = words[at + 1], words[at + 2]
    led = words[at].text in ("in", "on", "with") and own.tag == "PRP$" and side.text in _HANDS
    alone = at + 3 == len(words) or not words[at + 3].tag.startswith(("NN", "JJ"))
    return led and alone and any(word.text in ("hand", "arm") for word in words[:at])


def _is_the_one(words: Sequence[Word], at: int) -> int:
    """Return how many words "is the one holding" has too many, 0 where no participle follows."""
    texts = [word.text for word in words[at : at + 4]]
    if words[at - 1].text not in BE | {"not"} or texts[1:2] != ["one"]:
        return 0
    number = 4 if texts[2:3] in (["who"], ["that"]) and texts[3:4] and texts[3] in BE else 2
    return number if at + number < len(words) and words[at + number].tag == "VBG" else 0


def _is_built(words: Sequence[Word], at: int) -> bool:
    """Return whether a number and a word describe one thing: "two wheeled" of a bike, "three story" of a house."""
    text, described = words[at + 1].text, words[at + 2].tag if at + 2 < len(words) else ""
    if words[at].tag != "CD" or text not in _BUILT or not described.startswith(("NN", "JJ")):
        return False
    return text.endswith("ed") or (at > 0 and words[at - 1].text in ("a", "an", "the", "this", "that"))


def _is_colour(word: Word | None) -> bool:
    return word is not None and (word.text in english().colours or word.text in terms().colours)
