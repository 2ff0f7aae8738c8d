"""Five answers about freshly drawn scenes, each with exactly one planted, known error.

Seeds are fresh: no bundled model was trained on them. The scenes are the first ones with large, separate objects that suit
the sentences; there is no other selection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, count

import numpy as np

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.testing import COLOURS, FRESH, NOUNS, Scene, SceneObject, draw_scene
from llamaindex_clipverify.testing.lively import ACTIONS, PLACES
from llamaindex_clipverify.testing.statements import article

_FIRST = FRESH + 500_000
"""First seed of the search, far from the seeds of tests and benchmarks."""
_SMALLEST = 64
"""Minimum shorter side of a clear object, in pixels."""

_GROUNDS = frozenset(("beach", "city", "desert", "forest", "field", "road"))
"""Places of a story; the other scenes are a time or a weather."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """An answer about drawn scenes, with its planted error."""

    name: str
    question: str
    answer: str
    truth: str
    """The truth in place of the error."""
    scenes: tuple[Scene, ...]


def stories() -> list[Story]:
    """Draw the scenes and compose the five answers; always the same ones."""
    return [_wrong_colour(), _invented_object(), _wrong_count(), _two_pictures(), _wrong_action()]


# -- the five stories ---------------------------------------------------------------------------------------------


def _wrong_colour() -> Story:
    for scene in _clear_scenes(0, 3):
        tinted = _single(scene, tinted=True)
        if tinted and scene.relations():
            thing, fact = tinted[0], scene.relations()[0]
            wrong = _another_colour(scene, thing)
            answer = (
                f"There is {article(fact.subject)} in the picture. "
                f"The {fact.subject} is {_WORDING[fact.relation]} the {fact.other}. "
                f"The {thing.noun} is {wrong}."
            )
            truth = f"the {thing.noun} is {thing.colour}, not {wrong}"
            return Story(
                name="one wrong colour", question="What is in the picture?", answer=answer, truth=truth, scenes=(scene,)
            )
    raise AssertionError("unreachable: there are endless scenes")


def _invented_object() -> Story:
    for scene in _clear_scenes(10_000, 2):
        tinted, nouns = _single(scene, tinted=True), scene.nouns()
        if tinted and len(nouns) > 1:
            thing = tinted[0]
            other = next(noun for noun in nouns if noun != thing.noun)
            invented = _absent(scene)
            answer = (
                f"The picture shows {article(f'{thing.colour} {thing.noun}')} and {article(other)}. "
                f"There is also {article(invented)}."
            )
            truth = f"no {invented}; there is {listed(scene)}"
            return Story(
                name="an invented object",
                question="What does the picture show?",
                answer=answer,
                truth=truth,
                scenes=(scene,),
            )
    raise AssertionError("unreachable: there are endless scenes")


def _wrong_count() -> Story:
    for scene in _clear_scenes(20_000, 3):
        many = [noun for noun in scene.nouns() if scene.count(noun) == 2 and noun not in _PAIRS]
        alone = _single(scene)
        if many and alone:
            things = english().plural(many[0])
            answer = f"There are three {things} and {article(alone[0].noun)}."
            truth = f"two {things}, not three"
            return Story(
                name="a wrong count",
                question=f"How many {things} are there?",
                answer=answer,
                truth=truth,
                scenes=(scene,),
            )
    raise AssertionError("unreachable: there are endless scenes")


def _two_pictures() -> Story:
    scenes = _clear_scenes(30_000, 2)
    for first, second in zip(scenes, scenes, strict=False):
        one, two = _single(first), _single(second, tinted=True)
        others = [thing.noun for thing in _single(second) if two and thing.noun != two[0].noun]
        if one and others and not set(first.nouns()) & set(second.nouns()):
            answer = (
                f"In picture 1 there is {article(one[0].noun)}. "
                f"In picture 2 there is {article(f'{two[0].colour} {two[0].noun}')}. "
                f"There is no {others[0]} in picture 2. Everything looks cheerful."
            )
            truth = f"{article(others[0])} is in picture 2; and no check can tell a mood"
            return Story(
                name="two pictures",
                question="What do the pictures show?",
                answer=answer,
                truth=truth,
                scenes=(first, second),
            )
    raise AssertionError("unreachable: there are endless scenes")


def _wrong_action() -> Story:
    for scene in _clear_scenes(2_000, 2, lively=True):
        person = next((thing for thing in _single(scene) if thing.noun == "person" and thing.action in ACTIONS), None)
        others = [thing.noun for thing in _single(scene) if thing.noun != "person"]
        if person is None or not others or scene.place not in _GROUNDS or scene.unclaimed:
            continue
        done, wrong = person.action or "", _another_action(scene, person)
        answer = f"{PLACES[scene.place][0]} A person is {wrong}. There is {article(others[0])}."
        truth = f"the person is {ACTIONS[done].phrases[0]}, not {wrong}"
        return Story(
            name="one wrong action",
            question="What happens in the picture?",
            answer=answer,
            truth=truth,
            scenes=(scene,),
        )
    raise AssertionError("unreachable: there are endless scenes")


# -- scenes and words ---------------------------------------------------------------------------------------------

_WORDING = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}
_PAIRS = ("skis", "scissors")


def _clear_scenes(offset: int, least: int, *, lively: bool = False) -> Iterator[Scene]:
    """Yield scenes without end: few objects, all large and separate, without written words."""
    for seed in count(_FIRST + offset):
        scene = draw_scene(seed, objects=(least, 4), size=448, lively=lively)
        large = all(min(_width(thing), _height(thing)) >= _SMALLEST for thing in scene.objects)
        apart = not any(_overlap(one, two) for one, two in combinations(scene.objects, 2))
        if large and apart and not scene.words and len(scene.objects) >= least:
            yield scene


def _single(scene: Scene, *, tinted: bool = False) -> list[SceneObject]:
    """Return the objects whose noun occurs once and takes an article; with `tinted`, only those with a colour."""
    return [
        thing
        for thing in scene.objects
        if scene.count(thing.noun) == 1
        and thing.noun not in _PAIRS
        and (not tinted or (thing.colour is not None and thing.noun != thing.colour))
    ]


def _another_colour(scene: Scene, thing: SceneObject) -> str:
    rng = np.random.default_rng(scene.seed)
    return str(rng.choice([colour for colour in COLOURS if colour != thing.colour]))


def _another_action(scene: Scene, person: SceneObject) -> str:
    """Return in words what the person does not do, of the actions that need no thing."""
    plain = [action.phrases[0] for name, action in ACTIONS.items() if name != person.action and action.shows is None]
    rng = np.random.default_rng(scene.seed)
    return str(rng.choice([phrase for phrase in plain if " " not in phrase]))


def _absent(scene: Scene) -> str:
    rng = np.random.default_rng(scene.seed)
    return str(rng.choice([noun for noun in NOUNS if noun not in scene.nouns() and noun not in _PAIRS]))


def listed(scene: Scene) -> str:
    """Return what a scene shows: "a cup, a clock and two zebras"."""
    words = english()
    parts = []
    for noun in scene.nouns():
        number = scene.count(noun)
        parts.append(article(noun) if number == 1 else f"{words.number_word(number)} {words.plural(noun)}")
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _width(thing: SceneObject) -> int:
    return thing.box[2] - thing.box[0]


def _height(thing: SceneObject) -> int:
    return thing.box[3] - thing.box[1]


def _overlap(one: SceneObject, two: SceneObject) -> bool:
    (left, top, right, bottom), other = one.box, two.box
    return left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
