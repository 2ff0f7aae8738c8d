"""The claims of *with*, *without* and *of*: clothes, parts, patterns, tools and company; contents and materials."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.belongings import MARKS, PATTERNED, Belonging, belonging, possession, wearing
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import CONSISTING, CONTAINERS, NO, POSSESSIVES
from llamaindex_clipverify.claims.english.linked import is_filled, linked, of_material, relation_of
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_place, is_substance, is_worn
from llamaindex_clipverify.claims.english.verbs import Verb

_SPREAD = frozenset("cover fill litter strew scatter dust sprinkle line surround top stack".split())
"""Verbs by which leaves or feathers lie on a thing, and are no part of it."""
_PORTABLE = frozenset(
    "camera phone microphone guitar violin trumpet flute drum accordion cane stick rope flag banner placard bucket broom "
    "shovel rake hammer saw sword gun rifle bow spear torch lantern stroller pram cart trolley wheelbarrow net paddle oar "
    "briefcase purse satchel rucksack duffel bouquet balloon notebook clipboard newspaper magazine".split()
)
"""Things that a person has along, beside those of the vocabulary's groups."""
_SEPARATE = frozenset(
    "boot boots shoe shoes sneaker sneakers sandal sandals heels sock socks stockings tights glove gloves mittens hat cap beanie "
    "scarf trousers pants jeans shorts leggings sunglasses glasses".split()
)
"""What somebody wears beside another garment, and no part of it: "a raincoat with matching boots"."""
_USING = frozenset(
    "cut slice chop eat paint write draw stir wash wipe clean spray water dig sweep scoop cook hit open fix repair brush feed "
    "carve mix serve pick measure trim rake scrub dry polish mop iron sew".split()
)
_TOOLS = frozenset(
    "knife fork spoon chopsticks chalk brush paintbrush pen pencil crayon marker scissors spatula whisk ladle tongs roller "
    "sponge cloth rag towel mop hose wrench screwdriver drill spade trowel ruler shears comb".split()
)
"""With what somebody does it, beside what is portable."""


_MANNED = frozenset(
    "carriage cart wagon boat canoe kayak raft ferry ship car truck van bus tram train sled sleigh stroller pram trailer".split()
)
"""What has people in or on it: "a horse pulls a carriage with two passengers"."""
_COMPARING = frozenset("show depict contain contrast match blend harmonize harmonise coordinate clash compare".split())
"""Verbs after which *with* says nothing of where things are."""


def with_thing(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a man with a hat" (wearing), "a cat with green eyes" (part), "a plate with a fork" (relation)."""
    absent = link.relation == "without" or ground.determiner == "no"
    owners = link.owner.subjects if link.owner is not None and is_worn(ground) else []
    placed = owners and all(is_place(one) for one in link.figures) and all(is_living(one) for one in owners)
    for figure, mention in clause.meant((owners if placed else link.figures) if ground.shown else []):
        if not absent and (figure.negated or figure.determiner in NO):
            clause.covered.add(id(ground))
            continue  # "no plant with green leaves" says nothing about leaves
        pattern = PATTERNED.get(ground.last)
        if pattern is not None and not absent and not is_living(mention) and ground.plural:
            clause.covered.add(id(ground))
            yield clause.spanning(
                "pattern", mention, figure.head, ground.after - 1, value=pattern, known=False, colour=None
            )
            continue
        spread = link.verb is not None and link.verb.passive and link.verb.lemma in _SPREAD
        along = clause.text(link.at) == "along"  # "along with a mirror"
        kind = None if spread or along else possession(clause, mention, ground)
        if kind == "part" and _is_no_part(clause, mention, ground):
            continue
        denied = absent != (link.verb is not None and link.verb.negated)
        if kind == "part" and is_worn(mention) and ground.last in _SEPARATE and (wearers := _wearers(clause, mention)):
            yield from wearing(clause, wearers, ground, denied)
        elif kind is not None:
            yield from belonging(clause, kind, Belonging(figure=figure, owner=mention, thing=ground, denied=denied))
        elif absent:
            ground.negated = True
        elif denied:
            continue  # "is not playing with the ball" says nothing of the ball
        elif is_filled(clause, link) or not _is_absolute(clause, ground):
            yield from _company(clause, link, figure, mention, ground)


def _is_no_part(clause: Clause, whole: Mention, thing: Mention) -> bool:
    """Return whether what *with* names is no part of the thing before, though it could be."""
    if is_living(whole):  # "with her hand on the door" says where the hand is
        return thing.determiner in POSSESSIVES and _is_absolute(clause, thing)
    persons = any(text in POSSESSIVES for text in clause.between(thing.begins, thing.head) if text != "its")
    lies = thing.determiner not in POSSESSIVES and _lies(clause, thing)
    carried = is_worn(whole) and thing.last != "flag" and _is_portable(clause, thing)
    carried = carried or _is_in_background(clause, thing)
    # "under a car with only his legs visible", "tied to a dock, with an oar lying in it", "a coat with a matching umbrella"
    return persons or lies or carried


def _is_in_background(clause: Clause, thing: Mention) -> bool:
    """Return whether a thing is in the fore- or background: "goggles with a sunset in the background"."""
    grounds = {"background", "foreground"}
    return any(
        link.position is not None and grounds & set(link.position.values) and thing in link.figures
        for link in clause.structure.links
    )


def _wearers(clause: Clause, garment: Mention) -> list[Mention]:
    """Return who wears a garment, by a verb or by "in a coat"."""
    worn = [verb.subjects for verb in clause.structure.verbs if verb.lemma == "wear" and garment in verb.objects]
    dressed = [link.figures for link in clause.structure.links if link.relation == "in" and link.ground is garment]
    return next((figures for figures in (*worn, *dressed) if all(map(is_living, figures))), [])


def _company(clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention) -> Iterator[Claim]:
    """Read what something is together with: the thing before, or the subject of the verb ("walks in a park with his dog")."""
    if (
        link.owner is not None
        and all(one.pronoun or is_living(one) for one in link.owner.subjects)
        and ground.noun not in clause.terms.body
        and (_is_portable(clause, ground) or _is_used(link.owner, ground))
        and not (is_living(ground) and ground.determiner not in POSSESSIVES and mention.last in _MANNED)
    ):
        for walker, person in clause.meant(link.owner.subjects):
            yield relation_of(clause, link, walker, person, ground)
    elif ground.noun in clause.terms.body:
        return
    elif link.verb is None or link.verb.lemma not in _COMPARING:
        yield relation_of(clause, link, figure, mention, ground)


def _lies(clause: Clause, thing: Mention) -> bool:
    """Return whether a participle says that a thing lies or stands somewhere."""
    standing = (
        "lie",
        "sit",
        "stand",
        "rest",
        "lean",
        "float",
        "stick",
        "place",
        "prop",
        "scatter",
        "plant",
        "lay",
        "stack",
    )
    return any(not verb.finite and verb.lemma in standing and thing in verb.subjects for verb in clause.structure.verbs)


def _is_absolute(clause: Clause, ground: Mention) -> bool:
    """Return whether "with trees in the background" or "with a dog running" states what its noun does, and no company."""
    placed = [link for link in clause.structure.links if link.at == ground.after and link.ground is not None]
    if any(link.ground is not None and link.ground.pronoun and link.relation not in ("in", "on") for link in placed):
        return True  # "with a skyline behind them"
    does = any(not verb.finite and ground in verb.subjects for verb in clause.structure.verbs)
    return does or any(link.position is not None and ground in link.figures for link in clause.structure.links)


def _is_portable(clause: Clause, thing: Mention) -> bool:
    """Return whether a person may have a thing along."""
    own = thing.determiner in ("his", "her", "their")
    group = clause.vocabulary.groups.get(thing.noun)
    return own or is_living(thing) or group in ("accessory", "sports", "animal") or thing.last in _PORTABLE


def _is_used(verb: Verb, tool: Mention) -> bool:
    """Return whether somebody does something with a tool: "slicing tomatoes with a knife"."""
    acts = bool(verb.subjects) and all(map(is_living, verb.subjects))
    return acts and verb.lemma in _USING and tool.last in _TOOLS


def of_thing(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "the wheels of the bus" (part) and "a bowl of fruit" (relation)."""
    terms = clause.terms
    if link.verb is not None and link.verb.lemma in CONSISTING:
        yield from linked(clause, link, ground)
        return
    holder = link.figures[-1].last if link.figures else ""
    if link.verb is None and is_substance(ground) and holder not in CONTAINERS:
        yield from of_material(clause, link, ground)
        return
    for figure, mention in clause.meant(link.figures if ground.shown and link.verb is None else []):
        name = mention.last
        if name in CONTAINERS:
            yield relation_of(clause, link, figure, mention, ground)
        elif name in MARKS or (name == "tower" and ground.plural and ground.determiner is None):
            continue  # "patterns of light", "a tower of blocks"
        elif name in terms.parts or name in terms.body:
            yield from belonging(clause, "part", Belonging(figure=ground, owner=ground, thing=mention, denied=False))
