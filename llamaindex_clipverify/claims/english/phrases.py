"""Finds the noun phrases of a sentence: determiner, number, colours and adjectives before a head noun.

Phrases that no picture can show ("the atmosphere", "the left") are returned with `shown=False`, because they may be the
subject of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ARTICLES,
    BE,
    COPULAS,
    FINITE,
    FUNCTION,
    MASS,
    NOT_ACTIONS,
    PAIRED,
    PLURAL_BE,
    POSTURES,
    PREPOSITIONS,
    ROUGHLY,
)
from llamaindex_clipverify.claims.english.lexicon import Noun
from llamaindex_clipverify.claims.english.mentions import Draft, Mention, text_at
from llamaindex_clipverify.claims.english.modifiers import ModifierReader
from llamaindex_clipverify.claims.english.sentences import Word


class Phrases(ModifierReader):
    """Finds the noun phrases of sentences."""

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
        draft, at = Draft(opened=bool(found) and found[-1].possessive and found[-1].after == begins), begins
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

    # -- the head -------------------------------------------------------------------------------------------------

    def _head(self, words: Sequence[Word], at: int, draft: Draft, found: list[Mention]) -> Noun | None:
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
        before, joined = text_at(words, at - 1), False
        if before in ("and", "or", "nor", ","):
            joined = bool(found) and found[-1].after >= at - 2 and text_at(words, at + noun.length) not in COPULAS
        if before in BE:
            return before == "there's" or text_at(words, at - 2) == "there"
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
        self, words: Sequence[Word], begins: int, at: int, noun: Noun, draft: Draft
    ) -> tuple[Mention | None, int]:
        head, after = at, at + noun.length
        while (longer := self._extension(words, after, noun)) is not None and not (draft.many and longer.verb):
            noun, after = longer, after + longer.length
        if text_at(words, after) == "of" and noun.name in ("couple", "pair", "group"):
            return None, after + 1
        if words[after - 1].text in PAIRED and draft.number == 2:
            draft.number = None
        shown = noun.depictable and not words[after - 1].text.isdigit()
        mention = Mention(
            noun=noun.name,
            known=noun.known,
            plural=noun.plural,
            first=head if draft.first is None else draft.first,
            head=head,
            after=after,
        )
        mention.determiner, mention.colours, mention.shown = draft.determiner, draft.colours, shown
        mention.number, mention.narrow, mention.part, mention.begins = draft.number, noun.narrow, draft.part, begins
        mention.rough = draft.rough
        mention.plural = noun.plural or (noun.known and self._agrees(words, at, after))
        mention.possessive = words[after - 1].text.endswith("'s")
        return mention, after

    def _agrees(self, words: Sequence[Word], at: int, after: int) -> bool:
        """Return whether an invariant plural is before a plural verb: "the sheep are"."""
        form = " ".join(word.text for word in words[at:after])
        return form in self.vocabulary.plural_forms and text_at(words, after) in PLURAL_BE

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
        self, words: Sequence[Word], begins: int, at: int, draft: Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        """Read phrases without a noun: "three blue ones", "a red and a blue car", "one is black"."""
        text = text_at(words, at)
        if text in ("one", "ones") and (draft.colours or draft.number):
            return self._anaphor(words, begins, at, at + 1, draft, found)
        if draft.number == 1 and draft.determiner in ("the", "this", "that") and any(one.shown for one in found):
            return self._the_one(begins, at, found), at
        if (
            draft.colours
            and draft.opened
            and text == "and"
            and text_at(words, at + 1) in (*ARTICLES, *self.vocabulary.numbers)
        ):
            later, after = self._phrase(words, at + 1, found)
            if later is not None and later.shown:
                found.append(self._copy_of(later, words, begins, at, draft))
            return later, after
        return None, max(at, begins + 1)

    def _the_one(self, begins: int, after: int, found: list[Mention]) -> Mention:
        model = next(one for one in reversed(found) if one.shown)
        return Mention(
            noun="",
            known=True,
            plural=False,
            first=begins + 1,
            head=begins + 1,
            after=after,
            pronoun=True,
            begins=begins,
            stands_for=[model],
        )

    def _anaphor(
        self, words: Sequence[Word], begins: int, at: int, after: int, draft: Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        model = next((one for one in reversed(found) if one.shown), None)
        if model is None:
            return None, after
        mention = self._copy_of(model, words, begins, after, draft)
        mention.plural = words[at].text == "ones"
        return mention, after

    def _copy_of(self, model: Mention, words: Sequence[Word], begins: int, after: int, draft: Draft) -> Mention:
        first = begins if draft.first is None else draft.first
        mention = Mention(
            noun=model.noun,
            known=model.known,
            plural=False,
            first=first,
            head=after - 1,
            after=after,
            determiner=draft.determiner,
            number=draft.number,
        )
        mention.colours, mention.begins, mention.narrow = draft.colours, begins, model.narrow
        return mention
