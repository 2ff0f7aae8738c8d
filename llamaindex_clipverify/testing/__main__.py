"""Write drawn scenes and their claims as a test set.

    python -m llamaindex_clipverify.testing --scenes 100 --seed 1000000 --out DIR

Writes pictures and ``claims.jsonl`` (one evaluation row a line). Without ``--style`` both styles alternate. Seeds from 1,000,000
on are fresh: the bundled models were not trained on them.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.testing.art import STYLES
from llamaindex_clipverify.testing.scenes import FRESH, draw_scene
from llamaindex_clipverify.testing.statements import KINDS

Row = dict[str, Any]


def write_scenes(out: Path, seeds: Iterable[int], style: str | None = None, jpeg: bool = False) -> list[Row]:
    """Draw scenes, save their pictures and return the rows of their claims.

    Args:
        out: Output folder; created if missing.
        seeds: One scene each.
        style: One of `STYLES`. Default: both alternate.
        jpeg: Save as JPEG of quality 95 instead of PNG.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for index, seed in enumerate(seeds):
        scene = draw_scene(seed, style=style or STYLES[index % len(STYLES)])
        name = f"scene-{seed}.{'jpg' if jpeg else 'png'}"
        scene.image.save(out / name, quality=95)
        rows += [{"images": [name], **claim, "group": f"scene-{seed}"} for claim in scene.claims(seed)]
    return rows


def balanced(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    """Return a random part of the rows with equally many of every kind and, within a kind, of true and false ones."""
    piles: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        piles[row["kind"], row["label"]].append(row)
    number = min(len(piles[kind, label]) for kind in KINDS for label in (0, 1))
    rng = np.random.default_rng(seed)
    chosen = {id(piles[key][int(i)]) for key in sorted(piles) for i in rng.permutation(len(piles[key]))[:number]}
    return [row for row in rows if id(row) in chosen]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m llamaindex_clipverify.testing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenes", type=int, required=True, help="how many scenes")
    parser.add_argument("--seed", type=int, default=FRESH, help="seed of the first scene (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--style", choices=STYLES, help="only this style")
    parser.add_argument("--balanced", action="store_true", help="equally many claims of every kind")
    parser.add_argument("--jpeg", action="store_true", help="JPEG of quality 95 instead of PNG")
    options = parser.parse_args(arguments)
    rows = write_scenes(options.out, range(options.seed, options.seed + options.scenes), options.style, options.jpeg)
    if options.balanced:
        rows = balanced(rows, options.seed)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (options.out / "claims.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
