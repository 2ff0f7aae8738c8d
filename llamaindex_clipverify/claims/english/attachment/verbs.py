"""The subjects of each verb: of its clause, of the verb it is joined to, or the noun phrase that a participle describes."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.nouns import NounRules
from llamaindex_clipverify.claims.english.attachment.state import MOVING, STATIC
from llamaindex_clipverify.claims.english.grammar import GROUPS, POSSESSIVES, SEEING, VIEWERS
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.structure import is_container, is_living, is_own, is_place, is_worn
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.wordnet import wordnet

_CAUSING = frozenset("let help make watch see have hear feel".split())
"""Verbs after whose object a bare verb says what that does: "helps his son ride a bicycle"."""
_SEATED = frozenset("seat sit dress kneel crouch squat".split())

_VEHICLES = frozenset(
    "van tram jeep carriage trailer scooter moped skateboard snowboard surfboard wakeboard sled toboggan skis".split()
)
"""What WordNet's list of vehicles lacks."""
_SIGNS = frozenset("sign banner poster label board billboard plaque sticker placard shirt t-shirt screen".split())
_LEADING = frozenset("run extend stretch lead".split())
"""Verbs of lifeless things that go along something."""
_ALONG = frozenset("down along across through around up from over".split())
"""Prepositions after which a lifeless thing runs or stretches."""


class VerbRules(NounRules):
    """Gives verbs their subjects."""

    def take_verb(self, verb: Verb) -> None:
        """Take the next verb."""
        before = text_at(self.words, verb.begins - 1)
        verb.there = (
            text_at(self.words, verb.begins) in ("there's", "there're")
            or before in ("there", "here")
            or (verb.lemma in SEEING and verb.finite and not verb.passive and before in VIEWERS)
        )
        if not verb.gerund and not verb.there:
            verb.subjects = self._subjects(verb)
        if verb.there:
            self.subjects = []
        self.verb, self.verb_since, self.placed = verb, True, False
        if verb.finite and not verb.relative:
            self.main = verb
        kept = verb.gerund and verb.form == "participle"  # "used for cutting", but not "on tiptoe to reach"
        self.link = None if self.link is not None and self.link.ground is None and not kept else self.link
        self.joined = self.comma = False
        self.relative = None

    def _subjects(self, verb: Verb) -> list[Mention]:
        if self.relative is not None:
            verb.relative = True
            return [self.relative]
        if verb.finite and self.outer and self.verb is not None and not self.joined:
            outer, self.outer = self.outer, []
            return outer  # "a boat whose sails are torn lies on the beach"
        near = self.last
        if near is not None and not verb.finite and self._stands_alone(near) and near.after == verb.begins:
            return [near]  # "a man and a woman on a bridge, both wearing hats"
        if near is not None and self._is_made_to(near, verb):
            return self.group(near)
        if not verb.finite and self.main is not None and text_at(self.words, verb.begins - 1) == "but":
            return list(self.main.subjects)  # "is not sitting on the bench but standing"
        if self.verb is not None and (self.joined or (self.comma and not verb.finite)):
            return self._shared(verb, self.verb)
        return self._living(verb) if verb.finite else self._participant(verb)

    def _is_made_to(self, near: Mention, verb: Verb) -> bool:
        """Return whether a bare verb says what the object before it does: "lets her patient hold a kitten"."""
        causing = self.verb_of(near)
        if causing is None or causing.lemma not in _CAUSING or near.after != verb.begins or self.joined or self.comma:
            return False
        bare = verb.begins == verb.at and self.words[verb.at].tag in ("VB", "VBP")
        return bare and verb.finite and (is_living(near) or near.last in GROUPS)

    def _stands_alone(self, mention: Mention) -> bool:
        """Return whether a mention is a pronoun for living things that was joined to the thing before it."""
        return bool(mention.stands_for) and not any(map(is_living, self.group(mention)))

    def _living(self, verb: Verb) -> list[Mention]:
        """Return the subjects of the clause; the wearer, not a garment, wears something."""
        if verb.lemma != "wear" or not self.subjects or not all(is_worn(one) for one in self.subjects):
            return list(self.subjects)
        wearer = next((one for subject in self.subjects for one in self.chain(subject) if is_living(one)), None)
        return self.group(wearer) if wearer is not None else list(self.subjects)

    def _shared(self, verb: Verb, earlier: Verb) -> list[Mention]:
        """Return the subject of a second verb: that of the verb it is joined to."""
        if not verb.finite and earlier.subjects and all(is_own(one) and self.link_of(one) for one in earlier.subjects):
            return list(self.subjects)  # "with her eyes closed, holding a bag"
        if verb.finite and self.main is not None and not earlier.relative:
            earlier = self.main
        if not verb.finite and self.last is not None and not self.verb_since and earlier.there:
            return self._participant(verb)
        return list(earlier.subjects) or list(earlier.objects if earlier.there else self.subjects)

    def _participant(self, verb: Verb) -> list[Mention]:
        """Return the subject of a participle: the nearest noun phrase, or the living thing it belongs to."""
        near = self.last
        if near is None or self.verb_since or (self.comma and self.subjects):
            return list(self.subjects)
        if self._is_compared(near, verb):
            near.shown = True
            return [near]
        away = not near.shown and near.noun != "something" and near.after == verb.begins and not near.hedged
        if away and len(self.chain(near)) > 1:
            theirs = (one for one in self.chain(near) if one.shown and (is_living(one) or is_own(one)))
            near = next(theirs, near)  # "paws in the air lying on grass"
        chain, link = self.chain(near), self.link_of(near)
        own = is_own(near) and near.determiner in POSSESSIVES and (link is None or link.relation == "with")
        if (own and near.after == verb.begins) or self._moves_itself(near, verb):
            return [near]  # "with her hands covering her face"
        if link is not None and link.relation == "of" and link.figures and is_container(link.figures[-1]):
            near, link = link.figures[-1], self.link_of(link.figures[-1])
            chain = chain[1:]
        if link is not None and link.relation in ("like", "as", "than") and len(chain) > 1:
            return self.group(chain[1])
        living = next((mention for mention in chain if is_living(mention)), None)
        if living is None and is_worn(near) and len(chain) > 1 and not is_worn(chain[1]):
            near = chain[1]  # "a teddy bear in a suit sitting on a shelf"
        driven = next((one for one in chain if self.drives(one)), None) if verb.lemma == "park" else None
        had = link is not None and link.relation == "with"
        if verb.lemma in _SEATED or (driven is not None and had) or (had and self._stands_with(near, verb)):
            return self.group(driven or living or near)  # "a truck with a ladder parked on the street"
        if verb.passive:
            covered = link is not None and link.relation == "of" and not any(map(is_own, link.figures))
            whole = covered and chain[-1].shown  # not the photo of "a photo of a car filled with bags"
            return [chain[-1]] if whole else self.group(near) if is_living(near) else [near]
        if living is None or (verb.lemma in STATIC and not (is_living(near) or is_own(near))):
            return [near]
        return self.group(living)

    def _stands_with(self, near: Mention, verb: Verb) -> bool:
        """Return whether somebody stands or sits with what he has: "a girl with a lantern standing in front of a wood"."""
        following = [word.text for word in self.words[verb.after : verb.after + 5]]
        beside = any(
            text in ("him", "her", "them", "it", "his", "their") for text in following
        )  # "standing next to her"
        own = near.determiner in ("a", "an", None) and not is_living(near)
        return verb.lemma in ("stand", "sit") and own and not beside

    @staticmethod
    def drives(mention: Mention) -> bool:
        """Return whether a mention is a vehicle, as WordNet has it."""
        named = mention.last in _VEHICLES
        return named or any(wordnet().is_kind(name, "vehicle") for name in (mention.last, mention.noun))

    def _is_compared(self, near: Mention, verb: Verb) -> bool:
        """Return whether a participle is about what something is compared with: "taller than the boy standing beside her"."""
        link = self.link_of(near)
        compared = link is not None and link.relation == "than" and near.determiner == "the"
        return compared and near.after == verb.begins

    def _moves_itself(self, near: Mention, verb: Verb) -> bool:
        """Return whether a participle is about the lifeless thing before it: "a stripe running down", "fireworks shooting"."""
        if verb.lemma in ("say", "read") and near.last in _SIGNS and near.after == verb.begins:
            return True  # "a store with a sign saying"
        if is_living(near) or is_worn(near) or near.after != verb.begins:
            return False
        link = self.link_of(near)
        along = text_at(self.words, verb.after) in _ALONG and not is_place(near) and near.determiner not in POSSESSIVES
        if verb.lemma == "wave" and near.last in ("flag", "banner"):
            return True
        leads = verb.lemma in _LEADING and along and (link is None or link.relation == "with")
        return leads or (verb.lemma in MOVING and link is not None and link.relation == "with")

    def antecedent(self, relative: str) -> Mention | None:
        """Return what a relative pronoun stands for."""
        if self.last is None:
            return None
        if relative == "who":
            return self.living(self.last) or self.last
        link = self.link_of(self.last)
        of_part = link is not None and link.relation == "of" and link.figures and is_own(link.figures[-1])
        if of_part:
            return self.last  # "the handlebar of a bicycle that is leaning against a wall"
        return link.figures[-1] if link is not None and link.relation == "of" and link.figures else self.last
