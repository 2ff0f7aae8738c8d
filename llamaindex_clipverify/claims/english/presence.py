"""Claims about one noun phrase: that the thing is there, how many, in what colour, size, material, pattern and state."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.belongings import MARKS
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import DEFINITE, NO, PERSONS, POSSESSIVES
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.structure import is_living, is_person, is_place
from llamaindex_clipverify.claims.english.verbs import lemma, visible_actions

_WITHOUT = {"barefoot": "shoe", "barefooted": "shoe", "shirtless": "shirt", "topless": "shirt", "hatless": "hat"}
"""Adjectives that say what somebody does not wear."""
_AGES = frozenset(("young", "old"))
_HAVING = {
    "bearded": "beard", "mustached": "mustache", "moustached": "mustache", "mustachioed": "mustache", "winged": "wing",
    "horned": "horn", "tusked": "tusk", "antlered": "antler", "maned": "mane", "tailed": "tail", "eyed": "eye", "legged": "leg",
    "collared": "collar", "sleeved": "sleeve", "hooded": "hood", "brimmed": "brim", "handled": "handle", "lidded": "lid",
    "spouted": "spout", "roofed": "roof", "domed": "dome", "fringed": "fringe",
}  # fmt: skip
"""Adjectives that name a part: "a bearded man", "a brass-handled cabinet"."""
_LACKING = {f"{part}less": part for part in "collar sleeve handle strap wing tail lid brim leg leaf".split()}
"""Adjectives that deny a part: "a collarless shirt"."""
_SHADES = frozenset("bright dark light pale deep".split())
"""Adjectives that, before a noun, are shades of a colour or opinions."""
_NO_STATES = frozenset(
    "mentioned provided named called used given known related detailed desired associated sophisticated talented experienced "
    "limited varied mixed assorted combined sized shaped colored coloured aged unidentified unknown beloved renowned supposed "
    "intended expected implied described depicted pictured shown seen featured displayed presented included added selected "
    "chosen preferred recommended required needed wanted determined focused excited tired bored relaxed worried concerned "
    "interested pleased satisfied surprised amused married engaged advanced educated skilled gifted united naked scared sacred "
    "labeled labelled titled captioned inscribed tagged hundred rugged dedicated devoted designed built made placed positioned "
    "located situated arranged surrounded increased dressed clad "
    "decreased reduced improved estimated projected recorded reported observed noted noticed identified recognized golden "
    "wooden woolen seven eleven unique united unusual uneven written taken driven proven open even often unclear certain "
    "uncertain unlikely unknown unable unfamiliar uncommon unexpected specified specialized oriented inspired themed based "
    "styled fashioned textured distinguished animated sudden hidden forbidden chicken kitchen kitten mitten garden children "
    "women men green linen heaven oxygen citizen dozen token burden overall red bed shed sled seed weed speed feed".split()
)
"""Words of that form that say nothing a picture shows, or are no participles."""


_LIMBS = ("hand", "arm", "leg", "foot", "finger", "knee", "shoulder")


def present(clause: Clause, known_before: set[str]) -> Iterator[Claim]:
    """Yield the claims of all noun phrases; `known_before` (nouns of earlier sentences) is extended in place."""
    for mention in clause.mentions:
        if (
            mention.pronoun
            or not mention.shown
            or (mention.unasserted and not mention.negated)
            or clause.text(mention.begins) in PERSONS
            or clause.between(mention.begins, mention.after) == ["no", "one"]
        ):
            continue
        if mention.number == 1 and mention.last in _LIMBS and clause.text(mention.begins - 1) in ("with", "in", "on"):
            continue  # "holds a pan with one hand" counts no hands
        for text, at in mention.adjectives:
            if _is_hair_coloured(clause, mention, text, at):
                mention.colours = []
        repeated = mention.noun in known_before and mention.determiner in DEFINITE and not mention.negated
        own = mention.determiner in POSSESSIVES and mention.noun in clause.terms.body
        surroundings = mention.noun in clause.terms.positions and not mention.negated
        covered = repeated or own or surroundings or id(mention) in clause.covered
        if numbered := _numbered(clause, mention):
            yield from numbered
            continue
        if mention.negated and not covered and (inexact := _inexact(clause, mention)) is not None:
            yield from inexact
            continue
        counted = mention.number is not None and not (mention.negated and covered)
        if not covered or counted or (mention.colours and not mention.negated):
            yield from there(clause, mention)
        if (mention.at_least or mention.at_most) and not (mention.number or mention.negated or repeated):
            yield bound(clause, mention)
        if not mention.negated:
            yield from described(clause, mention)
            known_before.add(mention.noun)


def there(clause: Clause, mention: Mention) -> Iterator[Claim]:
    """Yield the claims that a mention is present, with its number or its colours."""
    if mention.number and (not mention.negated or mention.determiner is None):
        # "there are not three dogs" and "not only one dog" deny the number, not that there are dogs
        only = clause.text(mention.begins) in ("only", "just") and clause.text(mention.begins - 1) == "not"
        colour = mention.colours[0] if mention.colours else None
        yield clause.claim_at("count", mention, number=mention.number, colour=colour, negated=mention.negated or only)
        for other in mention.colours[1:]:
            yield clause.claim_at("attribute", mention, colour=other)
    elif mention.colours:
        for colour in mention.colours:
            yield clause.claim_at("attribute", mention, colour=colour)
    else:
        yield clause.claim_at("object", mention, plural=mention.plural and not mention.negated)


def bound(clause: Clause, mention: Mention, *, negated: bool = False) -> Claim:
    """Return the claim on a number that is not exact."""
    start = clause.words[mention.begins].start
    end = clause.words[mention.after - 1].end
    return clause.claim(
        "bound", mention, start, end, at_least=mention.at_least, at_most=mention.at_most, plural=mention.plural,
        negated=negated,
    )  # fmt: skip


def _numbered(clause: Clause, mention: Mention) -> list[Claim]:
    """Read "the number of dogs is two"."""
    if clause.between(mention.begins, mention.begins + 3) != ["the", "number", "of"]:
        return []
    found = []
    for verb in clause.structure.verbs:
        text = clause.text(verb.after) if verb.form == "copula" and mention in verb.subjects else ""
        number = int(text[:9]) if text.isdecimal() else clause.vocabulary.numbers.get(text)
        if number:
            found.append(
                clause.spanning("count", mention, mention.begins, verb.after, number=number, negated=verb.negated)
            )
    return found


def _inexact(clause: Clause, mention: Mention) -> list[Claim] | None:
    """Return what the denial of an inexact number states, or None where the thing itself is denied.

    "There are not many dogs" denies the number; "not more than two dogs" is read as "at most two" and denies nothing.
    """
    if mention.determiner in NO:
        return None
    if clause.text(mention.begins - 1) == "enough":
        return []
    if not (mention.at_least or mention.at_most):
        return None
    compared = clause.between(max(mention.begins - 3, 0), mention.begins)
    is_folded = compared[-1:] == ["than"] and compared[:1] in (["not"], ["no"])
    return [bound(clause, mention, negated=not is_folded)]


def described(clause: Clause, mention: Mention) -> Iterator[Claim]:
    """Yield the claims of the adjectives of a noun phrase."""
    for text, at in mention.adjectives:
        if text in _WITHOUT and is_living(mention):
            yield _unworn(clause, mention, text, at)
        elif text == "haired":
            yield from _haired(clause, mention, at)
        elif (part := _part_in(text, mention)) is not None:
            yield from _having(clause, mention, text, at, part)
        elif clause.text(at + 1) != "haired":
            yield from _described_by(clause, mention, text, at)


def _unworn(clause: Clause, mention: Mention, text: str, at: int) -> Claim:
    """Return the claim of "a barefoot boy": he wears no shoes."""
    return clause.spanning(
        "wearing", mention, at, mention.after - 1, reference=_WITHOUT[text], negated=True, known=False, colour=None
    )


def _haired(clause: Clause, mention: Mention, at: int) -> Iterator[Claim]:
    """Read "a blonde haired woman": the colour is that of her hair."""
    for kind, value in clause.terms.descriptions(clause.text(at - 1)):
        if kind == "attribute":
            yield clause.spanning(
                "part", mention, at - 1, mention.after - 1, noun="hair", narrow=None, plural=False, reference=mention.noun,
                colour=value, known=False,
            )  # fmt: skip


def _part_in(text: str, mention: Mention) -> str | None:
    """Return the part that an adjective names or denies, or None: the beard of *bearded*."""
    part = _HAVING.get(text.rpartition("-")[2]) or _LACKING.get(text)
    return None if part in ("hood", "collar", "sleeve") and is_living(mention) else part


def _having(clause: Clause, mention: Mention, text: str, at: int, part: str) -> Iterator[Claim]:
    """Read "a bearded man", "a brass-handled cabinet", "a collarless shirt": a part, and what it is like."""
    first, last, like = at, mention.after - 1, text.rpartition("-")[0]
    if _is_hair_coloured(clause, mention, text, at):
        like, first = clause.text(at - 1), at - 1
    colour = clause.vocabulary.colours.get(like) or clause.terms.colours.get(like)
    words = {"noun": part, "narrow": None, "plural": False, "known": False}
    yield clause.spanning(
        "part", mention, first, last, **words, reference=mention.noun, colour=colour, negated=text in _LACKING
    )  # fmt: skip
    for kind, value in clause.terms.descriptions(like) if not colour else ():
        yield clause.spanning(kind, mention, first, last, **words, value=value, colour=None)


def _is_hair_coloured(clause: Clause, mention: Mention, text: str, at: int) -> bool:
    """Return whether a colour before an adjective is that of a beard: "a gray bearded man"."""
    return (
        _HAVING.get(text) in ("beard", "mustache")
        and at > mention.begins
        and clause.text(at - 1) in clause.vocabulary.colours
    )


def _described_by(clause: Clause, mention: Mention, text: str, at: int) -> Iterator[Claim]:
    """Yield the claims of one adjective."""
    last, values = mention.after - 1, clause.terms.descriptions(text)
    values = tuple(one for one in values if one[0] != "pattern" or mention.last not in MARKS)  # "a pinto pattern"
    for kind, value in values:
        made = kind != "material" or not (is_person(mention) or (value == "dirt" and not is_place(mention)))
        if made and _describes(clause, mention, text, value):
            yield described_as(clause, kind, value, mention, at, last)
    if text in clause.terms.positions and mention.determiner == "the" and mention.noun not in clause.terms.body:
        yield clause.spanning("position", mention, at, last, value=clause.terms.positions[text])
    elif not values and is_living(mention) and text.endswith("ing") and lemma(text) in visible_actions():
        yield clause.spanning("action", mention, at, last, value=lemma(text), reference=None, colour=None, known=False)
    elif not values and is_state(clause, at):
        yield described_as(clause, "state", text, mention, at, last)


def _describes(clause: Clause, mention: Mention, text: str, value: str) -> bool:
    """Return whether an adjective before a noun states its value: not "dark red", "open field", "old town"."""
    if text in _SHADES:
        return False
    if (value == "open" and is_place(mention)) or (value in _AGES and not is_living(mention)):
        return False
    return not (mention.narrow and text in mention.narrow.split())


def is_state(clause: Clause, at: int) -> bool:
    """Return whether a word is a past participle that says in which visible state a thing is: *coiled*, *framed*, *uncut*."""
    text, tag = clause.text(at), clause.words[at].tag
    participle = tag in ("VBN", "VBD", "JJ") and text.endswith(("ed", "en")) and len(text) > 4
    return (participle or (text.startswith("un") and tag == "JJ")) and "-" not in text and text not in _NO_STATES


def described_as(
    clause: Clause, kind: Kind, value: str, mention: Mention, first: int, last: int, *, negated: bool = False
) -> Claim:
    """Return the claim that a thing has a colour, material, pattern, size or state."""
    if kind == "attribute":
        return clause.spanning(kind, mention, first, last, colour=value, known=False, negated=negated)
    return clause.spanning(kind, mention, first, last, value=value, negated=negated)
