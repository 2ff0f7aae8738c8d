"""The claims of a preposition between two things: a relation, depth, what somebody wears, of what something is made."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.belongings import colours_of, wearing
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import COVERING, NO, POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_substance, is_worn

_DEPTH = frozenset(("behind", "in front of", "between", "around"))
_SILENT = frozenset("for to as than like about during since instead because until except via per besides despite".split()) | {
    "such as", "instead of", "because of", "without",
}  # fmt: skip
"""Prepositions that state no relation in a picture."""
_PLACED = frozenset(
    "line arrange stack leave tie chain huddle surround enclose flank border frame sit stand park seat place position "
    "locate lie".split()
)
"""Verbs after whose passive *by* means next to, and no actor."""
_JOINING = frozenset("connect join link separate divide support shade obscure hide block".split())
"""Verbs after whose passive *by* names what does it, and no place."""
_ATTACHED = frozenset(
    "attach fix tie connect fasten chain hitch tether strap bolt nail glue pin stick clip tape".split()
)
_FROM = frozenset("hang dangle eat drink extend emerge pour grow detach separate suspend remove disconnect".split())
_OVER = frozenset("jump leap climb step run walk bend lean fight argue compete struggle pour".split())
"""Verbs with which *over* is a path or what it is about, and not above."""
_DIVIDING = frozenset("divide split separate cut slice break fold shape form".split())
"""Verbs after which *into* says what a thing becomes."""
_AIMED = frozenset("spray throw shoot toss fire kick hurl squirt".split())
"""Verbs after which *at* names what is to be hit."""
_STREWN = frozenset("spread scatter strew sprinkle spill splash smear litter drape".split())
"""Verbs after whose passive *over* is on."""
ADDRESSING = {
    verb: prepositions.split()
    for verbs, prepositions in (
        ("look stare gaze glance smile peer wave point bark laugh shout aim", "at to toward towards"),
        ("talk speak listen sing", "to with on into"),
        ("wait reach", "for"),
        ("chew gnaw nibble munch", "on at"),
        ("scroll flip leaf browse rummage", "through"),
    )
    for verb in verbs.split()
}
"""Verbs whose preposition names what they are directed at, and no place."""
_RESTING = frozenset(
    "lie stand sit sleep rest lean hang float perch lay place mount stack grow park kneel crouch nap".split()
)
"""Verbs with which "on it" and "in it" say where something is."""
_AREAS = frozenset(("area", "row", "line", "circle"))
"""Nouns that are things only as the place of something."""
_HOLDING = frozenset(
    "hand hands arm arms mouth lap shoulder shoulders back head hip hips knee knees palm chest".split()
)


def states_relation(clause: Clause, link: Link, ground: Mention) -> bool:
    """Return whether a preposition says where something is, or what it is attached to."""
    verb = link.verb.lemma if link.verb is not None else ""
    if (not ground.shown and ground.noun not in _AREAS) or ground.noun in clause.terms.times:
        return False
    if link.relation in _SILENT or link.relation == "from":
        attached = link.relation == "to" and (verb in _ATTACHED or verb == "point")
        return attached or (link.relation == "from" and verb in _FROM)
    if link.relation == "on" and ground.last in ("phone", "telephone", "cellphone", "smartphone"):
        return not all(map(is_living, link.figures))  # somebody "is on the phone"
    aimed = verb in _AIMED and clause.text(link.at) == "at" and ground.noun not in clause.terms.places
    if aimed or (verb in _DIVIDING and clause.text(link.at) == "into"):
        return False
    signs = verb == "point" and not any(map(is_living, link.figures))  # an arrow
    seen = link.relation == "through" and verb in ("examine", "inspect", "study", "observe", "watch", "peer")
    if seen or verb == "look" or (clause.text(link.at) in ADDRESSING.get(verb, ()) and not signs):
        return False
    held = clause.text(link.at) == "by" and ground.determiner in POSSESSIVES and ground.last in clause.terms.body
    if held or (link.relation == "above" and verb in _OVER):
        return False  # "hanging by its tail"
    has_actor = clause.text(link.at) == "by" and link.verb is not None and link.verb.passive
    return not has_actor or verb in _PLACED | COVERING or (verb in _JOINING and not is_living(ground))


def linked(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read a preposition and what comes after it: a garment, a material, or where something is."""
    if link.relation == "in" and is_worn(ground) and not (is_substance(ground) and any(map(is_worn, link.figures))):
        yield from wearing(clause, link.figures, ground, link.verb is not None and link.verb.negated)
        return
    made = link.verb is None or link.verb.lemma in ("upholster", "finish", "craft", "bind")
    if link.relation == "in" and made and is_substance(ground):
        yield from of_material(clause, link, ground)
        return
    later, own = _own_objects(clause, link)
    has = link.verb is not None and link.verb.lemma == "have" and clause.text(link.at - 1) != ","
    if has and ground.determiner in POSSESSIVES and ground.last in clause.terms.body:
        return  # "has a mark on its forehead" does not say where its owner is
    held = own if later or ground.noun in _HOLDING else []
    figures = [thing for thing in held if thing.shown and not thing.pronoun] if held else link.figures
    for figure, mention in clause.meant(figures):
        if mention is not ground:
            yield relation_of(clause, link, figure, mention, ground)


def of_material(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a bag in brown leather", "a dress of red silk": of leather, and brown."""
    ground.shown = False
    value, last = clause.terms.materials[ground.last], ground.after - 1
    for figure, mention in clause.meant(link.figures):
        if is_living(mention):
            continue
        yield clause.spanning("material", mention, figure.head, last, value=value, known=False, colour=None)
        for colour in ground.colours:
            yield clause.spanning("attribute", mention, figure.head, last, colour=colour)


def _own_objects(clause: Clause, link: Link) -> tuple[bool, list[Mention]]:
    """Return whether a place before this one is of other objects of the verb, and the objects of this one.

    "A knife in one hand and a fork in the other": each has its own.
    """
    if link.verb is None:
        return False, []
    places = [
        one.at
        for one in clause.structure.links
        if one.verb is link.verb and one.ground is not None and one.at < link.at
    ]
    before = max(places, default=-1)
    own = [thing for thing in link.verb.objects if before < thing.begins < link.at]
    later = bool(own) and any(thing.begins < before for thing in link.verb.objects)
    return later, own or [thing for thing in link.verb.objects if thing.begins < link.at]


def in_colour(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a letter in a bright yellow color"."""
    for figure, mention in clause.meant(link.figures if link.relation == "in" else []):
        for colour in colours_of(clause, ground):
            if colour is not None:
                yield clause.spanning("attribute", mention, figure.head, ground.after - 1, colour=colour)


def to_pronoun(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a dog in front of him", "the desk has a computer on it"."""
    verb = link.verb.lemma if link.verb is not None else ""
    inside = link.relation in ("in", "on")
    there = link.verb is not None and link.verb.there
    stated = there or verb in ("", "have", "show") or verb in _RESTING
    attached = link.relation == "to" and verb in _ATTACHED  # "a tag pinned to it"
    if (link.relation in _SILENT | {"with", "of"} and not attached) or (inside and not stated):
        return
    acts = clause.text(link.at) == "by" and link.verb is not None and link.verb.passive  # "is caught by him"
    if acts or clause.text(link.at) in ADDRESSING.get(verb, ()):
        return
    things, figures = ground.means(), link.figures
    if link.verb is not None and any(mention in things for _, mention in clause.meant(figures)):
        figures = [thing for thing in link.verb.objects if thing not in things]
    for figure, mention in clause.meant(figures):
        for thing in things:
            if thing is not mention:
                yield relation_of(clause, link, figure, mention, thing, ground.after - 1)


def relation_of(
    clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention, last: int | None = None
) -> Claim:
    """Return the claim of a relation.

    Args:
        clause: The sentence.
        link: The preposition with what it links.
        figure: The noun phrase or pronoun that it is about.
        mention: The thing that this stands for.
        ground: The other thing.
        last: Last word of the claim; by default that of the ground.
    """
    kind, relation = _named(clause, link)
    denied = is_denied(link, figure) != (ground.determiner in ("no", "neither"))
    if denied:
        _cover(clause, link, figure, mention, ground)
    start, end = figure.head, ground.after - 1 if last is None else last
    if link.at < figure.begins:
        start, end = link.at, figure.after - 1
    known = mention.known and ground.known and relation in clause.vocabulary.relation_names
    colour = mention.colours[0] if mention.colours and kind == "relation" else None
    return clause.spanning(
        kind, mention, start, end, negated=denied, relation=relation, reference=ground.noun, known=known, colour=colour
    )


def _named(clause: Clause, link: Link) -> tuple[Kind, str]:
    """Return kind and name of a relation: of "lined with" both words."""
    verb = link.verb
    if verb is not None and (
        link.relation in ("to", "of", "from") or (is_filled(clause, link) and link.relation == "with")
    ):
        depth = verb.lemma in ("surround", "enclose", "flank")
        return "depth" if depth else "relation", f"{clause.text(verb.at)} {clause.text(link.at)}"
    covers = verb is not None and verb.lemma in COVERING and clause.text(verb.after) != "up"  # "lined up by the door"
    if verb is not None and verb.passive and covers and clause.text(link.at) in ("with", "in", "by"):
        by = "by" if clause.text(link.at) == "by" else link.relation
        return "depth" if verb.lemma in ("surround", "enclose", "flank") else "relation", f"{clause.text(verb.at)} {by}"
    if verb is not None and verb.passive and clause.text(link.at) == "by" and verb.lemma in _JOINING:
        return "relation", f"{clause.text(verb.at)} by"
    if verb is not None and verb.passive and link.relation == "above" and verb.lemma in _STREWN:
        return "relation", "on"  # "flour is spread over the counter"
    if verb is not None and verb.lemma == "face":
        return "relation", f"facing {link.relation}"
    return "depth" if link.relation in _DEPTH else "relation", link.relation


def is_denied(link: Link, figure: Mention) -> bool:
    """Return whether a link is denied for a figure: by its verb, by *not*, or by *no* before the figure."""
    by_verb = (link.verb is not None and link.verb.negated and not link.excepted) != link.negated
    return by_verb != (figure.determiner in NO or (figure.negated and not by_verb))


def _cover(clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention) -> None:
    """Let a denied relation deny the relation only: "no dog on the chair" says nothing about dogs elsewhere."""
    verb = link.verb
    there = verb is not None and (verb.there or verb.lemma in ("see", "show", "contain", "include"))
    after = clause.text(verb.after) if verb is not None and verb.form == "copula" else ""
    there = there or (verb is None and figure.negated)  # "there isn't a cloud in the sky"
    if (figure.determiner in NO or there) and after not in ("visible", "present", "in"):
        clause.covered.add(id(mention))
    if ground.determiner in ("no", "neither"):
        clause.covered.add(id(ground))


def is_filled(clause: Clause, link: Link) -> bool:
    """Return whether a passive verb says what something is full of or decorated with."""
    passive = link.verb is not None and link.verb.passive and link.verb.lemma not in _PLACED | {"dress", "clothe"}
    return passive and clause.text(link.at - 1) != ","
