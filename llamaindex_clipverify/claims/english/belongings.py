"""Claims on what somebody wears and what parts a thing has: "a man in a red shirt", "a cat with green eyes"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import COLOUR_WORDS, NO
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import is_living, is_own, is_person, is_worn

_OF_PERSONS = frozenset("hand hands finger fingers thumb thumbs".split())
"""Parts of the body that lifeless things do not have."""
_HOLDERS = frozenset("backpack satchel rucksack purse pocket holster belt cloth towel rag".split())
"""Worn things that may have something in or on them that is no part of them."""
_TABLES = frozenset("desk table counter shelf workbench bench nightstand room office kitchen".split())
_ON_TABLES = frozenset(
    "keyboard screen speaker speakers mirror lid cover cap chain string strings cord label pedal grip".split()
)
"""Parts of other things that only lie or stand on furniture."""
HUES = COLOUR_WORDS | frozenset("hue hues tone tones tint tints shade shades coloring colouring scheme finish".split())
"""Nouns of a colour that something has."""
PATTERNED = {"dot": "dotted", "stripe": "striped", "spot": "dotted", "check": "checkered"}
"""What marks make a pattern: "a curtain with orange dots"."""
MARKS = frozenset(("pattern", "print", "design"))


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """That an owner wears a garment, or has a part."""

    figure: Mention
    """The noun phrase or pronoun of the owner."""
    owner: Mention
    """The noun that it stands for."""
    thing: Mention
    denied: bool


def possession(clause: Clause, owner: Mention, thing: Mention) -> Kind | None:
    """Return what owning a thing means: wearing it, having it as a part, or None."""
    name, terms = thing.last, clause.terms
    if is_living(owner):
        worn = is_worn(thing) and name != "watch" and (is_person(owner) or name not in terms.body)
        return "wearing" if worn else "part" if name in terms.body else None
    if is_worn(owner) and owner.last not in _HOLDERS and not is_living(thing):
        return "part"
    if (name in _OF_PERSONS and owner.last not in ("clock", "watch")) or (name in _ON_TABLES and owner.last in _TABLES):
        return None
    if name == "pole" and " " in (thing.narrow or thing.noun):
        return None  # fishing poles, ski poles
    return "part" if name in terms.parts or name in terms.body else None


def wearing(clause: Clause, figures: list[Mention], garment: Mention, denied: bool) -> Iterator[Claim]:
    """Yield the claims that figures wear a garment."""
    for figure, owner in clause.meant(figures):
        no = (figure.determiner in NO or (figure.negated and not denied)) != garment.is_turned
        yield from belonging(
            clause, "wearing", Belonging(figure=figure, owner=owner, thing=garment, denied=denied != no)
        )


def _listed(clause: Clause) -> Iterator[Claim]:
    whole = clause.mentions[0] if clause.mentions else None
    if whole is None or whole.begins > 0 or clause.text(whole.after) != ":" or not whole.shown or is_living(whole):
        return
    for thing in clause.mentions[1:]:
        if thing.shown and not thing.pronoun and thing.noun != whole.noun and thing.last in clause.terms.parts:
            yield from belonging(clause, "part", Belonging(figure=whole, owner=whole, thing=thing, denied=False))


def belonging(clause: Clause, kind: Kind, said: Belonging) -> Iterator[Claim]:
    """Yield the claims that somebody wears something or that a thing has a part, one for each of its colours."""
    if said.denied:
        clause.covered.add(id(said.thing))
        clause.covered |= {id(said.owner)} if said.figure.determiner in ("no", "neither") else set()
    if said.denied and (described := _described(clause, said)):
        yield from described
        return
    if said.thing.noun in MARKS and not said.denied and said.thing.adjectives:
        yield from _marked(clause, said)
        return
    subject, reference = (said.owner, said.thing.noun) if kind == "wearing" else (said.thing, said.owner.noun)
    first, last = said.figure.head, said.thing.after - 1
    if first > last:  # "the wheels of the bus"
        first, last = said.thing.head, said.figure.after - 1
    for colour in colours_of(clause, said.thing):
        yield clause.spanning(
            kind, subject, first, last, reference=reference, colour=colour, negated=said.denied, known=False
        )


def _described(clause: Clause, said: Belonging) -> list[Claim]:
    """Return what a denied description denies: "does not have long hair" says that the hair is not long."""
    if said.thing.determiner in NO:
        return []
    return [
        clause.spanning(
            kind, said.thing, said.thing.begins, said.thing.after - 1, value=value, colour=None, negated=True
        )
        for text, _ in said.thing.adjectives
        for kind, value in clause.terms.descriptions(text)
        if kind in ("size", "state", "material", "pattern")
    ]


def _marked(clause: Clause, said: Belonging) -> Iterator[Claim]:
    """Read "has a white checkered pattern": the owner is checkered and white."""
    clause.covered.add(id(said.thing))
    colours, patterns = said.thing.colours, [text for text, _ in said.thing.adjectives]
    said.thing.colours, said.thing.adjectives = [], []
    words = {"known": False, "colour": None, "negated": False}
    first, last = said.figure.head, said.thing.after - 1
    for text in patterns:
        value = clause.terms.patterns.get(text)
        if value is not None:
            yield clause.spanning("pattern", said.owner, first, last, value=value, **words)
    for colour in colours:
        if said.owner.colours and colour not in said.owner.colours:  # "a green scarf with a black print"
            yield clause.spanning(
                "part", said.thing, first, last, reference=said.owner.noun, known=False, colour=colour
            )
        else:
            yield clause.spanning("attribute", said.owner, first, last, **{**words, "colour": colour})


def marked_with(clause: Clause, owners: list[Mention], mark: Mention, denied: bool) -> Iterator[Claim]:
    """Yield the claims of "has a striped design on it"."""
    for figure, owner in clause.meant([] if denied else owners):
        yield from _marked(clause, Belonging(figure=figure, owner=owner, thing=mark, denied=denied))


def hued(clause: Clause, owners: list[Mention], hue: Mention, *, denied: bool) -> Iterator[Claim]:
    """Yield the claims of "has green and white tones": the owner is green and white."""
    having = [verb for verb in clause.structure.verbs if any(one in owners and not one.shown for one in verb.objects)]
    whole = [subject for verb in having for subject in verb.subjects]  # "has a dull finish with green tones"
    for figure, owner in clause.meant(whole or owners):
        for colour in colours_of(clause, hue):
            yield clause.spanning("attribute", owner, figure.head, hue.after - 1, colour=colour, negated=denied)


def possessives(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of "the owl's tail", "whose sails" and of lists of parts: "wheelchair: padded seat, large wheels"."""
    yield from _listed(clause)
    for owner, thing in [*clause.structure.owned, *_its(clause)]:
        kind = possession(clause, owner, thing)
        if kind is not None and owner.shown and thing.shown and not clause.hedged[thing.head]:
            yield from belonging(clause, kind, Belonging(figure=owner, owner=owner, thing=thing, denied=thing.negated))
    for owner, thing in pairwise(clause.mentions):
        if not owner.possessive or thing.begins != owner.after or not (owner.shown and thing.shown):
            continue
        kind = possession(clause, owner, thing)
        if kind is not None and not clause.hedged[thing.head]:
            yield from belonging(clause, kind, Belonging(figure=owner, owner=owner, thing=thing, denied=thing.negated))


def _its(clause: Clause) -> Iterator[tuple[Mention, Mention]]:
    """Yield the owner of each part called *its*, if one thing fits: "a boat, its sail is torn"; not of animals."""
    for at, thing in enumerate(clause.mentions):
        parts = clause.terms.parts - clause.terms.body | {"heel", "sole", "toe"}
        if thing.determiner != "its" or thing.last not in parts:
            continue
        taken = any(link.ground is thing and link.relation in ("with", "without") for link in clause.structure.links)
        if taken or any(thing in verb.objects for verb in clause.structure.verbs):
            continue
        before = [one for one in clause.mentions[:at] if one.shown and not one.pronoun and not one.ground]
        owners = {one.noun: one for one in before if _may_own(one)}
        main = [verb for verb in clause.structure.verbs if verb.finite and verb.after <= thing.begins]
        apart = bool(main) and clause.text(thing.begins - 1) == ","  # "a raft sits at the pier, its sail torn"
        told = [one for one in main[-1].subjects if _may_own(one)] if apart else []
        if len(owners) == 1 or len(told) == 1:
            yield (told or list(owners.values()))[0], thing


def _may_own(mention: Mention) -> bool:
    """Return whether *its* may stand for a noun phrase: one lifeless thing that is there, and no part itself."""
    there = mention.determiner not in NO and not mention.negated
    return there and not (mention.plural or is_own(mention) or is_living(mention))


def colours_of(clause: Clause, thing: Mention) -> list[str | None]:
    """Return the colours of a noun phrase, those included that no check measures; [None] if it has none."""
    others = [
        value for text, _ in thing.adjectives for kind, value in clause.terms.descriptions(text) if kind == "attribute"
    ]
    return [*thing.colours, *others] or [None]
