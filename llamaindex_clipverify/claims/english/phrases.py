"""Finds the noun phrases of a sentence: determiner, number, colours and adjectives before a head noun.

Phrases that no picture can show ("the atmosphere", "the left") are returned with `shown=False`, because they may be the
subject of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ABSENT,
    ARTICLES,
    COPULAS,
    FUNCTION,
    ITEMS,
    LABELS,
    MASS,
    PAIRED,
    PERSONS,
    PLURAL_BE,
    POSSESSIVES,
    ROUGHLY,
)
from llamaindex_clipverify.claims.english.heads import HeadReader
from llamaindex_clipverify.claims.english.lexicon import Noun
from llamaindex_clipverify.claims.english.mentions import Draft, Mention, text_at
from llamaindex_clipverify.claims.english.prepositions import preposition
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.told_apart import BY_PLACE, ORDINALS
from llamaindex_clipverify.claims.english.verbs import lemma
from llamaindex_clipverify.claims.vocabulary import english

_VAGUE = frozenset(("item", "object", "thing", "figure", "piece", "row"))
_SIDES = frozenset("back front side top edge border corner".split())
"""Nouns that are things only with a number or a colour: "two objects", "a black back"."""
_UNCOUNTED = frozenset("light water snow smoke food space room sunlight grass sand dirt traffic hair ice rain".split())
"""Mass nouns of which there may be plenty, but no number."""
_LARGER = ("ller", "gger", "orter", "onger", "arger", "ider", "ighter", "arker", "icker", "inner", "older", "unger")
"""Ends of adjectives that compare two things, and no numbers."""
_INVARIANT = frozenset(
    "sheep fish deer aircraft moose bison salmon trout shrimp squid people police cattle geese offspring".split()
)
"""Nouns whose plural is like the singular."""


class Phrases(HeadReader):
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
            if words[at].text == "something" and text_at(words, at - 1) != "for":
                found.append(self._unnamed(at))
                at += 1
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

    @staticmethod
    def _unnamed(at: int) -> Mention:
        """Return the mention of *something*, of which nothing is claimed: "with something in its mouth"."""
        mention = Mention(noun="something", known=False, plural=False, first=at, head=at, after=at + 1)
        mention.begins, mention.shown = at, False
        return mention

    def _link(self, words: Sequence[Word], at: int) -> int:
        """Return the length in words of a preposition that begins here: "to the left of" contains no noun."""
        return preposition(self.vocabulary, words, at)[0]

    def _phrase(self, words: Sequence[Word], begins: int, found: list[Mention]) -> tuple[Mention | None, int]:
        before = text_at(words, begins - 1)
        owned = before == "whose" or (before.endswith("'s") and before not in COPULAS | FUNCTION)
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
        if at >= len(words) or words[at].is_mark or self._begins_nearness(words, at):
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
        if before == "over" and number == 1:
            return  # "slung over one shoulder"
        if (before == "to" and further not in ("up", "close")) or (before == "than" and further.endswith(_LARGER)):
            return  # "next to three dogs", "smaller than the one"
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

    @staticmethod
    def _begins_nearness(words: Sequence[Word], at: int) -> bool:
        """Return whether "closer to" or "nearest to" begins here."""
        return words[at].text in ("closer", "nearer", "closest", "nearest") and text_at(words, at + 1) == "to"

    def _finish(
        self, words: Sequence[Word], begins: int, at: int, noun: Noun, draft: Draft
    ) -> tuple[Mention | None, int]:
        head, after, opens = at, at + noun.length, noun.length
        while (longer := self._extension(words, after, noun)) is not None and not (draft.many and longer.verb):
            if self._begins_nearness(words, after):
                break  # "the umbrella closest to the door"
            if longer.length == 1 and longer.plural and self._acts(words, after, draft):
                break
            noun, after = longer, after + longer.length
        if text_at(words, after) == "of" and noun.name in ("couple", "pair", "group"):
            return None, after + 1
        self._counted(words, after, noun, draft)
        noun = self._settled(words, (begins, head, after), noun, draft)
        shown = noun.depictable and not words[after - 1].text.isdecimal()
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
        own = opens if opens > 1 else 0  # "ice cream" of an ice cream truck has no colour
        inside = [(words[spot].text, spot) for spot in range(head + own, after - noun.length)]
        mention.adjectives = [*draft.adjectives, *inside]
        mention.plural = noun.plural or (noun.known and self._agrees(words, at, after))
        mention.possessive = words[after - 1].text.endswith("'s")
        kinds = mention.possessive and noun.plural and draft.determiner is None and draft.number is None
        gone = any(text in ABSENT for text, _ in mention.adjectives)  # "a missing tile"
        mention.shown = shown and not (kinds or gone)  # "covered with children's drawings"
        return mention, after

    @staticmethod
    def _counted(words: Sequence[Word], after: int, noun: Noun, draft: Draft) -> None:
        """Drop a number that does not count the noun: "a pair of glasses", "a two peso note"; a couple is two."""
        if noun.name == "couple":
            draft.number = draft.number or 2
            return
        paired = words[after - 1].text in PAIRED and draft.first is not None and words[draft.first].text == "pair"
        invariant = noun.known or noun.name in MASS | _INVARIANT or noun.name.endswith("s")
        several = noun.plural or invariant or words[after - 1].tag == "NNS"
        more = draft.first is not None and text_at(words, draft.first + 1) in ("more", "fewer")
        if more and any(word.text == "than" for word in words[after:]):
            draft.number = None  # "two more chairs than"
        if paired or (draft.number is not None and draft.number > 1 and not several):
            draft.number = None
        if noun.name in _UNCOUNTED:
            draft.at_least = None  # "plenty of light"

    def _settled(self, words: Sequence[Word], span: tuple[int, int, int], noun: Noun, draft: Draft) -> Noun:
        """Return the noun as its phrase means it: "food items" are things, "a couple" are persons, "in a row" is none.

        Args:
            words: Words of the sentence.
            span: First word of the phrase and of the noun, and the first word after it.
            noun: The noun that was found.
            draft: What comes before it.
        """
        begins, head, after = span
        several = draft.number is not None and draft.number > 1
        if noun.name == "couple":
            return noun._replace(name=self.vocabulary.canonical("person"), known=True, depictable=True, narrow="couple")
        if several and noun.name == "glasses":
            noun = noun._replace(name="glass")  # a number counts drinking glasses
        first = self.lexicon.noun(words, head) if noun.name in ITEMS and after - head > 1 else None
        if first is not None and first.depictable:
            noun = noun._replace(name=f"{first.name} {noun.name}", depictable=True)
        own = draft.determiner in POSSESSIVES or any(
            text not in ("same", "other", "latter") for text, _ in draft.adjectives
        )
        made = noun.name == "case" and own
        counted = draft.number or (draft.at_least or 0) > 2 or draft.at_most
        vague = noun.name.removesuffix("s") in _VAGUE
        shaped = draft.colours or any(text in terms().materials for text, _ in draft.adjectives)
        framed = noun.plural and any(text in ("framed", "family", "hanging") for text, _ in draft.adjectives)
        hung = noun.plural and lemma(text_at(words, after)) == "hang"  # "two pictures hang on the wall"
        if made or framed or hung or (counted and vague) or (shaped and noun.name in _VAGUE | _SIDES):
            noun = noun._replace(depictable=True)
        if noun.name in ("line", "row", "circle") and draft.determiner == "a" and text_at(words, begins - 1) == "in":
            noun = noun._replace(depictable=False)
        if not self._is_named(words, head, after, known=noun.known):
            return noun
        if draft.determiner not in ("a", "an", "another") and draft.number is None:
            return noun._replace(depictable=False)
        return noun if noun.known else noun._replace(name=self._proper_name(words, head, after), depictable=True)

    @staticmethod
    def _is_named(words: Sequence[Word], head: int, after: int, *, known: bool) -> bool:
        """Return whether a noun ends a proper name: "Tokyo Tarareba Girls"; not in a sentence of capitalised words."""
        ends = head > 0 and words[head].tag.startswith("NNP") and words[after - 1].tag.startswith("NNP")
        proper = ends and words[head - 1].tag.startswith("NNP") and words[head - 1].text not in english().colours
        if not (proper and known):
            return proper
        return 2 * sum(word.tag.startswith("NNP") for word in words) < len(words)

    @staticmethod
    def _proper_name(words: Sequence[Word], head: int, after: int) -> str:
        """Return the whole name of one thing of that name: *volkswagen beetle* of "an old Volkswagen Beetle"."""
        first = head
        while words[first - 1].tag.startswith("NNP"):
            first -= 1
        return " ".join(word.text for word in words[first:after])

    def _agrees(self, words: Sequence[Word], at: int, after: int) -> bool:
        """Return whether an invariant plural is before a plural verb: "the sheep are"."""
        form = " ".join(word.text for word in words[at:after])
        return form in self.vocabulary.plural_forms and text_at(words, after) in PLURAL_BE

    def _headless(
        self, words: Sequence[Word], begins: int, at: int, draft: Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        """Read phrases without a noun: "three blue ones", "a red and a blue car", "one is black"."""
        text = text_at(words, at)
        if text in ("one", "ones") and (draft.colours or draft.number or draft.adjectives):
            return self._anaphor(words, begins, at, at + 1, draft, found)
        if draft.number == 1 and draft.determiner in ("the", "this", "that") and any(one.shown for one in found):
            ordered = text_at(words, at - 2) in ORDINALS and not any((one.number or 1) > 1 for one in found)
            return (None if ordered else self._the_one(words, begins, at, found)), at
        if self._counts_some(words, at, draft):
            model = self._model_of(words, at, found)
            if model is not None:
                return self._of_model(begins, at, model), at
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

    @staticmethod
    def _model_of(words: Sequence[Word], at: int, found: list[Mention]) -> Mention | None:
        """Return the several things of which some are meant, the counted before others; after "a man", another man."""
        named = [one for one in reversed(found) if one.shown and not one.pronoun]
        several = [one for one in named if one.plural or (one.number or 1) > 1]
        counted = [one for one in several if (one.number or 1) > 1 or one.at_least]
        alone = words[at].tag == "VBZ" and text_at(words, at - 1) == "another"
        single = [one for one in named if one.number == 1 or one.determiner in ("a", "an")] if alone else []
        return next(iter(counted or several or single[-1:]), None)

    def _the_one(self, words: Sequence[Word], begins: int, after: int, found: list[Mention]) -> Mention:
        """Read "the one": another of what the subject is, if a place or clause says which; else what was named last."""
        shown = [one for one in found if one.shown]
        told_apart = shown[0].begins < 2 and not shown[0].plural and shown[0].determiner in ("a", "an", "the", "one")
        model = shown[0] if told_apart and text_at(words, after) in BY_PLACE | {"that", "who", "which"} else shown[-1]
        return self._of_model(begins, after, model, head=begins + 1)

    def _counts_some(self, words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a number or *another* stands for some of what was named: "four ladies, two kneeling on a rug"."""
        following = words[at].tag if at < len(words) else ""
        alone = not (draft.colours or draft.adjectives or draft.part)
        near = at < len(words) and self._begins_nearness(words, at)  # "some closer to the left"
        acts = (near or following in ("VBG", "VBN")) and draft.determiner in ("some", "several", "many")
        numbered = draft.number is not None or draft.determiner == "another" or acts
        leads = near or following in ("VBG", "VBN", "IN") or (following == "VBZ" and draft.number != 1)
        return alone and numbered and leads and text_at(words, at) not in ("of", "than")

    @staticmethod
    def _of_model(begins: int, after: int, model: Mention, head: int | None = None) -> Mention:
        """Return a phrase without noun that stands for some of those named before."""
        at = begins if head is None else head
        return Mention(
            noun="", known=True, plural=False, first=at, head=at, after=after, pronoun=True, begins=begins, stands_for=[model]
        )  # fmt: skip

    def _anaphor(
        self, words: Sequence[Word], begins: int, at: int, after: int, draft: Draft, found: list[Mention]
    ) -> tuple[Mention | None, int]:
        shown = [one for one in reversed(found) if one.shown]
        compared = draft.determiner == "the" or text_at(words, at - 1).endswith(_LARGER)
        several = [one for one in shown if (one.number or 1) > 1] if compared else []
        coloured = [one for one in shown if one.colours] if draft.colours else []
        listed = [one for one in shown if (one.number or 1) > 1 and not one.pronoun]
        listed = listed if draft.determiner in ("a", "an") and any(word.text == ":" for word in words[:begins]) else []
        # the shorter of "two buildings", the blue beside "a red car", and of "two vases on a shelf": a tall one
        model = next(iter(several or listed or coloured or shown), None)
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
        mention.adjectives = list(draft.adjectives)
        return mention
