"""The part of each noun phrase: subject, object, ground of a preposition, or joined to the one before."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.state import MOVING, RELATIVES, STATIC, State
from llamaindex_clipverify.claims.english.grammar import CONSISTING, POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_own, is_worn
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb

_SINGULAR_VERBS = frozenset(("is", "was", "has", "isn't", "wasn't"))
_RUNNING = frozenset("run lead flow pass stretch extend wind rise tower hang appear shine glow burn swim grow".split())
"""Verbs before their subject after a place: "between the houses runs a path"."""
_PLACES = frozenset(
    "in on at near by beside under behind above below inside outside over atop next beneath underneath around".split()
)
"""Prepositions that say where a thing is, and *next to*."""
_FURTHEST = 40
"""Words after a noun phrase within which the verb of its clause is looked for."""


class NounRules(State):
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
        elif role == "joined" and self.last is not None:
            self._join(mention, self.last)
        elif role == "object" and self.verb is not None:
            self._object(mention, self.verb)
        elif role == "inverted" and self.verb is not None:
            self._inverted(mention, self.verb)
        elif role == "possessed" and self.last is not None:
            self._possessed(mention, self.last)
        else:
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
            if self.joined and (self.placed or self._starts_clause(mention)):
                return "subject"  # "one cat sitting on the left and another one on the right"
            return "object" if self.verb_since and self.verb is not None and not self.comma else "subject"
        absolute = self.comma and not self.joined and mention.determiner in POSSESSIVES  # "a plant, its leaves"
        acts = self.verbs.get(mention.after)
        moving = acts is not None and acts.form == "participle" and not acts.finite
        if absolute and (moving or self.role.get(id(before)) == "subject"):
            return "subject"  # "boats dot the bay, their sails shining"
        return "joined" if (self.joined or self.comma) and not self._starts_clause(mention) else "subject"

    def _is_inverted(self) -> bool:
        """Return whether the subject comes after the verb: "On the wall hangs a mirror"."""
        verb = self.verb
        if verb is None or not self.verb_since or verb.there or self.subjects or not self.fronted:
            return False
        return verb.form in ("copula", "passive") or verb.lemma in STATIC | _RUNNING

    def _starts_clause(self, mention: Mention) -> bool:
        """Return whether a noun phrase after *and* or a comma is the subject of a verb of its own."""
        last = self.role.get(id(self.last))
        if self.last is not None and last in ("ground", "object") and is_worn(self.last) and is_worn(mention):
            return False  # "in a jacket and a cap paints"
        if last == "ground" and self.last is not None and is_worn(self.last) and is_living(mention):
            return True  # "a woman in boots and three men"
        grows = last == "subject" and self.verb is None
        if grows and not self.comma:
            return False
        at, end = mention.after, min(mention.after + _FURTHEST, len(self.words))
        while at < end:
            verb, other, text = self.verbs.get(at), self.mentions.get(at), self.words[at].text
            if verb is not None and at == mention.after and self.comma and self.verb is None and not verb.finite:
                at = verb.after  # "with a bag on the floor, a man wearing a coat is holding"
                continue
            if verb is not None:
                if mention.plural and text in _SINGULAR_VERBS:
                    return False  # "a woman with a braid and thick eyebrows is kneeling"
                acts = self.verb_of(self.last)
                follows = verb.form == "participle" and not verb.finite and at == mention.after and last == "object"
                follows = follows and acts is not None and not acts.finite
                moves = verb.form == "participle" and at == mention.after and verb.lemma in MOVING and last == "ground"
                follows = follows or (moves and mention.determiner is None)  # "his legs in the air and sparks flying"
                return not grows and (follows or (verb.finite and not verb.gerund))
            listed = text in ("and", "or") and at + 1 in self.mentions
            if not listed and (text in (",", ";", "and", "or") or text in RELATIVES):
                return False
            at = other.after if other is not None else at + 1
        return False

    def _grounded(self, mention: Mention, link: Link) -> None:
        link.ground = mention
        if link.relation == "such as":
            self._exemplify(mention, link)
        self._on_body(mention, link)
        self.governor[id(mention)], self.role[id(mention)] = link, "ground"
        mention.ground = True
        self.link = None

    def _exemplify(self, mention: Mention, link: Link) -> None:
        """Let an example take part in what was said of its class: "items on the table, such as a cup"."""
        for other in list(self.found.links):
            if other is link or other.ground is None or other.relation == "such as":
                continue
            if set(map(id, other.figures)) & set(map(id, link.figures)):
                self.found.links.append(other.of([mention]))
            elif any(other.ground is figure for figure in link.figures):
                self.found.links.append(other.to(mention))

    def _join(self, mention: Mention, before: Mention) -> None:
        role, governor = self.role.get(id(before), "subject"), self.governor.get(id(before))
        group = self.groups.setdefault(id(before), [before])
        if not mention.pronoun:
            group.append(mention)
        self.groups[id(mention)] = group
        self._share(mention, role, governor)
        if role == "ground" and isinstance(governor, Link):
            self._another_ground(mention, governor)
        else:
            self._another(mention, role, governor)

    def _share(self, mention: Mention, role: str, governor: Verb | Link | None) -> None:
        self.role[id(mention)] = role
        if governor is not None:
            self.governor[id(mention)] = governor

    def _on_body(self, mention: Mention, link: Link) -> None:
        """Relate a garment to the body: "a belt around his waist", "a boy on a chair in a robe"."""
        worn = self.last if self.last is not None and self.last.after == link.at and is_worn(self.last) else None
        if worn is not None and link.relation in ("around", "on", "over", "across") and mention.last in terms().body:
            link.figures = [worn]
        elif worn is not None and link.relation in ("above", "below") and is_worn(mention):
            link.figures = [worn]  # "a woman with an apron over her dress"
        if link.relation == "in" and self.last is not None and is_worn(mention):
            wearer = next((one for one in self.chain(self.last) if is_living(one)), None)
            link.figures = self.group(wearer) if wearer is not None else link.figures

    def _another(self, mention: Mention, role: str, governor: Verb | Link | None) -> None:
        """Add an object or a subject to a list of them."""
        if role == "object" and isinstance(governor, Verb):
            governor.objects.append(mention)
            for link in self.opened if governor.there else ():
                link.figures.append(mention)
        elif role == "subject" and not mention.pronoun:
            self.subjects.append(mention)

    def _another_ground(self, mention: Mention, link: Link) -> None:
        """Add a ground; or an element to the list of the link's figure: "a cup on a table, a plate and a fork"."""
        outer = self._held_with(mention, link)
        owned = self._owned_with(mention, link)
        if link.relation == "such as":
            self._exemplify(mention, link)
        elif outer is not None:
            self._share(mention, "ground", outer)
            self.found.links.append(outer.to(mention))
        elif owned is not None:
            self._share(mention, "object", owned)
            owned.objects.append(mention)
        elif self._same_sort(mention, link):
            self.found.links.append(link.to(mention))
        else:
            root = link.figures[-1] if link.figures else None
            self._leave_group(mention)
            if id(mention) in self.apart:
                self.governor.pop(id(mention), None)
            role, governor = self.role.get(id(root), "subject"), self.governor.get(id(root))
            self._share(mention, role, governor)
            self._another(mention, role, governor)

    def _leave_group(self, mention: Mention) -> None:
        """Part a noun phrase from those that it was joined to."""
        group = self.groups[id(mention)]
        if mention in group:
            group.remove(mention)
        self.groups[id(mention)] = [mention]

    def _held_with(self, mention: Mention, link: Link) -> Link | None:
        """Return the *with* that goes on after a part of the body: "with a cap on his head and a pen in his hand"."""
        body = terms().body
        own = link.ground is not None and link.ground.determiner in POSSESSIVES and link.ground.last in body
        before = self.link_of(link.figures[-1]) if own and link.figures and mention.last not in body else None
        return before if before is not None and before.relation == "with" else None

    def _owned_with(self, mention: Mention, link: Link) -> Verb | None:
        """Return the *has* that goes on: "has a stripe running down its face and a saddle on its back"."""
        body, parts = terms().body, terms().parts
        last = link.ground.last if link.ground is not None and link.ground.determiner in POSSESSIVES else ""
        own = last in body or last in parts or f"{last}s" in parts
        held = link.verb is not None and bool(link.verb.objects)
        own = own and mention.last not in body
        verb = (link.verb if held else self.verb_of(link.figures[-1] if link.figures else None)) if own else None
        return verb if verb is not None and verb.lemma in ("have", "hold", "carry", "grip", "clutch") else None

    def _same_sort(self, mention: Mention, link: Link) -> bool:
        if link.verb is not None and link.verb.lemma in CONSISTING:
            return True
        figure = self.verb_of(link.figures[-1]) if link.figures else None
        if figure is not None and figure.lemma == "wear" and is_worn(mention):
            return False
        placed = link.relation not in ("with", "without", "of") and self.joined
        theme = self.verb_of(link.figures[-1]) if link.figures and placed else None
        if theme is not None and theme.there and mention.determiner in ("a", "an"):
            return False  # "there is a car near the tree and a bus"
        if theme is not None and self._is_placed_too(mention, link):
            return False
        if placed and link.verb is None and self._begins_anew(mention, link):
            self.apart.add(id(mention))
            return False
        if link.relation == "of" and (mention.determiner in ("a", "an", "some", "the") or not self.joined):
            return False
        return link.relation in ("with", "without", "between", "of", "such as") or not self.comma

    def _is_placed_too(self, mention: Mention, link: Link) -> bool:
        """Return whether a thing has a place of its own: "a cup in one hand and a phone in the other", "and a lamp beside it"."""
        following = self.words[mention.after : mention.after + 2]
        if len(following) < 2 or following[0].tag != "IN":
            return False
        return following[0].text == self.words[link.at].text or following[1].tag == "PRP"

    def _begins_anew(self, mention: Mention, link: Link) -> bool:
        """Return whether *and* joins a thing with a place to a thing with another: "a cat in a box and two dogs near a fence"."""
        bare = mention.determiner is None and mention.number is None
        single = link.ground is not None and link.ground.determiner is not None and not link.ground.plural
        new = (
            mention.determiner in ("a", "an", "some", "several")
            or mention.number is not None
            or (bare and mention.plural)
        )
        worn = is_worn(mention) or is_own(mention)
        following = self.words[mention.after] if mention.after < len(self.words) else None
        placed = following is not None and following.text in _PLACES and self.words[link.at].text in _PLACES
        return placed and new and single and not worn and link.relation != "between"

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
