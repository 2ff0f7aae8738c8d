"""One pass over a sentence: noun phrases, verbs, prepositions and the words between them, from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from llamaindex_clipverify.claims.english.attachment.prepositions import PrepositionRules
from llamaindex_clipverify.claims.english.attachment.state import RELATIVES
from llamaindex_clipverify.claims.english.grammar import BE, CONJUNCTIONS, HAVE, ITEMS, PART_OF
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.prepositions import preposition
from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.structure import Structure, is_worn
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.vocabulary import Vocabulary

_BREAKS = frozenset(("while", "because", ";", "whereas", "although", "though", "—", "when", "where", "so"))
_OF_WHICH = ("of", "with", "for", "to", "by", "from", "about")
"""Prepositions before *which* that say nothing of places."""
_PARTICLE_VERBS = frozenset("hold pick put lift give take set turn throw clean".split())
_PARTICLES = frozenset("up down out off back over away".split())


class RuleParser:
    """Reads a sentence from left to right with rules for attachment."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Use the relations of a vocabulary."""
        self.vocabulary = vocabulary

    def parse(
        self, words: Sequence[Word], mentions: Sequence[Mention], verbs: Sequence[Verb], positions: Sequence[Position]
    ) -> Structure:
        """Return the structure of a sentence."""
        return _Pass(self.vocabulary, words, mentions, verbs, positions).run()


class _Pass(PrepositionRules):
    def run(self) -> Structure:
        at = 0
        while at < len(self.words):
            at = self._step(at)
        for link in self.fronted:
            link.figures = link.figures or list(self.subjects)
        self.found.links = [link for link in self.found.links if link.ground or link.position]
        return self.found

    def _step(self, at: int) -> int:
        position, verb, mention = self.positions.get(at), self.verbs.get(at), self.mentions.get(at)
        if position is not None:
            self.position(position)
            return position.after
        if mention is not None:
            self.noun(mention)
        if verb is not None:  # also within a noun phrase: "it's"
            self.take_verb(verb)
        if mention is None and verb is None:
            return self._word(at)
        return max(mention.after if mention is not None else 0, verb.after if verb is not None else 0)

    def _word(self, at: int) -> int:
        text = self.words[at].text
        if text in _BREAKS:
            actors = list(self.main.subjects) if self.main is not None else self.subjects
            self.new_clause()
            following = self.verbs.get(at + 1)
            if text in ("while", "when") and following is not None and not following.finite:
                self.subjects = actors  # "paints while kneeling"
        elif text == "as" and self._clause_follows(at + 1):
            self.new_clause()  # "climbs a ladder as rain drips"
        elif text == "as" and text_at(self.words, at + 1) == "well":
            self.joined = True
            return at + 3
        elif text == ":":
            self.new_clause(keep=True)  # "two people: a man in a hat"
        elif text in (",", "(", ")"):
            self.comma, self.link = True, None
        elif text in CONJUNCTIONS | {"but"}:
            self._conjunction(at, text)
        elif text == "whose" and self.last is not None:
            self.owner = self.antecedent(text)
        elif self.last is not None and (text in RELATIVES or (text == "whom" and text_at(self.words, at - 1) == "of")):
            self.relative = self._none_of(at) or (self._some() if self._is_some(at) else self.antecedent(text))
        elif not self._is_particle(at):
            return at + max(self._preposition_at(at), 1)
        return at + 1

    def _conjunction(self, at: int, text: str) -> None:
        waits = self.link is not None and self.link.ground is None and self.link.after == at
        if waits and not (at + 1 < len(self.words) and preposition(self.vocabulary, self.words, at + 1)[0]):
            self.link = None  # "the lamps are on and the sky is dark"
        if text == "but":
            self.new_clause(keep=True)
        self.joined = True

    def _none_of(self, at: int) -> Mention | None:
        """Return the mention of "none of which" or "neither of whom", of which what follows is denied; None for others."""
        said = text_at(self.words, at - 2) if text_at(self.words, at - 1) == "of" else ""
        model = self.antecedent("which") if said in ("none", "neither") else None
        if model is None:
            return None
        return Mention(
            noun="", known=True, plural=False, first=at - 2, head=at - 2, after=at + 1, pronoun=True, begins=at - 2,
            determiner="none", stands_for=[model],
        )  # fmt: skip

    def _is_some(self, at: int) -> bool:
        """Return whether "one of which" or "some of whom" stands for some of what comes before."""
        before = text_at(self.words, at - 2) if text_at(self.words, at - 1) == "of" else ""
        return before not in ("all", "both", "each") and (before in PART_OF or before in self.vocabulary.numbers)

    def _clause_follows(self, at: int) -> bool:
        """Return whether a noun phrase and its finite verb come next."""
        mention = self.mentions.get(at)
        after = mention.after if mention is not None else at
        # "as the catcher, wearing a helmet, crouches"
        if text_at(self.words, after) == "," and after + 1 in self.verbs:
            marks = (at + 1 for at in range(after + 2, min(after + 14, len(self.words))) if self.words[at].text == ",")
            after = next(marks, after)
        verb = self.verbs.get(after) if mention is not None else None
        named = mention is not None and not mention.pronoun
        told = verb is not None and (not verb.passive or (named and self.words[verb.begins].text in BE))
        return verb is not None and verb.finite and told and verb.form != "copula"

    @staticmethod
    def _some() -> Mention:
        """Return a mention that stands for nothing: of "slices, one of which is missing" not all slices are missing."""
        return Mention(noun="", known=True, plural=False, first=0, head=0, after=0, pronoun=True)

    def _preposition_at(self, at: int) -> int:
        """Take a preposition and return its length in words; 0 if there is none."""
        length, relation = preposition(self.vocabulary, self.words, at)
        if text_at(self.words, at + 1) in ("least", "most") and relation == "at":
            return 0
        if relation == "on" and text_at(self.words, at + 1) == "top" and text_at(self.words, at + 2) != "of":
            return 2 * (at + 1 not in self.mentions)  # "a tower with a clock on top"
        if relation == "like" and self.last is not None and self.last.noun in ITEMS:
            relation = "such as"
        if not length or (relation == "than" and text_at(self.words, at - 1) in ("more", "less", "fewer")):
            return 0
        if (
            text_at(self.words, at + length) in ("which", "whom")
            and relation not in _OF_WHICH
            and self.last is not None
        ):
            self.relative_place(at, length, relation)
            return length + 1
        self.preposition(at, length, relation)
        return length

    def _is_particle(self, at: int) -> bool:
        """Return whether a word belongs to the verb: "holds up a sign", not "walks down a street"."""
        verb = self.verb.lemma if self.verb_since and self.verb is not None else ""
        has_on = (self.words[at].text, verb) == ("on", "have") and self.words[at - 1].text in HAVE
        if has_on and at + 1 in self.mentions:
            return is_worn(self.mentions[at + 1])  # "has on a sweater"
        if (self.words[at].text, verb) in (("in", "let"), ("behind", "leave"), ("behind", "trail")):
            return True  # "lets in light", "leaving behind a trail"
        if self.words[at].text not in _PARTICLES or not self.verb_since or self.verb is None:
            return False
        if self.verb.lemma == "pull" and at + 1 in self.mentions:
            return True  # "pulls down his trousers"
        return self.verb.lemma in _PARTICLE_VERBS or (self.words[at].tag == "RP" and at + 1 not in self.mentions)
