"""Lists and clauses: whether a noun phrase after *and* or a comma goes on with a list or begins a clause of its own."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.state import MOVING, RELATIVES, State
from llamaindex_clipverify.claims.english.grammar import CONSISTING, POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_own, is_person, is_worn
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb

_SINGULAR_VERBS = frozenset(("is", "was", "has", "isn't", "wasn't"))
_SIDES = ("side", "front", "back", "end", "edge", "middle", "center", "centre")
_PLACES = frozenset(
    "in on at near by beside under behind above below inside outside over atop next beneath underneath around overhead "
    "nearby".split()
)
"""Prepositions that say where a thing is, and *next to*."""
_FURTHEST = 40
"""Words after a noun phrase within which the verb of its clause is looked for."""


class ListRules(State):
    """Joins noun phrases, and finds out which begin a clause."""

    def _starts_clause(self, mention: Mention) -> bool:
        """Return whether a noun phrase after *and* or a comma is the subject of a verb of its own."""
        last = self.role.get(id(self.last))
        if self.last is not None and last == "ground" and is_worn(self.last) and is_living(mention):
            return True  # "a woman in boots and three men"
        grows = last == "subject" and self.verb is None
        if (grows and not self.comma) or self._goes_on(mention, last):
            return False
        acts = self.verbs.get(mention.after)
        apart = self.comma and not self.joined and last == "ground" and self.verb is None
        if apart and acts is not None and not acts.finite and is_living(mention) and mention.determiner in ("a", "an"):
            return True  # "two girls in a hallway, a woman standing behind them"
        at, end = mention.after, min(mention.after + _FURTHEST, len(self.words))
        while at < end:
            verb, other, text = self.verbs.get(at), self.mentions.get(at), self.words[at].text
            if verb is not None and at == mention.after and self.comma and self.verb is None and not verb.finite:
                at = verb.after  # "with a bag on the floor, a man wearing a coat is holding"
                continue
            if verb is not None:
                return not grows and self._is_subject_of(mention, verb, last)
            listed = text in ("and", "or") and at + 1 in self.mentions
            if not listed and (text in (",", ";", "and", "or") or text in RELATIVES):
                return False
            at = other.after if other is not None else at + 1
        return False

    def _goes_on(self, mention: Mention, role: str | None) -> bool:
        """Return whether a noun phrase goes on with what is worn, parts of a thing, or what it is filled with."""
        last = self.last
        if last is None or role not in ("ground", "object"):
            return False
        if is_worn(last) and is_worn(mention):
            return True  # "in a jacket and a cap paints"
        before, acts = self.link_of(last), self.verbs.get(mention.after)
        parts = before is not None and before.relation == "with" and is_own(last) and is_own(mention)
        if parts and not is_living(mention) and (acts is None or acts.finite):
            return True  # "a plane with four engines and a red tail is landing"
        named = mention.determiner is None and mention.number is None and not (mention.plural or mention.pronoun)
        filled = last.determiner is None or (before is not None and before.relation == "with")
        return named and role == "ground" and filled and not self.comma  # "with butter and jam is"

    def _is_subject_of(self, mention: Mention, verb: Verb, role: str | None) -> bool:
        """Return whether a noun phrase after *and* or a comma is the subject of the next verb."""
        if mention.plural and not mention.part and self.words[verb.begins].text in _SINGULAR_VERBS:
            return False  # "a woman with a braid and thick eyebrows is kneeling"
        if verb.finite and not (mention.plural or mention.pronoun or self.comma) and self._is_plural_verb(verb):
            return False  # "a plate of cookies and a glass of milk sit on a table"
        before = self.link_of(self.last) if role == "ground" and not self.comma and self.main is None else None
        waits = len(self.subjects) == 1 and not self.subjects[0].plural and not self._is_plural_verb(verb)
        waits = waits and (is_living(self.subjects[0]) or not is_living(mention))
        if before is not None and before.relation == "with" and before.verb is None and waits and verb.finite:
            return False  # "a tray with a plate and an empty cup is on the bench"
        near = verb.form == "participle" and verb.begins == mention.after
        acts = self.verb_of(self.last)
        follows = near and not verb.finite and role == "object" and acts is not None and not acts.finite
        moves = near and verb.lemma in MOVING and role == "ground" and mention.determiner is None
        parallel = (
            near
            and role == "ground"
            and not mention.pronoun
            and self.verb is not None
            and self.verb.form == "participle"
        )
        if parallel and self.verb is not None and not (self.verb.finite or verb.finite or verb.passive):
            return self.joined and mention.determiner is None  # "people lying on the grass and ducks swimming"
        return follows or moves or (verb.finite and not verb.gerund)  # "his legs in the air and sparks flying"

    def _is_plural_verb(self, verb: Verb) -> bool:
        """Return whether a verb group is plural: *are*, *have*, *sit*."""
        first = self.words[verb.begins]
        return first.text in ("are", "were", "have") or (first.tag == "VBP" and verb.begins == verb.at)

    def _sits_together(self, mention: Mention) -> bool:
        """Return whether a plural verb follows one thing: "a man holding a flute and a boy sit on a wall"."""
        verb = self.verbs.get(mention.after)
        return verb is not None and verb.finite and not mention.plural and self._is_plural_verb(verb)

    def _is_one_more(self, mention: Mention) -> bool:
        """Return whether one more is joined to somebody before their verb: "a man in a coat and a boy with a ball walk"."""
        if self.last is None or not self.joined or mention.pronoun or not is_living(mention):
            return False
        if self.verb is not None and (self.verb.finite or not self._sits_together(mention)):
            return False
        ground = self.role.get(id(self.last)) in ("ground", "object") and bool(self.subjects)
        dressed = ground and is_worn(self.last) and all(map(is_living, self.subjects))
        persons = ground and not is_living(self.last) and is_person(mention) and all(map(is_person, self.subjects))
        return dressed or (persons and mention.determiner is not None)

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
        alone = any(word.text in ("just", "only", "merely") for word in self.words[before.after : mention.begins + 1])
        if alone or (self.placed and role == "ground"):  # "just a cat on the sofa", "with a dog on the left, a cat"
            self.apart.add(id(mention))
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
            above = self.link_of(root) if link.ground is not None and link.ground.pronoun else None
            root = above.figures[-1] if above is not None and above.figures else root
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
        before = self.link_of(link.figures[-1]) if link.figures else None
        a_after_the = link.ground is not None and link.ground.determiner == "the" and mention.determiner in ("a", "an")
        if not a_after_the and not (own and mention.last not in body):
            return None  # "with tiles on the walls and a wooden floor"
        return before if before is not None and before.relation == "with" else None

    def _owned_with(self, mention: Mention, link: Link) -> Verb | None:
        """Return the *has* that goes on: "has a stripe running down its face and a saddle on its back"."""
        body, parts = terms().body, terms().parts
        ground = link.ground
        whose = ground is not None and (ground.determiner in POSSESSIVES or ground.number == 1)
        last = ground.last if ground is not None and whose else ""
        own = last in body or last in parts or f"{last}s" in parts
        held = link.verb is not None and bool(link.verb.objects)
        own = own and mention.last not in body
        verb = (link.verb if held else self.verb_of(link.figures[-1] if link.figures else None)) if own else None
        return verb if verb is not None and verb.lemma in ("have", "hold", "carry", "grip", "clutch") else None

    def _same_sort(self, mention: Mention, link: Link) -> bool:
        if link.verb is not None and link.verb.lemma in CONSISTING:
            return True
        ground = link.ground
        # "with a stripe along the side and a sole"
        aside = ground is not None and not ground.shown and ground.last in _SIDES
        if ground is not None and (aside or (ground.pronoun and not mention.pronoun)) and mention.shown:
            return False  # "an armchair with a cat on it and a basket"
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
        measured = mention.after < len(self.words) and self.words[mention.after].text == "of"  # "and bottles of juice"
        if link.relation == "of" and (measured or mention.determiner in ("a", "an", "some", "the") or not self.joined):
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
