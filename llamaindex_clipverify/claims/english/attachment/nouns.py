"""The part of each noun phrase: subject, object, ground of a preposition, or joined to the one before."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.lists import ListRules
from llamaindex_clipverify.claims.english.attachment.state import STATIC
from llamaindex_clipverify.claims.english.grammar import POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_worn
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb

_RUNNING = frozenset("run lead flow pass stretch extend wind rise tower hang appear shine glow burn swim grow".split())
"""Verbs before their subject after a place: "between the houses runs a path"."""


class NounRules(ListRules):
    """Gives noun phrases their part."""

    def noun(self, mention: Mention) -> None:
        """Take the next noun phrase."""
        if mention.hedged and self.last is not None and not self.last.hedged and self.comma:
            return  # an aside: "a bird, probably a duck, walking on the road"
        role = self._role(mention)
        if self.owner is not None:
            self.found.owned.append((self.owner, mention))
            self.outer = self.group(self.owner)
            self.owner, role = None, "subject"
        if role == "ground" and self.link is not None:
            self._grounded(mention, self.link)
        elif role in ("joined", "subject") and self._is_one_more(mention):
            self.apart.add(id(mention))
            self.subjects = [*self.subjects, mention]
            self.role[id(mention)] = "subject"
        elif role == "joined" and self.last is not None:
            self._join(mention, self.last)
        elif role == "object" and self.verb is not None:
            self._object(mention, self.verb)
        elif role == "inverted" and self.verb is not None:
            self._inverted(mention, self.verb)
        elif role == "possessed" and self.last is not None:
            self._possessed(mention, self.last)
        else:
            if self.comma and mention.determiner in POSSESSIVES and self.main is None and self.subjects:
                self.outer = list(self.subjects)  # "a boy, his face painted, is singing"
            self._subject(mention)
        self.last, self.verb_since, self.placed = mention, False, False
        self.joined = self.comma = False
        self.relative = None if role != "ground" else self.relative

    def _role(self, mention: Mention) -> str:
        before = self.last
        if before is not None and before.possessive and before.after == mention.begins:
            return "possessed"
        if self.link is not None and self.link.ground is None:
            return "ground"
        if self._is_inverted():
            return "inverted"
        if before is None or self.verb_since:
            if before is not None and self._goes_on_with(before):
                return "joined"
            if self.joined and (self.placed or self._starts_clause(mention)):
                return "subject"  # "one cat sitting on the left and another one on the right"
            return "object" if self.verb_since and self.verb is not None and not self.comma else "subject"
        bare = mention.determiner is None and mention.last in terms().body  # "a dog, teeth bared"
        owned = bare or mention.determiner in POSSESSIVES  # "a plant, its leaves"
        absolute = self.comma and not self.joined and owned
        acts = self.verbs.get(mention.after)
        moving = acts is not None and not acts.finite and (bare or acts.form == "participle")
        if absolute and (moving or self.role.get(id(before)) == "subject"):
            return "subject"  # "boats dot the bay, their sails shining"
        return "joined" if (self.joined or self.comma) and not self._starts_clause(mention) else "subject"

    def _goes_on_with(self, before: Mention) -> bool:
        """Return whether *and* after a participle goes on with what *with* names: "with her arms crossed and a smile on"."""
        verb, with_ = self.verb, self.link_of(before)
        described = verb is not None and verb.passive and not verb.finite and verb.subjects == [before]
        return self.joined and described and with_ is not None and with_.relation == "with"

    def _is_inverted(self) -> bool:
        """Return whether the subject comes after the verb: "On the wall hangs a mirror"."""
        verb = self.verb
        if verb is None or not self.verb_since or verb.there or self.subjects or not self.fronted:
            return False
        return verb.form in ("copula", "passive") or verb.lemma in STATIC | _RUNNING

    def _grounded(self, mention: Mention, link: Link) -> None:
        link.ground = mention
        if link.relation == "such as":
            self._exemplify(mention, link)
        self._on_body(mention, link)
        self.governor[id(mention)], self.role[id(mention)] = link, "ground"
        mention.ground = True
        self.link = None

    def _on_body(self, mention: Mention, link: Link) -> None:
        """Relate a garment to the body: "a belt around his waist", "a boy on a chair in a robe"."""
        worn = self.last if self.last is not None and self.last.after == link.at and is_worn(self.last) else None
        if worn is not None and link.relation in ("around", "on", "over", "across") and mention.last in terms().body:
            link.figures = [worn]
        elif worn is not None and link.relation in ("above", "below") and is_worn(mention):
            link.figures = [worn]  # "a woman with an apron over her dress"
        if link.relation == "in" and self.last is not None and is_worn(mention):
            wearer = self.living(self.last)
            link.figures = self.group(wearer) if wearer is not None else link.figures

    def _inverted(self, mention: Mention, verb: Verb) -> None:
        verb.subjects = self.subjects = [mention]
        self.role[id(mention)] = "subject"
        self.opened = self.fronted
        for link in self.fronted:
            link.figures, link.verb = self.subjects, verb
        self.fronted = []

    def _object(self, mention: Mention, verb: Verb) -> None:
        verb.objects.append(mention)
        self._share(mention, "object", verb)
        if verb.there:
            self.opened = self.fronted
            for link in self.fronted:
                link.figures = [*link.figures, mention]
            self.subjects, self.fronted = [mention], []

    def _subject(self, mention: Mention) -> None:
        self.subjects = [mention]
        self.role[id(mention)] = "subject"
        self.verb = None
        for link in self.fronted:
            link.figures = link.figures or self.subjects
        self.fronted = []

    def _possessed(self, mention: Mention, owner: Mention) -> None:
        """Let the possessed thing take the part of its owner: in "the dog's tail" the tail."""
        self._share(
            mention, self.role.get(id(owner), "subject"), self.governor.get(id(owner)) or self.link or self.verb
        )
        self.subjects = [mention if one is owner else one for one in self.subjects]
        for verb in self.found.verbs:
            verb.objects = [mention if one is owner else one for one in verb.objects]
        for link in self.found.links:
            link.ground = mention if link.ground is owner else link.ground
