"""Functions of probabilities, for single numbers and small arrays, in the place of scipy's.

SciPy is the better library for large arrays. Here it would make answers 2.5 times slower and the first count claim wait two
seconds for the import of `scipy.stats`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from llamaindex_clipverify.geometry import Array


def expit(log_odds: float) -> float:
    """Return the probability 0–1 of log-odds: 1 / (1 + exp(−x)), without overflow."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)


def logit(probability: float) -> float:
    """Return the log-odds of a probability above 0 and below 1."""
    return math.log(probability / (1 - probability))


def interpolated(value: float, curve: Sequence[tuple[float, float]]) -> float:
    """Return the height of a piecewise linear curve; beyond its ends it goes on with slope 1.

    Args:
        value: Where.
        curve: Its corners (across, up), both rising, at least one.
    """
    across = [corner[0] for corner in curve]
    after = bisect_right(across, value)
    if after == 0 or after == len(curve):
        x, y = curve[max(after - 1, 0)]
        return y + value - x
    (left, low), (right, high) = curve[after - 1], curve[after]
    return low + (high - low) * (value - left) / (right - left)


def log_mean_exp(table: Array, top: Array | None = None) -> Array:
    """Return log(mean(exp(table))) over the first axis of an array (N, …), N ≥ 1, without overflow.

    Args:
        table: The array.
        top: Its maximum over the first axis, where that is known.
    """
    top = np.maximum.reduce(table, axis=0) if top is None else top
    mean: Array = top + np.log(np.add.reduce(np.exp(table - top), axis=0) / len(table))
    return mean


def poisson_binomial(number: int, probabilities: Sequence[float]) -> float:
    """Return the probability that exactly `number` of independent events happen, by adding one event at a time."""
    counts = [1.0]
    for probability in probabilities:
        counts = [
            stay * (1 - probability) + up * probability for stay, up in zip([*counts, 0.0], [0.0, *counts], strict=True)
        ]
    return counts[number] if 0 <= number < len(counts) else 0.0
