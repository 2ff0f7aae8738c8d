"""Teach a vision tower what lies under each of its patches, before a language model learns to say it.

A step over patches costs a tenth of one over conversations, and a language model can only name what its tower tells apart.
The tower starts as that of an exported encoder or LLaVA, for larger pictures and optionally with further layers. A linear
reading of each patch is asked for noun and colour, and for action, pattern and state where the picture tells them.

    python -m training.naming --data data/llava --run data/runs/naming --layers 7 --anneal 25 [--threads 1]

Run it again to resume. It writes ``tower.safetensors`` into the run's folder, for ``training.llava --tower``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn
from transformers import CLIPVisionModel

from llamaindex_clipverify.models.registry import tiny_folder
from training import checkpoints
from training.conversations import ANSWERS, Shelf, patch_truth, pixel_values
from training.llava_model import save_tower, tower_of
from training.optimizers import half_precision, make_optimizers, rate
from training.pictures import varied

SIZES = {name: len(answers) + (name == "noun") for name, answers in ANSWERS.items()}
"""What is read at every patch, and how many answers there are; noun 0 is the background."""
WEIGHTS = {"noun": 1.0, "colour": 0.4, "action": 0.3, "pattern": 0.2, "state": 0.2}
PICTURES = 32
"""Pictures of a batch."""
MARGIN = 0.35
"""How far outside a thing's box, in patches, the middle of a patch may lie that shows it."""


@dataclass(frozen=True)
class Batch:
    """Pictures and the truth of every patch."""

    pixels: torch.Tensor
    """``(batch, 3, side, side)``, -1 to 1."""
    truth: dict[str, torch.Tensor]
    """Number of the answer by name of `SIZES`, ``(batch, patches)``; -100 where none is known."""

    @classmethod
    def draw(cls, shelf: Shelf, pixels: torch.Tensor, rng: np.random.Generator, number: int = PICTURES) -> Batch:
        """Return random scenes of a shelf, half of them mirrored, most of them in another light.

        Args:
            shelf: The scenes.
            pixels: The bytes of all of them.
            rng: Random generator.
            number: Pictures of the batch.
        """
        picked = [shelf.pick(rng) for _ in range(number)]
        rows, mirrored = (torch.tensor([getattr(one, name) for one in picked]) for name in ("row", "mirrored"))
        told = patch_truth([one.scene for one in picked], margin=MARGIN)
        truth = {name: torch.from_numpy(np.where(values < 0, -100, values)) for name, values in told.items()}
        truth["noun"] = torch.from_numpy(told["noun"] + 1)
        return cls(varied(pixel_values(pixels, rows, mirrored), rng), truth)


class Reader(nn.Module):
    """A tower with a linear reading of its last layer's patches."""

    def __init__(self, tower: CLIPVisionModel) -> None:
        """Put readings on a tower."""
        super().__init__()
        width = tower.config.hidden_size
        self.tower, self.norm = tower, nn.LayerNorm(width)
        self.readings = nn.ModuleDict({name: nn.Linear(width, size) for name, size in SIZES.items()})

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the logits of every patch, ``(batch, patches, answers)`` by name."""
        return self.read(self.tower(pixel_values=pixels).last_hidden_state[:, 1:])

    def read(self, patches: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the logits of what the tower made of every patch, ``(batch, patches, width)``."""
        patches = self.norm(patches)
        return {name: reading(patches) for name, reading in self.readings.items()}


def loss_of(said: dict[str, torch.Tensor], truth: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """Return the weighted cross-entropy of all readings, and the share of things' patches whose answer is right, by name."""
    total, right = torch.zeros(()), {}
    for name, logits in said.items():
        wanted = truth[name].to(logits.device)
        known = wanted != -100
        if not known.any():
            continue
        logits, wanted = logits[known].float(), wanted[known]
        total = total.to(logits.device) + WEIGHTS[name] * functional.cross_entropy(logits, wanted)
        things = wanted > 0 if name == "noun" else torch.ones_like(wanted, dtype=torch.bool)
        if things.any():
            right[name] = float((logits.argmax(-1) == wanted)[things].float().mean())
    return total, right


def train(reader: Reader, shelf: Shelf, arguments: argparse.Namespace) -> None:
    """Train until the last step or until the rate has ended."""
    checkpoint, started, step, before = arguments.run / "last.pt", time.time(), 0, 0.0
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reader.to(device).train()
    optimizers = make_optimizers(list(reader.named_parameters()), arguments.rate)
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        reader.load_state_dict(state["reader"])
        step, before = state["step"], state["seconds"]
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
    pixels = torch.from_numpy(shelf.pixels())
    sums: dict[str, list[float]] = {}

    def spent() -> float:
        return before + time.time() - started

    def save() -> None:
        states = [optimizer.state_dict() for optimizer in optimizers]
        kept = {"reader": reader.state_dict(), "step": step, "seconds": spent(), "optimizers": states}
        checkpoints.write(checkpoint, kept)

    while True:
        done = max(step / arguments.steps, spent() / (60 * arguments.anneal) if arguments.anneal else 0.0)
        if done >= 1:
            break
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate(step, done, arguments.rate)
        batch = Batch.draw(shelf, pixels, np.random.default_rng((arguments.seed, step)))
        with torch.autocast(device.type, torch.bfloat16, enabled=half_precision()):
            loss, right = loss_of(reader(batch.pixels.to(device)), batch.truth)
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        for name, value in {"loss": loss.item(), **right}.items():
            sums.setdefault(name, []).append(value)
        if step % 100 == 0:
            means = " ".join(f"{name} {np.mean(values):.3f}" for name, values in sums.items())
            print(f"step {step} {means} {spent():.0f} s", flush=True)
            sums = {}
        if step % 500 == 0:
            save()
    save()


def main() -> None:
    """Train, and write the tower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of scenes that training.llava drew"
    )
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and the tower")
    parser.add_argument(
        "--from", dest="start", type=Path, default=tiny_folder() / "clip", help="folder of an exported encoder or LLaVA"
    )
    parser.add_argument(
        "--layers", type=int, default=0, help="layers of the tower, where it is to have more than the encoder's"
    )
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--anneal", type=float, help="let the rate end, and the training with it, after so many minutes"
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; all of them when 0")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    arguments.run.mkdir(parents=True, exist_ok=True)
    tower = tower_of(arguments.start, arguments.layers)
    tower.set_attn_implementation("eager" if half_precision() and not torch.cuda.is_available() else "sdpa")
    train(Reader(tower), Shelf(*arguments.data), arguments)
    save_tower(tower, arguments.run / "tower.safetensors")


if __name__ == "__main__":
    main()
