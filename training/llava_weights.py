"""Sums of exported weights of the tiny LLaVA: the mean of two, or a tower that follows a new encoder.

    python -m training.llava_weights mean  ONE OTHER --share .75 --out FOLDER
    python -m training.llava_weights tower LLAVA --before CLIP --after CLIP --share .5 --out FOLDER

``mean`` writes ``share * ONE + (1 - share) * OTHER`` (Wortsman et al. 2022, arXiv 2203.05482). ``tower`` adds a share of the
difference between two encoders to the LLaVA's tower, which began as the first of them (task arithmetic; Ilharco et al. 2023,
arXiv 2212.04089).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

FILE = "model.safetensors"
_TOWER = "vision_tower."

Weights = dict[str, torch.Tensor]


def mean(one: Weights, other: Weights, share: float) -> Weights:
    """Return ``share * one + (1 - share) * other``, floats in half precision and other numbers as in `one`.

    Raises:
        ValueError: They are not of one architecture.
    """
    if one.keys() != other.keys():
        raise ValueError("the models have different parts")
    return {
        name: torch.lerp(other[name].float(), value.float(), share).half() if value.is_floating_point() else value
        for name, value in one.items()
    }


def moved(llava: Weights, before: Weights, after: Weights, share: float) -> Weights:
    """Return a LLaVA whose tower has a share of the difference between two encoders added, in half precision.

    Raises:
        ValueError: A part of the tower is not one of the encoder.
    """
    found = dict(llava)
    for name, value in llava.items():
        if _TOWER not in name:
            continue
        part = name.split(_TOWER)[1]
        part = part if part in after else f"vision_model.{part}"
        if part not in after or part not in before:
            raise ValueError(f"{name} is no part of the encoder")
        found[name] = (value.float() + share * (after[part].float() - before[part].float())).half()
    return found


def main() -> None:
    """Read, add up, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    two, tower = commands.add_parser("mean"), commands.add_parser("tower")
    two.add_argument("one", type=Path)
    two.add_argument("other", type=Path)
    tower.add_argument("one", type=Path, metavar="llava")
    tower.add_argument("--before", type=Path, required=True, help="the encoder that the tower began as")
    tower.add_argument("--after", type=Path, required=True, help="the present encoder")
    for command in (two, tower):
        command.add_argument("--share", type=float, required=True, help="0 to 1")
        command.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    weights = load_file(given.one / FILE)
    if given.command == "mean":
        summed = mean(weights, load_file(given.other / FILE), given.share)
    else:
        summed = moved(weights, load_file(given.before / FILE), load_file(given.after / FILE), given.share)
    shutil.copytree(given.one, given.out, dirs_exist_ok=True)
    save_file(summed, given.out / FILE, metadata={"format": "pt"})
    print(f"wrote {sum(value.numel() for value in summed.values()):,} numbers to {given.out}")


if __name__ == "__main__":
    main()
