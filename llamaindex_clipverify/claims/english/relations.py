"""Claims of prepositions: relations of two things, depth, and positions in the picture."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.belongings import (
    HUES,
    Belonging,
    belonging,
    hued,
    possession,
    wearing,
)
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import COLOUR_WORDS, CONTAINERS, COVERING, NO, POSSESSIVES, SHOWING
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_place, is_worn

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
_ATTACHED = frozenset(
    "attach fix tie connect fasten chain hitch tether strap bolt nail glue pin stick clip tape".split()
)
_FROM = frozenset("hang dangle eat drink extend emerge pour grow detach separate suspend remove disconnect".split())
_OVER = frozenset("jump leap climb step run walk bend lean".split())
"""Verbs with which *over* is a path, and not above."""
ADDRESSING = {
    verb: prepositions.split()
    for verbs, prepositions in (
        ("look stare gaze glance smile peer wave point bark laugh shout aim", "at to toward towards"),
        ("talk speak listen sing", "to with on"),
        ("wait reach", "for"),
    )
    for verb in verbs.split()
}
"""Verbs whose preposition names what they are directed at, and no place."""
_SPREAD = frozenset("cover fill litter strew scatter dust sprinkle line surround top stack".split())
"""Verbs by which leaves or feathers lie on a thing, and are no part of it."""
_PORTABLE = frozenset(
    "camera phone microphone guitar violin trumpet flute drum accordion cane stick rope flag banner placard bucket broom "
    "shovel rake hammer saw sword gun rifle bow spear torch lantern stroller pram cart trolley wheelbarrow net paddle oar "
    "briefcase purse satchel rucksack duffel bouquet balloon notebook clipboard newspaper magazine".split()
)
"""Things that a person has along, beside those of the vocabulary's groups."""
_PATTERNED = {"dot": "dotted", "stripe": "striped", "spot": "dotted", "check": "checkered"}
"""What marks make a pattern: "a curtain with orange dots"."""
_AREAS = frozenset(("area", "row", "line", "circle"))
"""Nouns that are things only as the place of something."""
_HOLDING = frozenset("hand hands arm arms mouth lap shoulder shoulders back head".split())


def relations(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of all links."""
    yield from _occupying(clause)
    yield from _in_colours(clause)
    for link in clause.structure.links:
        if link.at in clause.coloured:
            continue
        if clause.hedged[link.at] or (link.verb is not None and link.verb.gerund and not link.position):
            continue
        if link.position is not None:
            yield from _positions(clause, link, link.position)
        elif link.ground is not None and link.ground.pronoun:
            yield from _to_pronoun(clause, link, link.ground)
        elif link.ground is not None and link.relation == "with" and link.ground.noun in HUES and link.ground.colours:
            yield from hued(clause, link.figures, link.ground, denied=link.ground.is_turned)
        elif link.ground is not None and link.relation in ("with", "without"):
            yield from _with(clause, link, link.ground)
        elif link.ground is not None and link.relation == "of":
            yield from _of(clause, link, link.ground)
        elif link.ground is not None and link.ground.noun in COLOUR_WORDS:
            yield from _in_colour(clause, link, link.ground)
        elif link.ground is not None and _states_relation(clause, link, link.ground):
            yield from _linked(clause, link, link.ground)


def _occupying(clause: Clause) -> Iterator[Claim]:
    """Read "the background features a sofa": the sofa is in the background."""
    for verb in clause.structure.verbs:
        part = verb.subjects[0] if len(verb.subjects) == 1 else None
        name = (part.noun or "").split()[-1:] if part is not None and not part.pronoun else []
        value = clause.terms.positions.get(name[0]) if name else None
        if part is None or value is None or verb.negated or clause.hedged[verb.at]:
            continue
        if (verb.lemma in SHOWING or verb.lemma == "have") and not verb.passive:
            part.shown = False
            yield from _there(clause, part, verb.objects, value)
        elif verb.passive and verb.lemma in COVERING:
            filled = [link for link in clause.structure.links if link.verb is verb and link.relation in ("with", "by")]
            part.shown = part.shown and not filled
            yield from _there(clause, part, [link.ground for link in filled if link.ground is not None], value)


def _there(clause: Clause, part: Mention, things: list[Mention], value: str) -> Iterator[Claim]:
    for thing in things:
        if thing.shown and not thing.pronoun and not thing.negated:
            first, last = min(part.head, thing.head), max(part.after, thing.after) - 1
            yield clause.spanning("position", thing, first, last, value=value, colour=None)


def _in_colours(clause: Clause) -> Iterator[Claim]:
    """Read colours as the end of a phrase: "a man in red" (his clothes), "shapes in orange, blue and beige"."""
    for at, word in enumerate(clause.words):
        colours, after = _colours_from(clause, at + 1) if word.text == "in" else ([], at)
        following = clause.words[after].tag if after < len(clause.words) else ""
        bearer = next((one for one in reversed(clause.mentions) if one.after <= at and not one.pronoun), None)
        if not colours or following.startswith(("NN", "JJ", "CD")) or bearer is None:
            continue
        if bearer.after + (clause.text(at - 1) == ",") < at:
            continue
        clause.coloured.add(at)
        for mention in clause.mentions:
            if at < mention.begins < after:
                mention.shown = False
        if not bearer.shown or clause.hedged[at] or bearer.negated:
            continue
        worn = is_living(bearer)
        for colour in colours:
            yield clause.spanning(
                "wearing" if worn else "attribute", bearer, bearer.head, after - 1,
                colour=colour, reference="clothes" if worn else None, known=False,
            )  # fmt: skip


def _colours_from(clause: Clause, at: int) -> tuple[list[str], int]:
    """Return the colours of a list that begins at a position, and the position after it."""
    names, found, after = clause.vocabulary.colours, list[str](), at
    while at < len(clause.words):
        text = clause.text(at)
        colour = names.get(text) or clause.terms.colours.get(text)
        if colour is not None:
            found.append(colour)
            after = at + 1
        elif text not in (",", "and") or not found:
            break
        at += 1
    return found, after


def _positions(clause: Clause, link: Link, position: Position) -> Iterator[Claim]:
    for figure, mention in clause.meant(link.figures):
        denied = _denied(link, figure)
        if denied:
            clause.covered.add(id(mention))
        last = position.after - 1 if position.begins > figure.head else position.begins
        for value in position.values:
            yield clause.spanning("position", mention, figure.head, last, value=value, negated=denied)


# -- of two things --------------------------------------------------------------------------------------------------------


def _states_relation(clause: Clause, link: Link, ground: Mention) -> bool:
    """Return whether a preposition says where something is, or what it is attached to."""
    verb = link.verb.lemma if link.verb is not None else ""
    if not ground.shown and ground.noun not in _AREAS:
        return False
    if link.relation in _SILENT:
        return link.relation == "to" and verb in _ATTACHED
    if link.relation == "from":
        return verb in _FROM
    if verb == "look" or clause.text(link.at) in ADDRESSING.get(verb, ()):
        return False
    held = clause.text(link.at) == "by" and ground.determiner in POSSESSIVES and ground.last in clause.terms.body
    if held or (link.relation == "above" and verb in _OVER):
        return False  # "hanging by its tail"
    has_actor = clause.text(link.at) == "by" and link.verb is not None and link.verb.passive
    return not has_actor or verb in _PLACED


def _linked(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    if link.relation == "in" and is_worn(ground):
        yield from wearing(clause, link.figures, ground, link.verb is not None and link.verb.negated)
        return
    if link.relation == "in" and link.verb is None and _is_material(clause, ground):
        yield from _of_material(clause, link, ground)
        return
    held = link.verb.objects if link.verb is not None and ground.noun in _HOLDING else []
    figures = [thing for thing in held if thing.shown and not thing.pronoun] if held else link.figures
    for figure, mention in clause.meant(figures):
        if mention is not ground:
            yield _relation(clause, link, figure, mention, ground)


def _is_material(clause: Clause, ground: Mention) -> bool:
    """Return whether a noun phrase is what something is made of: *washed denim* of "jeans in washed denim"."""
    return ground.determiner is None and ground.number is None and ground.last in clause.terms.substances


def _of_material(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a bag in brown leather", "a dress of red silk": of leather, and brown."""
    ground.shown = False
    value, last = clause.terms.materials[ground.last], ground.after - 1
    for figure, mention in clause.meant(link.figures):
        if is_living(mention):
            continue
        yield clause.spanning("material", mention, figure.head, last, value=value, known=False, colour=None)
        for colour in ground.colours:
            yield clause.spanning("attribute", mention, figure.head, last, colour=colour)


def _in_colour(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a letter in a bright yellow color"."""
    for figure, mention in clause.meant(link.figures if link.relation == "in" else []):
        for colour in ground.colours:
            yield clause.spanning("attribute", mention, figure.head, ground.after - 1, colour=colour)


def _to_pronoun(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a dog in front of him", "the desk has a computer on it"."""
    verb = link.verb.lemma if link.verb is not None else ""
    inside = link.relation in ("in", "on")
    there = link.verb is not None and link.verb.there
    if link.relation in _SILENT | {"with", "of"} or (inside and not there and verb not in ("", "have", "show")):
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
                yield _relation(clause, link, figure, mention, thing, ground.after - 1)


def _relation(
    clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention, last: int | None = None
) -> Claim:
    kind, relation = _named(clause, link)
    denied = _denied(link, figure) != (ground.determiner in ("no", "neither"))
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
        link.relation in ("to", "of", "from") or (_is_filled(clause, link) and link.relation == "with")
    ):
        depth = verb.lemma in ("surround", "enclose", "flank")
        return "depth" if depth else "relation", f"{clause.text(verb.at)} {clause.text(link.at)}"
    covers = verb is not None and verb.lemma in COVERING and clause.text(verb.after) != "up"  # "lined up by the door"
    if verb is not None and verb.passive and covers and clause.text(link.at) in ("with", "in", "by"):
        by = "by" if clause.text(link.at) == "by" else link.relation
        return "depth" if verb.lemma in ("surround", "enclose", "flank") else "relation", f"{clause.text(verb.at)} {by}"
    if verb is not None and verb.lemma == "face":
        return "relation", f"facing {link.relation}"
    return "depth" if link.relation in _DEPTH else "relation", link.relation


def _denied(link: Link, figure: Mention) -> bool:
    by_verb = (link.verb is not None and link.verb.negated) != link.negated
    return by_verb != (figure.determiner in NO or (figure.negated and not by_verb))


def _cover(clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention) -> None:
    """Let a denied relation deny the relation only: "no dog on the chair" says nothing about dogs elsewhere."""
    verb = link.verb
    there = verb is not None and (verb.there or verb.lemma in ("see", "show", "contain", "include"))
    after = clause.text(verb.after) if verb is not None and verb.form == "copula" else ""
    if (figure.determiner in NO or there) and after not in ("visible", "present", "in"):
        clause.covered.add(id(mention))
    if ground.determiner in ("no", "neither"):
        clause.covered.add(id(ground))


# -- with and of ----------------------------------------------------------------------------------------------------------


def _with(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "a man with a hat" (wearing), "a cat with green eyes" (part), "a plate with a fork" (relation)."""
    absent = link.relation == "without" or ground.determiner == "no"
    owners = link.owner.subjects if link.owner is not None and is_worn(ground) else []
    placed = owners and all(is_place(one) for one in link.figures) and all(is_living(one) for one in owners)
    for figure, mention in clause.meant((owners if placed else link.figures) if ground.shown else []):
        if not absent and (figure.negated or figure.determiner in NO):
            clause.covered.add(id(ground))
            continue  # "no plant with green leaves" says nothing about leaves
        pattern = _PATTERNED.get(ground.last)
        if pattern is not None and not absent and not is_living(mention) and ground.plural:
            clause.covered.add(id(ground))
            yield clause.spanning(
                "pattern", mention, figure.head, ground.after - 1, value=pattern, known=False, colour=None
            )
            continue
        spread = link.verb is not None and link.verb.passive and link.verb.lemma in _SPREAD
        kind = None if spread else possession(clause, mention, ground)
        persons = any(text in POSSESSIVES for text in clause.between(ground.begins, ground.head) if text != "its")
        if kind == "part" and not is_living(mention) and persons:
            continue  # "a man under a car with only his legs visible"
        denied = absent != (link.verb is not None and link.verb.negated)
        if kind == "part" and not is_living(mention) and ground.determiner in ("a", "an") and _lies(clause, ground):
            continue  # "a boat tied to a dock, with an oar lying inside it"
        if kind == "part" and is_living(mention) and ground.determiner in POSSESSIVES and _is_absolute(clause, ground):
            continue  # "with her hand on the door" says where the hand is
        if kind is not None:
            yield from belonging(clause, kind, Belonging(figure=figure, owner=mention, thing=ground, denied=denied))
        elif absent:
            ground.negated = True
        elif denied:
            continue  # "is not playing with the ball" says nothing of the ball
        elif _is_filled(clause, link) or not _is_absolute(clause, ground):
            yield from _company(clause, link, figure, mention, ground)


def _company(clause: Clause, link: Link, figure: Mention, mention: Mention, ground: Mention) -> Iterator[Claim]:
    """Read what something is together with: the thing before, or the subject of the verb ("walks in a park with his dog")."""
    if link.owner is not None and ground.noun not in clause.terms.body and _is_portable(clause, ground):
        for walker, person in clause.meant(link.owner.subjects):
            yield _relation(clause, link, walker, person, ground)
    elif ground.noun in clause.terms.body:
        return
    elif link.verb is None or link.verb.lemma not in ("show", "depict", "contain"):
        yield _relation(clause, link, figure, mention, ground)


def _lies(clause: Clause, thing: Mention) -> bool:
    """Return whether a participle says that a thing lies or stands somewhere."""
    standing = ("lie", "sit", "stand", "rest", "lean", "float")
    return any(not verb.finite and verb.lemma in standing and thing in verb.subjects for verb in clause.structure.verbs)


def _is_absolute(clause: Clause, ground: Mention) -> bool:
    """Return whether "with trees in the background" or "with a dog running" states what its noun does, and no company."""
    placed = [link for link in clause.structure.links if link.at == ground.after and link.ground is not None]
    if any(link.ground is not None and link.ground.pronoun and link.relation not in ("in", "on") for link in placed):
        return True  # "with a skyline behind them"
    does = any(not verb.finite and ground in verb.subjects for verb in clause.structure.verbs)
    return does or any(link.position is not None and ground in link.figures for link in clause.structure.links)


def _is_filled(clause: Clause, link: Link) -> bool:
    """Return whether a passive verb says what something is full of or decorated with."""
    passive = link.verb is not None and link.verb.passive and link.verb.lemma not in _PLACED
    return passive and clause.text(link.at - 1) != ","


def _is_portable(clause: Clause, thing: Mention) -> bool:
    """Return whether a person may have a thing along."""
    own = thing.determiner in ("his", "her", "their")
    group = clause.vocabulary.groups.get(thing.noun)
    return own or is_living(thing) or group in ("accessory", "sports", "animal") or thing.last in _PORTABLE


def _of(clause: Clause, link: Link, ground: Mention) -> Iterator[Claim]:
    """Read "the wheels of the bus" (part) and "a bowl of fruit" (relation)."""
    terms = clause.terms
    if link.verb is not None and link.verb.lemma in ("consist", "compose", "comprise"):
        yield from _linked(clause, link, ground)
        return
    holder = link.figures[-1].last if link.figures else ""
    if link.verb is None and _is_material(clause, ground) and holder not in CONTAINERS:
        yield from _of_material(clause, link, ground)
        return
    for figure, mention in clause.meant(link.figures if ground.shown and link.verb is None else []):
        name = mention.last
        if name in CONTAINERS:
            yield _relation(clause, link, figure, mention, ground)
        elif name in terms.parts or name in terms.body:
            yield from belonging(clause, "part", Belonging(figure=ground, owner=ground, thing=mention, denied=False))
