"""Claims about one noun phrase: that the thing is there, how many, in what colour, size, material, pattern and state."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import DEFINITE, PERSONS
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import is_living, is_place
from llamaindex_clipverify.claims.english.terms import Terms

_POSSESSIVE = frozenset(("his", "her", "its", "their"))
_SIDES = {
    "left": "left",
    "right": "right",
    "leftmost": "left",
    "rightmost": "right",
    "upper": "top",
    "lower": "bottom",
    "top": "top",
    "bottom": "bottom",
    "middle": "centre",
    "central": "centre",
}
_WITHOUT = {"barefoot": "shoe", "barefooted": "shoe", "shirtless": "shirt", "topless": "shirt", "hatless": "hat"}
"""Adjectives that say what somebody does not wear."""
_AGES = frozenset(("young", "old"))


def present(clause: Clause, known_before: set[str]) -> Iterator[Claim]:
    """Yield the claims of all noun phrases; `known_before` (nouns of earlier sentences) is extended in place."""
    for mention in clause.mentions:
        if (
            mention.pronoun
            or not mention.shown
            or clause.text(mention.begins) in PERSONS
            or clause.between(mention.begins, mention.after) == ["no", "one"]
        ):
            continue
        repeated = mention.noun in known_before and mention.determiner in DEFINITE and not mention.negated
        own = mention.determiner in _POSSESSIVE and mention.noun in clause.terms.body
        covered = repeated or own or id(mention) in clause.covered
        counted = mention.number is not None and not (mention.negated and covered)
        if not covered or mention.colours or counted:
            yield from there(clause, mention)
        if (mention.at_least or mention.at_most) and not (mention.number or mention.negated or repeated):
            yield bound(clause, mention)
        if not mention.negated:
            yield from described(clause, mention)
            known_before.add(mention.noun)


def there(clause: Clause, mention: Mention) -> Iterator[Claim]:
    """Yield the claims that a mention is present, with its number or its colours."""
    if mention.number and not mention.negated:
        colour = mention.colours[0] if mention.colours else None
        yield clause.claim_at("count", mention, number=mention.number, colour=colour)
    elif mention.colours:
        for colour in mention.colours:
            yield clause.claim_at("attribute", mention, colour=colour)
    else:
        yield clause.claim_at("object", mention, plural=mention.plural and not mention.negated)


def bound(clause: Clause, mention: Mention) -> Claim:
    """Return the claim on a number that is not exact."""
    start = clause.words[mention.begins].start
    end = clause.words[mention.after - 1].end
    return clause.claim(
        "bound", mention, start, end, at_least=mention.at_least, at_most=mention.at_most, plural=mention.plural
    )


def described(clause: Clause, mention: Mention) -> Iterator[Claim]:
    """Yield the claims of the adjectives of a noun phrase."""
    for text, at in mention.adjectives:
        if text in _WITHOUT and is_living(mention):
            yield clause.spanning(
                "wearing",
                mention,
                at,
                mention.after - 1,
                reference=_WITHOUT[text],
                negated=True,
                known=False,
                colour=None,
            )
            continue
        if text == "haired" and at > 0:
            for kind, value in values_of(clause.terms, clause.text(at - 1)):
                if kind == "attribute":
                    yield clause.spanning(
                        "part",
                        mention,
                        at - 1,
                        mention.after - 1,
                        noun="hair",
                        narrow=None,
                        plural=False,
                        reference=mention.noun,
                        colour=value,
                        known=False,
                    )
            continue
        if clause.text(at + 1) == "haired":
            continue
        for kind, value in values_of(clause.terms, text):
            if value == "open" and is_place(mention):
                continue
            if (mention.narrow and text in mention.narrow.split()) or (value in _AGES and not is_living(mention)):
                continue
            if text in ("bright", "dark", "light", "pale", "deep") and clause.text(at + 1) in clause.vocabulary.colours:
                continue
            yield described_as(clause, kind, value, mention, at, mention.after - 1)
        if text in _SIDES and mention.determiner == "the" and mention.noun not in clause.terms.body:
            yield clause.spanning("position", mention, at, mention.after - 1, value=_SIDES[text])


def described_as(
    clause: Clause, kind: Kind, value: str, mention: Mention, first: int, last: int, *, negated: bool = False
) -> Claim:
    """Return the claim that a thing has a colour, material, pattern, size or state."""
    if kind == "attribute":
        return clause.spanning(kind, mention, first, last, colour=value, known=False, negated=negated)
    return clause.spanning(kind, mention, first, last, value=value, negated=negated)


def values_of(terms: Terms, text: str) -> Iterator[tuple[Kind, str]]:
    """Yield the kinds of claim that a descriptive word makes, with the canonical value."""
    tables: tuple[tuple[Kind, object], ...] = (
        ("attribute", terms.colours),
        ("material", terms.materials),
        ("pattern", terms.patterns),
        ("size", terms.sizes),
        ("state", terms.states),
    )
    if text.endswith(("-colored", "-coloured")):
        colour = text.rsplit("-", 1)[0]
        yield "attribute", terms.colours.get(colour, colour)
    for kind, table in tables:
        value = table.get(text)  # type: ignore[attr-defined]
        if value is not None:
            yield kind, value
