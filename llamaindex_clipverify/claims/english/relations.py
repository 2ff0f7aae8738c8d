"""Claims of prepositions: dispatches each link to what reads it, and reads positions and colours at the end of a phrase."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.belongings import HUES, MARKS, hued, marked_with
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.companions import of_thing, with_thing
from llamaindex_clipverify.claims.english.grammar import CONSISTING, COVERING, NO, PRESENT, SHOWING
from llamaindex_clipverify.claims.english.linked import in_colour, is_denied, linked, states_relation, to_pronoun
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.positions import Position
from llamaindex_clipverify.claims.english.structure import Link, is_living, is_place
from llamaindex_clipverify.claims.english.verbs import Verb

_TAKING = frozenset("dominate occupy fill".split())
"""Verbs by which a thing takes up a part of the picture."""
_VERBS_AHEAD = 8
"""Verbs after a noun phrase of which one may be its own."""
_REGIONS = frozenset("half part side portion section third corner area".split())
_BESIDE = ("next to", "beside", "near", "alongside")
_MUTUAL: list[tuple[str, ...]] = [("side", "by", "side")]
_MUTUAL += [(*one.split(), *other) for one in _BESIDE for other in (("each", "other"), ("one", "another"))]
"""What puts two things next to each other."""


def relations(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of all links."""
    yield from _occupying(clause)
    yield from _side_by_side(clause)
    yield from _in_colours(clause)
    for link in clause.structure.links:
        hypothetical = link.verb is not None and link.verb.gerund and not link.position
        if not (link.at in clause.coloured or clause.hedged[link.at] or hypothetical or _tells_which(clause, link)):
            yield from _linked(clause, link)


def _linked(clause: Clause, link: Link) -> Iterator[Claim]:
    """Read one preposition by what comes after it."""
    ground = link.ground
    if link.position is not None:
        yield from _positions(clause, link, link.position)
    elif ground is None:
        return
    elif ground.pronoun:
        yield from to_pronoun(clause, link, ground)
    elif link.relation == "with" and _is_hue(link, ground):
        yield from hued(clause, link.figures, ground, denied=ground.is_turned)
    elif link.relation == "with" and ground.noun in MARKS and not ground.shown:
        yield from marked_with(clause, link.figures, ground, ground.is_turned)
    elif link.relation in ("with", "without"):
        yield from with_thing(clause, link, ground)
    elif link.relation == "of":
        yield from of_thing(clause, link, ground)
    elif ground.noun in HUES and not ground.shown:
        yield from in_colour(clause, link, ground)
    elif states_relation(clause, link, ground):
        yield from linked(clause, link, ground)


def _tells_which(clause: Clause, link: Link) -> bool:
    """Return whether a place only tells of which a verb denies something: "none of the people in the room are smiling"."""
    after = (
        link.ground.after
        if link.ground is not None
        else link.position.after
        if link.position is not None
        else link.after
    )
    if link.verb is not None or not any(figure.determiner in NO for figure in link.figures):
        return False
    verbs = clause.structure.verbs
    first = bisect_left(verbs, after, key=lambda verb: verb.begins)
    for verb in verbs[first : first + _VERBS_AHEAD]:
        follows = verb.finite and any(figure in verb.subjects for figure in link.figures)
        if follows and not verb.there:
            appears = (
                clause.text(verb.at).removesuffix("s") == "appear"
            )  # "no musicians in a hat appear in the picture"
            there = clause.text(verb.after) in PRESENT if verb.form == "copula" else verb.lemma in SHOWING
            return not (appears or there)
    return False


def _is_hue(link: Link, ground: Mention) -> bool:
    """Return whether *with* names colours: "with shades of red", not the shade of a lamp."""
    lamp = ground.noun == "shade" and any(one.last in ("lamp", "lantern", "light") for one in link.figures)
    return ground.noun in HUES and bool(ground.colours) and not lamp


def _occupying(clause: Clause) -> Iterator[Claim]:
    """Read "the background features a sofa" and "a sofa fills the left half": the sofa is there."""
    for verb in clause.structure.verbs:
        if verb.lemma in _TAKING and not (verb.passive or verb.negated or clause.hedged[verb.at]):
            for taken in verb.objects:
                yield from _there(clause, taken, verb.subjects, _sides(clause, taken))
        part = verb.subjects[0] if len(verb.subjects) == 1 else None
        values = _sides(clause, part) if part is not None and not part.pronoun else []
        if part is None or not values or verb.negated or clause.hedged[verb.at]:
            continue
        if (verb.lemma in SHOWING or verb.lemma == "have") and not verb.passive:
            part.shown = False
            yield from _there(clause, part, verb.objects, values)
        elif verb.lemma in CONSISTING:
            made = [link for link in clause.structure.links if link.verb is verb and link.relation == "of"]
            part.shown = part.shown and not made
            yield from _there(clause, part, [link.ground for link in made if link.ground is not None], values)
        elif verb.form == "copula":
            yield from _there(
                clause, part, [one for one in clause.mentions if _is_named_after(clause, verb, one)], values
            )
        elif verb.passive and verb.lemma in COVERING | _TAKING:
            filled = [
                one for one in clause.structure.links if one.verb is verb and clause.text(one.at) in ("with", "by")
            ]
            part.shown = part.shown and not filled
            yield from _there(clause, part, [link.ground for link in filled if link.ground is not None], values)


def _sides(clause: Clause, part: Mention) -> list[str]:
    """Return which positions a noun phrase names: "the background", "the lower half", "the top left corner"."""
    if any(_is_within(clause, link) for link in clause.structure.links if part in link.figures):
        return []
    places = clause.terms.positions
    named = [text for text, _ in part.adjectives if text in places] if part.last in _REGIONS else []
    values = [places[text] for text in (*named, part.last) if text in places and (named or part.last not in _REGIONS)]
    return list(dict.fromkeys(values))


def _is_within(clause: Clause, link: Link) -> bool:
    """Return whether *of* names a thing whose side is meant: "the left side of the car", not "of the picture"."""
    whole = link.ground if link.relation == "of" and link.verb is None else None
    return whole is not None and whole.last not in clause.terms.picture and not is_place(whole)


def _is_named_after(clause: Clause, verb: Verb, thing: Mention) -> bool:
    """Return whether a thing follows a copula directly: "the background is a dark forest"."""
    between = clause.words[verb.after : thing.begins] if thing.begins >= verb.after else None
    return thing.determiner in ("a", "an") and between is not None and all(word.tag == "RB" for word in between)


def _there(clause: Clause, part: Mention, things: list[Mention], values: list[str]) -> Iterator[Claim]:
    for thing in things:
        if thing.shown and not thing.pronoun and not thing.negated:
            first, last = min(part.head, thing.head), max(part.after, thing.after) - 1
            for value in values:
                yield clause.spanning("position", thing, first, last, value=value, colour=None)


def _side_by_side(clause: Clause) -> Iterator[Claim]:
    """Read "the cat and the dog lie side by side" and "next to each other": the cat is next to the dog."""
    for verb in clause.structure.verbs:
        if len(verb.subjects) != 2 or clause.hedged[verb.at]:
            continue
        first, second = verb.subjects
        said = [word.text for word in clause.words[verb.after : verb.after + 6]]
        ends = [
            at + len(form) for form in _MUTUAL for at in range(len(said)) if tuple(said[at : at + len(form)]) == form
        ]
        if ends and first.shown and second.shown and first.noun != second.noun:
            last = max(verb.after + ends[0], second.after) - 1
            yield clause.spanning(
                "relation",
                first,
                first.head,
                last,
                relation="next to",
                reference=second.noun,
                colour=None,
                negated=verb.negated,
            )


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
        if mention.last in clause.terms.positions:
            continue  # "a page with a dark background and a sidebar on the left"
        denied = is_denied(link, figure)
        if denied:
            clause.covered.add(id(mention))
        last = position.after - 1 if position.begins > figure.head else position.begins
        for value in position.values:
            yield clause.spanning("position", mention, figure.head, last, value=value, negated=denied)
