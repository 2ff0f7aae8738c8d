"""Sentences with their label for every picture of a batch.

A sentence is a conjunction of parts *(noun, colour or none, number or none)*, so its truth about any picture follows from the
picture's objects: no sentence of a batch is taken for false of another picture only because it was written for this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.testing import COLOURS, NOUNS
from llamaindex_clipverify.testing import statements as say
from llamaindex_clipverify.testing.themes import companions
from training.pictures import Batch
from training.tellings import UNKNOWN, tellings

_PLURAL = ("{things}", "There are {things} in the picture.", "The picture shows {things}.", "{things} in the picture")
_WHOLE = (
    "{}",
    "a picture of {}",
    "a photo of {}",
    "The picture shows {}.",
    "There is {} in the picture.",
    "{} can be seen here.",
)
_TWO = (
    "{} and {}",
    "{} with {}",
    "{} next to {}",
    "{} is next to {}.",
    "{} beside {}",
    "{} near {}",
    "There is {} and {}.",
)
_SIDES = ("to the left of", "to the right of", "left of", "right of", "on the left of", "on the right of",
          "above", "below", "over", "under")  # fmt: skip


class Part(NamedTuple):
    """What a sentence says of one noun."""

    noun: int
    colour: int = -1
    number: int = 0


@dataclass
class Sentences:
    """Sentences, their truth about each picture of a batch and the weight of each pair."""

    texts: list[str]
    truth: NDArray[np.int8]
    """``(batch, sentences)``: 1, 0 or `UNKNOWN`."""
    weights: NDArray[np.float32]


def short_sentences(batch: Batch, rng: Generator) -> Sentences:
    """Return one claim for every noun, colour and count claims about nouns that are there, and `tellings`."""
    present = np.flatnonzero(batch.counts.sum(axis=0))
    texts, parts = [], []
    for noun in range(len(NOUNS)):
        texts.append(_noun_text(rng, NOUNS[noun]))
        parts.append(Part(noun))
    tinted = np.flatnonzero(batch.coloured.sum(axis=(0, 2)))
    for noun in rng.permutation(tinted)[:10]:
        for colour in range(len(COLOURS)):
            texts.append(
                say.attribute_claim(
                    NOUNS[noun], COLOURS[colour], say.pick(rng, _mixed(rng, say.BARE_COLOUR, say.ATTRIBUTE))
                )
            )
            parts.append(Part(int(noun), colour))
    most = batch.counts.max(axis=0)
    for noun in sorted(rng.permutation(present), key=lambda n: -min(2, int(most[n])))[:10]:
        for number in (1, 2, 3, 4)[: max(2, min(4, int(most[noun]) + 1))]:
            texts.append(_count_text(rng, NOUNS[noun], number))
            parts.append(Part(int(noun), -1, number))
    truth = np.stack([_part_truth(batch, part) for part in parts], axis=1)
    there = np.stack([batch.counts[:, part.noun] > 0 for part in parts], axis=1)
    fine = np.array([part.colour >= 0 or part.number > 0 for part in parts])
    weights = np.where(fine, np.where(there, 1.0, 0.08), 1.0).astype(np.float32)
    more = tellings(batch, rng)
    return Sentences(
        [*texts, *(one.text for one in more)],
        np.concatenate([truth, np.stack([one.truth for one in more], axis=1)], axis=1),
        np.concatenate([weights, np.stack([one.weights for one in more], axis=1)], axis=1),
    )


def long_sentences(batch: Batch, rng: Generator, number: int) -> Sentences:
    """Return captions of some pictures, each followed by one with a part made wrong, and left/right/above/below pairs."""
    texts: list[str] = []
    truths: list[NDArray[np.int8]] = []
    weights: list[NDArray[np.float32]] = []
    for picture in range(len(batch)):
        groups = _groups(batch, picture, rng)
        if not groups or len(texts) >= number:
            continue
        chosen = [groups[int(i)] for i in rng.permutation(len(groups))[: int(rng.integers(1, len(groups) + 1))]]
        for parts in (chosen, _spoilt(chosen, batch, picture, rng)):
            texts.append(_caption(parts, rng))
            truths.append(_truth(batch, parts))
            weight = np.full(len(batch), 0.15, dtype=np.float32)
            weight[picture] = 2.0
            weights.append(weight)
        for text, truth, weight in _sides(batch, picture, rng):
            texts.append(text)
            truths.append(truth)
            weights.append(weight)
    return Sentences(texts, np.stack(truths, axis=1), np.stack(weights, axis=1))


def _mixed(rng: Generator, bare: Sequence[str], full: Sequence[str]) -> Sequence[str]:
    return bare if rng.random() < 0.4 else full


def _noun_text(rng: Generator, noun: str) -> str:
    if rng.random() < 0.08:
        return say.object_claim(noun, say.pick(rng, _PLURAL))
    return say.object_claim(noun, say.pick(rng, _mixed(rng, say.BARE, say.OBJECT)))


def _count_text(rng: Generator, noun: str, number: int) -> str:
    if number > 1 and rng.random() < 0.3:
        return say.count_claim(noun, number, say.pick(rng, say.BARE_COUNT))
    return say.count_text(rng, noun, number)


def _part_truth(batch: Batch, part: Part) -> NDArray[np.int8]:
    count, partial = batch.counts[:, part.noun], batch.partial[:, part.noun]
    of_colour = batch.coloured[:, part.noun]
    if part.colour < 0 and part.number == 0:
        return _known(count > 0, partial & (count == 0))
    if part.colour < 0:
        return _known(count == part.number, partial)
    unclaimable = of_colour.sum(axis=1) < count
    if part.number == 0:
        return _known(of_colour[:, part.colour] > 0, partial | unclaimable)
    mixed = (of_colour[:, part.colour] < count) & (count >= part.number)
    return _known(of_colour[:, part.colour] == part.number, partial | unclaimable | mixed)


def _known(true: NDArray[np.bool_], unknown: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(unknown, UNKNOWN, true).astype(np.int8)


def _truth(batch: Batch, parts: Sequence[Part]) -> NDArray[np.int8]:
    each = np.stack([_part_truth(batch, part) for part in parts])
    return np.where((each == 0).any(axis=0), 0, np.where((each == 1).all(axis=0), 1, UNKNOWN)).astype(np.int8)


def _groups(batch: Batch, picture: int, rng: Generator) -> list[Part]:
    """Return what can be said of each noun of a picture."""
    parts = []
    for noun in np.flatnonzero(batch.counts[picture] * ~batch.partial[picture]):
        count, of_colour = int(batch.counts[picture, noun]), batch.coloured[picture, noun]
        colour = -1
        if of_colour.sum() == count and (count == 1 or of_colour.max() == count) and rng.random() < 0.6:
            colour = int(of_colour.argmax())
        parts.append(Part(int(noun), colour, count if count > 1 else 0))
    return parts


def _spoilt(parts: list[Part], batch: Batch, picture: int, rng: Generator) -> list[Part]:
    """Return the parts with one colour, number or noun made wrong."""
    index = int(rng.integers(len(parts)))
    part = parts[index]
    chance = rng.random()
    if part.colour >= 0 and chance < 0.55:
        others = {int(c) for c in batch.colours[picture] if c >= 0} - {part.colour}
        pool = sorted(others) if others and rng.random() < 0.6 else [c for c in range(len(COLOURS)) if c != part.colour]
        wrong = part._replace(colour=say.pick(rng, pool))
    elif part.number > 1 and chance < 0.7:
        wrong = part._replace(number=part.number + (1 if rng.random() < 0.5 or part.number == 2 else -1))
    else:
        near = [NOUNS.index(noun) for noun in sorted(companions(NOUNS[part.noun]))]
        pool = near if rng.random() < 0.5 else list(range(len(NOUNS)))
        absent = [noun for noun in pool if not (batch.nouns[picture] == noun).any()]
        wrong = part._replace(noun=say.pick(rng, absent or [part.noun]))
    return [*parts[:index], wrong, *parts[index + 1 :]]


def _phrase(part: Part) -> str:
    colour = f"{COLOURS[part.colour]} " if part.colour >= 0 else ""
    noun = NOUNS[part.noun]
    if part.number > 1:
        return f"{english().number_word(part.number)} {colour}{english().plural(noun)}"
    return colour + noun if say.article(noun) == noun else say.article(colour + noun)


def _caption(parts: Sequence[Part], rng: Generator) -> str:
    phrases = [_phrase(part) for part in parts]
    if len(phrases) == 2 and rng.random() < 0.6:
        return say.pick(rng, _TWO).format(*phrases)
    joined = phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} and {phrases[-1]}"
    return say.pick(rng, _WHOLE).format(joined)


def _sides(batch: Batch, picture: int, rng: Generator) -> list[tuple[str, NDArray[np.int8], NDArray[np.float32]]]:
    """Return a true and a swapped sentence about where two single objects of a picture are."""
    slots = [s for s in np.flatnonzero(batch.shown[picture]) if batch.counts[picture, batch.nouns[picture, s]] == 1]
    if len(slots) < 2 or rng.random() < 0.6:
        return []
    a, b = (int(s) for s in rng.permutation(slots)[:2])
    box = batch.boxes[picture]
    away = (box[a, :2] + box[a, 2:] - box[b, :2] - box[b, 2:]) / 2
    axis = int(np.abs(away).argmax())
    if abs(away[axis]) < 0.2:
        return []
    words = _SIDES[:6] if axis == 0 else _SIDES[6:]
    wording = say.pick(rng, words[0 if away[axis] < 0 else 1 :: 2])
    first, second = NOUNS[batch.nouns[picture, a]], NOUNS[batch.nouns[picture, b]]
    both = (batch.counts[:, batch.nouns[picture, a]] > 0) & (batch.counts[:, batch.nouns[picture, b]] > 0)
    maybe = both | batch.partial[:, batch.nouns[picture, a]] | batch.partial[:, batch.nouns[picture, b]]
    found = []
    for subject, other, label in ((first, second, 1), (second, first, 0)):
        truth = np.where(maybe, UNKNOWN, 0).astype(np.int8)
        truth[picture] = label
        weight = np.full(len(batch), 0.03, dtype=np.float32)
        weight[picture] = 1.0
        be = "are" if say.article(subject) == subject else "is"
        found.append((f"The {subject} {be} {wording} the {other}.", truth, weight))
    return found
