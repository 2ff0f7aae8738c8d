"""Finds the noun phrases of a sentence: determiner, number, colours and adjectives before a head noun.

Phrases that no picture can show ("the atmosphere", "the left") are returned with `shown=False`, because they may be the
subject of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ADVERBS,
    ARTICLES,
    BE,
    COPULAS,
    EMPTY,
    FINITE,
    FUNCTION,
    IDIOMS,
    ITEMS,
    LABELS,
    MASS,
    NOT_ACTIONS,
    PAIRED,
    PERSONS,
    PLURAL_BE,
    POSTURES,
    PREPOSITIONS,
    RELATIVES,
    ROUGHLY,
)
from llamaindex_clipverify.claims.english.lexicon import Noun
from llamaindex_clipverify.claims.english.mentions import Draft, Mention, text_at
from llamaindex_clipverify.claims.english.modifiers import ModifierReader
from llamaindex_clipverify.claims.english.prepositions import preposition
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.verbs import IRREGULAR, lemma, visible_actions

_BEFORE_BARE = frozenset("with and or nor wearing holding has have".split())

_VAGUE = frozenset(("item", "object", "thing", "figure", "piece"))
_SIDES = frozenset("back front side top edge border corner".split())
"""Nouns that are things only with a number or a colour: "two objects", "a black back"."""
_DEVERBAL = frozenset("drink watch stand walk slide swing ride".split())
"""Verbs of actions that also end compounds: "fruit stand"."""
_INVARIANT = frozenset(
    "sheep fish deer aircraft moose bison salmon trout shrimp squid people police cattle geese offspring".split()
)
"""Nouns whose plural is like the singular."""
_OF_ABSTRACT = ("ing", "ness", "tion", "sion", "ity", "ment", "ism", "ance", "ence")
"""Ends of nouns that mostly name no thing."""


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
            if words[at].text in PERSONS or (words[at].text == "no" and text_at(words, at + 1) == "one"):
                found.append(self._person(words, at))
                at = found[-1].after
                continue
            if at == 0 and text_at(words, 1) == ":" and words[0].text in LABELS:
                at = 2
                continue
            mention, at = self._phrase(words, at, found)
            if mention is not None:
                found.append(mention)
        return found

    def _person(self, words: Sequence[Word], at: int) -> Mention:
        """Return the mention of a word for some or no person."""
        after = at + 1 + (words[at].text == "no")
        mention = Mention(
            noun=self.vocabulary.canonical("person"), known=True, plural=False, first=at, head=at, after=after
        )
        mention.begins, mention.determiner = at, "none" if words[at].text in ("nobody", "no") else None
        return mention

    def _link(self, words: Sequence[Word], at: int) -> int:
        """Return the length in words of a preposition that begins here: "to the left of" contains no noun."""
        return preposition(self.vocabulary, words, at)[0]

    def _phrase(self, words: Sequence[Word], begins: int, found: list[Mention]) -> tuple[Mention | None, int]:
        before = text_at(words, begins - 1)
        owned = before.endswith("'s") and before not in COPULAS | FUNCTION
        draft, at = Draft(opened=owned), begins
        while at < len(words):
            step = self._modifier(words, at, draft)
            if not step:
                break
            at += step
        if draft.number is not None and not draft.rough:
            self._bounded(words, begins, draft)
        if draft.rough:
            draft.number, draft.first = None, None
        if at >= len(words) or words[at].is_mark:
            return self._headless(words, begins, at, draft, found)
        noun = self._head(words, at, draft, found)
        if noun is None:
            return self._headless(words, begins, at, draft, found)
        return self._finish(words, begins, at, noun, draft)

    @staticmethod
    def _bounded(words: Sequence[Word], begins: int, draft: Draft) -> None:
        """Turn a number into bounds: "at least two", "more than ten", "about five"."""
        before, further = text_at(words, begins - 1), text_at(words, begins - 2)
        number = draft.number or 0
        if before not in ROUGHLY and before not in ("up", "approximately"):
            return
        if before == "to" and further not in ("up", "close"):
            return  # "next to three dogs"
        draft.rough = True
        denied = text_at(words, begins - 3) in ("no", "not") and before == "than"
        if denied and further in ("more", "greater"):
            draft.at_most = number
        elif denied:
            draft.at_least = number
        elif before == "least" or (before == "than" and further in ("more", "greater")) or before == "over":
            draft.at_least = number + (before != "least")
        elif (
            before == "most"
            or (before == "than" and further in ("less", "fewer"))
            or (before == "to" and further == "up")
        ):
            draft.at_most = number - (before == "than")
        else:
            draft.at_least = draft.at_most = number

    # -- the head -------------------------------------------------------------------------------------------------

    def _head(self, words: Sequence[Word], at: int, draft: Draft, found: list[Mention]) -> Noun | None:
        text = words[at].text
        if text in ("one", "ones") and (draft.colours or draft.number):
            return None
        if text in POSTURES and not (draft.opened and draft.determiner):
            return None
        noun = self.lexicon.noun(words, at)
        if noun is None and text.endswith("'s"):
            owner = words[at]._replace(text=text.removesuffix("'s"))
            noun = self.lexicon.noun((owner,), 0)
            return noun if noun is not None and self._is_head((owner,), 0, noun, draft, found) else None
        if noun is None:
            return self._unknown(words, at, draft)
        return noun if self._is_head(words, at, noun, draft, found) else None

    def _is_head(self, words: Sequence[Word], at: int, noun: Noun, draft: Draft, found: list[Mention]) -> bool:
        """Return whether a word that may be a noun is one here, and not a verb, an adverb or an adjective."""
        if noun.known:
            return True
        text, tag = words[at].text, words[at].tag[:2]
        opened = draft.opened or draft.described
        if text == "can":
            return opened and text_at(words, at - 1) not in ("that", "which", "this", "these", "those")
        if noun.length == 1 and (text in FUNCTION or (text in ADJECTIVES and tag in ("JJ", "RB"))):
            return False
        if not opened and (tag == "IN" or (tag == "RB" and (text.endswith("ly") or text in ADVERBS))):
            return False
        if noun.verb and text_at(words, at - 1) in RELATIVES and tag == "VB":
            return False
        if self._is_verb(words, at, noun, draft) or self._follows_subject(words, at, noun, draft, found):
            return False
        return opened or self._stands_bare(words, at, noun, found)

    def _unknown(self, words: Sequence[Word], at: int, draft: Draft) -> Noun | None:
        """Return a noun for a word of no list, where a noun must follow and the tagger does not see another word class."""
        word, text, several = words[at], words[at].text, draft.number is not None and draft.number != 1
        plain = (text.isalpha() or "-" in text) and text not in FUNCTION and not text.endswith("ly")
        tagged = not word.tag or word.tag.startswith(("NN", "CD"))
        if not plain or not tagged or (several and not text.endswith("s")):
            return None
        if not (draft.opened or self._is_listed(words, at) or self._is_heading(words, at, draft)):
            return None
        return self.lexicon.unknown(text, singular=draft.determiner in ("a", "an"))

    @staticmethod
    def _is_listed(words: Sequence[Word], at: int) -> bool:
        """Return whether a noun of no list stands without article: "a plate with edamame", "chairs and pouffes"."""
        bare = words[at].tag in ("NN", "NNS") and len(words[at].text) > 3
        return bare and text_at(words, at - 1) in _BEFORE_BARE and not words[at].text.endswith(_OF_ABSTRACT)

    @staticmethod
    def _is_heading(words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a noun of no list begins a caption: "green tapestry on the door", "Trainees stand in a hall"."""
        text, tag = words[at].text, words[at].tag
        if len(text) < 4 or text.endswith(_OF_ABSTRACT) or tag not in ("NN", "NNS"):
            return False
        first = at if draft.first is None else draft.first
        before, following = text_at(words, first - 1), words[at + 1].tag if at + 1 < len(words) else ""
        if before not in PREPOSITIONS | {"", "and", ","}:
            return False
        return draft.described or (first == 0 and tag == "NNS" and following[:2] in ("IN", "VB"))

    def _is_verb(self, words: Sequence[Word], at: int, noun: Noun, draft: Draft) -> bool:
        """Return whether a word that may be a noun or a verb is a verb here."""
        if noun.known or noun.length > 1 or (draft.opened and draft.determiner in ARTICLES) or at == 0:
            return False
        if draft.number is not None and words[at].tag == "NNS":
            return False  # "three cooks are"
        led = text_at(words, at - 1) in PREPOSITIONS and words[at].tag == "NNS"
        if (
            noun.verb
            and draft.determiner is None
            and words[at].text in FINITE
            and words[at].tag in ("VBZ", "NNS")
            and not led
        ):
            return True
        if text_at(words, at - 1) in ("and", "or", ",") and words[at].text not in FINITE | POSTURES:
            return False
        return words[at].tag in (("VBZ", "VBP", "VBD", "VB", "MD") if noun.verb else ("VBZ", "MD"))

    @staticmethod
    def _follows_subject(words: Sequence[Word], at: int, noun: Noun, draft: Draft, found: list[Mention]) -> bool:
        """Return whether a word that may be a plural or a verb comes right after a singular: "a boy slides"."""
        if (
            text_at(words, at - 1) == ","
            and found
            and found[-1].plural
            and text_at(words, at + 1) in (",", "or", "and")
        ):
            return False
        joined = text_at(words, at - 1) == "and" and at > 1 and words[at - 2].tag in ("VBZ", "VBP")
        if joined and noun.plural and noun.verb and not draft.opened:
            return True
        if not found or noun.known or not noun.plural or not noun.verb or draft.opened or draft.described:
            return False
        before, following = found[-1], words[at + 1].tag if at + 1 < len(words) else ""
        if before.after == at and following in ("DT", "PRP$"):
            return True
        return before.after == at and not before.plural and not before.possessive

    def _stands_bare(self, words: Sequence[Word], at: int, noun: Noun, found: list[Mention]) -> bool:
        """Return whether a noun needs no article: a plural, a mass noun, part of a list, or in the style of captions."""
        if not noun.depictable and words[at].tag == "NN" and not words[at].text.endswith("ing"):
            noun = self._compound(words, at, noun)
        if not noun.depictable:
            return False
        before, joined, tag = text_at(words, at - 1), False, words[at].tag
        if before in ("and", "or", "nor", ","):
            joined = bool(found) and found[-1].after >= at - 2 and text_at(words, at + noun.length) not in COPULAS
        if before in BE:
            return before == "there's" or text_at(words, at - 2) == "there"
        if noun.plural:
            return (
                not noun.verb
                or joined
                or tag == "NNS"
                or before in PREPOSITIONS | {"", ":", "of", "and", "or", ","}
                or self._after_verb(before)
            )
        if noun.name in MASS:
            return not noun.verb or before in PREPOSITIONS or joined or self._after_verb(before)
        if tag in ("NN", "NNP", "NNS") and self._is_caption_style(words, at, before):
            return True
        if not joined or (noun.verb and found[-1].after != at - 1):
            return False
        return before != "," or (tag == "NN" and found[-1].determiner is None and found[-1].after == at - 1)

    def _compound(self, words: Sequence[Word], at: int, noun: Noun) -> Noun:
        """Return the noun at the end of a compound that begins here: *sign* of "speed limit sign"."""
        after, last = at + noun.length, noun
        while after < len(words) and words[after].tag in ("NN", "NNS") and words[after].text not in FUNCTION:
            later = self.lexicon.noun(words, after)
            if later is None or last.plural:
                break
            last, after = later, after + later.length
        return last._replace(length=after - at)

    def _is_caption_style(self, words: Sequence[Word], at: int, before: str) -> bool:
        """Return whether a singular without article is a thing: "man holding cup", "pizza on plate"."""
        if (before, words[at].text) in IDIOMS or before == "by" or before in ("playing", "play", "plays", "played"):
            return False
        opened = before in PREPOSITIONS | {"", "and", "or", ":"} or before.endswith("ing")
        return opened and words[at].text not in FINITE | POSTURES

    def _after_verb(self, before: str) -> bool:
        return before.endswith("ing") or before in (
            "has", "have", "see", "contains", "shows", "features", "includes", "contain", "show", "ride", "rides", "there's",
        )  # fmt: skip

    @staticmethod
    def _acts(words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a word that may be a plural is a verb: "a tower looms", "houses line*s* the street"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        single = draft.determiner in ("a", "an", "this", "that", "each", "every", "another") and not (draft.many or draft.grouped)
        return words[at].tag == "NNS" and words[at].text.endswith("s") and (single or following in ("DT", "PRP$"))

    def _finish(
        self, words: Sequence[Word], begins: int, at: int, noun: Noun, draft: Draft
    ) -> tuple[Mention | None, int]:
        head, after = at, at + noun.length
        while (longer := self._extension(words, after, noun)) is not None and not (draft.many and longer.verb):
            if longer.length == 1 and longer.plural and self._acts(words, after, draft):
                break
            noun, after = longer, after + longer.length
        if text_at(words, after) == "of" and noun.name in ("couple", "pair", "group"):
            return None, after + 1
        if words[after - 1].text in PAIRED and draft.first is not None and words[draft.first].text == "pair":
            draft.number = None
        invariant = noun.known or noun.name in MASS | _INVARIANT or noun.name.endswith("s")
        if (
            draft.number is not None
            and draft.number > 1
            and not (noun.plural or invariant or words[after - 1].tag == "NNS")
        ):
            draft.number = None  # "a two peso note"
        if draft.number is not None and draft.number > 1 and noun.name == "glasses":
            noun = noun._replace(name="glass")  # a number counts drinking glasses
        if (
            noun.name in ITEMS
            and after - head > 1
            and (first := self.lexicon.noun(words, head)) is not None
            and first.depictable
        ):
            noun = noun._replace(name=f"{first.name} {noun.name}", depictable=True)
        counted = draft.number or (draft.at_least or 0) > 2 or draft.at_most
        if (counted and noun.name.removesuffix("s") in _VAGUE) or (draft.colours and noun.name in _VAGUE | _SIDES):
            noun = noun._replace(depictable=True)
        if noun.name in ("line", "row", "circle") and draft.determiner == "a" and text_at(words, begins - 1) == "in":
            noun = noun._replace(depictable=False)
        named = self._is_named(words, head, known=noun.known)
        shown = noun.depictable and not words[after - 1].text.isdecimal() and not named
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
        mention.rough, mention.at_least, mention.at_most = draft.rough, draft.at_least, draft.at_most
        inside = [(words[spot].text, spot) for spot in range(head, after - noun.length)]
        mention.adjectives = [*draft.adjectives, *inside]
        mention.plural = noun.plural or (noun.known and self._agrees(words, at, after))
        mention.possessive = words[after - 1].text.endswith("'s")
        return mention, after

    @staticmethod
    def _is_named(words: Sequence[Word], head: int, *, known: bool) -> bool:
        """Return whether a noun ends a proper name: "Tokyo Tarareba Girls"; not in a sentence of capitalised words."""
        proper = head > 0 and words[head].tag.startswith("NNP") and words[head - 1].tag.startswith("NNP")
        if not (proper and known):
            return proper
        return 2 * sum(word.tag.startswith("NNP") for word in words) < len(words)

    def _agrees(self, words: Sequence[Word], at: int, after: int) -> bool:
        """Return whether an invariant plural is before a plural verb: "the sheep are"."""
        form = " ".join(word.text for word in words[at:after])
        return form in self.vocabulary.plural_forms and text_at(words, after) in PLURAL_BE

    def _extension(self, words: Sequence[Word], at: int, noun: Noun) -> Noun | None:
        """Return the next noun of a compound: *house* in "dog house"."""
        if at >= len(words) or words[at].is_mark or words[at - 1].text.endswith("'s") or words[at].text == "being":
            return None
        text, longer = words[at].text, self.lexicon.noun(words, at)
        if longer is None and text in IRREGULAR:
            return None
        if noun.plural:
            return longer if self._is_compounded(words, at, longer) else None
        if (
            longer is None
            and noun.depictable
            and words[at].tag == "NN"
            and text.isalpha()
            and text not in FUNCTION | FINITE | POSTURES
        ):
            following = words[at + 1].tag if at + 1 < len(words) else ""
            governs = following in ("DT", "PRP$") or text.endswith("ing")
            return None if governs else self.lexicon.unknown(text, singular=False)
        if longer is None or (
            longer.length == 1
            and (text in FUNCTION or (text in ADJECTIVES and words[at].tag != "NN") or text in self.vocabulary.colours)
        ):
            return None
        following = text_at(words, at + 1)
        named = words[at].tag == "NN" and (following in PREPOSITIONS | COPULAS or following in ("", ",", "and"))
        if text in FINITE | COPULAS | POSTURES and not (
            named and text in _DEVERBAL and not self.lexicon.is_living(noun)
        ):
            return None
        moves = text.endswith("ing") and longer.length == 1 and text not in NOT_ACTIONS
        if moves and (self._governs(words, at) or (lemma(text) in visible_actions() and self.lexicon.is_living(noun))):
            return None
        third_person = text.endswith("s") and longer.length == 1 and longer.verb
        return None if third_person and (words[at].tag != "NNS" or noun.name in EMPTY) else longer

    @staticmethod
    def _is_compounded(words: Sequence[Word], at: int, longer: Noun | None) -> bool:
        """Return whether a noun after a plural is the head of both: "a shortcuts menu"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        noun = longer is not None and longer.depictable and not longer.verb and not longer.plural
        return noun and words[at].tag == "NN" and words[at - 1].tag == "NNS" and not following.startswith(("DT", "PRP"))

    @staticmethod
    def _governs(words: Sequence[Word], at: int) -> bool:
        """Return whether a word in -ing is a verb by its tag, or by an object after it: "the road passing parked cars"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        return words[at].tag != "NN" or following in ("DT", "PRP$", "VBN", "VBD", "JJ", "NNS", "CD")

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
