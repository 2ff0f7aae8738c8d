"""Train the network of `evidence.patterns`: four convolutions that name the pattern of what a box holds.

It learns from things of drawn scenes by all generators and styles that models are trained on (`training.worlds`), with seeds
below those that profiles are fitted on. Their boxes are shifted a little, as a detector's are. With ``--without`` the things of
one generator are left out, and the share of them that is rightly named is printed.

    python -m training.patterns --data data/patterns.npz --render 40000      # about ten minutes on two cores
    python -m training.patterns --data data/patterns.npz --steps 8000        # about twenty
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from torch import nn

from llamaindex_clipverify import Picture
from llamaindex_clipverify.evidence import patterns
from llamaindex_clipverify.geometry import Array, Box
from training.stylise import some_stylised
from training.worlds import GENERATORS, TRAINED_STYLES

FIRST = 500_000
_SHIFT = 0.04
"""Standard deviation of the shift of each edge of a box, in shares of its sides."""
_STYLISED = 0.15
"""Share of the scenes that are drawn otherwise."""
_BATCH = 128
_RATE = 6e-3
"""Highest learning rate, of AdamW with one cycle (Smith & Topin 2018)."""


def things_of(place: int) -> list[tuple[Array, str, str]]:
    """Return crop (side, side, 3), pattern and generator of each thing of a scene whose pattern is known."""
    makers = list(GENERATORS.items())
    name, draw = makers[place % len(makers)]
    style = TRAINED_STYLES[place // len(makers) % len(TRAINED_STYLES)]
    random = np.random.default_rng((FIRST + place, 1))
    scene = some_stylised(random, draw(FIRST + place, style=style), _STYLISED)
    picture = Picture.of(scene.image)
    return [
        (patterns.cropped(picture, shifted(one.box, random)), one.pattern, name)
        for one in scene.objects
        if one.pattern is not None
    ]


def shifted(box: Box, random: np.random.Generator) -> Box:
    """Return a box whose edges are shifted a little."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    across, down = random.normal(0, _SHIFT, 2) * width, random.normal(0, _SHIFT, 2) * height
    return left + across[0], top + down[0], right + across[1], bottom + down[1]


def render(file: Path, scenes: int) -> None:
    """Draw scenes and keep the crops of their things."""
    with Pool(os.cpu_count()) as pool:
        found = [thing for things in pool.imap(things_of, range(scenes), chunksize=50) for thing in things]
    crops, told, makers = zip(*found, strict=True)
    np.savez(file, crops=np.stack(crops), told=np.array(told), makers=np.array(makers))
    print(f"{len(crops):,} things on {scenes:,} scenes")


class Net(nn.Module):
    """Convolutions with batch normalisation, each but the first followed by the maximum of every four neighbours."""

    def __init__(self, names: int, width: int) -> None:
        """Name one of so many patterns."""
        super().__init__()
        sizes = [(3, width, 5, 2), (width, 2 * width, 3, 1), (2 * width, 2 * width, 3, 1), (2 * width, 2 * width, 3, 1)]
        self.layers = nn.ModuleList(nn.Conv2d(i, o, k, step, k // 2, bias=False) for i, o, k, step in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _, _ in sizes)
        self.last = nn.Linear(2 * width, names)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return log-odds (N, names) of pictures (N, 3, side, side), 0 to 1."""
        for place, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            pixels = functional.relu(norm(layer(pixels)))
            if 0 < place < len(self.layers) - 1:
                pixels = functional.max_pool2d(pixels, 2)
        found: torch.Tensor = self.last(functional.dropout(pixels.mean(dim=(2, 3)), 0.2, self.training))
        return found

    def folded(self) -> dict[str, Array]:
        """Return the weights as `evidence.patterns` reads them: each normalisation within the convolution before it."""
        found = {}
        for place, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            found[f"kernel{place}"] = (layer.weight * scale[:, None, None, None]).detach().numpy()
            found[f"bias{place}"] = (norm.bias - norm.running_mean * scale).detach().numpy()
        found["last"], found["intercepts"] = self.last.weight.detach().numpy(), self.last.bias.detach().numpy()
        return found


def pixels_of(crops: Array) -> torch.Tensor:
    """Return bytes (N, side, side, 3) as a network sees them: (N, 3, side, side), 0 to 1."""
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255


def varied(pixels: torch.Tensor) -> torch.Tensor:
    """Return crops turned, mirrored, cut and in other tones: a pattern stays the same."""
    many = len(pixels)
    if torch.rand(()) < 0.5:
        pixels = pixels.flip(3)
    pixels = pixels.rot90(int(torch.randint(4, ())), (2, 3))[:, torch.randperm(3)]
    inverted = (torch.rand(many, 1, 1, 1) < 0.5).float()
    pixels = inverted + (1 - 2 * inverted) * pixels
    pixels = pixels * (0.6 + 0.8 * torch.rand(many, 1, 1, 1)) + 0.3 * (torch.rand(many, 3, 1, 1) - 0.5)
    angles, sizes = (torch.rand(many) - 0.5) * 0.5, 0.72 + 0.38 * torch.rand(many, 2)
    turn = torch.stack([angles.cos(), -angles.sin(), angles.sin(), angles.cos()], dim=1).reshape(-1, 2, 2)
    places = torch.cat([turn * sizes[:, None], 0.15 * (torch.rand(many, 2, 1) - 0.5)], dim=2)
    grid = functional.affine_grid(places, list(pixels.shape), align_corners=False)
    return functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)


def batches(rows: Array, steps: int) -> Iterator[Array]:
    """Yield the rows of each step's batch."""
    random = np.random.default_rng(0)
    for _ in range(steps):
        yield random.choice(rows, _BATCH)


def train(crops: Array, labels: torch.Tensor, rows: Array, steps: int, names: int, width: int) -> Net:
    """Return a network taught on these rows."""
    model = Net(names, width).train()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.02)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, steps + 1)
    total = 0.0
    for step, chosen in enumerate(batches(rows, steps), 1):
        loss = functional.cross_entropy(model(varied(pixels_of(crops[chosen]))), labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        total += loss.item()
        if step % 500 == 0:
            print(f"step {step}/{steps} loss {total / 500:.3f}", flush=True)
            total = 0.0
    return model.eval()


def main() -> None:
    """Draw, or train and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="file of crops")
    parser.add_argument("--render", type=int, metavar="SCENES", help="draw so many scenes, keep the crops and stop")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--width", type=int, default=24, help="channels of the first convolution")
    parser.add_argument("--without", choices=sorted(GENERATORS), help="leave a generator out, measure it, save nothing")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(patterns.__file__).with_name(patterns.WEIGHTS))
    options = parser.parse_args()
    if options.render:
        render(options.data, options.render)
        return
    torch.manual_seed(0)
    if options.threads:
        torch.set_num_threads(options.threads)
    with np.load(options.data) as data:
        crops, told, makers = data["crops"], data["told"], data["makers"]
    names = sorted(set(told.tolist()))
    labels = torch.tensor([names.index(one) for one in told])
    own = makers == options.without
    model = train(crops, labels, np.flatnonzero(~own), options.steps, len(names), options.width)
    weights = model.folded()
    if options.without:
        guessed = [int(np.argmax(patterns.log_odds(crop, weights))) for crop in crops[own]]
        right = float(np.mean(np.array(guessed) == labels.numpy()[own]))
        print(f"{options.without} left out: {int(own.sum())} things, {right:.3f} rightly named")
        return
    half = {name: value.astype(np.float16) for name, value in weights.items()}
    np.savez_compressed(options.out, names=np.array(names), **half)


if __name__ == "__main__":
    main()
