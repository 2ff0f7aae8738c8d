"""Batches for the tiny LLaVA: rendered scenes, the tokens of conversations about them, and the object at every patch."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from llamaindex_clipverify.testing import COLOURS, NOUNS, Scene
from training.clip import PATCH
from training.render import CONDITIONS, DOINGS, LOOKS, scene_of
from training.talks import IMAGE, Talk, judge_talk, plain_talk, retrieval_talk

PICTURE, END = "<image>", "</s>"
SIDE = 240
"""Side of the pictures in pixels. At the encoder's 120, a model named 39 % of the things that are 12 to 18 pixels wide there; at
180, half of those below 27."""
GRID = SIDE // PATCH
ANSWERS: dict[str, Sequence[str]] = {
    "noun": NOUNS, "colour": COLOURS, "action": DOINGS, "pattern": LOOKS, "state": CONDITIONS
}  # fmt: skip
"""What can be said of the thing under a patch, and the answers by number."""
SHARES = {"plain": (16,), "retrieval": (12, 7, 5, 4), "judge": (6,)}
"""Talks of each sort in a batch of size one; of the retrieval's, by the number of pictures."""


@dataclass(frozen=True)
class Sized:
    """Stands for a scene's picture where only its size is asked for."""

    size: tuple[int, int]


def _drawn(only: str | None, style: str | None, seed: int) -> tuple[np.ndarray, Scene]:
    scene = scene_of(seed, only, style)
    pixels = np.asarray(scene.image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return pixels, replace(scene, image=Sized(scene.image.size))  # type: ignore[arg-type]


def render(folder: Path, seeds: range, only: str | None = None, style: str | None = None) -> None:
    """Draw training scenes once, with all generators in all styles that are trained on, or with one generator or style alone."""
    folder.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(os.cpu_count()) as pool:
        drawn = pool.map(partial(_drawn, only, style), seeds, chunksize=100)
    np.save(folder / "pixels.npy", np.stack([pixels for pixels, _ in drawn]))
    (folder / "scenes.pickle").write_bytes(pickle.dumps([scene for _, scene in drawn]))


@dataclass(frozen=True)
class Picked:
    """A rendered scene: its row among the pixels, whether it is mirrored, and its truth."""

    row: int
    mirrored: bool
    scene: Scene


class Shelf:
    """The rendered scenes, each also as its mirror image."""

    def __init__(self, *folders: Path) -> None:
        """Open one or several folders that `render` wrote."""
        self.folders = folders
        self.scenes: list[Scene] = []
        for folder in folders:
            self.scenes += pickle.loads((folder / "scenes.pickle").read_bytes())

    def pixels(self) -> np.ndarray:
        """Return the pixels of all scenes, ``(scenes, side, side, 3)`` bytes; those of a single folder are not yet in memory."""
        parts = [np.load(folder / "pixels.npy", mmap_mode="c") for folder in self.folders]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def pick(self, rng: Generator) -> Picked:
        """Return a random scene; half of those without writing are mirrored."""
        row = int(rng.integers(len(self.scenes)))
        scene = self.scenes[row]
        if rng.random() < 0.5 or scene.words:
            return Picked(row, False, scene)
        width = scene.image.size[0]
        things = tuple(replace(t, box=(width - t.box[2], t.box[1], width - t.box[0], t.box[3])) for t in scene.objects)
        return Picked(row, True, replace(scene, objects=things))


def pixel_values(shelf: torch.Tensor, rows: torch.Tensor, mirrored: torch.Tensor) -> torch.Tensor:
    """Return pictures, ``(rows, 3, side, side)``, -1 to 1.

    Args:
        shelf: The bytes of all scenes.
        rows: Which of them.
        mirrored: Whether each is mirrored.
    """
    shown = shelf[rows]
    shown = torch.where(mirrored[:, None, None, None], shown.flip(2), shown)
    return shown.permute(0, 3, 1, 2).float() / 127.5 - 1


@dataclass(frozen=True)
class Batch:
    """Tokens, padded on the right, what is to be said, and which pictures are shown."""

    ids: torch.Tensor
    labels: torch.Tensor
    named: torch.Tensor
    """At the place after each patch, the first token of its noun; -100 elsewhere."""
    mask: torch.Tensor
    rows: torch.Tensor
    mirrored: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(**{name: value.to(device, non_blocking=True) for name, value in vars(self).items()})

    def pixel_values(self, shelf: torch.Tensor) -> torch.Tensor:
        """Return the pictures of this batch, -1 to 1, from the bytes of all scenes on the same device."""
        return pixel_values(shelf, self.rows, self.mirrored)


class Conversations(Dataset[list[Batch]]):
    """The batches of every step, drawn from the seed and the step alone: plain talks, the retrieval's and the judge's."""

    def __init__(
        self, shelf: Shelf, tokenizer: PreTrainedTokenizerFast, seed: int, size: int, mix: Sequence[float] = (1, 1, 1)
    ) -> None:
        """Draw from a shelf; `mix` multiplies the `SHARES` of plain talks, the retrieval's and the judge's."""
        self.shelf, self.tokenizer, self.seed = shelf, tokenizer, seed
        self.sizes = dict(zip(SHARES, (size * factor for factor in mix), strict=True))
        self.picture = tokenizer.convert_tokens_to_ids(PICTURE)
        self.first = np.array([self._ids(f" {noun}")[0] for noun in NOUNS])
        self.after = self._ids("\n")

    def __getitem__(self, step: int) -> list[Batch]:
        """Return the batches of a step, one of each sort."""
        rng = np.random.default_rng((self.seed, step))
        pictures = int(rng.choice(4, p=[0.4, 0.24, 0.2, 0.16])) + 1
        shown = {"plain": 1, "retrieval": pictures, "judge": 1}
        return [
            self._batch([self._talk(rng, shown[sort], sort) for _ in range(self._number(sort, share[shown[sort] - 1]))])
            for sort, share in SHARES.items()
        ]

    def _number(self, sort: str, share: int) -> int:
        return max(1, round(share * self.sizes[sort]))

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids

    def _talk(self, rng: Generator, pictures: int, sort: str) -> tuple[Talk, list[Picked]]:
        picked = [self.shelf.pick(rng) for _ in range(pictures)]
        scenes = [one.scene for one in picked]
        if sort == "retrieval":
            return retrieval_talk(scenes, rng), picked
        return (plain_talk if sort == "plain" else judge_talk)(scenes[0], rng), picked

    def _batch(self, talks: list[tuple[Talk, list[Picked]]]) -> Batch:
        tokenised = [self._tokens(talk) for talk, _ in talks]
        shape = len(tokenised), max(len(ids) for ids, _ in tokenised)
        ids, labels = np.full(shape, self.tokenizer.pad_token_id), np.full(shape, -100)
        mask, named = np.zeros(shape, dtype=np.int64), np.full(shape, -100)
        for row, (tokens, said) in enumerate(tokenised):
            end = len(tokens)
            ids[row, :end], labels[row, :end], mask[row, :end] = tokens, said, 1
            named[row, 1:end] = self._named(talks[row][0].scenes, np.array(tokens))[:-1]
        picked = [one for _, shown in talks for one in shown]
        arrays = (ids, labels, named, mask, np.array([p.row for p in picked]), np.array([p.mirrored for p in picked]))
        return Batch(*(torch.from_numpy(array) for array in arrays))

    def _named(self, scenes: Sequence[Scene], tokens: np.ndarray) -> np.ndarray:
        """Return the first token of the noun under every patch of the pictures, -100 elsewhere."""
        nouns = patch_truth(scenes)["noun"].ravel()
        found = np.full(len(tokens), -100)
        found[tokens == self.picture] = np.where(nouns >= 0, self.first[nouns], -100)
        return found

    def _tokens(self, talk: Talk) -> tuple[list[int], list[int]]:
        ids: list[int] = []
        labels: list[int] = []
        for parts, answer in talk.turns:
            text = "\n".join(PICTURE if part is IMAGE else part for part in parts)
            asked = [
                token
                for one in self._ids(f"USER: {text}\nASSISTANT:")
                for token in ([one] * GRID**2 if one == self.picture else [one])
            ]
            said = self._ids(f" {answer}{END}")
            ids += [*asked, *said, *self.after]
            labels += [*([-100] * len(asked)), *said, *([-100] * len(self.after))]
        return ids, labels


def patch_truth(scenes: Sequence[Scene], grid: int = GRID, margin: float = 0.0) -> dict[str, Any]:
    """Return the numbers of `ANSWERS` under every patch of every scene, each ``(scenes, patches)``, -1 where there is none.

    Where things overlap, the one drawn last counts.

    Args:
        scenes: Scenes.
        grid: Patches of a side.
        margin: How far outside a box, in patches, the middle of a patch may lie.
    """
    under = np.full((len(scenes), grid, grid), -1)
    cells = np.arange(grid) + 0.5
    things = [thing for scene in scenes for thing in scene.objects]
    number = 0
    for row, scene in enumerate(scenes):
        across, down = (grid / side for side in scene.image.size)
        for thing in scene.objects:
            x0, y0, x1, y1 = thing.box
            inside = np.ix_(
                (cells >= y0 * down - margin) & (cells <= y1 * down + margin),
                (cells >= x0 * across - margin) & (cells <= x1 * across + margin),
            )
            under[row][inside] = number
            number += 1
    found = {}
    for name, answers in ANSWERS.items():
        told = [getattr(thing, name) for thing in things]
        values = np.array([-1 if value is None else answers.index(value) for value in told] + [-1])
        found[name] = values[under].reshape(len(scenes), -1)
    return found
