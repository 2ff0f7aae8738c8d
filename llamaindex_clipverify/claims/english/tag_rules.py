"""Which tag a word has that the tagger of news text doubts: verbs taken for nouns, plurals for verbs, adverbs for nouns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ARTICLES,
    BE,
    CAPTION_VERBS,
    COVERING,
    DETERMINERS,
    GROUPS,
    NOT_ACTIONS,
    PAIRED,
    SHOWING,
)
from llamaindex_clipverify.claims.english.tagger import tagger
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import is_ridden, lemma, visible_actions
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

if TYPE_CHECKING:
    from llamaindex_clipverify.claims.english.sentences import Word

_AFTER_VERB = ("IN", "TO", "RB", "RP", "DT", "PRP", "CC")
"""First letters of the tags of what may follow a verb."""
_OBJECTS = ("DT", "PRP$", "CD")
"""Tags of what begins the object of a verb."""
_ELSEWHERE = frozenset(
    "underwater onstage midair offshore uphill downhill indoors outdoors overhead upstairs downstairs ashore backstage "
    "poolside courtside airborne".split()
)
"""Adverbs of place that the tagger takes for nouns after one."""
_PARTICIPLES = frozenset("slung strung flung draped clad hung torn bent strapped tucked propped".split())
_COMPARED = frozenset(
    "darker brighter paler softer thicker thinner wider narrower looser tighter rounder shinier".split()
)
_OF_CATALOGUES = ("features", "includes", "closes", "opens", "comes", "measures")
"""Verbs that begin a sentence of a catalogue, without a subject."""
_ORDINALS = ("second", "third", "fourth", "fifth")
_LEAFY = frozenset("fall autumn dead dry fallen tree".split())
"""Words before leaves."""
_FLOWING = frozenset("light sunlight smoke water steam snow rain fog mist sun moonlight daylight lava".split())
_FLOWS = frozenset(
    "stream trail shine rise fall flow pour drift billow filter cover drip reflect flood cascade".split()
)
"""What light, water and smoke do."""
_STANDS = frozenset("rise loom tower stand hang sit lie lean rest stretch extend float drift hover jut dangle".split())
"""What lifeless things do in a place."""
_NEAR = 5
"""Words that a phrase may have before its noun."""


def right_tag(words: Sequence[Word], at: int) -> str:
    """Return the tag of a word whose own is doubted."""
    text, tag = words[at].text, words[at].tag
    following = words[at + 1] if at + 1 < len(words) else None
    after = following.tag if following is not None and not following.is_mark else ""
    if at == 0:
        return _first_tag(text, tag, after)
    one = wordnet().singular(text) if text.endswith("s") else None
    described = (words[at - 1].text == "," and after == "NNS") or (words[at - 1].tag == "JJ" and after in ("NN", "NNS"))
    if tag in ("VBN", "VBD") and described and text.endswith("ed"):
        tag = "JJ"  # "fried eggs, boiled potatoes", "white striped helmet"
    certain = _certain_tag(words, at, after)
    if certain or tag == "VBG":
        flaming = words[at - 1].tag == "VBG" and after in ("NN", "NNS")  # "juggling flaming torches"
        return certain or ("JJ" if flaming else _listed_tag(words, at, after) or tag)
    if tag == "VBZ":
        return "NNS" if text in PAIRED | {"clothes"} or (one is not None and _is_plural(words, at, after)) else tag
    listed = _listed_tag(words, at, after)
    if listed:
        return listed
    if tag == "NNS" or (tag == "NN" and one is not None and words[at - 1].text == "another"):
        return "VBZ" if _is_third_person(words, at, one, after) else tag
    single = tag == "NN" and one in wordnet().verbs and _is_one(words, at)
    if single and after.startswith(("IN", "TO", "RP", "DT", "PRP$")):
        return "VBZ"  # "a child holding a balloon tugs at"
    if _is_verb(words, at, after):
        return "VBG" if text.endswith("ing") else "VBP"
    return "NNS" if tag == "JJ" and one is not None and wordnet().shows(one) else tag


def _certain_tag(words: Sequence[Word], at: int, after: str) -> str:
    """Return the tag that a word has by its own form and the next word's, "" if they do not tell."""
    text, before = words[at].text, words[at - 1]
    if words[at].tag == "JJR" and before.tag == "DT" and text.endswith("er") and not _is_comparative(text):
        return "NN"  # "a waterskier"
    if words[at].tag == "VB" and text.endswith("s") and before.tag == "NN" and _is_living(before.text):
        return "VBZ"  # "a man skis down the hill"
    named = words[at].tag == "NN" and after in ("NN", "NNS", "VBD", "VBN", "JJ")
    if named and ((text.endswith("less") and after.startswith("NN")) or text in _COMPARED):
        return "JJ"  # "collarless tunic", "with darker ruffled collar"
    if text in _ELSEWHERE and before.tag.startswith("NN") and not after.startswith("NN"):
        return "RB"  # "with clouds overhead"
    if text in english().numbers and text != "one" and words[at].tag in ("VB", "JJ", "NN") and after in ("NN", "NNS"):
        return "CD"
    builds = [word.text for word in words[at + 1 : at + 2]] == ["on"]  # "each step building on the last"
    made = text == "building" and before.tag == "NN" and not (builds or _is_living(before.text))
    if made and after not in ("DT", "PRP$", "CD", "NNS", "NN"):
        return "NN"  # "a stone building with a window"
    shaped = text == "shaped" and at + 1 < len(words) and words[at + 1].text == "like"  # "a hat shaped like hands"
    return "VBN" if shaped else ""


def _first_tag(text: str, tag: str, after: str) -> str:
    """Return the tag of the first word of a sentence: "frog standing on a stone", "snow covered fields"."""
    if tag == "NNS" and text in _OF_CATALOGUES and after in ("DT", "CD", "JJ", "IN", "PRP$", "VBN"):
        return "VBZ"  # "Features two pockets."
    if tag == "JJ" and text not in ADJECTIVES and wordnet().shows(text):
        return "NN" if after in ("VBG", "VBN", "VBZ", "IN") else tag
    return "JJ" if tag in ("VBD", "VBN") and after in ("NN", "NNS") and text.endswith("ed") else tag


def _is_plural(words: Sequence[Word], at: int, after: str) -> bool:
    """Return whether a word taken for a verb is a plural: "dogs or cats are", "puts legs up", "and sparks flying"."""
    before = words[at - 1]
    if before.tag in ("VBG", "VBZ") or (before.tag == "CC" and after == "VBG"):
        return True
    if before.tag == "CC" and not after and words[at - 2].tag == "NNS":
        return True  # "with laptops and drinks"
    if before.tag == "CC" and after == "IN" and words[at].text in english().nouns and not _is_action(words[at].text):
        return True  # "a table and chairs around it"
    if (words[at].text == "leaves" and before.text in _LEAFY) or is_ridden(words, at):
        return True
    listed = before.text in ("or", "nor") and at > 1 and words[at - 2].tag.startswith("NN")
    alone = before.tag == "NN" and _is_living(before.text)
    return (listed or after in ("VBZ", "VBP", "MD")) and not alone


def _listed_tag(words: Sequence[Word], at: int, after: str) -> str:
    """Return the tag of one of the words that the tagger mistakes most, "" for others."""
    text, tag, before = words[at].text, words[at].tag, words[at - 1]
    if text == "opposite" and before.tag in ("NN", "NNS") and after in ("DT", "PRP", "PRP$"):
        return "IN"  # "the man opposite her"
    if text == "half" and after in ("JJ", "VBN", "VBD"):
        return "RB"  # "a half eaten apple"
    can = text == "can" and before.tag in ("DT", "JJ", "PRP$", "CD") and not after.startswith(("VB", "RB", "PRP"))
    acts = tag == "JJ" and before.tag == "DT" and after in ("VBZ", "VBD", "MD") and wordnet().shows(text)
    named = tag == "VBP" and before.tag == "NN" and words[at - 2].tag == "DT" and after in ("NNS", "VBZ")
    if can or acts or (named and wordnet().shows(text)):
        return "NN"  # "the door bell dangles", "holding a can", "the mural covers a wall"
    if text in _PARTICIPLES and tag in ("NN", "JJ") and after.startswith(("IN", "RP", "RB")):
        return "VBN"  # "a backpack slung over one shoulder"
    highest = text.endswith("est") and not wordnet().shows(text)
    second = (
        (text in _ORDINALS or highest) and tag == "NN" and before.text == "the"
    )  # "the second is", "is the tallest"
    if second or (tag == "RB" and (text in terms().weather or (text in terms().sizes and before.text in BE))):
        return "JJ"  # "the second is blue", "is overcast", "is long and red"
    sat = text in ("sat", "stood") and before.text in BE | {"all", "both"}  # "are all sat on"
    limb = before.text in terms().body and words[at - 2].text == ","  # "on a bench, legs crossed"
    absolute = limb or _is_absolute(words, at) or _is_had(words, at)
    spread = tag == "VBD" and absolute and after not in ("DT", "PRP$", "NN", "NNS")
    if sat or spread:
        return "VBN"
    if text in _ELSEWHERE and before.tag.startswith(("NN", "VB")) and not after.startswith("NN"):
        return "RB"
    named = tag == "VBG" and before.tag in ("DT", "JJ") and lemma(text) not in wordnet().verbs and wordnet().shows(text)
    played = tag == "JJ" and before.text in ("playing", "plays", "play", "played")
    return "NN" if named or played else ""  # "a striped awning", "is playing guitar onstage"


def _is_comparative(text: str) -> bool:
    """Return whether a word in -er compares: *smaller*, *heavier*, but not *waterskier*."""
    stems = (text[:-2], text[:-1], f"{text[:-3]}y", text[:-3])
    known = tagger().known
    return text in ADJECTIVES or text in known or any(stem in known or stem in ADJECTIVES for stem in stems)


def _is_absolute(words: Sequence[Word], at: int) -> bool:
    """Return whether *with* and a noun phrase are right before a word: "with a curtain pulled halfway"."""
    place = at - 1
    while place > max(at - 6, 0) and words[place].tag in ("NN", "NNS", "JJ", "DT", "PRP$", "CD"):
        place -= 1
    return place < at - 1 and words[place].text == "with"


def _is_had(words: Sequence[Word], at: int) -> bool:
    """Return whether *has* and somebody's own thing are right before a word: "has its eyes closed"."""
    had = at > 2 and words[at - 2].tag == "PRP$" and words[at - 3].text in ("has", "have", "having", "had")
    return had and words[at - 1].tag in ("NN", "NNS")


def _is_third_person(words: Sequence[Word], at: int, one: str | None, after: str) -> bool:
    """Return whether a word taken for a plural is the verb of the single living thing before it: "a dog leaps into"."""
    ends = at + 1 == len(words) or words[at + 1].is_mark
    leads = (ends or after.startswith(_AFTER_VERB)) and _is_action(words[at].text)
    placed = words[at - 1].text in ("inside", "outside", "nearby", "beneath", "below")
    placed = placed or _is_in_colours(words, at)
    worn = words[at - 1].tag == "NNS" or words[at - 1].text in terms().garments
    if placed or (worn and _is_one(words, _phrase_start(words, at))):
        return leads and not ends  # "a girl wearing skates slides down", "with a candle inside sits on"
    # "an awning covers the", "a row of lockers lines one"
    alone = words[at - 1].tag == "NN" and after in ("DT", "PRP$")
    grouped = words[at - 1].tag == "NNS" and after in _OBJECTS and words[at - 2].text == "of"
    shows = words[at - 1].tag == "NN" and after in ("NN", "NNS", "JJ") and lemma(words[at].text) in SHOWING
    governs = (alone or grouped or shows) and one in wordnet().verbs | COVERING
    if governs or _goes_on(words, at, one, after):
        return True
    if words[at - 1].text == "another" or (words[at - 1].tag == "NN" and _is_one(words, at)):
        return leads  # "one stands and another sits on", "a black lab sits in"
    if leads and words[at - 1].text in terms().body and not ends:
        return True  # "a toddler with curly hair reaches for"
    stands = words[at - 1].tag == "NN" and lemma(words[at].text) in _STANDS and after in ("IN", "RB")
    stands = stands and _is_phrase(words, at)
    if stands or (words[at - 1].text in _FLOWING and lemma(words[at].text) in _FLOWS):
        return True  # "the tower rises above the roofs", "sunlight streams in"
    shown = words[at - 1].text in terms().picture and words[at - 3].text == "in"  # "a man in the photo works in"
    if words[at - 1].tag != "NN" or not (shown or _is_living(words[at - 1].text)):
        return False
    known = one in wordnet().verbs or lemma(words[at].text) in ("put", "get", "let", "set", "cut")
    if after in (*_OBJECTS, "NN", "NNS", "JJ", "VBZ") and known:
        return True
    return leads and _is_phrase(words, at)


def _is_in_colours(words: Sequence[Word], at: int) -> bool:
    """Return whether *in* or *wearing* and colours come right before a word: "a boy in green and white looks"."""
    place = at - 1
    while place > 0 and (words[place].text in english().colours or (words[place].text == "and" and place < at - 1)):
        place -= 1
    return place < at - 1 and words[place].text in ("in", "wearing")


def _goes_on(words: Sequence[Word], at: int, one: str | None, after: str) -> bool:
    """Return whether a word after *and* is a second verb: "reads a book and drinks tea", "lies down and stares at"."""
    further = words[at - 1].text == "and" and any(word.tag == "VBZ" for word in words[:at])
    bare = after in ("IN", "RB", "RP") and not wordnet().shows(one or "")
    return further and (after in ("NN", "NNS") or bare) and _is_action(words[at].text)


def _is_verb(words: Sequence[Word], at: int, after: str) -> bool:
    """Return whether a word taken for a noun or an adjective is a verb by what is around it."""
    text, before = words[at].text, words[at - 1]
    if text.endswith("ing"):
        return _is_participle(words, at, after)
    several = before.tag == "NNS" or before.text in GROUPS or _is_several(words, at)
    governs = after in _OBJECTS and several and not before.text.endswith("'s")
    owns = after == "PRP$" and before.tag == "NN" and words[at].tag != "NNS"
    if (governs or owns) and text in wordnet().verbs | COVERING:
        return True  # "parked cars line the street", "two people in a boat paddle their way"
    if before.text in GROUPS and _is_base(text) and after.startswith(("NN", *_AFTER_VERB)):
        return True  # "a couple inspect fruit"
    return after.startswith(_AFTER_VERB) and before.tag in ("NN", "NNS") and _is_base(text) and _is_several(words, at)


def _is_participle(words: Sequence[Word], at: int, after: str) -> bool:
    """Return whether a word in -ing says what the noun before it does."""
    text, before = words[at].text, words[at - 1]
    leads = after.startswith(_AFTER_VERB) or at + 1 == len(words) or words[at + 1].is_mark
    if before.tag == "CD" or before.text in ("another", "other", "others"):
        return _is_action(text) and leads  # "two lamps, one standing near"
    if text == "building":
        return _is_living(before.text) and after in ("DT", "PRP$", "NN", "NNS", "JJ")
    acts = _is_action(text) or (_is_living(before.text) and _is_any_action(text))
    if not before.tag.startswith(("NN", "JJ")) or not acts:
        return False
    if leads and _is_in_colours(words, at):
        return _is_action(text)  # "a boy in grey walking near"
    if after in ("NN", "NNS"):
        return _takes(words, at)  # "an elephant drinking water"
    return leads and before.tag.startswith("NN") and _is_phrase(words, at)


_TAKING = frozenset("drink eat read hold play wear carry use watch ride throw push pull hold sell buy serve".split())


def _takes(words: Sequence[Word], at: int) -> bool:
    """Return whether a word in -ing has the next word as its object: "a dog chasing cats", "at a table drinking wine"."""
    if _is_living(words[at - 1].text):
        return True
    compound = wordnet().shows(f"{words[at].text} {words[at + 1].text}")
    return lemma(words[at].text) in _TAKING and not compound and words[at - 1].tag == "NN" and _is_phrase(words, at)


@lru_cache(20_000)
def _is_action(text: str) -> bool:
    return text not in NOT_ACTIONS and lemma(text) in visible_actions() | CAPTION_VERBS


@lru_cache(20_000)
def _is_any_action(text: str) -> bool:
    """Return whether a word in -ing is of a verb and names no thing itself: *buying*, not *painting*."""
    return text not in NOT_ACTIONS and lemma(text) in wordnet().verbs and not wordnet().shows(text)


@lru_cache(20_000)
def _is_base(text: str) -> bool:
    return lemma(text) == text and text in visible_actions() | CAPTION_VERBS


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
        coloured = words[place].text == "and" and words[place - 1].tag.startswith("JJ")
        if not coloured and not words[place].tag.startswith(("NN", "JJ", "VBN")):
            return False
    return at < 2


def _phrase_start(words: Sequence[Word], at: int) -> int:
    """Return where *in*, *with* or a word in -ing begins what is said of a noun before a word, or the word itself."""
    for place in range(at - 1, max(at - 2 - _NEAR, 0), -1):
        if words[place].text in ("in", "with") or words[place].tag == "VBG":
            return place
        if not words[place].tag.startswith(("NN", "JJ", "VBN")):
            break
    return at


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
