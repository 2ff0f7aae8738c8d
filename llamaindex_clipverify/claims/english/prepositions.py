"""Prepositions of one or several words, and their normal form."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import CONJUNCTIONS, PREPOSITIONS
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.vocabulary import Vocabulary

PHRASES = {
    tuple(words.split()): name
    for name, phrases in {
        "in front of": "in front of",
        "behind": "in back of | at the back of",
        "in": "in the back of | inside the back of | "
        "in the middle of | in the center of | in the centre of | "
        "at the middle of | at the center of | at the centre of | in a pile of | in | in the corner of",
        "between": "in between",
        "besides": "in addition to",
        "along": "along the side of | along the edge of",
        "with": "along with | together with | accompanied by",
        "next to": "adjacent to | alongside | beside | "
        "on either side of | on each side of | on both sides of | off to the side of",
        "on": "atop | all over | "
        "on the side of | on the edge of | on the back of | on the front of | on the corner of | onto | on to",
        "at": "at the edge of | at the end of | at the corner of | at the side of | at the foot of | at the base of | at",
        "out of": "out of | out from",
        "away from": "away from",
        "instead of": "instead of",
        "because of": "because of",
        "such as": "such as | including",
        "among": "amid | amidst | amongst | in the midst of",
        "outside": "outside of",
        "off": "off of | off",
        "against": "up against",
        "across from": "across from | opposite | on the other side of | on the opposite side of",
        "parallel to": "parallel to",
        "perpendicular to": "perpendicular to",
        "closer to": "closer to",
        "nearer to": "nearer to",
        "closest to": "closest to",
        "nearest to": "nearest to | nearest",
        "to": "to the back of | to the side of | to the front of | to the top of | to the bottom of | to the end of",
        "far from": "far from | far away from",
        "down": "down",
        "up": "up",
        "below": "underneath | in the shade of",
        "around": "around | surrounding",
        "like": "like",
        "than": "than",
        "as": "as",
        "full of": "full of | filled with",
        "at the top of": "at the top of",
        "at the bottom of": "at the bottom of",
    }.items()
    for words in phrases.split(" | ")
}
"""Word sequences that act as one preposition, beside the relations of the vocabulary, and their normal form."""
_PARTS = ("front", "back", "side", "edge", "corner", "end", "center", "centre", "middle", "rear")
PHRASES |= {(word, "the", part, "of"): "next to" for word in ("near", "towards", "toward", "by") for part in _PARTS}
PHRASES |= {tuple(word for word in words if word != "the"): name for words, name in PHRASES.items() if "the" in words}
_STARTS: dict[str, list[tuple[str, ...]]] = {}
for _phrase in PHRASES:
    _STARTS.setdefault(_phrase[0], []).append(_phrase)


def _is_place(words: Sequence[Word], at: int) -> bool:
    """Return whether *before* after a verb means in front of a thing: "crouches before a wheelbarrow"."""
    led = at > 0 and words[at - 1].tag in ("VBZ", "VBG", "VBN", "VBD", "VBP", "NNS")
    named = at + 1 < len(words) and words[at + 1].tag in ("DT", "PRP$")
    return led and named and not any(word.tag.startswith("VB") for word in words[at + 2 : at + 6])


def preposition(vocabulary: Vocabulary, words: Sequence[Word], at: int) -> tuple[int, str]:
    """Return length in words and normal form of the preposition at a position; 0 if there is none."""
    texts = [word.text for word in words[at : at + 6]]
    if texts[0] in ("outside", "inside") and at > 0 and words[at - 1].text in ("an", "the", "its"):
        return 0, ""  # "an outside picnic bench"
    if texts[0] == "before":
        return (1, "in front of") if _is_place(words, at) else (0, "")
    length, relation = vocabulary.relation_at(texts)
    phrase = max((key for key in _STARTS.get(texts[0], ()) if tuple(texts[: len(key)]) == key), key=len, default=())
    if len(phrase) > length or (phrase and relation is None):
        return len(phrase), PHRASES[phrase]
    if relation is not None:
        return length, relation
    return (1, texts[0]) if texts[0] in PREPOSITIONS and texts[0] not in CONJUNCTIONS else (0, "")
