"""What a preposition tells about: the subject of its verb, the noun phrase before it, or one further back."""

from __future__ import annotations

from llamaindex_clipverify.claims.english.attachment.bearers import OF_NEAREST, BearerRules, Figures
from llamaindex_clipverify.claims.english.attachment.state import STATIC
from llamaindex_clipverify.claims.english.grammar import BE, CONSISTING, COVERING, POSSESSIVES, SHOWING
from llamaindex_clipverify.claims.english.mentions import Mention, text_at
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.structure import (
    Link,
    is_container,
    is_living,
    is_own,
    is_place,
    is_substance,
    is_worn,
)
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import Verb
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

_TO_ACTOR = frozenset(
    "hold wear carry ride use throw catch hit fly play watch kick push pull walk read cut swing hug lead take face look "
    "talk pose enjoy have brush wash touch cross examine inspect study observe view enter exit board".split()
)
"""Verbs after whose object a preposition tells where the subject is: "a man holding a cup on the beach"."""
_OF_ACTOR = frozenset(("at", "next to", "in front of", "behind", "outside", "down", "along", "during"))
"""Prepositions that, after the object of a verb, tell where its subject is."""
_OF_SUBJECT = frozenset(("in front of", "behind", "next to", "between", "at", "during", "outside"))
"""Prepositions that, after another prepositional phrase of a verb, tell where the verb's subject is."""
_AT_PLACES = frozenset(("in", "at", "inside", "on"))
_BESIDE_WALLS = frozenset(("above", "below", "behind", "next to", "over", "between"))
_PLACING = frozenset(("on", "in", "at", "next to", "behind", "in front of"))
_ON_BODY = ("around", "above", "below", "across")
"""Prepositions after a garment that say where on the body it is."""
_GROUND = frozenset("floor ground carpet grass pavement lawn sand snow sidewalk street road".split())
_ROWS = frozenset("row line circle queue group pile semicircle".split())
_SEATS = frozenset("chair armchair bench sofa couch stool hammock swing bed wheelchair rocker recliner".split())
_IN_SEATS = frozenset(
    "knit sew read write paint draw eat drink sip smoke play watch hold cradle hug nurse feed peel".split()
)
"""What somebody does in a seat: "knitting a scarf in a rocking chair"."""
_IN_THE_AIR = frozenset("hang fly float hover soar glide string suspend drift".split())
_PATHS = ("along", "down", "up", "through", "across", "past")
_AWAY = ("from", "off", "out of", "over", "above")
_TAKING_ALONG = frozenset("pull push drive ride carry lead drag tow walk follow chase steer wheel".split())
"""Verbs after whose object a path is that of the subject."""
_MOVING_ALONG = frozenset("push pull wheel drag tow haul".split())
_PUSHED = frozenset(
    "wheelchair stroller pram cart wagon wheelbarrow sled sleigh carriage trolley swing rickshaw".split()
)
_WATCHING = frozenset("watch see photograph view observe admire film spot point".split())
_OUT_OF_REACH = frozenset("sky air water sea ocean lake river screen television distance horizon".split())
_PLACING_VERBS = frozenset(
    "leave put place set lay drop hang pour load pile stack arrange stick plant park tie".split()
)
"""Verbs after whose object a place is that of the object."""
_TURNING = frozenset("dive turn look lean jump move face point tilt swerve run lunge glance walk bend head".split())
"""Verbs after which *to the left* is a direction."""
_FLOWING = frozenset("stream pour shine filter flood flow drift cascade spill".split())
"""What light and water do, which often are no noun phrase."""
_DEGREES = frozenset(("too", "so", "very", "directly", "right", "that"))


class PrepositionRules(BearerRules):
    """Gives prepositions and positions their figures."""

    def preposition(self, at: int, length: int, relation: str) -> None:
        """Take the next preposition."""
        link = Link(figures=[], relation=relation, at=at, after=at + length, negated=self._is_denied(at))
        fronted = self._is_fronted(link.after)
        of_place = relation == "of" and self.placed  # "on the left side of the room"
        if fronted and self._is_inverted_after(link.after):
            self.new_clause()  # "…, and above it hangs a lamp"
        place = self.link_of(self.last) if self._is_rather(at) else None
        if place is not None and place.figures and not fronted:
            link.figures, link.verb = list(place.figures), place.verb
        elif not fronted and not of_place:
            link.figures, link.verb = (
                self._joined_to(relation)
                or self._of_seen(link)
                or self._at_place(link)
                or self._borne(link)
                or self._figures(relation)
            )
        before = self.governor.get(id(self.last)) if not self.verb_since else None
        if relation == "with" and before is not None:
            link.owner = (before.verb or self._acting_on(before)) if isinstance(before, Link) else before
        self._begin(link, fronted=fronted)
        self.link = link
        self.joined = False

    def relative_place(self, at: int, length: int, relation: str) -> None:
        """Take a preposition and *which*: "a fireplace, above which hangs a mirror"."""
        place = self.antecedent("which")
        outer = list(self.subjects) if self.main is None else []
        self.new_clause()
        self.outer = outer  # "the sofa, on which two cats are sleeping, is grey"
        link = Link(figures=[], relation=relation, at=at, after=at + length + 1, ground=place)
        self.fronted = [link]
        self.found.links.append(link)

    def _acting_on(self, link: Link) -> Verb | None:
        """Return what somebody does to what has a place: the slicing of "slicing an onion on a board with a knife"."""
        verb = self.verb_of(link.figures[-1]) if link.figures else None
        return verb if verb is not None and verb.subjects and all(map(is_living, verb.subjects)) else None

    def _joined_to(self, relation: str) -> Figures | None:
        """Return what a preposition after *and* tells about: "a girl against a curtain and beside lamps"."""
        before = self.link_of(self.last) if self.joined and not self.verb_since else None
        if before is not None and before.relation == "of" and before.figures and relation != "of":
            before = self.link_of(before.figures[-1])  # "snow on the roof of the hut and on the trees"
        if (
            before is None
            or relation == "of"
            or before.relation in ("of", "with", "without", "such as")
            or not before.figures
        ):
            return None
        return list(before.figures), before.verb

    def _is_fronted(self, after: int) -> bool:
        """Return whether what a phrase tells about is still to come: "…, on the bed there is a cat"."""
        if self.verb is not None and self.verb.there and self.verb_since and not self.verb.objects:
            return True
        if self.fronted and self.comma and not self.subjects and self.verb is None:
            return True
        place = self.mentions.get(after)
        later = self.joined and place is not None and text_at(self.words, place.after) == ","
        if later and place is not None and place.after + 1 in self.mentions:
            return True  # "…, and on the bank, two deer are grazing"
        return (self.comma or self.joined) and (self._there_follows(after) or self._is_inverted_after(after))

    def _is_inverted_after(self, after: int) -> bool:
        """Return whether a place, a verb of posture and a noun phrase follow: "above it hangs a lamp", "behind it is a wall"."""
        place = self.mentions.get(after)
        verb = self.verbs.get(place.after) if place is not None else None
        if place is None or verb is None or not verb.finite or verb.after not in self.mentions:
            return False
        return verb.lemma in STATIC or (verb.form == "copula" and place.pronoun)

    def _there_follows(self, after: int) -> bool:
        """Return whether "there is" or "we can see" comes next, after the noun phrase of a preposition."""
        mention = next(
            (self.mentions[at] for at in range(after, min(after + 2, len(self.words))) if at in self.mentions), None
        )
        at = mention.after if mention is not None else after
        at += text_at(self.words, at) == ","
        following = text_at(self.words, at + 1)
        return text_at(self.words, at) in ("there", "we", "i") and following in BE | {"can", "see", "could"}

    def _is_denied(self, at: int) -> bool:
        """Return whether *not* is right before a preposition and belongs to no verb, or *nowhere*: "not too far from"."""
        while text_at(self.words, at - 1) in _DEGREES:
            at -= 1
        of_verb = self.verb is not None and self.verb.negated and self.verb.begins < at
        if text_at(self.words, at - 1) == "nowhere" or self._is_rather(at):
            return True
        return text_at(self.words, at - 1) == "not" and not of_verb

    def _is_rather(self, at: int) -> bool:
        """Return whether "rather than", "instead of" or a comma and *not* comes before a preposition: "…, not on the sofa"."""
        while text_at(self.words, at - 1) in _DEGREES:
            at -= 1
        said = (text_at(self.words, at - 2), text_at(self.words, at - 1))
        return said in (("rather", "than"), ("instead", "of"), (",", "not"))

    def position(self, position: Position) -> None:
        """Take the next position in the picture."""
        turns = text_at(self.words, position.begins) == "to" and self.verb_since and self.verb is not None
        if turns and self.verb is not None and self.verb.lemma in _TURNING and not self.verb.passive:
            return  # "the goalkeeper dives to the left"
        link = Link(figures=[], relation="", at=position.begins, after=position.after, position=position)
        fronted = self._is_fronted(link.after)
        if not fronted:
            link.figures, link.verb = self._within_list(position) or self._apart(position) or self._figures("of")
        self._begin(link, fronted=fronted)
        self.joined = self.comma = False
        self.placed = True

    def _apart(self, position: Position) -> Figures | None:
        """Return what a position after a comma tells about: the car of "a car far from the tree, closer to the right side"."""
        before = self.link_of(self.last) if self.comma and not self.verb_since else None
        if before is None or before.relation in OF_NEAREST or not before.figures or before.verb is None:
            return None
        return (list(before.figures), None) if position.after >= len(self.words) - 1 else None

    def _within_list(self, position: Position) -> Figures | None:
        """Return the thing before a position that more things follow: "white walls, a clock on the left, and a door"."""
        at = position.after + (text_at(self.words, position.after) == ",")
        at += text_at(self.words, at) == "and"
        after = self.mentions.get(at) if at > position.after else None
        if self.last is None or self.verb_since or after is None or len(self.group(self.last)) < 2:
            return None
        listed = after.after not in self.verbs and after.determiner in ("a", "an", "some", "several", None)
        return ([self.last], None) if listed else None

    def _begin(self, link: Link, *, fronted: bool) -> None:
        if fronted or (not link.figures and self.last is None):
            self.fronted.append(link)
        self.found.links.append(link)

    def _figures(self, relation: str) -> Figures:
        """Return what a preposition after the words so far tells about, and the verb it belongs to."""
        verb, last = self.verb, self.last
        if verb is not None and self.verb_since and self._is_of_body(verb, relation) and self.main is not None:
            return list(self.main.subjects), self.main  # "stands with his arms crossed in front of"
        if verb is not None and self.verb_since:
            return ([] if verb.there or verb.gerund else list(verb.subjects)), verb
        if last is None:
            return [], None
        if relation == "such as":
            return [next((mention for mention in self.chain(last) if mention.plural), last)], None
        contained = self._contained(last)
        if contained is not None and relation != "of" and relation not in _PATHS:
            return self.group(contained), None
        further = self._with(last) if relation == "with" else None
        if relation not in OF_NEAREST:
            further = self._further(relation, last)
        if further is not None:
            return further
        alone = relation != "of" and self.role.get(id(last)) != "subject" and not is_living(last)
        return [last] if alone and not self._is_theme(last) else self.group(last), None

    def _with(self, last: Mention) -> Figures | None:
        """Return what *with* tells about, if not the noun phrase before it."""
        acting = self.verb_of(last) if last.pronoun else None
        if acting is not None and acting.subjects and all(map(is_living, acting.subjects)):
            return list(acting.subjects), acting  # "is crossing it with a bicycle"
        link = self.link_of(last) if self.comma else None
        if link is None or link.verb is None or link.relation in OF_NEAREST or any(map(is_living, link.figures)):
            return None
        return (list(link.figures), None) if link.figures else None  # "drives along a road, with a ladder on top"

    def _is_of_body(self, verb: Verb, relation: str) -> bool:
        """Return whether a participle is about a part of the body, and the preposition after it about its owner."""
        body = terms().body
        own = bool(verb.subjects) and all(one.last in body for one in verb.subjects)
        return own and verb.passive and not verb.finite and relation in _OF_SUBJECT

    def _further(self, relation: str, last: Mention) -> Figures | None:
        """Return the figures further back than the last noun phrase, or None."""
        verb, link = self.verb_of(last), self.link_of(last)
        if verb is not None:
            return self._of_object(relation, last, verb)
        if link is not None and link.verb is not None and not link.verb.subjects and link.verb.lemma in _FLOWING:
            return [], link.verb  # "streams through the window onto the floor"
        if link is None or not link.figures:
            return None
        borne = self._of_owner(relation, last, link)
        if borne is not None:
            return borne
        if self.comma:
            return self.group(next((one for one in reversed(self.chain(last)) if one.shown), last)), None
        if self._is_filled(link) and relation in _PLACING:
            return list(link.figures), None  # "a vase filled with roses on the table"
        return (list(link.figures), link.verb) if self._goes_past(relation, last, link) else None

    def _of_owner(self, relation: str, last: Mention, link: Link) -> Figures | None:
        """Return who moves along, wears or has what a preposition follows, None if none of them is meant."""
        if link.relation in _AWAY and relation in ("into", "onto"):
            return list(link.figures), link.verb  # "pours milk from a jug into a bowl"
        moving = [self.verb_of(one) for one in self.chain(last)] if relation in _PATHS else []
        mover = next((one for one in moving if one is not None and one.lemma in _TAKING_ALONG), None)
        if mover is not None and mover.subjects:
            return list(mover.subjects), mover  # "a horse pulls a cart with two people along a street"
        owner = next((one for one in self.chain(last)[1:] if is_living(one)), None)
        worn = is_worn(last) and link.relation in ("in", "with", "above") and relation not in _ON_BODY
        on_body = link.relation != "with" and last.determiner in POSSESSIVES and last.last in terms().body
        if owner is not None and (worn or on_body):
            return self.group(owner), link.verb  # "a bird with a fish in its beak on a branch"
        if text_at(self.words, last.begins) in ("it", "them") and link.relation in _AT_PLACES:
            return [self.chain(last)[-1]], None  # "a bowl with a spoon in it on a mat"
        return None

    def _of_object(self, relation: str, last: Mention, verb: Verb) -> Figures | None:
        """Return what a preposition after the object of a verb tells about, if not the object."""
        if verb.lemma in _PLACING_VERBS and not verb.passive and not is_worn(last):
            return None  # "left a pair of boots by the door"
        if verb.lemma in SHOWING and not verb.passive and not all(map(is_living, verb.subjects)):
            return None  # "the map shows a lake near the border"
        if verb.lemma == "have":
            return ([last], None) if last.shown else (list(verb.subjects), verb)
        along = relation in (*_PATHS, "around") and verb.lemma in _TAKING_ALONG
        of_actor = verb.lemma in _TO_ACTOR or relation in _OF_ACTOR or along
        is_object = self.role.get(id(last)) == "object"
        return (list(verb.subjects), verb) if of_actor and is_object and verb.subjects else None

    def _of_seen(self, link: Link) -> Figures | None:
        """Return what is pushed in a cart, or seen in the sky, where nobody who pushes or sees it is."""
        ground, verb = self.mentions.get(link.after), self.verb_of(self.last)
        if ground is None or verb is None or self.last is None or self.verb_since or link.relation not in ("in", "on"):
            return None
        moved = verb.lemma in _MOVING_ALONG and ground.last in _PUSHED
        seen = verb.lemma in _WATCHING and ground.last in _OUT_OF_REACH
        return (self.group(self.last), None) if moved or seen else None

    @staticmethod
    def _is_filled(link: Link) -> bool:
        """Return whether a link says with what something is filled, topped or decorated."""
        verb = link.verb
        return link.relation == "with" and verb is not None and verb.passive and verb.lemma in COVERING

    def _at_place(self, link: Link) -> Figures | None:
        """Return who is at a place where somebody does something: the engineer of "an engineer welding a pipe in a workshop"."""
        ground = self.mentions.get(link.after)
        if ground is None or link.relation not in _AT_PLACES or self.last is None or self.verb_since:
            return None
        name = ground.noun if ground.noun in terms().places else ground.last
        path = self.link_of(self.last)
        carried = link.relation == "on" and (self.drives(ground) or is_living(ground))
        if carried and path is not None and path.relation in _PATHS and path.figures:
            return list(path.figures), path.verb  # "rides up a hill on a motorcycle"
        if name not in terms().places | _SEATS or ground.determiner in POSSESSIVES:
            return None
        for one in self.chain(self.last):
            verb = self.verb_of(one)
            if verb is not None and verb.subjects and all(is_living(who) for who in verb.subjects):
                sits = name not in _SEATS or verb.lemma in _IN_SEATS
                return (list(verb.subjects), verb) if sits else None
        return None

    @staticmethod
    def _goes_past(relation: str, last: Mention, link: Link) -> bool:
        """Return whether a preposition after the ground of a link tells about the link's figures."""
        if link.relation == "of":
            made = link.verb is not None and link.verb.lemma in CONSISTING
            return not made and any(figure.shown for figure in link.figures)
        living = any(map(is_living, link.figures))
        carried = relation in _PATHS and living
        carried = carried and (link.relation in _PATHS or BearerRules.drives(last) or is_living(last))
        if link.verb is not None and not link.verb.there and (relation in _OF_SUBJECT or carried):
            return True
        if link.relation in ("with", "without") and (living or _is_part(last, link) or _is_content(last, link)):
            return True
        given = last.shown and (link.verb is not None or is_living(last))  # "serves wine to a couple at a table"
        if is_place(last) or last.last in _ROWS or (link.relation in ("for", "to") and not given):
            return True
        return _of_figure(relation, last, link, living=living)

    def _is_theme(self, mention: Mention) -> bool:
        verb = self.verb_of(mention)
        return verb is not None and verb.there


def _is_part(last: Mention, link: Link) -> bool:
    """Return whether what *with* names is a part or a garment of what is no place."""
    return is_own(last) and not any(is_place(figure) for figure in link.figures)


def _is_content(last: Mention, link: Link) -> bool:
    """Return whether what *with* names is food, or in a container: "a pizza with olives on a board"."""
    bare = last.determiner is None and last.number is None and not last.pronoun
    return bare and (any(map(_is_food, (last, *link.figures))) or any(map(is_container, link.figures)))


def _is_food(thing: Mention) -> bool:
    """Return whether a noun phrase is something to eat."""
    return english().groups.get(thing.noun) == "food" or any(
        wordnet().is_kind(thing.noun, of) for of in ("food", "dish")
    )


def _of_figure(relation: str, last: Mention, link: Link, *, living: bool) -> bool:
    """Return whether a place after another is that of the same thing: "on one leg atop a post", "in a hat next to a car"."""
    verb = link.verb
    on_body = link.relation == "on" and verb is not None and last.last in terms().body
    made_of = link.relation == "in" and is_substance(last)
    reaches = (link.relation, relation) == ("from", "to") and verb is not None  # "points from one box to another"
    beside = last.last in ("wall", "ceiling") and relation in _BESIDE_WALLS  # "on the wall above the fireplace"
    dressed = link.relation == "in" and is_worn(last) and living
    # "a man on a stage in front of a crowd", "a box on the floor next to a bed"
    stands = (living or last.last in _GROUND) and relation in _OF_SUBJECT and link.relation in _AT_PLACES
    hangs = verb is not None and verb.lemma in _IN_THE_AIR and relation in ("above", "below", "over")
    return (
        (on_body and last.determiner not in POSSESSIVES)
        or made_of
        or reaches
        or beside
        or dressed
        or (stands and verb is None)
        or hangs
    )
