"""Finds the noun phrases of a sentence: determiner, number, colours and adjectives before a head noun.

Phrases that no picture can show ("the atmosphere", "the left") are returned with `shown=False`, because they may be the
subject of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ARTICLES,
    BE,
    COPULAS,
    DETERMINERS,
    EXACT,
    FINITE,
    FUNCTION,
    MASS,
    NOT_ACTIONS,
    PAIRED,
    PARTS,
    PLURAL_BE,
    POSTURES,
    PREPOSITIONS,
    QUANTITIES,
    ROUGHLY,
)
from llamaindex_clipverify.claims.english.lexicon import Lexicon, Noun
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.vocabulary import Vocabulary


@dataclass(eq=False)
class Mention:
    """A noun phrase of a sentence; `begins`, `first`, `head` and `after` are word indices."""

    noun: str
    known: bool
    plural: bool
    first: int
    """First word of the span, after any article."""
    head: int
    """First word of the noun."""
    after: int
    """First word after the phrase."""
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    negated: bool = False
    shown: bool = True
    """Whether a picture can show it and the sentence claims it."""
    narrow: str | None = None
    possessive: bool = False
    part: bool = False
    """Whether it is some of several: "one of the dogs"."""
    rough: bool = False
    """Whether its number is inexact: "more than two"."""
    stands_for: list[Mention] = field(default_factory=list)
    """Mentions that a pronoun refers to; empty for a noun."""
    pronoun: bool = False
    begins: int = 0
    """First word, articles included."""

    def means(self) -> list[Mention]:
        """Return the noun mentions that a predicate of this mention applies to."""
        return self.stands_for if self.pronoun else [self] if self.shown else []


@dataclass
class _Draft:
    """The modifiers of a phrase read so far, before its head."""

    first: int | None = None
    determiner: str | None = None
    number: int | None = None
    colours: list[str] = field(default_factory=list)
    opened: bool = False
    """Whether a noun must follow the words read so far."""
    described: bool = False
    rough: bool = False
    part: bool = False
    many: bool = False
    """Whether the grammatical head is a plural before *of*: "pieces of furniture"."""


class Phrases:
    """Finds the noun phrases of sentences."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use the nouns, colours and numbers of a vocabulary."""
        self.vocabulary = vocabulary
        self.lexicon = Lexicon(vocabulary)

    def find(self, words: Sequence[Word], skipped: Sequence[bool]) -> list[Mention]:
        """Return the phrases from left to right; `skipped` words, such as quotations, are never part of one."""
        found: list[Mention] = []
        at = 0
        while at < len(words):
            link = self._link(words, at)
            if skipped[at] or words[at].is_mark or link > 1:
                at += max(link, 1)
                continue
            mention, at = self._phrase(words, at, found)
            if mention is not None:
                found.append(mention)
        return found

    def _link(self, words: Sequence[Word], at: int) -> int:
        """Return the length in words of a relation that begins here: "to the left of" contains no noun."""
        return self.vocabulary.relation_at([word.text for word in words[at : at + 5]])[0]

    def _phrase(self, words: Sequence[Word], begins: int, found: list[Mention]) -> tuple[Mention | None, int]:
        draft, at = _Draft(opened=bool(found) and found[-1].possessive and found[-1].after == begins), begins
        while at < len(words):
            step = self._modifier(words, at, draft)
            if not step:
                break
            at += step
        if draft.rough or (begins and words[begins - 1].text in ROUGHLY and draft.number is not None):
            draft.number, draft.first, draft.rough = None, None, True
        if at >= len(words) or words[at].is_mark:
            return self._headless(words, begins, at, draft, found)
        noun = self._head(words, at, draft, found)
        if noun is None:
            return self._headless(words, begins, at, draft, found)
        return self._finish(words, begins, at, noun, draft)

    # -- before the head ------------------------------------------------------------------------------------------

    def _modifier(self, words: Sequence[Word], at: int, draft: _Draft) -> int:
        """Read one modifier into the draft and return its length in words; 0 if the head begins here."""
        text = words[at].text
        if text in self.vocabulary.colours or "-" in text:
            colours = self._colours(words, at)
            if colours:
                return self._described(draft, at, colours)
        if text in DETERMINERS or text in EXACT:
            return self._determined(words, at, draft)
        if text in QUANTITIES and self._counts(words, at):
            return self._quantity(words, at, draft)
        if text in PARTS and _text(words, at + 1) == "of":
            draft.opened, draft.first, draft.number, draft.many = True, None, None, text.endswith("s")
            return 2
        if text == "none" and _text(words, at + 1) == "of":
            draft.opened, draft.part, draft.determiner = True, True, text
            return 2
        if text in self.vocabulary.numbers or text[0].isdigit():
            return self._numbered(words, at, draft)
        if text in ("and", ",") and draft.described and self._modifiers_continue(words, at + 1):
            return 1
        return self._adjective(words, at, draft)

    def _described(self, draft: _Draft, at: int, colours: list[str]) -> int:
        draft.colours += [colour for colour in colours if colour not in draft.colours]
        draft.first = at if draft.first is None else draft.first
        draft.described = True
        return 1

    def _determined(self, words: Sequence[Word], at: int, draft: _Draft) -> int:
        text = words[at].text
        if draft.colours or (draft.described and text not in EXACT):
            return 0
        if text == "that" and _text(words, at + 1) in COPULAS | FUNCTION:
            return 0
        draft.determiner = draft.determiner or text
        draft.opened = True
        if text in EXACT or text == "no":
            draft.first = at if draft.first is None else draft.first
        if text == "single":
            draft.number = 1
        return 1

    def _counts(self, words: Sequence[Word], at: int) -> bool:
        return _text(words, at + 1) == "of" or words[at].text == "dozen"

    def _quantity(self, words: Sequence[Word], at: int, draft: _Draft) -> int:
        draft.number, draft.opened, draft.first = QUANTITIES[words[at].text], True, at
        return 2 if _text(words, at + 1) == "of" else 1

    def _numbered(self, words: Sequence[Word], at: int, draft: _Draft) -> int:
        text = words[at].text
        if not text.isdigit() and text not in self.vocabulary.numbers:
            return 0 if any(letter.isalpha() for letter in text) or ":" in text else self._measure(at, draft)
        if (draft.opened and draft.number is not None) or (text == "one" and draft.colours):
            return 0
        if text == "both" and _text(words, at + 1).endswith("ing"):
            return 0
        if text == "both" and _text(words, at + 1) in DETERMINERS:
            draft.opened = True
            return 1
        if _text(words, at + 1) == "of":
            draft.part, draft.opened = True, True
            return 2
        if _text(words, at + 1) in ("or", "to", "-") and self._is_number(_text(words, at + 2)):
            draft.rough, draft.opened = True, True
            return 3
        draft.number = int(text) if text.isdigit() else self.vocabulary.numbers[text]
        draft.first = at if draft.first is None else draft.first
        draft.opened = True
        return 1

    def _measure(self, at: int, draft: _Draft) -> int:
        draft.first, draft.opened = at if draft.first is None else draft.first, True
        return 1

    def _is_number(self, text: str) -> bool:
        return text.isdigit() or text in self.vocabulary.numbers

    def _adjective(self, words: Sequence[Word], at: int, draft: _Draft) -> int:
        text = words[at].text
        if text not in ADJECTIVES and not (draft.opened and self._is_unlisted_adjective(words, at)):
            return 0
        noun = self.lexicon.noun(words, at)
        if noun is not None and (noun.length > 1 or not self._begins_noun(words, at + 1)):
            return 0
        if text in ADJECTIVES and not draft.opened and not self._begins_noun(words, at + 1):
            return 0
        draft.first = at if draft.first is None else draft.first
        draft.described = True
        return 1

    def _is_unlisted_adjective(self, words: Sequence[Word], at: int) -> bool:
        text = words[at].text
        if text in FUNCTION or not text[0].isalpha() or text.endswith("'s"):
            return text in ("very", "most", "more")
        if self.lexicon.noun(words, at) is not None and not text.endswith("ing"):
            return False
        return text.endswith("ly") or self._begins_noun(words, at + 1)

    def _begins_noun(self, words: Sequence[Word], at: int) -> bool:
        """Return whether a noun, possibly after modifiers, begins here; looks three words ahead."""
        for place in range(at, min(at + 3, len(words))):
            text, noun = words[place].text, self.lexicon.noun(words, place)
            if noun is not None and (noun.known or text in self.vocabulary.colours or text in ADJECTIVES):
                return True
            if text in self.vocabulary.colours or text in ADJECTIVES:
                continue
            moving = text.endswith("ing") and text not in NOT_ACTIONS
            if text in FUNCTION | FINITE | POSTURES or words[place].is_mark or moving:
                return False
            if noun is not None or place > at:
                return noun is not None
        return False

    def _modifiers_continue(self, words: Sequence[Word], at: int) -> bool:
        """Return whether another colour or adjective and a noun follow: "red and white bus"."""
        text = _text(words, at)
        if text in ("and", ","):
            return self._modifiers_continue(words, at + 1)
        return (text in self.vocabulary.colours or text in ADJECTIVES) and self._begins_noun(words, at + 1)

    def _colours(self, words: Sequence[Word], at: int) -> list[str]:
        """Return the colours of a word used as an adjective; *orange* may be the fruit."""
        text, names = words[at].text, self.vocabulary.colours
        if "-" in text:
            parts = [part for part in text.split("-") if part != "and"]
            return [names[part] for part in parts] if len(parts) > 1 and all(part in names for part in parts) else []
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
        before = _text(words, at - 1)
        if before in ("and", "or", "nor", ",", "mostly", "bright", "dark", "painted", "not", "also", "all", "both"):
            return self._is_predicate(words, at - 1) or _text(words, at - 2) in self.vocabulary.colours
        return before in COPULAS

    def _colours_a_noun(self, words: Sequence[Word], at: int) -> bool:
        if _text(words, at) in ("and", ","):
            return _text(words, at + 1) in self.vocabulary.colours and self._colours_a_noun(words, at + 2)
        return at < len(words) and self._begins_noun(words, at)

    # -- the head -------------------------------------------------------------------------------------------------

    def _head(self, words: Sequence[Word], at: int, draft: _Draft, found: list[Mention]) -> Noun | None:
        noun, text = self.lexicon.noun(words, at), words[at].text
        if text in ("one", "ones") and (draft.colours or draft.number):
            return None
        if text in POSTURES and not (draft.opened and draft.determiner):
            return None
        if noun is not None and noun.length == 1 and text in FUNCTION and not noun.known:
            return None
        if noun is not None and (
            noun.known or draft.opened or draft.described or self._stands_bare(words, at, noun, found)
        ):
            return noun
        possessive = text.removesuffix("'s")
        if possessive != text:
            return self._head([*words[:at], words[at]._replace(text=possessive), *words[at + 1 :]], at, draft, found)
        plain = text.isalpha() or "-" in text
        if noun is not None or not draft.opened or text in FUNCTION or not plain or text.endswith("ly"):
            return None
        if draft.number is not None and draft.number != 1 and not text.endswith("s"):
            return None
        return self.lexicon.unknown(text, singular=draft.determiner in ("a", "an"))

    def _stands_bare(self, words: Sequence[Word], at: int, noun: Noun, found: list[Mention]) -> bool:
        """Return whether a noun is valid without article: a plural that is no verb, a mass noun, or part of a list."""
        if not noun.depictable:
            return False
        before, joined = _text(words, at - 1), False
        if before in ("and", "or", "nor", ","):
            joined = bool(found) and found[-1].after >= at - 2 and _text(words, at + noun.length) not in COPULAS
        if before in BE:
            return before == "there's" or _text(words, at - 2) == "there"
        if noun.plural:
            return (
                not noun.verb
                or joined
                or before in PREPOSITIONS | {"", ":", "of", "and", "or", ","}
                or self._after_verb(before)
            )
        if noun.name in MASS:
            return not noun.verb or before in PREPOSITIONS or joined or self._after_verb(before)
        return joined and before != "," and (not noun.verb or found[-1].after == at - 1)

    def _after_verb(self, before: str) -> bool:
        return before.endswith("ing") or before in (
            "has", "have", "see", "contains", "shows", "features", "includes", "contain", "show", "ride", "rides", "there's",
        )  # fmt: skip

    def _finish(
        self, words: Sequence[Word], begins: int, at: int, noun: Noun, draft: _Draft
    ) -> tuple[Mention | None, int]:
        head, after = at, at + noun.length
        while (longer := self._extension(words, after, noun)) is not None and not (draft.many and longer.verb):
            noun, after = longer, after + longer.length
        if _text(words, after) == "of" and noun.name in ("couple", "pair", "group"):
            return None, after + 1
        if words[after - 1].text in PAIRED and draft.number == 2:
            draft.number = None
        shown = noun.depictable and not words[after - 1].text.isdigit()
        mention = Mention(noun.name, noun.known, noun.plural, head if draft.first is None else draft.first, head, after)
        mention.determiner, mention.colours, mention.shown = draft.determiner, draft.colours, shown
        mention.number, mention.narrow, mention.part, mention.begins = draft.number, noun.narrow, draft.part, begins
        mention.rough = draft.rough
        mention.plural = noun.plural or (noun.known and self._agrees(words, at, after))
        mention.possessive = words[after - 1].text.endswith("'s")
        return mention, after

    def _agrees(self, words: Sequence[Word], at: int, after: int) -> bool:
        """Return whether an invariant plural is before a plural verb: "the sheep are"."""
        form = " ".join(word.text for word in words[at:after])
        return form in self.vocabulary.plural_forms and _text(words, after) in PLURAL_BE

    def _extension(self, words: Sequence[Word], at: int, noun: Noun) -> Noun | None:
        """Return the next noun of a compound: *house* in "dog house"."""
        if at >= len(words) or words[at].is_mark or noun.plural or words[at - 1].text.endswith("'s"):
            return None
        text, longer = words[at].text, self.lexicon.noun(words, at)
        if longer is None or (
            longer.length == 1 and (text in FUNCTION or text in ADJECTIVES or text in self.vocabulary.colours)
        ):
            return None
        if text in FINITE | COPULAS | POSTURES:
            return None
        if text.endswith("ing") and longer.length == 1 and text not in NOT_ACTIONS:
            return None
        third_person = text.endswith("s") and longer.length == 1 and longer.verb
        return None if third_person and noun.depictable else longer

    def _headless(
        self, words: Sequence[Word], begins: int, at: int, draft: _Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        """Read phrases without a noun: "three blue ones", "a red and a blue car", "one is black"."""
        text = _text(words, at)
        if text in ("one", "ones") and (draft.colours or draft.number):
            return self._anaphor(words, begins, at, at + 1, draft, found)
        if draft.number == 1 and draft.determiner in ("the", "this", "that") and any(one.shown for one in found):
            return self._the_one(begins, at, found), at
        if (
            draft.colours
            and draft.opened
            and text == "and"
            and _text(words, at + 1) in (*ARTICLES, *self.vocabulary.numbers)
        ):
            later, after = self._phrase(words, at + 1, found)
            if later is not None and later.shown:
                found.append(self._copy_of(later, words, begins, at, draft))
            return later, after
        return None, max(at, begins + 1)

    def _the_one(self, begins: int, after: int, found: list[Mention]) -> Mention:
        model = next(one for one in reversed(found) if one.shown)
        return Mention("", True, False, begins + 1, begins + 1, after, pronoun=True, begins=begins, stands_for=[model])

    def _anaphor(
        self, words: Sequence[Word], begins: int, at: int, after: int, draft: _Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        model = next((one for one in reversed(found) if one.shown), None)
        if model is None:
            return None, after
        mention = self._copy_of(model, words, begins, after, draft)
        mention.plural = words[at].text == "ones"
        return mention, after

    def _copy_of(self, model: Mention, words: Sequence[Word], begins: int, after: int, draft: _Draft) -> Mention:
        first = begins if draft.first is None else draft.first
        mention = Mention(model.noun, model.known, False, first, after - 1, after, draft.determiner, draft.number)
        mention.colours, mention.begins, mention.narrow = draft.colours, begins, model.narrow
        return mention


def _text(words: Sequence[Word], at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""
