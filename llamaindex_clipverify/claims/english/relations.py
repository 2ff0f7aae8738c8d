"""Claims of prepositions: dispatches each link to what reads it, and reads positions and colours at the end of a phrase."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.belongings import HUES, hued
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.companions import of_thing, with_thing
from llamaindex_clipverify.claims.english.grammar import COLOUR_WORDS, CONSISTING, COVERING, SHOWING
from llamaindex_clipverify.claims.english.linked import in_colour, is_denied, linked, states_relation, to_pronoun
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.structure import Link, is_living
from llamaindex_clipverify.claims.english.verbs import Verb

_REGIONS = frozenset("half part side portion section third corner area".split())


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
            yield from to_pronoun(clause, link, link.ground)
        elif link.ground is not None and link.relation == "with" and _is_hue(link, link.ground):
            yield from hued(clause, link.figures, link.ground, denied=link.ground.is_turned)
        elif link.ground is not None and link.relation in ("with", "without"):
            yield from with_thing(clause, link, link.ground)
        elif link.ground is not None and link.relation == "of":
            yield from of_thing(clause, link, link.ground)
        elif link.ground is not None and link.ground.noun in COLOUR_WORDS:
            yield from in_colour(clause, link, link.ground)
        elif link.ground is not None and states_relation(clause, link, link.ground):
            yield from linked(clause, link, link.ground)


def _is_hue(link: Link, ground: Mention) -> bool:
    """Return whether *with* names colours: "with shades of red", not the shade of a lamp."""
    lamp = ground.noun == "shade" and any(one.last in ("lamp", "lantern", "light") for one in link.figures)
    return ground.noun in HUES and bool(ground.colours) and not lamp


def _occupying(clause: Clause) -> Iterator[Claim]:
    """Read "the background features a sofa": the sofa is in the background."""
    for verb in clause.structure.verbs:
        part = verb.subjects[0] if len(verb.subjects) == 1 else None
        value = _side(clause, part) if part is not None and not part.pronoun else None
        if part is None or value is None or verb.negated or clause.hedged[verb.at]:
            continue
        if (verb.lemma in SHOWING or verb.lemma == "have") and not verb.passive:
            part.shown = False
            yield from _there(clause, part, verb.objects, value)
        elif verb.lemma in CONSISTING:
            made = [link for link in clause.structure.links if link.verb is verb and link.relation == "of"]
            part.shown = part.shown and not made
            yield from _there(clause, part, [link.ground for link in made if link.ground is not None], value)
        elif verb.form == "copula":
            yield from _there(
                clause, part, [one for one in clause.mentions if _is_named_after(clause, verb, one)], value
            )
        elif verb.passive and verb.lemma in COVERING:
            filled = [link for link in clause.structure.links if link.verb is verb and link.relation in ("with", "by")]
            part.shown = part.shown and not filled
            yield from _there(clause, part, [link.ground for link in filled if link.ground is not None], value)


def _side(clause: Clause, part: Mention) -> str | None:
    """Return which position a noun phrase names: "the background", "the lower half"; None for others."""
    named = [text for text, _ in part.adjectives] if part.last in _REGIONS else [part.last]
    return next((value for text in named if (value := clause.terms.positions.get(text)) is not None), None)


def _is_named_after(clause: Clause, verb: Verb, thing: Mention) -> bool:
    """Return whether a thing follows a copula directly: "the background is a dark forest"."""
    between = clause.words[verb.after : thing.begins] if thing.begins >= verb.after else None
    return thing.determiner in ("a", "an") and between is not None and all(word.tag == "RB" for word in between)


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
        denied = is_denied(link, figure)
        if denied:
            clause.covered.add(id(mention))
        last = position.after - 1 if position.begins > figure.head else position.begins
        for value in position.values:
            yield clause.spanning("position", mention, figure.head, last, value=value, negated=denied)
