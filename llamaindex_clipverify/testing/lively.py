"""What people do, where a scene is, and patterns and states of things: the words, and true and false sentences with them.

Every sentence is read by `EnglishSplitter` as a claim of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from numpy.random import Generator

from llamaindex_clipverify.testing.patterns import PATTERNS

if TYPE_CHECKING:
    from llamaindex_clipverify.testing.scenes import Scene

Row = dict[str, str | int]
_T = TypeVar("_T")


class Action(NamedTuple):
    """How an action is said, and what the art shows beside the person."""

    phrases: tuple[str, ...]
    """Gerunds with what belongs to them: ``riding a bicycle``."""
    shows: str | None = None
    """A noun that the art shows as part of the person: neither claimed nor denied."""


ACTIONS: dict[str, Action] = {
    "walk": Action(("walking",)),
    "run": Action(("running",)),
    "cycle": Action(("cycling", "riding a bicycle"), "bicycle"),
    "swim": Action(("swimming",)),
    "row": Action(("rowing", "rowing a boat"), "boat"),
    "surf": Action(("surfing",)),
    "ski": Action(("skiing",), "skis"),
    "snowboard": Action(("snowboarding",)),
    "climb": Action(("climbing",)),
    "ride": Action(("riding a horse",), "horse"),
    "lift": Action(("lifting weights",)),
    "dance": Action(("dancing",)),
    "juggle": Action(("juggling",)),
    "sleep": Action(("sleeping",), "bed"),
    "golf": Action(("golfing",)),
    "meditate": Action(("meditating",)),
}
"""Base form of the verb to how it is said; a person may also ``stand``, of which nothing is said."""

STATES: dict[str, tuple[str, str]] = {"book": ("open", "closed"), "umbrella": ("open", "closed")}
"""Nouns that are drawn in two states."""

PLACES: dict[str, tuple[str, ...]] = {
    "beach": ("The picture was taken on a beach.", "The picture shows a beach.", "The scene is a beach."),
    "city": ("The picture was taken in a city.", "The picture shows a city.", "The scene is set in a city."),
    "desert": ("The picture was taken in a desert.", "The picture shows a desert.", "The scene is set in a desert."),
    "forest": (
        "The picture was taken in a forest.",
        "The picture shows a forest.",
        "The scene takes place in a forest.",
    ),
    "field": ("The picture was taken in a field.", "The picture shows a field.", "The scene is set in a field."),
    "road": ("The picture was taken on a road.", "The picture shows a road.", "The scene is a road."),
    "night": ("The picture was taken at night.", "This is a night scene.", "The scene is set at night."),
    "snowy": ("It is snowing.", "It is a snowy day.", "The scene is a snowy day."),
}
"""Value of a scene to its sentences; *night* is a time and *snowy* a weather."""

ACTION = (
    "The person is {doing}.", "A person is {doing}.", "There is a person who is {doing}.",
    "The picture shows a person who is {doing}.", "There is a person {doing} in the picture.",
    "A person is {doing} in the picture.",
)  # fmt: skip
SAID_OF = ("The {noun} {be} {word}.", "There {be} {a_word} {noun}.", "There {be} {a_word} {noun} in the picture.",
           "The {noun} in the picture {be} {word}.")  # fmt: skip
BARE_OF = ("{a_word} {noun}", "a photo of {a_word} {noun}", "a picture of {a_word} {noun}")


def action_claim(action: str, template: str, rng: Generator) -> str:
    """Fill a template of `ACTION` in one of the wordings of an action."""
    return template.format(doing=_pick(rng, ACTIONS[action].phrases))


def described_claim(noun: str, word: str, template: str) -> str:
    """Fill a template of `SAID_OF` or `BARE_OF` with a pattern or a state."""
    several = noun in ("skis", "scissors")
    a_word = word if several else f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
    return template.format(noun=noun, word=word, a_word=a_word, be="are" if several else "is")


def rows(scene: Scene, rng: Generator) -> list[Row]:
    """Return as many true as false claims of each kind that the scene has anything of."""
    return [*_actions(scene, rng), *_patterns(scene, rng), *_states(scene, rng), *_places(scene, rng)]


def _pick(rng: Generator, choices: Sequence[_T]) -> _T:
    return choices[int(rng.integers(len(choices)))]


def _pair(kind: str, true: str, false: str) -> list[Row]:
    return [{"claim": true, "label": 1, "kind": kind}, {"claim": false, "label": 0, "kind": kind}]


def _actions(scene: Scene, rng: Generator) -> list[Row]:
    people = [thing.action for thing in scene.objects if thing.noun == "person"]
    seen = sorted({action for action in people if action in ACTIONS})
    if not seen or None in people or "person" in scene.unclaimed:
        return []
    true, false = _pick(rng, seen), _pick(rng, [action for action in ACTIONS if action not in seen])
    return _pair("action", *(action_claim(action, _pick(rng, ACTION), rng) for action in (true, false)))


def _patterns(scene: Scene, rng: Generator) -> list[Row]:
    found: list[Row] = []
    for noun in scene.nouns():
        own = {thing.pattern for thing in scene.objects if thing.noun == noun}
        shown = sorted(pattern for pattern in own if pattern in PATTERNS)
        if shown and None not in own and noun not in scene.unclaimed and len(own) < len(PATTERNS):
            false = _pick(rng, [pattern for pattern in PATTERNS if pattern not in own])
            words = (_pick(rng, shown), false)
            found += _pair("pattern", *(described_claim(noun, word, _pick(rng, SAID_OF)) for word in words))
    return found[:4]


def _states(scene: Scene, rng: Generator) -> list[Row]:
    found: list[Row] = []
    for noun, both in STATES.items():
        own = {thing.state for thing in scene.objects if thing.noun == noun}
        if len(own) == 1 and None not in own and noun not in scene.unclaimed:
            words = sorted(both, key=lambda word: word not in own)
            found += _pair("state", *(described_claim(noun, word, _pick(rng, SAID_OF)) for word in words))
    return found


def _places(scene: Scene, rng: Generator) -> list[Row]:
    if scene.place not in PLACES:
        return []
    false = _pick(rng, [place for place in PLACES if place != scene.place])
    return _pair("scene", _pick(rng, PLACES[scene.place]), _pick(rng, PLACES[false]))
