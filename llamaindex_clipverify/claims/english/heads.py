"""Finds the head noun of a phrase: which word is a noun here, and which is a verb, an adverb or an adjective."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    ADVERBS,
    ARTICLES,
    BE,
    CAPTION_VERBS,
    COPULAS,
    EMPTY,
    FINITE,
    FUNCTION,
    GROUPS,
    HAVE,
    IDIOMS,
    MASS,
    NOT_ACTIONS,
    POSTURES,
    PREPOSITIONS,
    RELATIVES,
    SHOWING,
)
from llamaindex_clipverify.claims.english.lexicon import Noun
from llamaindex_clipverify.claims.english.mentions import Draft, Mention, text_at
from llamaindex_clipverify.claims.english.modifiers import ModifierReader, is_transitive
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import IRREGULAR, is_described, lemma, visible_actions

_BEFORE_BARE = frozenset("with and or nor wearing holding has have".split())

_SHOWING = frozenset("showing featuring depicting containing having including".split())
"""Participles of what a thing shows or has: no ends of compounds."""
_HANDLING = frozenset("opens open closes close raises raise shuts shut lifts lift extends extend".split())
"""Verbs before what somebody opens or lifts, without article: "opens mouth"."""
_DEVERBAL = frozenset("drink watch stand walk slide swing ride".split())
"""Verbs of actions that also end compounds: "fruit stand"."""
_TURNING = frozenset("turns turn turned glows glow glowing looks appears shines dyed painted".split())
"""Verbs after which a colour is what their subject becomes."""
_READY = frozenset("ready about waiting wait waits trying tries try going preparing prepares unable able".split())
"""Words before *to* and a verb."""
_OF_ABSTRACT = ("ing", "ness", "tion", "sion", "ity", "ment", "ism", "ance", "ence")
"""Ends of nouns that mostly name no thing."""


class HeadReader(ModifierReader):
    """Finds the head after the modifiers of a phrase, and the compound that begins with it."""

    def _head(self, words: Sequence[Word], at: int, draft: Draft, found: list[Mention]) -> Noun | None:
        text = words[at].text
        if text in ("one", "ones") and (draft.colours or draft.number or draft.adjectives):
            return None
        if text in POSTURES and not (draft.opened and draft.determiner):
            return None
        if draft.number is not None and terms().descriptions(text) and text_at(words, at + 1) in ("", ",", "and", ";"):
            return None  # "two striped and one plain"
        noun = self.lexicon.noun(words, at)
        several = draft.number is not None or draft.determiner in ("some", "several", "many")
        moves = several and words[at].tag == "VBG" and (noun is None or noun.length == 1)
        clothed = draft.colours and draft.determiner is None and draft.first is not None
        if clothed and words[at].tag == "VBG" and text_at(words, (draft.first or 0) - 1) == "in":
            return None  # "a boy in grey walking near"
        if moves and self._governs(words, at) and lemma(text) in visible_actions():
            return None  # "two kneeling on a rug"
        if noun is None and text.endswith("'s"):
            owner = words[at]._replace(text=text.removesuffix("'s"))
            noun = self.lexicon.noun((owner,), 0)
            return noun if noun is not None and self._is_head((owner,), 0, noun, draft, found) else None
        if noun is None:
            return self._unknown(words, at, draft)
        return noun if self._is_head(words, at, noun, draft, found) else None

    def _is_head(self, words: Sequence[Word], at: int, noun: Noun, draft: Draft, found: list[Mention]) -> bool:
        """Return whether a word that may be a noun is one here, and not a verb, an adverb or an adjective."""
        if noun.known and self._is_colour_of(words, at, draft, found):
            return False
        if noun.known:
            acts = words[at].tag == "VB" and text_at(words, at - 1) == "to"  # "kneels to tie his laces"
            return not acts and not self._bears(words, at, found)
        text, tag = words[at].text, words[at].tag[:2]
        opened = draft.opened or draft.described
        if text == "can":
            return opened and text_at(words, at - 1) not in ("that", "which", "this", "these", "those")
        if noun.length == 1 and (text in FUNCTION or (text in ADJECTIVES and tag in ("JJ", "RB"))):
            return False
        if not opened and (tag == "IN" or (tag == "RB" and (text.endswith("ly") or text in ADVERBS))):
            return False
        if noun.verb and text_at(words, at - 1) in RELATIVES - {"whose"} and (tag == "VB" or text.endswith("s")):
            return False
        if self._is_verb(words, at, noun, draft) or self._follows_subject(words, at, noun, draft, found):
            return False
        return opened or self._stands_bare(words, at, noun, found)

    def _is_colour_of(self, words: Sequence[Word], at: int, draft: Draft, found: list[Mention]) -> bool:
        """Return whether a fruit is the colour that a verb gives to what comes before: "the sun makes the sky orange"."""
        alone = words[at].text in self.vocabulary.colours and not draft.opened
        follows = bool(found) and found[-1].after == at
        return alone and (follows or text_at(words, at - 1) in _TURNING)

    @staticmethod
    def _bears(words: Sequence[Word], at: int, found: list[Mention]) -> bool:
        """Return whether a noun of the vocabulary is a verb here: "the badge bears a crest"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        after_singular = bool(found) and found[-1].after == at and not found[-1].plural
        return words[at].tag == "VBZ" and after_singular and following in ("DT", "PRP$", "IN", "TO", "RP")

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
        led = text_at(words, at - 1) in _BEFORE_BARE or (
            words[at].tag == "NNS" and at > 0 and is_transitive(words[at - 1])
        )
        return bare and led and not words[at].text.endswith(_OF_ABSTRACT)

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
        before = text_at(words, at - 1)
        if before == "whose" or (before.endswith("'s") and before not in COPULAS):
            return False  # "the woman's braid"
        counted = draft.number is not None or draft.at_least is not None or draft.at_most is not None
        if counted and words[at].tag == "NNS":
            return False  # "three cooks are"
        if self._ends_colours(words, at, noun, draft) or self._is_purpose(words, at, noun, draft):
            return True
        joined = before in ("and", "or", "nor", ",") and words[at - 2].tag.startswith("NN")  # "food and drinks"
        led = words[at].tag == "NNS" and (before in PREPOSITIONS or joined or is_described(words, at))
        if (
            noun.verb
            and draft.determiner is None
            and words[at].text in FINITE
            and words[at].tag in ("VBZ", "NNS")
            and not led
        ):
            return True
        leads = words[at].tag == "VBZ" and text_at(words, at - 1) == ","  # "a man, low to the ground, rolls down"
        leads = leads and not self.lexicon.is_living(noun)
        if text_at(words, at - 1) in ("and", "or", ",") and not leads and words[at].text not in FINITE | POSTURES:
            return False
        return words[at].tag in (("VBZ", "VBP", "VBD", "VB", "MD") if noun.verb else ("VBZ", "MD"))

    @staticmethod
    def _is_purpose(words: Sequence[Word], at: int, noun: Noun, draft: Draft) -> bool:
        """Return whether *to* before a bare noun begins what somebody is ready to do: "ready to board"."""
        led = at > 1 and words[at - 1].text == "to" and words[at - 2].text in _READY
        return led and noun.verb and not noun.plural and draft.determiner is None

    @staticmethod
    def _ends_colours(words: Sequence[Word], at: int, noun: Noun, draft: Draft) -> bool:
        """Return whether a verb follows colours that stand for clothes: "a boy in yellow crawls along"."""
        alone = bool(draft.colours) and draft.determiner is None and draft.first is not None
        led = alone and text_at(words, (draft.first or 0) - 1) == "in"
        return led and noun.verb and noun.plural and lemma(words[at].text) in visible_actions()

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
        before, joined, tag = text_at(words, at - 1), False, words[at + noun.length - 1].tag
        if before in ("and", "or", "nor", ","):
            joined = bool(found) and found[-1].after >= at - 2 and text_at(words, at + noun.length) not in COPULAS
        if before in BE:
            fronted = bool(found) and words[0].text in PREPOSITIONS and text_at(words, found[-1].after) == before
            hidden = noun.plural and bool(found) and (fronted or not found[0].shown) and not noun.verb
            return hidden or before == "there's" or text_at(words, at - 2) == "there"
        if noun.plural or (tag == "NNS" and noun.name.endswith("s") and before != "but"):  # "stairs"
            return (
                not noun.verb
                or joined
                or tag == "NNS"
                or before in PREPOSITIONS | {"", ":", "of", "and", "or", ","}
                or self._after_verb(words, at)
            )
        if noun.name in MASS or noun.name in terms().substances:
            acts = (
                before in ("", "as", "while", "when", "and")
                and at + 1 < len(words)
                and words[at + 1].tag in ("VBZ", "VBD")
            )
            return not noun.verb or acts or before in PREPOSITIONS or joined or self._after_verb(words, at)
        if tag in ("NN", "NNP", "NNS") and self._is_caption_style(words, at, before):
            return True
        if not joined or (noun.verb and found[-1].after != at - 1):
            return False
        listed = found[-1].determiner is None or text_at(words, at + noun.length) in (",", "and", "or")
        return before != "," or (tag == "NN" and listed and found[-1].after == at - 1)

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
        acts = at > 0 and words[at - 1].tag in ("VBZ", "VBP") and before not in COPULAS | HAVE
        acts = acts and (lemma(before) in visible_actions() | CAPTION_VERBS or before in _HANDLING)
        named = at == 1 and words[0].tag in ("NN", "NNP") and words[at].tag == "NN"  # "Motocross rider on a hill"
        opened = before in PREPOSITIONS | {"", "and", "or", ":", "off"} or before.endswith("ing") or acts or named
        return opened and words[at].text not in FINITE | POSTURES

    @staticmethod
    def _after_verb(words: Sequence[Word], at: int) -> bool:
        before = text_at(words, at - 1)
        if at > 0 and words[at - 1].tag in ("VBZ", "VBP") and before not in COPULAS:
            return True  # "sells fruit"
        return before.endswith("ing") or before in (
            "has", "have", "see", "contains", "shows", "features", "includes", "contain", "show", "ride", "rides", "there's",
        )  # fmt: skip

    @staticmethod
    def _acts(words: Sequence[Word], at: int, draft: Draft) -> bool:
        """Return whether a word that may be a plural is a verb: "a tower looms", "houses line*s* the street"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        single = draft.determiner in ("a", "an", "this", "that", "each", "every", "another") and not (
            draft.many or draft.grouped
        )
        return (
            words[at].tag in ("NNS", "VBZ") and words[at].text.endswith("s") and (single or following in ("DT", "PRP$"))
        )

    def _extension(self, words: Sequence[Word], at: int, noun: Noun) -> Noun | None:
        """Return the next noun of a compound: *house* in "dog house"."""
        if at >= len(words) or words[at].is_mark or words[at - 1].text.endswith("'s") or words[at].text == "being":
            return None
        if (
            words[at].text in ARTICLES | {"half"}
            or words[at].tag in ("RB", "RBR", "IN")
            or self._acts_on(words, at, noun)
        ):
            return None  # "a shirt a tie": no letter *a*
        text, longer = words[at].text, self.lexicon.noun(words, at)
        if longer is None and text.endswith("'s") and words[at].tag.startswith("NN"):
            return self._owner(words[at])
        if longer is None and text in IRREGULAR:
            return None
        if noun.plural:
            return longer if self._is_compounded(words, at, longer) else None
        if longer is None:
            return self._unlisted_end(words, at, noun)
        adjective = text in FUNCTION or text in self.vocabulary.colours
        if longer.length == 1 and (adjective or (text in ADJECTIVES and words[at].tag != "NN")):
            return None
        return longer if self._ends_compound(words, at, noun, longer) else None

    def _acts_on(self, words: Sequence[Word], at: int, noun: Noun) -> bool:
        """Return whether a word right after a noun is tagged as a verb and is one: "the badge bears a", "a woman pose for"."""
        following = words[at + 1].tag if at + 1 < len(words) else ""
        if words[at].tag == "VBZ":
            shows = lemma(words[at].text) in SHOWING  # "the kitchen features white cabinets"
            return (
                shows
                or following in ("DT", "PRP$")
                or words[at - 1].text in terms().picture
                or self.lexicon.is_living(noun)
            )
        if words[at].tag not in ("VBP", "VB"):
            return False
        acts = following == "DT" or lemma(words[at].text) in visible_actions() | CAPTION_VERBS
        return following == "PRP$" or (acts and (noun.name in GROUPS or self.lexicon.is_living(noun)))

    def _owner(self, word: Word) -> Noun | None:
        """Return the living thing that ends a compound and owns what follows: *player* of "the tennis player's racket"."""
        owner = self.lexicon.noun((word._replace(text=word.text.removesuffix("'s")),), 0)
        return owner if owner is not None and owner.depictable and self.lexicon.is_living(owner) else None

    def _unlisted_end(self, words: Sequence[Word], at: int, noun: Noun) -> Noun | None:
        """Return a word of no list as the end of a compound: *calabash* of "gourd calabash"."""
        text, following = words[at].text, words[at + 1].tag if at + 1 < len(words) else ""
        plain = words[at].tag == "NN" and text.isalpha() and text not in FUNCTION | FINITE | POSTURES
        acts = text in visible_actions() | CAPTION_VERBS and self.lexicon.is_living(noun)
        governs = following in ("DT", "PRP$") or text.endswith("ing") or acts  # "watch a man speak"
        return self.lexicon.unknown(text, singular=False) if plain and noun.depictable and not governs else None

    def _ends_compound(self, words: Sequence[Word], at: int, noun: Noun, longer: Noun) -> bool:
        """Return whether a noun right after another ends its compound, and is no verb with it as subject."""
        text = words[at].text
        following = text_at(words, at + 1)
        acts = at + 1 < len(words) and words[at + 1].tag == "VBZ"  # "the fruit stand displays"
        ends = following in PREPOSITIONS | COPULAS | {"", ",", "and"}
        named = words[at].tag == "NN" and (ends or acts)
        if text in FINITE | COPULAS | POSTURES and not (
            named and text in _DEVERBAL and not self.lexicon.is_living(noun) and noun.name not in terms().garments
        ):
            return False
        if words[at].tag == "VBG" and text in _SHOWING:
            return False  # "a light showing red"
        builds = text == "building" and words[at].tag == "VBG"
        moves = text.endswith("ing") and longer.length == 1 and (builds or text not in NOT_ACTIONS)
        if moves and (self._governs(words, at) or (lemma(text) in visible_actions() and self.lexicon.is_living(noun))):
            return False
        third_person = text.endswith("s") and not text.endswith("ss") and longer.length == 1 and longer.verb
        counted = at > 1 and words[at - 2].tag == "CD"  # "four corner screws"
        return not (third_person and not counted and (words[at].tag != "NNS" or noun.name in EMPTY))

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
