"""Fit the weights of `evidence.patterns`: ``python -m training.fit_patterns``; about five minutes on one core.

Things of drawn scenes by all generators and styles that models are trained on (`training.worlds`), seeds above those of the
training sets and below `FRESH`. Their boxes are shifted a little, as a detector's are. Prints the accuracy on generators left out
in turn, with the seeds of the others.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from llamaindex_clipverify import Picture
from llamaindex_clipverify.evidence import patterns
from llamaindex_clipverify.geometry import Array, Box
from training.fit_profile import drawn

_SHIFT = 0.04
"""Standard deviation of the shift of each edge of a box, in shares of its sides."""
_STRENGTH = 0.3
"""Inverse of the ridge penalty."""


def things(number: int) -> tuple[Array, Array, Array]:
    """Return features (N, 34), pattern (N,) and generator (N,) of the things of as many scenes."""
    scenes, names = drawn(number, 0.3)
    random = np.random.default_rng(0)
    rows, told, makers = [], [], []
    for scene, name in zip(scenes, names, strict=True):
        picture = Picture.of(scene.image)
        for one in scene.objects:
            if one.pattern is not None:
                rows.append(patterns.measured(picture, shifted(one.box, random)))
                told.append(one.pattern)
                makers.append(name.partition("-")[0])
        picture.forget()
    return np.array(rows), np.array(told), np.array(makers)


def shifted(box: Box, random: np.random.Generator) -> Box:
    """Return a box whose edges are shifted a little."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    across, down = random.normal(0, _SHIFT, 2) * width, random.normal(0, _SHIFT, 2) * height
    return left + across[0], top + down[0], right + across[1], bottom + down[1]


def fitted(rows: Array, told: Array) -> tuple[LogisticRegression, Array, Array]:
    """Return the regression on standardised features, with their mean and spread (34,)."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    return LogisticRegression(C=_STRENGTH, max_iter=5000).fit((rows - mean) / spread, told), mean, spread


def main() -> None:
    """Draw, measure, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=6000)
    parser.add_argument("--out", type=Path, default=Path(patterns.__file__).with_name(patterns.WEIGHTS))
    options = parser.parse_args()
    rows, told, makers = things(options.scenes)
    for maker in sorted(set(makers)):
        model, mean, spread = fitted(rows[makers != maker], told[makers != maker])
        own = makers == maker
        right = model.score((rows[own] - mean) / spread, told[own])
        print(f"{maker} left out: {int(own.sum())} things, {right:.3f} rightly named", flush=True)
    model, mean, spread = fitted(rows, told)
    data: dict[str, Any] = {
        "data": f"{len(rows):,} things on {options.scenes:,} drawn scenes",
        "names": [str(name) for name in model.classes_], "mean": rounded(mean), "spread": rounded(spread),
        "weights": [rounded(row) for row in model.coef_], "intercepts": rounded(model.intercept_),
    }  # fmt: skip
    options.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def rounded(values: Array) -> list[float]:
    """Return numbers with five significant digits."""
    return [float(f"{value:.5g}") for value in values]


if __name__ == "__main__":
    main()
