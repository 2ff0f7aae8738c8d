"""Sentences on actions, patterns, states and places, with their label for every picture of a batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from llamaindex_clipverify.testing import NOUNS
from llamaindex_clipverify.testing import lively as life
from llamaindex_clipverify.testing import statements as say
from llamaindex_clipverify.testing.patterns import PATTERNS
from training.pictures import Batch
from training.render import CONDITIONS, DOINGS, LOOKS, WHERE

UNKNOWN = -1
ELSEWHERE: tuple[str, ...] = (
    "kitchen", "bathroom", "bedroom", "living room", "office", "classroom", "library", "museum", "supermarket", "restaurant",
    "bakery", "hospital", "factory", "garage", "gym", "church", "castle", "airport", "train station", "harbor", "bridge",
    "tunnel", "zoo", "barn", "cave", "waterfall", "stadium", "tennis court", "swimming pool", "stage", "staircase", "balcony",
)  # fmt: skip
"""Places that are never drawn."""
OTHERWISE: tuple[str, ...] = (
    "a rainy day",
    "a stormy day",
    "a foggy day",
    "a windy day",
    "sunrise",
    "autumn",
    "spring",
    "noon",
)
"""Weathers and times that are never drawn."""
_BARE_PLACE = ("a photo of {}", "{}", "a picture of {}", "a photo of a {}")
_BARE_ACTION = ("a person {}", "a photo of a person {}", "a picture of a person {}", "person {}")
_PERSON = NOUNS.index("person")


class Telling(NamedTuple):
    """A sentence, its truth about each picture and the weight of each pair."""

    text: str
    truth: NDArray[np.int8]
    weights: NDArray[np.float32]


def tellings(batch: Batch, rng: Generator) -> list[Telling]:
    """Return sentences on every action and place, and on patterns and states of things that are there."""
    return [*_actions(batch, rng), *_places(batch, rng), *_patterns(batch, rng), *_states(batch, rng)]


def described_truth(batch: Batch, noun: int, name: str, value: int) -> NDArray[np.int8]:
    """Return whether a thing of a noun has a value of ``action``, ``pattern`` or ``state`` in each picture.

    Unknown where one of the noun is cut off or the value of one is not known.
    """
    own = batch.shown & (batch.nouns == noun)
    has = (own & (batch.told[name] == value)).any(axis=1)
    unsure = (own & (batch.told[name] < 0)).any(axis=1) | batch.partial[:, noun]
    return np.where(has, 1, np.where(unsure, UNKNOWN, 0)).astype(np.int8)


def _weights(there: NDArray[np.bool_], there_weight: float) -> NDArray[np.float32]:
    return np.where(there, there_weight, 0.08).astype(np.float32)


def _actions(batch: Batch, rng: Generator) -> list[Telling]:
    there = batch.counts[:, _PERSON] > 0
    if not there.any():
        return []
    found = []
    for action, words in life.ACTIONS.items():
        doing = say.pick(rng, words.phrases)
        bare = rng.random() < 0.5
        text = say.pick(rng, _BARE_ACTION).format(doing) if bare else say.pick(rng, life.ACTION).format(doing=doing)
        truth = described_truth(batch, _PERSON, "action", DOINGS.index(action))
        found.append(Telling(text, truth, _weights(there, 1.5)))
    return found


def _places(batch: Batch, rng: Generator) -> list[Telling]:
    found = []
    for place, sentences in life.PLACES.items():
        phrase = "a snowy day" if place == "snowy" else place
        text = (
            say.pick(rng, _BARE_PLACE).format(phrase).replace("a a ", "a ")
            if rng.random() < 0.6
            else say.pick(rng, sentences)
        )
        truth = np.where(batch.places < 0, UNKNOWN, batch.places == WHERE.index(place)).astype(np.int8)
        found.append(Telling(text, truth, np.ones(len(batch), dtype=np.float32)))
    nowhere = np.where(batch.places < 0, UNKNOWN, 0).astype(np.int8)
    for phrase in (*(say.pick(rng, ELSEWHERE) for _ in range(3)), say.pick(rng, OTHERWISE)):
        text = say.pick(rng, _BARE_PLACE[:3]).format(phrase)
        found.append(Telling(text, nowhere, np.full(len(batch), 0.4, dtype=np.float32)))
    return found


def _patterns(batch: Batch, rng: Generator) -> list[Telling]:
    known = batch.shown & (batch.told["pattern"] >= 0)
    patterned = set(batch.nouns[known & (batch.told["pattern"] < LOOKS.index("plain"))].tolist())
    nouns = sorted(rng.permutation(np.unique(batch.nouns[known])), key=lambda noun: noun not in patterned)
    found = []
    for noun in nouns[:12]:
        for pattern in PATTERNS:
            template = say.pick(rng, life.BARE_OF if rng.random() < 0.5 else life.SAID_OF)
            text = life.described_claim(NOUNS[noun], pattern, template)
            truth = described_truth(batch, int(noun), "pattern", LOOKS.index(pattern))
            found.append(Telling(text, truth, _weights(batch.counts[:, noun] > 0, 4.0)))
    return found


def _states(batch: Batch, rng: Generator) -> list[Telling]:
    found = []
    for noun, states in life.STATES.items():
        number = NOUNS.index(noun)
        there = batch.counts[:, number] > 0
        if not there.any():
            continue
        for state in states:
            text = life.described_claim(
                noun, state, say.pick(rng, life.BARE_OF if rng.random() < 0.5 else life.SAID_OF)
            )
            truth = described_truth(batch, number, "state", CONDITIONS.index(state))
            found.append(Telling(text, truth, _weights(there, 1.5)))
    return found
