"""Does the guarantee hold? ``python benchmarks/guarantee.py``; half an hour on one core.

A fixed pool of more than 100,000 claims about drawn scenes, trusted by the bundled profile, is the whole world: what is wrong
among the claims that two thresholds accept is then known exactly. A thousand times, calibration scenes are drawn from it anew,
one claim each, thresholds are found for alpha, and the true risk over the pool is compared with alpha. It may exceed it in a
share delta of the draws. With a tenth and with half of the claims false, by weighing the pool.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from looking import Looked, kept, looked
from measuring import save

from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.trust.fitting import trust_of
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout
from llamaindex_clipverify.trust.profile import Profile

DELTA = 0.1


class World:
    """The pool as arrays, with a weight on false claims that gives them a wanted share."""

    def __init__(self, rows: Sequence[Looked], wrong: float) -> None:
        kinds = Profile.load("tiny").kinds
        self.trusts = np.array([trust_of(kinds[row.example.kind], row.example) for row in rows])
        self.labels = np.array([row.label for row in rows])
        false = float((self.labels == 0).mean())
        self.weights = np.where(self.labels == 0, wrong / false, (1 - wrong) / (1 - false))
        names = [row.example.group for row in rows]
        starts = np.flatnonzero([place == 0 or names[place] != names[place - 1] for place in range(len(names))])
        self.members = [part[np.argsort(part)] for part in np.split(np.arange(len(names)), starts[1:])]
        self.chances = [self.weights[part] / self.weights[part].sum() for part in self.members]
        self.masses = np.array([self.weights[part].sum() for part in self.members])
        self.masses /= self.masses.sum()

    def draw(self, random: np.random.Generator, scenes: int) -> Array:
        """Return claims, one of each scene drawn: as a random claim of the weighted world, for each scene."""
        chosen = random.choice(len(self.members), size=scenes, p=self.masses)
        return np.array([random.choice(self.members[one], p=self.chances[one]) for one in chosen])

    def risks(self, supported: float | None, contradicted: float | None) -> tuple[float, float, float]:
        """Return the true shares of false ones among supported, of true among contradicted, and of true claims kept."""
        above = np.zeros(len(self.trusts), bool) if supported is None else self.trusts >= supported
        below = np.zeros(len(self.trusts), bool) if contradicted is None else 1 - self.trusts >= contradicted
        kept = (self.weights * (above & (self.labels == 1))).sum() / (self.weights * (self.labels == 1)).sum()
        return self._share(above, self.labels == 0), self._share(below, self.labels == 1), float(kept)

    def _share(self, accepted: Array, wrong: Array) -> float:
        mass = self.weights[accepted].sum()
        return float(self.weights[accepted & wrong].sum() / mass) if mass else 0.0


def measured(world: World, alpha: float, draws: int, scenes: int) -> dict[str, Any]:
    """Return how often the true risk exceeded alpha, and what was kept, over fresh calibration draws."""
    random = np.random.default_rng(int(1000 * alpha))
    rows = []
    for _ in range(draws):
        order, held = world.draw(random, scenes), world.draw(random, scenes)
        names = [str(place) for place in range(scenes)]
        claims = Holdout.of(world.trusts[held], world.labels[held], names, world.trusts[order])
        found = Guarantee.of(claims, alpha, DELTA, "")
        rows.append(world.risks(found.supported.threshold, found.contradicted.threshold))
    table = np.array(rows)
    return {
        "supported_violated": round(float((table[:, 0] > alpha).mean()), 4),
        "contradicted_violated": round(float((table[:, 1] > alpha).mean()), 4),
        "true_kept": round(float(table[:, 2].mean()), 4),
        "supported_risk": round(float(table[:, 0].mean()), 4),
        "contradicted_risk": round(float(table[:, 1].mean()), 4),
    }


def main() -> None:
    """Look, draw, count, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=3800, help="of the pool")
    parser.add_argument("--calibration", type=int, default=400, help="scenes, one claim each, of a calibration draw")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--keep", type=Path, default=Path("data/looks"), help="what the checks saw is kept here")
    options = parser.parse_args()
    start = FRESH + 300_000
    seeds = range(start, start + options.scenes)
    rows = kept(options.keep / f"pool-{options.scenes}.pkl", looked(seeds, draws=4))
    print(f"{len(rows)} claims", flush=True)
    done = {}
    for wrong in (0.1, 0.5):
        world = World(rows, wrong)
        for alpha in (0.05, 0.1, 0.2):
            found = done[f"{wrong:.0%} false, alpha {alpha}"] = measured(
                world, alpha, options.draws, options.calibration
            )
            print(wrong, alpha, found, flush=True)
    data = f"{len(rows)} claims on {options.scenes} drawn scenes; {options.draws} draws of {options.calibration} scenes"
    save("guarantee", {"command": "python benchmarks/guarantee.py", "data": data, "draws": done})


if __name__ == "__main__":
    main()
