"""What *with*, *of* and places on the body tell about: who has something in hand, wears it, or what it is in."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.verbs import VerbRules
from llamaindex_clipverify.claims.english.grammar import POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.structure import (
    Link,
    is_container,
    is_living,
    is_own,
    is_person,
    is_substance,
    is_worn,
)
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb

OF_NEAREST = frozenset(("of", "full of", "with", "without", "such as", "like", "than", "as"))
"""Prepositions that mostly tell about the noun phrase right before them."""
Figures = tuple[list[Mention], Verb | None]
"""What a preposition tells about, and the verb it belongs to."""
_DETAILS = frozenset(
    "pockets stripes dots buttons collars sleeves hoods zippers logos prints patterns designs flowers trims trim laces lace "
    "belts bows numbers letters words fringes buckles straps linings cuffs patches texts text pictures images embroidery sequins "
    "ruffles hems seams feathers fur brims bands holes stars hearts spots checks squares lines details accents writing slogans "
    "crosses flags faces animals anchors skulls leaves piping tassels pompoms visors laces soles heels rips tears".split()
)
"""What a garment has on it: "a girl in a dress with pockets"."""

_LONGEST_OWNER = 5
"""Words of the longest noun phrase with 's."""


class BearerRules(VerbRules):
    """Finds the owner or bearer that a preposition tells about."""

    def _borne(self, link: Link) -> Figures | None:
        """Return who or what bears what follows *with*, *of* or a place on the body; None if that is not told here."""
        return (
            self._of_owner_named(link)
            or self._on_it(link)
            or self._on_own(link)
            or self._with_its(link)
            or self._with_wearer(link)
            or self._with_instrument(link)
            or self._with_made(link)
            or self._on_garment(link)
            or self._with_bearer(link)
            or self._of_last(link)
            or self._with_last(link)
        )

    def _of_owner_named(self, link: Link) -> Figures | None:
        """Return whose part *its* is after another part of it: the giraffe of "a giraffe's head, with its long neck"."""
        ground, last = self.mentions.get(link.after), self.last
        if ground is None or last is None or link.relation != "with" or ground.determiner != "its" or self.verb_since:
            return None
        near = (self.mentions.get(at) for at in range(max(last.begins - _LONGEST_OWNER, 0), last.begins))
        named = [one for one in near if one is not None and one.possessive and one.after == last.begins]
        return (named, None) if named and ground.last in terms().body | terms().parts else None

    def _on_it(self, link: Link) -> Figures | None:
        """Return what *with* names if its own thing has it on or in it: the pizza of "a box with pizza in it"."""
        ground, before = self.mentions.get(link.after), self.link_of(self.last)
        if ground is None or not ground.pronoun or self.last is None or before is None or self.verb_since:
            return None
        held = before.relation == "with" and link.relation not in OF_NEAREST
        return (self.group(self.last), None) if held else None

    def _on_own(self, link: Link) -> Figures | None:
        """Return what somebody has on or in a part of the body: the ball of "a dog with a ball in its mouth"."""
        ground, last = self.mentions.get(link.after), self.last
        if ground is None or last is None or self.verb_since or link.relation in OF_NEAREST:
            return None
        leashed = link.relation == "on" and ground.last in ("leash", "lead", "rope") and is_living(last)
        of_with = self.link_of(last)
        part = last.determiner in POSSESSIVES and last.last in terms().body and last.after == link.at
        somebody = self.living(last) if not is_living(last) else None
        lies = link.relation == "on" and ground.determiner in POSSESSIVES and ground.last in terms().body
        lies = lies and last.shown and of_with is not None and of_with.relation != "with" and not is_own(last)
        if lies and somebody is not None and of_with is not None and of_with.verb is not None:
            return [somebody], of_with.verb  # "jumps into the pool on his belly"
        if leashed or (part and of_with is not None and of_with.relation == "with"):
            return [last], None  # "a girl with a dog on a leash", "a dog with its paws on the wheel"
        tied = last.last == "hair" and last.determiner in POSSESSIVES and link.relation == "in"  # "her hair in a bun"
        own = ground.determiner in POSSESSIVES or ground.determiner in ("both", "each") or ground.number == 2
        if not tied and not (own and ground.last in terms().body):
            return None
        last = self._contained(last) or last
        before, verb = self.link_of(last), self.verb_of(last)
        worn = verb is not None and verb.lemma == "wear"  # "is wearing headphones over her ears"
        return ([last], None) if worn or (before is not None and before.relation == "with") else None

    def _with_its(self, link: Link) -> Figures | None:
        """Return the lifeless subject whose part *its* is: the car of "a car is parked on a lawn with its doors open"."""
        ground, before = self.mentions.get(link.after), self.link_of(self.last)
        if ground is None or link.relation != "with" or ground.determiner != "its" or before is None or self.verb_since:
            return None
        living = self.living(self.last) if self.last is not None else None
        if living is not None and ground.last in terms().body and not is_person(living):
            return self.group(living), before.verb  # "a kitten in a box with its paws on the edge"
        subjects = before.verb.subjects if before.verb is not None else []
        one = len(subjects) == 1 and not subjects[0].pronoun and not subjects[0].plural and not is_living(subjects[0])
        return (list(subjects), None) if one and ground.last in terms().parts else None

    def _with_wearer(self, link: Link) -> Figures | None:
        """Return who wears the garment before *with*, unless a detail of it follows: "a woman in jeans with a bag"."""
        before, worn = self.link_of(self.last), self.verb_of(self.last)
        ground = self.mentions.get(link.after)
        if ground is None or self.last is None or self.verb_since:
            return None
        limb = ground.last in terms().body and not {ground.last, f"{ground.last}s"} & _DETAILS
        if (
            link.relation == "with"
            and limb
            and worn is not None
            and worn.lemma == "wear"
            and worn.subjects
            and is_worn(self.last)
        ):
            return list(worn.subjects), None  # "wearing a shirt with one arm in the air"
        if before is None:
            return None
        apart = link.relation == "with" and self.comma and is_worn(ground) and before.verb is not None
        if apart and before.figures and all(map(is_living, before.figures)):
            return list(before.figures), None  # "stands on a taxi, with a yellow shirt"
        dressed = link.relation == "with" and before.relation == "in" and is_worn(self.last)
        detail = {ground.last, f"{ground.last}s"} & _DETAILS or ground.last in terms().substances
        return (list(before.figures), None) if dressed and not detail and any(map(is_living, before.figures)) else None

    def _with_instrument(self, link: Link) -> Figures | None:
        """Return the animal whose part *its* is after what it does something to: "a dog catches a ball with its mouth"."""
        ground, acts = self.mentions.get(link.after), self.verb_of(self.last)
        if ground is None or acts is None or link.relation != "with" or ground.determiner != "its" or self.verb_since:
            return None
        own = ground.last in terms().body and self.last is not None and not is_living(self.last)
        animals = own and bool(acts.subjects) and all(map(is_living, acts.subjects))
        return (list(acts.subjects), acts) if animals else None

    def _with_made(self, link: Link) -> Figures | None:
        """Return what is made of the material before *with*: the blouse of "a blouse in white cotton with a collar"."""
        before, last, verb = self.link_of(self.last), self.last, self.verb
        if last is None or link.relation != "with" or self.verb_since or not is_substance(last):
            return None
        if verb is not None and verb.form == "copula" and verb.after == last.begins:
            return list(verb.subjects), None  # "the casing is blue plastic with golden hinges"
        made = before is not None and before.relation == "in" and bool(before.figures)
        return (list(before.figures), None) if before is not None and made else None

    def _on_garment(self, link: Link) -> Figures | None:
        """Return what a garment has at a part of it or of the body: the belt of "a dress with a belt at the waist"."""
        before, ground, last = self.link_of(self.last), self.mentions.get(link.after), self.last
        if before is None or last is None or ground is None or self.verb_since or link.relation in OF_NEAREST:
            return None
        where = ground.last in terms().body | terms().parts
        worn = before.relation == "with" and bool(before.figures) and all(map(is_worn, before.figures))
        return ([last], None) if where and worn else None

    def _with_bearer(self, link: Link) -> Figures | None:
        """Return who has with him what he has in hand or on him: "two women on a couch with laptops on their laps"."""
        before, thing = self.link_of(self.last), self.mentions.get(link.after)
        if thing is None or self.last is None or before is None or self.verb_since or link.relation != "with":
            return None
        own = text_at(self.words, thing.after) in ("in", "on", "around", "over", "under")
        place = self.mentions.get(thing.after + 1) if own else None
        held = place is not None and place.determiner in POSSESSIVES and place.last in terms().body
        if not held or is_living(self.last):
            return None
        bearer = self.living(self.last)
        return (self.group(bearer) if bearer is not None else []), None

    def _of_last(self, link: Link) -> Figures | None:
        """Return the last of a list, which alone *of* tells about: the jar of "a loaf and a jar of honey"."""
        last = self.last if link.relation == "of" and not self.verb_since else None
        own = last is not None and (last.determiner in ("a", "an") or last.number is not None)
        return ([last], None) if last is not None and own and len(self.group(last)) > 1 else None

    def _with_last(self, link: Link) -> Figures | None:
        """Return the last of a list with commas: the shops of "people, cars, and shops with signs"."""
        last = self.last if link.relation == "with" and not self.verb_since else None
        group = self.group(last) if last is not None else []
        listed = len(group) > 1 and any(word.text == "," for word in self.words[group[0].after : group[-1].begins])
        return ([last], None) if last is not None and listed and last is group[-1] else None

    def _contained(self, mention: Mention) -> Mention | None:
        """Return the container of what a mention names, or None: the jar of "a jar of powder"."""
        link = self.link_of(mention)
        holder = link.figures[-1] if link is not None and link.relation == "of" and link.figures else None
        return holder if holder is not None and is_container(holder) else None
