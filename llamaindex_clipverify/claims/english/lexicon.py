"""Finds nouns in a sentence: the vocabulary's first, then WordNet's, longest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llamaindex_clipverify.claims.english.grammar import (
    ADJECTIVES,
    EMPTY,
    FINITE,
    FUNCTION,
    HAVE,
    MASS,
    PAIRED,
    POSTURES,
)
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.vocabulary import Vocabulary, regular_plural
from llamaindex_clipverify.claims.wordnet import WordNet, wordnet

_LONGEST = 4
_KEPT = 20_000
"""Forms whose nouns are kept, of one word and of several each."""
_COLOURED_ROOTS = ("animal", "plant", "food", "beverage")
"""Kinds whose names may begin with a colour or adjective: *golden retriever* is a name, *red light* is a colour and a noun."""
_ABSTRACT = ("ness", "tion", "sion", "ity", "ism", "ance", "ence", "ship", "hood", "tude", "ency", "ancy", "acy", "dom")
"""Ends of nouns that name no thing, where no list has them."""
_AMBIGUOUS = frozenset("habit slip wrap trim train".split())
"""Garments whose names mostly mean something else."""
_PLURAL_NAMES = frozenset(
    "stairs barracks crossroads suspenders breeches culottes bloomers jodhpurs corduroys gallows trappings lodgings privates "
    "spirits sweats silks works grounds premises dive waders".split()
)
"""Plurals that name something else than several of their singular."""
_MISLISTED = frozenset(("taxis",))
"""Plurals that WordNet lists as the singular of something rare."""
_NO_COMPOUNDS = frozenset(("yellow jacket", "black eye", "black belt", "blue flag", "yellow flag"))


_IS = frozenset("is are was were".split())
_SHOWN_BY = frozenset("there here these those this that it what which".split())
"""Words before *are* with which things are named."""


class Noun(NamedTuple):
    """A noun at a position in a sentence."""

    length: int
    """Length in words."""
    name: str
    """Canonical noun, or the singular if the vocabulary does not have it."""
    known: bool
    """Whether the vocabulary has it."""
    plural: bool
    depictable: bool = True
    verb: bool = False
    """Whether the same form may be a verb."""
    narrow: str | None = None
    """The more specific word of the answer: *man* for person."""


class Lexicon:
    """Looks up nouns; caches the results."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Prefer the nouns of a vocabulary."""
        self.vocabulary = vocabulary
        self._single: dict[str, Noun | None] = {}
        self._several: dict[str, Noun | None] = {}
        known = terms()
        names = [form for form in known.places | known.garments | known.shown if " " in form]
        self._compounds = {form: form for form in names} | {regular_plural(form): form for form in names}
        listed = known.garments | known.places
        plurals = {regular_plural(form) for form in listed}
        self._shown = known.shown | known.living | known.people | (listed - plurals - EMPTY - _AMBIGUOUS)
        self._abstract = known.abstract
        self._openers = {form.split()[0] for form in (*vocabulary.nouns, *names) if " " in form}

    @property
    def net(self) -> WordNet:
        """Return WordNet, loaded on first use."""
        return wordnet()

    def noun(self, words: Sequence[Word], at: int) -> Noun | None:
        """Return the longest noun that begins at word `at`, or None."""
        first = words[at].text
        compound = self._compound(words, at) or self._spaced(words, at)
        if compound is not None:
            return compound
        return self._alone(first)

    def _alone(self, form: str) -> Noun | None:
        """Return the noun of one word, kept."""
        if form not in self._single:
            if len(self._single) > _KEPT:
                self._single.clear()
            self._single[form] = self._look_up(form)
        return self._single[form]

    def is_living(self, noun: Noun) -> bool:
        """Return whether a noun names a person or an animal."""
        return noun.name in terms().living | {"person", "animal"} or any(
            self.net.is_kind(noun.name, root) for root in ("person", "animal")
        )

    def _lives(self, text: str) -> bool:
        noun = self._alone(text)
        return noun is not None and noun.depictable and self.is_living(noun)

    def _acts(self, words: Sequence[Word], at: int) -> bool:
        """Return whether somebody does what a word before a noun says: "people are riding horses", not "these are …"."""
        if self._lives(words[at - 1].text):
            return True
        return at > 1 and words[at - 1].text in _IS and words[at - 2].text not in _SHOWN_BY

    def _compound(self, words: Sequence[Word], at: int) -> Noun | None:
        first = words[at].text
        if first not in self._openers and first not in self.net.openers:
            return None
        coloured = first in self.vocabulary.colours or first in ADJECTIVES
        for length in range(min(_LONGEST, len(words) - at), 1, -1):
            if words[at + length - 1].text in HAVE:
                continue  # "the dog does" is no "dog do"
            if at > 0 and words[at - 1].text in ("a", "an") and words[at + length - 1].text in POSTURES:
                continue  # "in a coat stands beside" is no "coat stands"
            form = " ".join(word.text for word in words[at : at + length])
            noun = self._known(form, length)
            if noun is not None:
                return noun
            if first.endswith("ing") and words[at].tag.startswith("VB") and at > 0 and self._acts(words, at):
                return None  # "an elephant drinking water"
            if form in self._compounds:
                noun = Noun(length, self._compounds[form], False, form.endswith("s"))
                return self._headed(noun, words[at + length - 1].text)
            noun = self._listed_together(form, length)
            last = words[at + length - 1].text
            if last in ADJECTIVES or (last in self.vocabulary.colours and last not in MASS):
                continue
            if noun is not None and (not coloured or self._may_be_coloured(noun, words, at + length)):
                return self._headed(noun, words[at + length - 1].text)
        return None

    def _spaced(self, words: Sequence[Word], at: int) -> Noun | None:
        """Return a noun whose one word is written as two: "surf board", "skate boarder"."""
        first, last = words[at], words[at + 1] if at + 1 < len(words) else None
        if last is None or not first.tag.startswith("NN") or not last.tag.startswith("NN"):
            return None
        if last.text in FINITE | POSTURES:
            return None  # "his hand rests"
        if (
            len(first.text) < 3
            or len(last.text) < 3
            or first.text in self.vocabulary.colours
            or first.text in ADJECTIVES
        ):
            return None
        noun, alone = self._alone(first.text + last.text), self._alone(last.text)
        if noun is None or not noun.depictable or noun.verb:
            return None
        if not noun.known and alone is not None and alone.depictable:
            return None  # "a toll gate" is a gate
        return noun._replace(length=2)

    def _listed_together(self, form: str, length: int) -> Noun | None:
        if form not in self._several:
            if len(self._several) > _KEPT:
                self._several.clear()
            self._several[form] = self._listed(form, length)
        return self._several[form]

    def _headed(self, noun: Noun, last: str) -> Noun:
        """Name a compound by its head if the vocabulary has the head and WordNet agrees: a fire truck is a truck."""
        head = self._known(last, 1)
        if head is None or not self.net.is_kind(noun.name, head.name):
            return noun
        return head._replace(length=noun.length, narrow=noun.name)

    def _may_be_coloured(self, noun: Noun, words: Sequence[Word], after: int) -> bool:
        """Return whether a colour is part of a name: not before a noun of the vocabulary or a longer name."""
        begins = after - noun.length + 1
        rest = self.noun(words, begins)
        if rest is None or rest.known or rest.length != noun.length - 1:
            return False
        return any(self.net.is_kind(noun.name, root) for root in _COLOURED_ROOTS) and noun.name not in _NO_COMPOUNDS

    def _look_up(self, form: str) -> Noun | None:
        one = next((one for one in (form, form[:-1], form[:-2]) if one in self._shown), None)
        if one is not None and form in (one, regular_plural(one)) and self._known(form, 1) is None:
            single = self.net.singular(one) if one not in _PLURAL_NAMES | PAIRED | terms().places else None
            if single is not None and self.net.shows(single):
                one = single  # "slippers" are several of a slipper, "in the mountains" is a place
            return Noun(1, one, False, form != one, verb=one in self.net.verbs)
        if form in EMPTY:
            return Noun(1, form, False, form.endswith("s"), depictable=False)
        if form in _MISLISTED:
            return Noun(1, form[:-1], False, True)
        if form in self._abstract or form.removesuffix("s") in self._abstract:
            return Noun(1, form, False, form.endswith("s"), depictable=False, verb=True)
        if form in FUNCTION or not form[0].isalpha():
            return self._known(form, 1)
        return self._known(form, 1) or self._listed(form, 1) or self._hyphenated(form)

    def _known(self, form: str, length: int) -> Noun | None:
        words = self.vocabulary
        noun = words.nouns.get(form)
        if noun is None:
            return None
        plural = form in words.plural_forms and form not in words.singular_forms
        return Noun(length, noun, True, plural, narrow=words.narrow.get(form))

    def _listed(self, form: str, length: int) -> Noun | None:
        net = self.net
        if form in PAIRED:
            return Noun(length, form, False, True)
        one = net.singular(form)
        if one is not None and net.shows(one) and one != form and form not in _PLURAL_NAMES:
            return Noun(length, one, False, True, verb=one in net.verbs)
        uncounted = form in MASS or form in terms().substances
        if net.shows(form) or form in net.abstract or uncounted:
            shown = net.shows(form) or uncounted
            verb = form in net.verbs or (form.endswith("s") and one in net.verbs)
            return Noun(length, form, False, False, depictable=shown, verb=verb)
        if one is None:
            return None
        return Noun(length, one, False, True, depictable=net.shows(one), verb=one in net.verbs)

    def _hyphenated(self, form: str) -> Noun | None:
        tail = form.rsplit("-", 1)[-1]
        if tail != form and tail.isalpha():
            spaced, joined = form.replace("-", " "), form.replace("-", "")
            whole = self._known(spaced, 1) or self._known(joined, 1) or self._together(spaced) or self._together(joined)
            if whole is not None:
                return whole  # "a roller-coaster", "a goal-keeper"
        return None if tail == form or not tail.isalpha() else self._look_up(tail)

    def _together(self, form: str) -> Noun | None:
        """Return the depictable noun of a list that a hyphened word writes otherwise."""
        if form in self._compounds:
            return Noun(1, self._compounds[form], False, form.endswith("s"))
        noun = self._listed(form, 1)
        if noun is None or not noun.depictable:
            return None
        return self._headed(noun, form.rpartition(" ")[2])

    def unknown(self, form: str, singular: bool) -> Noun:
        """Return a noun for a word that is in no list."""
        plural = not singular and form.endswith("s") and not form.endswith(("ss", "us", "is"))
        one = _singular(form) if plural else form
        return Noun(1, one, False, plural, depictable=not one.endswith(_ABSTRACT))


def _singular(form: str) -> str:
    """Return the singular of a regular plural."""
    options = [form[:-3] + "y"] if form.endswith("ies") else [form[:-2], form[:-1]] if form.endswith("es") else []
    return next((one for one in options if regular_plural(one) == form), form[:-1])
