"""Figures of merit on labelled claims, weighted, so that a bootstrap by group needs one pass per sample.

Our own AUROC and average precision instead of scikit-learn's: a thousand bootstrap samples call them a thousand times, and theirs
validate their input each time and raise where a class is missing (``python benchmarks/metrics.py`` prints the ratio).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from llamaindex_clipverify.geometry import Array

Metric = Callable[[Array, Array, Array], float]
"""Takes scores (N,), labels 0/1 (N,) and weights ≥ 0 (N,)."""


def auroc(scores: Array, labels: Array, weights: Array | None = None) -> float:
    """Return the area under the ROC curve: the chance that a true claim scores above a false one, ties count half.

    NaN when one of the two classes is empty.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    starts = (
        np.flatnonzero(np.r_[True, np.diff(np.asarray(scores, np.float64)[order]) != 0])
        if len(order)
        else np.array([], int)
    )
    if not len(starts):
        return float("nan")
    true = np.add.reduceat((weights * labels)[order], starts)
    false = np.add.reduceat((weights * (1 - labels))[order], starts)
    total = true.sum() * false.sum()
    below = np.cumsum(false) - false
    return float((true * (below + false / 2)).sum() / total) if total else float("nan")


def average_precision(scores: Array, labels: Array, weights: Array | None = None) -> float:
    """Return the area under the precision-recall curve as a step function; tied scores are one step."""
    weights = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    if not len(order):
        return float("nan")
    ends = np.r_[np.flatnonzero(np.diff(np.asarray(scores, np.float64)[order]) != 0), len(order) - 1]
    true = np.cumsum((weights * labels)[order])[ends]
    every = np.cumsum(weights[order])[ends]
    steps = np.diff(np.r_[0.0, true])
    precision = np.divide(true, every, out=np.zeros_like(true), where=every > 0)
    return float((steps * precision).sum() / true[-1]) if true[-1] else float("nan")


def accuracy(scores: Array, labels: Array, weights: Array | None = None) -> float:
    """Return the share of claims on the right side of .5."""
    weights = np.ones(len(scores)) if weights is None else weights
    total = weights.sum()
    return float((weights * ((scores >= 0.5) == (labels == 1))).sum() / total) if total else float("nan")


def ece(scores: Array, labels: Array, weights: Array | None = None, bins: int = 15) -> float:
    """Return the expected calibration error over equal-mass bins (Naeini et al., AAAI 2015)."""
    weights = np.ones(len(scores)) if weights is None else weights
    if not len(scores) or not weights.sum():
        return float("nan")
    order = np.argsort(scores, kind="stable")
    gaps = [
        abs((weights[part] * (scores[part] - labels[part])).sum())
        for part in np.array_split(order, min(bins, len(order)))
    ]
    return float(sum(gaps) / weights.sum())


def group_weights(groups: Sequence[str], samples: int, seed: int = 0) -> Array:
    """Return bootstrap weights (samples, rows): whole groups drawn with replacement, because claims of a picture depend."""
    names = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    member = np.array([names[name] for name in groups], int)
    random = np.random.default_rng(seed)
    draws = (
        random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=samples)
        if names
        else np.zeros((samples, 0))
    )
    chosen: Array = draws[:, member].astype(np.float64)
    return chosen


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float] | None:
    """Return the central interval of bootstrap values; None when too few are defined."""
    defined = np.array([value for value in values if not np.isnan(value)])
    if len(defined) < 20:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
