"""True and false sentences about a drawn scene, in the phrasings of captions and of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from numpy.random import Generator

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.testing import lively
from llamaindex_clipverify.testing.art import COLOURS, NOUNS
from llamaindex_clipverify.testing.themes import companions

if TYPE_CHECKING:
    from llamaindex_clipverify.testing.scenes import Scene

KINDS: tuple[str, ...] = ("object", "attribute", "count", "relation", "negation")
LIVELY_KINDS: tuple[str, ...] = ("action", "pattern", "state", "scene")
"""Kinds of claims about scenes where people do something, things have patterns or states, or a place is drawn."""

OBJECT = (
    "There is {a} in the picture.", "There is {a}.", "The picture shows {a}.", "The image contains {a}.", "{A} is visible.",
    "I can see {a}.", "{A} is in the scene.", "This is a picture of {a}.", "In the picture you can see {a}.",
    "{A} can be seen here.",
)  # fmt: skip
ATTRIBUTE = (
    "The {noun} is {colour}.", "There is {a_colour} {noun}.", "The picture shows {a_colour} {noun}.",
    "{A_colour} {noun} is visible.", "The {noun} in the picture is {colour}.", "There is {a_colour} {noun} in the picture.",
)  # fmt: skip
COUNT_MANY = (
    "There are {n} {things} in the picture.", "{N} {things} are visible.", "The picture shows {n} {things}.",
    "There are {n} {things}.", "The image contains {n} {things}.", "You can see {n} {things}.",
)  # fmt: skip
COUNT_ONE = (
    "There is one {things} in the picture.", "One {things} is visible.", "The picture shows one {things}.",
    "There is exactly one {things}.", "The image contains one {things}.", "You can see one {things}.",
)  # fmt: skip
NEGATION = (
    "There is no {noun} in the picture.", "There isn't {a}.", "The scene has no {noun}.", "No {noun} is visible.",
    "The picture does not show {a}.", "There are no {things} in the image.",
)  # fmt: skip
BARE = ("{a}", "{noun}", "a photo of {a}", "a picture of {a}", "an image of {a}", "{a} in the picture")
BARE_COLOUR = ("{a_colour} {noun}", "{colour} {noun}", "a photo of {a_colour} {noun}", "a picture of {a_colour} {noun}")
BARE_COUNT = ("{n} {things}", "a photo of {n} {things}", "a picture of {n} {things}", "{n} {things} in the picture")
WRITTEN = (
    'The word "{word}" is written in the picture.',
    "A sign says {word}.",
    'the word "{word}"',
    "a sign with the word {word}",
)

_WORDING = {
    "left of": ("to the left of", "left of", "on the left of"),
    "right of": ("to the right of", "right of", "on the right of"),
    "above": ("above", "over"),
    "below": ("below", "under", "beneath"),
}

Row = dict[str, str | int]
_T = TypeVar("_T")


def article(phrase: str) -> str:
    """Return the phrase with *a* or *an*; *skis* and *scissors* take none."""
    if phrase.split()[-1] in ("skis", "scissors"):
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def object_claim(noun: str, template: str) -> str:
    """Fill a template of `OBJECT`, `NEGATION` or `BARE`."""
    things = english().plural(noun)
    return _agreed(template, noun).format(noun=noun, a=article(noun), A=_capital(article(noun)), things=things)


def attribute_claim(noun: str, colour: str, template: str) -> str:
    """Fill a template of `ATTRIBUTE` or `BARE_COLOUR`."""
    a_colour = colour if article(noun) == noun else article(colour)
    text = _agreed(template, noun)
    return text.format(noun=noun, colour=colour, a_colour=a_colour, A_colour=_capital(a_colour))


def count_claim(noun: str, number: int, template: str) -> str:
    """Fill a template of `COUNT_MANY`, or of `COUNT_ONE` for the number 1, or of `BARE_COUNT`."""
    things = noun if number == 1 else english().plural(noun)
    word = english().number_word(number)
    return template.format(n=word, N=_capital(word), things=things)


def count_text(rng: Generator, noun: str, number: int) -> str:
    """Return an exact count in a random phrasing, the number as a word or in digits."""
    text = count_claim(noun, number, pick(rng, COUNT_ONE if number == 1 else COUNT_MANY))
    word = english().number_word(number)
    return text.replace(f" {word} ", f" {number} ", 1) if rng.random() < 0.25 else text


def pick(rng: Generator, choices: Sequence[_T]) -> _T:
    """Return one of the choices."""
    return choices[int(rng.integers(len(choices)))]


def likely_absent(scene: Scene, rng: Generator) -> str:
    """Return a noun that is not in the scene: half the time one that often occurs with those that are."""
    present = {*scene.nouns(), *scene.unclaimed}
    near = sorted({other for noun in present for other in companions(noun)} - present)
    pool = near if near and rng.random() < 0.5 else [noun for noun in NOUNS if noun not in present]
    return pick(rng, pool)


def false_colour(scene: Scene, noun: str, rng: Generator) -> str:
    """Return a colour that no object of the noun has: preferably that of another object in the scene."""
    own = scene.colours_of(noun) or set()
    others = sorted({thing.colour for thing in scene.objects if thing.colour} - own)
    return pick(rng, others if others and rng.random() < 0.75 else [colour for colour in COLOURS if colour not in own])


def claims(scene: Scene, rng: Generator) -> list[Row]:
    """Return claims of every kind, as many true as false ones of each."""
    makers: tuple[Callable[[Scene, Generator], list[Row]], ...] = (
        _objects,
        _attributes,
        _counts,
        _relations,
        _negations,
    )
    found = [row for maker in makers for row in maker(scene, rng)]
    return found + lively.rows(scene, rng)


def _row(claim: str, label: bool, kind: str) -> Row:
    return {"claim": claim, "label": int(label), "kind": kind}


def _some(rng: Generator, items: Sequence[_T], most: int) -> list[_T]:
    return [items[int(index)] for index in rng.permutation(len(items))[:most]]


def _objects(scene: Scene, rng: Generator) -> list[Row]:
    rows = []
    for noun in _some(rng, scene.nouns(), 2):
        rows.append(_row(object_claim(noun, pick(rng, OBJECT)), True, "object"))
        rows.append(_row(object_claim(likely_absent(scene, rng), pick(rng, OBJECT)), False, "object"))
    return rows


def _attributes(scene: Scene, rng: Generator) -> list[Row]:
    rows = []
    for noun in _some(rng, [noun for noun in scene.nouns() if scene.colours_of(noun)], 2):
        colour = pick(rng, sorted(scene.colours_of(noun) or ()))
        rows.append(_row(attribute_claim(noun, colour, pick(rng, ATTRIBUTE)), True, "attribute"))
        wrong = false_colour(scene, noun, rng)
        rows.append(_row(attribute_claim(noun, wrong, pick(rng, ATTRIBUTE)), False, "attribute"))
    return rows


def _counts(scene: Scene, rng: Generator) -> list[Row]:
    countable = [noun for noun in scene.nouns() if article(noun) != noun and noun not in scene.unclaimed]
    nouns = sorted(_some(rng, countable, 6), key=lambda noun: scene.count(noun) == 1)
    rows = []
    for noun in nouns[:2]:
        number = scene.count(noun)
        wrong = number + 1 if number == 1 or rng.random() < 0.5 else number - 1
        rows.append(_row(count_text(rng, noun, number), True, "count"))
        rows.append(_row(count_text(rng, noun, wrong), False, "count"))
    return rows


def _relations(scene: Scene, rng: Generator) -> list[Row]:
    rows = []
    for fact in _some(rng, scene.relations(), 2):
        wording = pick(rng, _WORDING[fact.relation])
        template = pick(
            rng, ("The {} {be} {} the {}.", "There {be} {a} {} the {}.", "The {} {be} {} the {} in the picture.")
        )
        for subject, other, label in ((fact.subject, fact.other, True), (fact.other, fact.subject, False)):
            be = "are" if article(subject) == subject else "is"
            if template.startswith("There"):
                text = f"There {be} {article(subject)} {wording} the {other}."
            else:
                text = template.format(subject, wording, other, be=be)
            rows.append(_row(text, label, "relation"))
    return rows


def _negations(scene: Scene, rng: Generator) -> list[Row]:
    if not scene.objects:
        return []
    absent, present = likely_absent(scene, rng), pick(rng, scene.nouns())
    return [
        _row(object_claim(absent, pick(rng, NEGATION)), True, "negation"),
        _row(object_claim(present, pick(rng, NEGATION)), False, "negation"),
    ]


def captions(scene: Scene, rng: Generator) -> list[str]:
    """Return true sentences, from one object to the whole scene."""
    lines = [_phrase_of_one(scene, rng, noun) for noun in scene.nouns()]
    lines += [_group(scene, rng, noun) for noun in scene.nouns() if scene.count(noun) > 1]
    parts = [_group(scene, rng, noun) for noun in scene.nouns()]
    order = [parts[int(i)] for i in rng.permutation(len(parts))]
    lines.append(pick(rng, ("{}", "a picture of {}", "a photo of {}", "The picture shows {}.")).format(_joined(order)))
    if len(parts) > 1:
        first, second = order[:2]
        lines.append(
            pick(rng, ("{} and {}", "{} with {}", "There is {} and {}.", "a photo of {} and {}")).format(first, second)
        )
        template = pick(rng, ("{} next to {}", "{} {be} next to {}.", "{} beside {}", "{} near {}"))
        lines.append(template.format(first, second, be=_be(first)))
    for fact in _some(rng, scene.relations(), 2):
        wording = pick(rng, _WORDING[fact.relation])
        subject, other = (_one(scene, rng, noun) for noun in (fact.subject, fact.other))
        lines.append(pick(rng, ("{} {} {}", "{} {be} {} {}.")).format(subject, wording, other, be=_be(subject)))
    lines += [pick(rng, WRITTEN).format(word=word) for word in scene.words]
    return [_capital(line) if line.endswith(".") else line for line in lines]


def _phrase_of_one(scene: Scene, rng: Generator, noun: str) -> str:
    colours = scene.colours_of(noun)
    if colours and rng.random() < 0.55:
        colour = pick(rng, sorted(colours))
        return attribute_claim(noun, colour, pick(rng, BARE_COLOUR if rng.random() < 0.5 else ATTRIBUTE))
    return object_claim(noun, pick(rng, BARE if rng.random() < 0.5 else OBJECT))


def _one(scene: Scene, rng: Generator, noun: str) -> str:
    colours = scene.colours_of(noun)
    return article(f"{pick(rng, sorted(colours))} {noun}" if colours and rng.random() < 0.6 else noun)


def _group(scene: Scene, rng: Generator, noun: str) -> str:
    number, colours = scene.count(noun), scene.colours_of(noun)
    if number == 1:
        return _one(scene, rng, noun)
    colour = f"{next(iter(colours))} " if colours and len(colours) == 1 and rng.random() < 0.6 else ""
    return f"{english().number_word(number)} {colour}{english().plural(noun)}"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _be(phrase: str) -> str:
    return "is" if phrase.split()[0] in ("a", "an", "one") else "are"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _agreed(template: str, noun: str) -> str:
    if article(noun) != noun:
        return template
    return template.replace(" is ", " are ").replace("isn't", "aren't").replace("There is", "There are")
