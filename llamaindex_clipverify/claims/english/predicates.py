"""Claims of copulas: "the car is red", "the door is open", "the chair is made of wood", "cups: 3"."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.grammar import (
    COLOUR_WORDS,
    COVERING,
    DEGREES,
    NO,
    POSSESSIVES,
    SHADES,
    SHOWING,
)
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.presence import described_as, is_state
from llamaindex_clipverify.claims.english.structure import is_living, is_substance
from llamaindex_clipverify.claims.english.verbs import Verb, lemma, negative

_JOINING = frozenset(("and", ",", "or", "nor", "with", "&", "yet"))
_PAINTED = frozenset(("painted", "colored", "coloured"))
_MADE = ("made", "built", "constructed", "composed", "crafted", "woven", "carved")
_STANDING = frozenset("stand lie rest hang sit remain stay".split())
_COLOURING = frozenset("make turn color colour dye paint tint bathe stain".split())
_DYEING = frozenset(("paint", "color", "colour", "coat", "dye"))
_GLOWING = frozenset("turn show glow flash shine".split())
_LEADING_TO = frozenset(
    "force ask allow prepare expect design use know adapt tell invite need encourage require train suppose intend attract "
    "expose connect relate enable inspire order determine accustom limit".split()
)
"""Passives that say nothing of a state before *to*."""
_SWITCHED = frozenset(("turn", "switch", "toggle"))
_ELECTRIC = frozenset(
    "lamp light lamps lights headlight headlights lantern flashlight torch tv television screen monitor computer laptop "
    "stove oven fan heater radio siren burner projector engine fireplace tap faucet sprinkler streetlight".split()
)
"""What is on or off."""
_LOOSE = (
    DEGREES
    | _PAINTED
    | {"in", "color", "colour", "completely", "fully", "partially", "slightly", "so", "too", "neither", "not", "never"}
)


def predicates(clause: Clause) -> Iterator[Claim]:
    """Yield the claims of what copulas, participles and appositions say of their subjects."""
    for verb in clause.structure.verbs:
        if verb.subjects and not (verb.there or verb.gerund or clause.hedged[verb.at] or _is_had(clause, verb)):
            yield from _said(clause, verb)
    yield from _lists(clause)


def _is_had(clause: Clause, verb: Verb) -> bool:
    """Return whether a participle is about what somebody has of his own, which `absolutes` reads: "has its beak closed"."""
    near = next((one for one in verb.subjects if one.after == verb.begins and one.determiner in POSSESSIVES), None)
    had = near is not None and any(one.lemma == "have" and near in one.objects for one in clause.structure.verbs)
    return had and not verb.finite and is_state_word(clause, verb.at)


def _said(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read what a verb says of its subjects: a colour, a material, a state."""
    if verb.lemma in _COLOURING and verb.objects and not verb.passive:
        yield from _turned(clause, verb)
    elif verb.lemma in _GLOWING and not verb.objects and colours_at(clause, verb.after):
        yield from _predicate(clause, verb, verb.after)  # "the leaves have turned orange"
    elif verb.form == "copula" or verb.lemma in _DYEING or _is_tinted(clause, verb):
        if verb.passive and clause.terms.descriptions(clause.text(verb.at)):
            yield from _values(clause, verb, verb.at)  # "is striped in red and white"
        yield from _of_substance(clause, verb)
        yield from _predicate(clause, verb, verb.after)
        yield from _switched(clause, verb)
    elif verb.passive and verb.lemma in ("describe", "depict", "show") and clause.text(verb.after) == "as":
        yield from _predicate(clause, verb, verb.after + 1)
    elif verb.passive and verb.lemma in ("make", "build", "construct", "carve", "craft", "weave"):
        yield from _made(clause, verb, verb.after)
    elif verb.passive and _is_told_elsewhere(clause, verb):
        return
    elif verb.lemma in _STANDING and verb.finite and is_state_word(clause, verb.after):
        yield from _values(clause, verb, verb.after)
    elif verb.passive or (verb.lemma in ("open", "close") and not verb.objects):
        yield from _values(clause, verb, verb.at)
        yield from _further(clause, verb)


def is_state_word(clause: Clause, at: int) -> bool:
    """Return whether a word says in which state a thing stands or lies: "rests shut", "stands open"."""
    return any(kind == "state" for kind, _ in clause.terms.descriptions(clause.text(at)))


def _of_substance(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "the walls are white marble": of marble, and white."""
    thing = next((one for one in clause.mentions if one.begins == verb.after), None)
    if thing is None or verb.form != "copula" or not is_substance(thing) or thing.last not in clause.terms.materials:
        return
    thing.shown, value, last = False, clause.terms.materials[thing.last], thing.after - 1
    for subject, mention in clause.meant(verb.subjects):
        if is_living(mention) or mention.last in clause.terms.substances:
            continue
        denied = verb.negated != (subject.determiner in NO)
        yield clause.spanning(
            "material", mention, subject.head, last, value=value, negated=denied, known=False, colour=None
        )
        for colour in thing.colours:
            yield clause.spanning("attribute", mention, subject.head, last, colour=colour, negated=denied)


def _is_tinted(clause: Clause, verb: Verb) -> bool:
    """Return whether a passive gives its subject a colour: "is shaded gray", "is highlighted in yellow"."""
    at = verb.after + (clause.text(verb.after) == "in")
    closes = at + 1 >= len(clause.words) or not clause.words[at + 1].tag.startswith(("NN", "JJ"))
    dressed = verb.lemma in ("dress", "clothe", "wear")
    return verb.passive and not dressed and closes and bool(clause.text(at) and colours_at(clause, at))


def _turned(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "the sun makes the sky orange": the sky is orange."""
    for thing in verb.objects:
        if thing.shown and not thing.pronoun and not verb.negated:
            for colour in colours_at(clause, thing.after) if clause.text(thing.after) else []:
                yield clause.spanning("attribute", thing, thing.head, thing.after, colour=colour)


def _is_told_elsewhere(clause: Clause, verb: Verb) -> bool:
    """Return whether a passive tells no state but what shows, wears or covers something."""
    following = clause.text(verb.after)
    covering = verb.lemma in COVERING and following in ("in", "by")
    return covering or following == "with" or verb.lemma in SHOWING or verb.lemma == "wear"


def _switched(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read "the lamp is on" and "the stove is off"."""
    at = verb.after - (clause.text(verb.after - 1) in ("on", "off"))
    value = clause.text(at)
    for subject, mention in clause.meant(verb.subjects):
        if is_switched(clause, mention, at):
            no = subject.determiner in NO
            clause.covered |= {id(mention)} if no else set()
            denied = verb.negated != no
            yield described_as(clause, "state", value, mention, subject.head, at, negated=denied)


def is_switched(clause: Clause, thing: Mention, at: int) -> bool:
    """Return whether *on* or *off* at a position says that a lamp or a stove is."""
    following = clause.text(at + 1)
    ends = not following or not following[0].isalnum() or following in ("and", "but", "while", "although", "though")
    return ends and clause.text(at) in ("on", "off") and bool({thing.last, thing.noun} & _ELECTRIC)


def _further(clause: Clause, verb: Verb) -> Iterator[Claim]:
    """Read what is joined to a passive: "is curled up and asleep"."""
    at = verb.after + (clause.words[verb.after].tag == "RP" if verb.after < len(clause.words) else 0)
    if verb.passive and clause.text(at) in ("and", ","):
        yield from _predicate(clause, verb, at + 1)
    elif verb.passive and at > verb.after and clause.text(at) == "asleep":
        yield from _values(clause, verb, at)  # "is curled up asleep"


def _predicate(clause: Clause, verb: Verb, at: int) -> Iterator[Claim]:
    """Read colours and descriptive words from a position on, as long as they are joined."""
    inside = {
        spot for mention in clause.mentions if not mention.pronoun for spot in range(mention.begins, mention.after)
    }
    denied = verb.negated
    while at < len(clause.words):
        text = clause.text(at)
        hue = at in inside and _is_colour(clause, at)
        if (
            at in inside
            and not hue
            and not any(mention.begins < at < mention.after and not mention.shown for mention in clause.mentions)
        ):
            return
        denied = denied or negative(clause.words, at) or text in ("neither", "nor")
        if text == "but":
            denied, at = False, at + 1
            continue
        colours = colours_at(clause, at)
        if colours:
            for colour in colours:
                yield from _coloured(clause, verb, at, colour, denied)
        elif clause.text(at + 1) == "than":
            return
        elif clause.terms.descriptions(text):
            yield from _values(clause, verb, at, denied=denied)
        elif text in _MADE:
            yield from _made(clause, verb, at + 1)
            return
        elif text not in _JOINING and text not in _LOOSE and clause.words[at].tag not in ("RB", "JJ", "VBN"):
            return
        at += 1


def _is_colour(clause: Clause, at: int) -> bool:
    """Return whether a noun phrase is one descriptive word that is no noun here: "the water is turquoise"."""
    text = clause.text(at)
    hue = next((mention for mention in clause.mentions if mention.begins == at and _is_hue(clause, mention)), None)
    if hue is not None:
        clause.covered.add(id(hue))
        hue.shown = False
        return True
    if text not in clause.vocabulary.colours and not clause.terms.descriptions(text):
        return False
    alone = [mention for mention in clause.mentions if mention.begins == at and mention.after == at + 1]
    clause.covered |= {id(mention) for mention in alone}
    return bool(alone)


def _is_hue(clause: Clause, mention: Mention) -> bool:
    """Return whether a noun phrase is a shade of a colour: "the feathers are a vivid orange"."""
    shades = all(
        word.text in _LOOSE | SHADES | {"a", "an"} for word in clause.words[mention.begins : mention.after - 1]
    )
    coloured = clause.text(mention.after - 1) in clause.vocabulary.colours
    return coloured and shades and mention.after > mention.begins + 1 + (mention.determiner is not None)


def colours_at(clause: Clause, at: int) -> list[str]:
    """Return the colours that a word names: both of *red-and-white*."""
    names = clause.vocabulary.colours
    parts = [part for part in clause.text(at).split("-") if part != "and"]
    return [names[part] for part in parts] if all(part in names for part in parts) else []


def _coloured(clause: Clause, verb: Verb, at: int, colour: str, denied: bool) -> Iterator[Claim]:
    for subject, mention in clause.meant(_owners(clause, verb)):
        clause.covered.add(id(mention))
        negative_subject = subject.determiner in NO or (mention.negated and not subject.pronoun)
        kind: Kind = "count" if subject.pronoun and subject.number else "attribute"
        number = subject.number if kind == "count" else None
        plural = mention.plural if kind == "attribute" else True
        yield clause.spanning(
            kind, mention, subject.head, at, negated=denied != negative_subject, colour=colour, number=number, plural=plural
        )  # fmt: skip


def _owners(clause: Clause, verb: Verb) -> list[Mention]:
    """Return the subjects of a predicate; what has the colour if the subject is *the color of the car* or *the car's color*."""
    found: list[Mention] = []
    for subject in verb.subjects:
        of = [link.ground for link in clause.structure.links if subject in link.figures and link.relation == "of"]
        if subject.noun in COLOUR_WORDS and not subject.shown:
            owner = next(
                (mention for mention in clause.mentions if mention.possessive and mention.after == subject.begins), None
            )
            found += [one for one in [owner, *of] if one is not None][:1]
        else:
            found.append(subject)
    return found


def _values(clause: Clause, verb: Verb, at: int, denied: bool | None = None) -> Iterator[Claim]:
    text = clause.text(at)
    if text == "cut" and clause.text(at + 1) == "off":
        return  # by the edge of the picture
    found = clause.terms.descriptions(text) or clause.terms.descriptions(lemma(text))
    if clause.text(at - 1) == "half":
        found = (("state", f"half {text}"),)
    if verb.lemma in _SWITCHED and verb.passive and at == verb.at and clause.text(verb.after) in ("on", "off"):
        found, at = (("state", clause.text(verb.after)),), verb.after
    if not found and verb.passive and at == verb.at and _is_resulting(clause, verb):
        found = (("state", text),)
    for subject, mention in clause.meant(verb.subjects):
        no = subject.determiner in NO
        if no and found:
            clause.covered.add(id(mention))
        for kind, value in found:
            negated = (verb.negated if denied is None else denied) != no
            yield described_as(clause, kind, value, mention, subject.head, at, negated=negated)


def _is_resulting(clause: Clause, verb: Verb) -> bool:
    """Return whether a passive says in which state its subject is, and not who did it or where: "the hose is coiled"."""
    said = verb.finite or any(clause.text(subject.begins - 1) == "with" for subject in verb.subjects)
    led = clause.text(verb.after) == "to" and verb.lemma in _LEADING_TO  # "were forced to leave"
    alone = not (verb.objects or led) and not any(link.verb is verb for link in clause.structure.links)
    return said and alone and is_state(clause, verb.at)


def _made(clause: Clause, verb: Verb, at: int) -> Iterator[Claim]:
    """Read "made of wood and metal"."""
    consists = clause.text(at) == "up"
    at += consists or clause.text(at) in ("out", "entirely", "mostly", "completely")
    if clause.text(at) not in ("of", "from", "in"):
        return
    if not any(_material(clause, spot) for spot in range(at + 1, min(at + 7, len(clause.words)))):
        if not consists:
            yield from _made_of_thing(clause, verb, at + 1)
        return
    for spot in range(at + 1, min(at + 7, len(clause.words))):
        value = _material(clause, spot)
        if value is None and clause.words[spot].tag.startswith("V"):
            return
        if value is not None:
            for other in clause.mentions:
                if other.begins <= spot < other.after:
                    other.shown = False
            for subject, mention in clause.meant(verb.subjects):
                yield clause.spanning("material", mention, subject.head, spot, value=value, negated=verb.negated)


def _material(clause: Clause, at: int) -> str | None:
    text, materials = clause.text(at), clause.terms.materials
    return materials.get(text) or materials.get(text.removesuffix("s"))


def _made_of_thing(clause: Clause, verb: Verb, at: int) -> Iterator[Claim]:
    """Read "the nose is made of green onions"."""
    thing = next((mention for mention in clause.mentions if mention.begins == at and mention.shown), None)
    if thing is None or thing.pronoun:
        return
    thing.shown, value = False, thing.noun
    for subject, mention in clause.meant(verb.subjects):
        yield clause.spanning(
            "material", mention, subject.head, thing.after - 1, value=value, negated=verb.negated, known=False, colour=None
        )  # fmt: skip


def _lists(clause: Clause) -> Iterator[Claim]:
    """Read "cups: 1" and "car: red"."""
    for mention in clause.mentions:
        at = mention.after
        if clause.text(at) != ":" or not mention.shown or mention.determiner or mention.number is not None:
            continue
        yield from _listed(clause, mention, at + 1)


def _listed(clause: Clause, mention: Mention, at: int) -> Iterator[Claim]:
    value, names = clause.text(at), clause.vocabulary
    closes = at + 1 >= len(clause.words) or clause.text(at + 1) in (",", ";", "(")
    if value in names.colours and closes:
        clause.covered.add(id(mention))
        yield clause.claim_at("attribute", mention, at + 1, colour=names.colours[value])
    elif closes and (value.isdecimal() or value in names.numbers):
        clause.covered.add(id(mention))
        number = int(value[:9]) if value.isdecimal() else names.numbers[value]
        if number:
            yield clause.claim_at("count", mention, at + 1, number=number)
        else:
            yield clause.claim_at("object", mention, at + 1, negated=True, plural=False)
