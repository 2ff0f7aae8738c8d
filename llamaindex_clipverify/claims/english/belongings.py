"""Claims on what somebody wears and what parts a thing has: "a man in a red shirt", "a cat with green eyes"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import is_living

NO = ("no", "none", "neither")
"""Determiners that deny what is said of their noun."""


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """That an owner wears a garment, or has a part."""

    figure: Mention
    """The noun phrase or pronoun of the owner."""
    owner: Mention
    """The noun that it stands for."""
    thing: Mention
    denied: bool
    first: int
    """Position of the first word of the claim."""
    last: int


def possession(clause: Clause, owner: Mention, thing: Mention) -> Kind | None:
    """Return what owning a thing means: wearing it, having it as a part, or None."""
    name, terms = (thing.narrow or thing.noun).split()[-1], clause.terms
    if is_living(owner):
        worn = is_garment(clause, thing) and name != "watch"
        return "wearing" if worn else "part" if name in terms.body else None
    return "part" if name in terms.parts or name in terms.body else None


def is_garment(clause: Clause, thing: Mention) -> bool:
    """Return whether a thing is worn."""
    name = thing.narrow or thing.noun
    forms = {name, name.split()[-1], name + "s", name.split()[-1] + "s"}
    return bool(forms & clause.terms.garments) and name.split()[-1] != "case"


def wearing(clause: Clause, figures: list[Mention], garment: Mention, denied: bool) -> Iterator[Claim]:
    """Yield the claims that figures wear a garment."""
    for figure, owner in clause.meant(figures):
        no = (figure.determiner in NO) != (garment.determiner == "no")
        last = garment.after - 1
        yield from belonging(
            clause,
            "wearing",
            Belonging(figure=figure, owner=owner, thing=garment, denied=denied != no, first=figure.head, last=last),
        )


def belonging(clause: Clause, kind: Kind, said: Belonging) -> Iterator[Claim]:
    """Yield the claims that somebody wears something or that a thing has a part, one for each of its colours."""
    if said.denied:
        clause.covered.add(id(said.thing))
        clause.covered |= {id(said.owner)} if said.figure.determiner in ("no", "neither") else set()
    subject, reference = (said.owner, said.thing.noun) if kind == "wearing" else (said.thing, said.owner.noun)
    for colour in _colours(clause, said.thing):
        yield clause.spanning(
            kind, subject, said.first, said.last, reference=reference, colour=colour, negated=said.denied, known=False
        )


def _colours(clause: Clause, thing: Mention) -> list[str | None]:
    """Return the colours of a noun phrase, those included that no check measures; [None] if it has none."""
    others = [value for text, _ in thing.adjectives if (value := clause.terms.colours.get(text))]
    return [*thing.colours, *others] or [None]
