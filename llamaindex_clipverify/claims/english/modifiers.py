"""The modifiers of a noun phrase before its head: determiners, numbers, quantities, colours and adjectives."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    COPULAS,
    DETERMINERS,
    EXACT,
    FINITE,
    FUNCTION,
    NOT_ACTIONS,
    PARTS,
    POSTURES,
    QUANTITIES,
)
from llamaindex_clipverify.claims.english.lexicon import Lexicon
from llamaindex_clipverify.claims.english.mentions import Draft, text_at
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.vocabulary import Vocabulary


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
        if text in DETERMINERS or text in EXACT:
            return self._determined(words, at, draft)
        if text in QUANTITIES and self._counts(words, at):
            return self._quantity(words, at, draft)
        if text in PARTS and text_at(words, at + 1) == "of":
            draft.opened, draft.first, draft.number, draft.many = True, None, None, text.endswith("s")
            return 2
        if text == "none" and text_at(words, at + 1) == "of":
            draft.opened, draft.part, draft.determiner = True, True, text
            return 2
        if text in self.vocabulary.numbers or text[0].isdigit():
            return self._numbered(words, at, draft)
        if text in ("and", ",") and draft.described and self._modifiers_continue(words, at + 1):
            return 1
        return self._adjective(words, at, draft)

    def _described(self, draft: Draft, at: int, colours: list[str]) -> int:
        draft.colours += [colour for colour in colours if colour not in draft.colours]
        draft.first = at if draft.first is None else draft.first
        draft.described = True
        return 1

    def _determined(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        text = words[at].text
        if draft.colours or (draft.described and text not in EXACT):
            return 0
        if text == "that" and text_at(words, at + 1) in COPULAS | FUNCTION:
            return 0
        draft.determiner = draft.determiner or text
        draft.opened = True
        if text in EXACT or text == "no":
            draft.first = at if draft.first is None else draft.first
        if text == "single":
            draft.number = 1
        return 1

    def _counts(self, words: Sequence[Word], at: int) -> bool:
        return text_at(words, at + 1) == "of" or words[at].text == "dozen"

    def _quantity(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        draft.number, draft.opened, draft.first = QUANTITIES[words[at].text], True, at
        return 2 if text_at(words, at + 1) == "of" else 1

    def _numbered(self, words: Sequence[Word], at: int, draft: Draft) -> int:
        text = words[at].text
        if not text.isdigit() and text not in self.vocabulary.numbers:
            return 0 if any(letter.isalpha() for letter in text) or ":" in text else self._measure(at, draft)
        if (draft.opened and draft.number is not None) or (text == "one" and draft.colours):
            return 0
        if text == "both" and text_at(words, at + 1).endswith("ing"):
            return 0
        if text == "both" and text_at(words, at + 1) in DETERMINERS:
            draft.opened = True
            return 1
        if text_at(words, at + 1) == "of":
            draft.part, draft.opened = True, True
            return 2
        if text_at(words, at + 1) in ("or", "to", "-") and self._is_number(text_at(words, at + 2)):
            draft.rough, draft.opened = True, True
            return 3
        draft.number = int(text) if text.isdigit() else self.vocabulary.numbers[text]
        draft.first = at if draft.first is None else draft.first
        draft.opened = True
        return 1

    def _measure(self, at: int, draft: Draft) -> int:
        draft.first, draft.opened = at if draft.first is None else draft.first, True
        return 1

    def _is_number(self, text: str) -> bool:
        return text.isdigit() or text in self.vocabulary.numbers

    def _adjective(self, words: Sequence[Word], at: int, draft: Draft) -> int:
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
        text = text_at(words, at)
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
        before = text_at(words, at - 1)
        if before in ("and", "or", "nor", ",", "mostly", "bright", "dark", "painted", "not", "also", "all", "both"):
            return self._is_predicate(words, at - 1) or text_at(words, at - 2) in self.vocabulary.colours
        return before in COPULAS

    def _colours_a_noun(self, words: Sequence[Word], at: int) -> bool:
        if text_at(words, at) in ("and", ","):
            return text_at(words, at + 1) in self.vocabulary.colours and self._colours_a_noun(words, at + 2)
        return at < len(words) and self._begins_noun(words, at)
