"""Scope: the pictures that the models of a profile understand, told from others by plain statistics and the models' own features.

The distribution of one kind of picture (`Gate`) refuses whatever another program draws. A scope is fitted on both sides: pictures
by several makers that the models know, and pictures that they do not, such as photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.domain import statistics_of
from llamaindex_clipverify.evidence.vectors import picture_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array

_STRENGTH = 0.03
"""Inverse regularisation strength of the regression."""
_LEAST = 40
"""Number of pictures that each side needs."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A linear boundary: ``intercept + weights @ (features - mean) / spread`` is at least `limit` on the inner side."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    limit: float
    """Log-odds of belonging from which a picture is admitted."""

    def log_odds(self, features: Array) -> Array:
        """Return the log-odds (N,) that pictures with these features (N, F) belong."""
        rows = (np.asarray(features, np.float64) - np.array(self.mean)) / np.array(self.spread)
        found: Array = self.intercept + rows @ np.array(self.weights)
        return found

    def admits(self, facts: Facts) -> bool:
        """Whether a picture is on the inner side; False when its features were not measured or have another size."""
        features = picture_features(facts)
        if features is None or len(features) != len(self.weights):
            return False
        return float(self.log_odds(features[None])[0]) >= self.limit

    @property
    def is_sound(self) -> bool:
        """Whether all sizes agree and the spreads are positive."""
        return len(self.mean) == len(self.spread) == len(self.weights) > 0 and all(value > 0 for value in self.spread)


def picture_features(facts: Facts) -> Array | None:
    """Return the statistics of a picture, followed by its vector where an encoder has seen it; None without statistics."""
    statistics, vector = statistics_of(facts), picture_vector(facts)
    if statistics is None:
        return None
    return (
        np.asarray(statistics, np.float64)
        if vector is None
        else np.concatenate([statistics, vector]).astype(np.float64)
    )


def fit_scope(inside: Array, outside: Array, groups: Sequence[str], missed: float = 0.002) -> Scope:
    """Fit a scope.

    Args:
        inside: Features (N, F) of pictures that the models understand, by several makers.
        outside: Features (M, F) of others.
        groups: Of each of the others (M,): cuts of one picture belong together.
        missed: Share of the others that may be admitted. The limit is set on others that were left out of the fit in turn.

    Raises:
        DataError: Fewer than 40 pictures on one side.
    """
    from sklearn.linear_model import LogisticRegression

    if min(len(inside), len(outside)) < _LEAST:
        raise DataError(f"a scope needs {_LEAST} pictures on each side", got=f"{len(inside)} and {len(outside)}")
    mean, spread = np.mean(inside, axis=0), np.std(inside, axis=0) + 1e-6

    def fitted(others: Array) -> LogisticRegression:
        rows = (np.concatenate([inside, others]) - mean) / spread
        labels = np.repeat([1, 0], [len(inside), len(others)])
        return LogisticRegression(C=_STRENGTH, max_iter=2000, class_weight="balanced").fit(rows, labels)

    names = np.array(groups)
    parts = np.array_split(np.unique(names), 5)
    left_out = np.concatenate(
        [
            fitted(outside[~np.isin(names, part)]).decision_function((outside[np.isin(names, part)] - mean) / spread)
            for part in parts
        ]
    )
    model = fitted(outside)
    return Scope(
        mean=tuple(map(float, mean)),
        spread=tuple(map(float, spread)),
        weights=tuple(map(float, model.coef_[0])),
        intercept=float(model.intercept_[0]),
        limit=float(max(np.quantile(left_out, 1 - missed), 0.0)),
    )
