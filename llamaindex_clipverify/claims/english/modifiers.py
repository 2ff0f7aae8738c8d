"""The modifiers of a noun phrase before its head: determiners, numbers, quantities, colours and adjectives."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    AMOUNTS,
    COPULAS,
    COVERED,
    DETERMINERS,
    EXACT,
    FINITE,
    FUNCTION,
    HAVE,
    LARGE_NUMBERS,
    MODALS,
    NO,
    NOT_ACTIONS,
    PART_OF,
    PARTS,
    POSTURES,
    PREPOSITIONS,
    QUANTITIES,
    ROUGHLY,
    SUFFIXES,
    TINTED,
)
from llamaindex_clipverify.claims.english.lexicon import Lexicon
from llamaindex_clipverify.claims.english.mentions import Draft, text_at
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import lemma
from llamaindex_clipverify.claims.vocabulary import Vocabulary

_AFTER_DETERMINER = frozenset("very most more visible other such present available likely still".split())
"""Function words that are adjectives after a determiner: "no visible cars"."""

_BEFORE_PARTICIPLES = PREPOSITIONS | {"has", "have", "having"}
"""Words after which a past participle before a noun is an adjective: "has braided handles"."""

_TONED = frozenset(
    "neon lime sky baby hot royal forest army fire blood lemon sea ice steel emerald cherry candy".split()
)
"""Words before a colour that say which one: "a neon green jacket"."""

_UNCUT = frozenset("furniture luggage clothing equipment jewelry jewellery art artwork machinery pottery".split())
"""Mass nouns whose pieces are things."""


class ModifierReader:
    """Reads modifiers, one at a time, into a draft of a noun phrase."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use the nouns, colours and numbers of a vocabulary."""
        self.vocabulary = vocabulary
        self.lexicon = Lexicon(vocabulary)

    def _modifier(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        """Read one modifier into the draft and return its length in words; 0 if the head begins here."""
        text = words[at].text
        if text in self.vocabulary.colours or "-" in text:
            colours = self._colours(words, at)
            if colours:
                return self._described(draft, at, colours)
        if text in _TONED and text_at(words, at + 1) in self.vocabulary.colours and self._colours_a_noun(words, at + 2):
            draft.first = at if draft.first is None else draft.first
            draft.opened = True
            return 1
        if text_at(words, at + 1) == "of" and (self._part_of(text, draft) or self._piece_of(words, at, draft)):
            return 2
        if text in DETERMINERS or text in EXACT or (text == "neither" and self._neither_one(words, at)):
            return self._determined(words, at, draft)
        if text in QUANTITIES and self._counts(words, at):
            return self._quantity(words, at, draft)
        if text in self.vocabulary.numbers or text[0].isdecimal():
            return self._numbered(words, at, draft)
        if text in ("and", ",") and draft.described and self._modifiers_continue(words, at + 1):
            return 1
        acts = draft.number is not None and words[at].tag == "VBG" and text_at(words, at + 1) in DETERMINERS
        described = () if acts else (self._covered, self._named, self._adjective)  # "two men, one holding a flag"
        return next(filter(None, (read(words, at, draft) for read in described)), 0)

    def _named(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        """Read a proper name before a noun in small letters: "a black New York Yankees cap", "a Camden Lock market"."""
        if words[at].tag not in ("NNP", "NNPS") or not (draft.opened or draft.described):
            return 0
        after = at
        while after < len(words) and words[after].tag in ("NNP", "NNPS"):
            after += 1
        known = self.lexicon.noun(words, at)
        if (known is not None and known.known) or after == len(words) or words[after].tag not in ("NN", "NNS"):
            return 0
        noun = self.lexicon.noun(words, after)
        if noun is None or not noun.depictable or words[after].text in FINITE | POSTURES:
            return 0
        draft.opened = True  # the name is no part of the span, because nothing checks it
        return after - at

    @staticmethod
    def _neither_one(words: Sequence[Word], at: int) -> bool:
        """Return whether *neither* denies something of two things: "neither room has a lamp", not "neither … nor"."""
        singular = at + 1 < len(words) and words[at + 1].tag in ("NN", "JJ") and not words[at + 1].text.endswith("ing")
        return singular and not any(word.text == "nor" for word in words[at : at + 8])

    def _covered(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        """Read a noun and what it does as an adjective of what follows: "a grass covered field", "tree lined streets"."""
        if text_at(words, at + 1) not in COVERED or not words[at].tag.startswith(("NN", "JJ", "VB")):
            return 0
        follows = at + 2 < len(words) and words[at + 2].tag.startswith(("NN", "JJ", "VBG"))
        if not follows or not self._begins_noun(words, at + 2):
            return 0
        draft.first = at if draft.first is None else draft.first
        draft.described = draft.opened = True
        draft.adjectives.append((f"{words[at].text}-{words[at + 1].text}", at))
        return 2

    @staticmethod
    def _part_of(text: str, draft: Draft) -> bool:
        """Read what comes before *of* and a noun: "some of the dogs", "a herd of cows", "dozens of birds", "none of them"."""
        if text in ("half", "part") and any(said in terms().positions for said, _ in draft.adjectives):
            return False  # "the lower half of the picture" is a place in it
        if text in PART_OF or text in ("none", "neither"):
            draft.part = True
            denied = draft.determiner in NO or text not in PART_OF  # "no part of the roof", "none of the dogs"
            draft.determiner = "none" if denied else None
        elif text in PARTS:
            draft.first, draft.number, draft.many, draft.grouped = None, None, text.endswith("s"), True
            draft.at_least, draft.adjectives, draft.colours = AMOUNTS.get(text), [], []
        elif text in LARGE_NUMBERS:
            draft.at_least = LARGE_NUMBERS[text]
        else:
            return False
        draft.opened = True
        return True

    def _piece_of(self, words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Read "a piece of furniture": of what cannot be cut, a piece is one thing."""
        if words[at].text not in ("piece", "pieces") or not _UNCUT & {word.text for word in words[at + 2 : at + 5]}:
            return False
        draft.first, draft.number, draft.many, draft.opened = None, None, words[at].text == "pieces", True
        return True

    def _described(self, draft: Draft, at: int, colours: list[str]) -> int:
        draft.colours += [colour for colour in colours if colour not in draft.colours]
        draft.first = at if draft.first is None else draft.first
        draft.described = True
        return 1

    def _determined(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        text = words[at].text
        if draft.colours or (draft.described and text not in EXACT):
            return 0
        if (
            text in ("each", "both", "all", "only")
            and at + 1 < len(words)
            and words[at + 1].tag in ("VBG", "VBZ", "VBP", "VBN")
        ):
            return 0
        if text == "that" and self._is_relative(words, at):
            return 0
        draft.determiner = draft.determiner or text
        draft.opened = True
        draft.at_least = AMOUNTS.get(text, draft.at_least)
        if text in EXACT or text == "no":
            draft.first = at if draft.first is None else draft.first
        if text == "single":
            draft.number = 1
        return 1

    @staticmethod
    def _is_relative(words: Sequence[Word], at: int) -> bool:
        """Return whether *that* begins a relative clause: "towers that contain blocks"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        after_noun = at > 0 and words[at - 1].tag.startswith("NN") and following in ("VBP", "VBZ", "VBD", "MD")
        return after_noun or text_at(words, at + 1) in COPULAS | FUNCTION

    def _counts(self, words: Sequence[Word], at: int) -> bool:
        several = at + 1 < len(words) and words[at + 1].tag == "NNS"
        return text_at(words, at + 1) == "of" or words[at].text == "dozen" or (words[at].text == "couple" and several)

    def _quantity(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        draft.number, draft.opened, draft.first = QUANTITIES[words[at].text], True, at
        return 2 if text_at(words, at + 1) == "of" else 1

    def _numbered(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        text = words[at].text
        if not text.isdecimal() and text not in self.vocabulary.numbers:
            return 0 if any(letter.isalpha() for letter in text) or ":" in text else self._measure(at, draft)
        if (draft.opened and draft.number is not None) or (text == "one" and (draft.colours or draft.adjectives)):
            return 0
        if text == "both" and text_at(words, at + 1).endswith("ing"):
            return 0
        if text == "one" and text_at(words, at + 1) in MODALS:
            return 0  # "one can see"
        if text == "both" and (text_at(words, at + 1) in DETERMINERS or self._joins_two(words, at)):
            draft.opened = True
            return 1
        if text_at(words, at + 1) == "of":
            draft.part, draft.opened = True, True
            return 2
        if text_at(words, at + 1) in ("or", "to", "-") and self._is_number(text_at(words, at + 2)):
            draft.rough, draft.opened = True, True
            draft.at_least, draft.at_most = self._number(text), self._number(text_at(words, at + 2))
            return 3
        draft.number = self._number(text)
        draft.first = at if draft.first is None else draft.first
        draft.opened = True
        return 1

    @staticmethod
    def _joins_two(words: Sequence[Word], at: int) -> bool:
        """Return whether *both* joins two noun phrases and counts none: "both candles and napkins"."""
        joint = next((spot for spot in range(at + 2, min(at + 6, len(words))) if words[spot].text == "and"), None)
        return joint is not None and all(word.tag[:2] in ("NN", "JJ", "DT", "PR") for word in words[at + 1 : joint])

    def _measure(self, at: int, draft: Draft) -> int:
        draft.first, draft.opened = at if draft.first is None else draft.first, True
        return 1

    def _number(self, text: str) -> int:
        return int(text[:9]) if text.isdecimal() else self.vocabulary.numbers[text]

    def _is_number(self, text: str) -> bool:
        return text.isdecimal() or text in self.vocabulary.numbers

    def _adjective(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        text, noun = words[at].text, self.lexicon.noun(words, at)
        if not self._is_adjective(words, at, draft) or (noun is not None and noun.length > 1):
            return 0
        joined = (
            text in terms().materials and text_at(words, at + 1) == "and" and self._modifiers_continue(words, at + 1)
        )
        if (noun is not None or not draft.opened) and not joined and not self._begins_noun(words, at + 1):
            return 0
        draft.first = at if draft.first is None else draft.first
        draft.described = True
        draft.adjectives.append((text, at))
        return 1

    def _is_adjective(self, words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a word is an adjective: listed, or tagged as one and no noun of the vocabulary."""
        text, tag = words[at].text, words[at].tag
        acts = (
            tag == "NN" and at + 1 < len(words) and words[at + 1].tag in ("VBZ", "VBP", "MD")
        )  # "the baby looks happy"
        if text in ROUGHLY or (acts and text in ADJECTIVES):
            return False
        if text in ADJECTIVES or text in terms().colours or _has_suffix(text):
            return True
        if text in terms().materials and at + 1 < len(words):
            joined = words[at + 1].text == "and" and text_at(words, at + 2) in terms().materials
            return words[at + 1].tag in ("NN", "NNS") or (joined and self._begins_noun(words, at + 3))
        if text in FUNCTION or not text[0].isalpha() or text.endswith("'s") or text in FINITE:
            return draft.opened and (text in _AFTER_DETERMINER or self._is_participle(words, at))
        noun = self.lexicon.noun(words, at)
        if noun is not None and noun.known:
            return False
        if tag in ("JJ", "JJR", "JJS"):
            thing = noun is not None and noun.depictable and text_at(words, at + 1) in self.vocabulary.colours
            thing = thing and not self._begins_noun(words, at + 2)  # "a lush green forest"
            return not thing and self._begins_noun(words, at + 1)
        if noun is not None and tag != "RB" and (acts or not text.endswith("ing")):
            return False
        return self._is_participial(words, at, draft) or (draft.opened and self._may_describe(words, at))

    def _may_describe(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a word of no list is an adjective by what follows it."""
        alone = text_at(words, at + 1) in ("and", ",", "or")
        if text_at(words, at + 1) == "and" and text_at(words, at - 1) in ("a", "an") and words[at + 2 :]:
            joined = words[at + 2].tag == "JJ" and self._begins_noun(words, at + 2)
            return joined and self.lexicon.noun(words, at) is None  # "a serene and picturesque lake"
        return words[at].text.endswith("ly") or (not alone and self._begins_noun(words, at + 1))

    def _is_participial(self, words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a past participle is an adjective: "has braided handles", "a bearded, bald man"."""
        moving = words[at].text.endswith("ing") and words[at].tag in ("VBG", "NN") and draft.opened
        if moving and text_at(words, at + 1) == "," and self._is_described(words, at + 2):
            return True
        before = words[at - 1] if at else None
        if before is not None and before.text == "and" and self._lists_things(words, at):
            return True
        if words[at].tag != "VBN":
            return False
        listed = text_at(words, at + 1) == "," and draft.opened and self._is_described(words, at + 2)
        led = before is not None and (before.text in _BEFORE_PARTICIPLES or is_transitive(before) or draft.described)
        return listed or (self._is_participle(words, at) and led)

    def _lists_things(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a participle after *and* describes another thing of a list: "there are chairs and folded tables"."""
        acts = any(word.tag in ("VBZ", "VBP", "VBD") and word.text not in COPULAS | HAVE for word in words[:at])
        return not acts and at > 1 and words[at - 2].tag.startswith("NN") and self._is_participle(words, at)

    def _begins_noun(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a noun, possibly after modifiers, begins here; looks eight words ahead."""
        for place in range(at, min(at + 8, len(words))):
            text, noun = words[place].text, self.lexicon.noun(words, place)
            if text in ("one", "ones") and place == at and text_at(words, at - 2) in DETERMINERS:
                return True  # "the right one"
            if noun is not None and (
                noun.known or (text in ADJECTIVES and (noun.length > 1 or self._ends_here(words, place)))
            ):
                return True
            if (
                text in self.vocabulary.colours
                or text in ADJECTIVES
                or _has_suffix(text)
                or words[place].tag in ("JJ", "JJR", "JJS")
                or self._is_participle(words, place)
            ):
                continue
            if text in ("and", ",") and self._is_described(words, place + 1):
                continue
            compounded = words[place].tag == "NN" and place + 1 < len(words) and words[place + 1].tag.startswith("NN")
            if compounded and text.endswith("ing") and place > 0 and words[place - 1].tag == "JJ":
                continue  # "an ornamental standing clock"
            described = compounded or self._is_described(words, place)
            named = words[place].tag == "NN" and noun is not None and noun.depictable  # "some smart watch"
            moving = text.endswith("ing") and text not in NOT_ACTIONS and not described
            moving = moving and not (named and len(lemma(text)) < 3)  # "an old swing"
            if (text in FINITE | POSTURES and not named) or text in FUNCTION or words[place].is_mark or moving:
                return False
            if noun is not None:
                return not (noun.verb and words[place].tag in ("VBZ", "VBP", "VBD") and place > at)
            return words[place].tag.startswith("NN")
        return False

    def _ends_here(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a word that may be an adjective is the noun: *square* in "the purple square is"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        return words[at].tag in ("NN", "NNS") and not following.startswith(("NN", "JJ"))

    @staticmethod
    def _is_participle(words: Sequence[Word], at: int) -> bool:
        """Return whether a word is a past participle that may come before a noun: "a checked blanket"."""
        text = words[at].text
        following = words[at + 1].tag if at + 1 < len(words) else ""
        taken = PREPOSITIONS | COPULAS | HAVE | FINITE | POSTURES
        return words[at].tag in ("VBN", "VBD") and text not in taken and following[:2] in ("NN", "JJ")

    def _is_described(self, words: Sequence[Word], at: int) -> bool:
        text = text_at(words, at)
        if text in ("and", ","):
            return self._is_described(words, at + 1)
        coloured = text in self.vocabulary.colours or text in terms().colours
        if coloured or text in ADJECTIVES or (at < len(words) and words[at].tag == "JJ"):
            return True
        verbal = at + 1 < len(words) and words[at].tag in ("VBG", "VBN") and words[at + 1].tag.startswith("NN")
        return verbal and self.lexicon.noun(words, at) is None

    def _modifiers_continue(self, words: Sequence[Word], at: int) -> bool:
        """Return whether another colour or adjective and a noun follow: "red and white bus"."""
        text = text_at(words, at)
        if text in ("and", ","):
            return self._modifiers_continue(words, at + 1)
        return self._is_described(words, at) and self._begins_noun(words, at + 1)

    def _colours(self, words: Sequence[Word], at: int) -> list[str]:
        """Return the colours of a word used as an adjective; *orange* may be the fruit."""
        text, names = words[at].text, self.vocabulary.colours
        if "-" in text:
            *parts, last = (part for part in text.split("-") if part != "and")
            parts += [] if last in TINTED else [last]
            return [names[part] for part in parts] if "-" in text and all(part in names for part in parts) else []
        noun = self.lexicon.noun(words, at)
        if noun is not None and noun.length > 1:
            return []
        if (
            noun is not None
            and noun.known
            and not self._colours_a_noun(words, at + 1)
            and not self._is_predicate(words, at)
        ):
            return []
        return [names[text]]

    def _is_predicate(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a copula or another colour is before the word: "the car is orange"."""
        before = text_at(words, at - 1)
        if before in ("and", "or", "nor", ",", "mostly", "bright", "dark", "painted", "not", "also", "all", "both"):
            return self._is_predicate(words, at - 1) or text_at(words, at - 2) in self.vocabulary.colours
        return before in COPULAS

    def _colours_a_noun(self, words: Sequence[Word], at: int) -> bool:
        if text_at(words, at) == "," and text_at(words, at + 1) == "and":
            at += 1
        if text_at(words, at) in ("and", ","):
            return text_at(words, at + 1) in self.vocabulary.colours and self._colours_a_noun(words, at + 2)
        return at < len(words) and self._begins_noun(words, at)


def is_transitive(word: Word) -> bool:
    """Return whether a word is a verb that may have an object: "pours steamed milk"."""
    return word.tag in ("VBZ", "VBG", "VBP") and word.text not in COPULAS | HAVE | POSTURES


def _has_suffix(text: str) -> bool:
    """Return whether a word is an adjective by its end: "haired", "heart-shaped"."""
    return text in SUFFIXES or (("-" in text) and text.rsplit("-", 1)[1] in SUFFIXES)
