"""Scope: the pictures that the models of a profile understand, told from others by plain statistics and the models' own features.

The distribution of one kind of picture (`Gate`) refuses whatever another program draws. A scope is fitted on both sides: pictures
by several makers that the models know, and pictures that they do not, such as photographs. It is a support vector machine (Cortes
& Vapnik 1995) with a Gaussian kernel, and its limit is set on other pictures that were left out of the fit.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.domain import DOMAIN_FACTS, statistics_of
from llamaindex_clipverify.evidence.sightings import CLEARLY_SEEN, DETECTOR_FACTS
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, picture_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array

_COST = 3.0
"""Penalty of a picture on the wrong side."""
_LEAST = 40
"""Number of pictures that each side needs."""
_PARTS = 5
"""Parts of the other pictures, each of which is left out once to set the limit."""
LOOKED_AT = (DOMAIN_FACTS, PICTURE_FACTS, DETECTOR_FACTS)
"""Checks whose facts tell whether a picture is understood."""
_HIGHEST = 10
"""Number of the detector's highest confidences that are used."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which pictures are understood: those with a score of at least `limit`."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    gamma: float
    """Of the kernel ``exp(-gamma * distance²)`` between standardised features."""
    weights: tuple[float, ...]
    """Of each support vector (S,)."""
    supports: str
    """Standardised support vectors (S, F), float16 in base64."""
    intercept: float
    limit: float
    full: float | None = None
    """Score from which a picture is entirely familiar: the median of inner pictures left out of the fit. None: `limit`."""

    def score(self, features: Array) -> Array:
        """Return the scores (N,) of pictures with these features (N, F): above 0 is more like the inner than the outer side."""
        rows = (np.asarray(features, np.float64) - np.array(self.mean)) / np.array(self.spread)
        distances = (rows**2).sum(axis=1)[:, None] + self._norms - 2 * rows @ self._table.T
        found: Array = np.exp(-self.gamma * np.maximum(distances, 0)) @ np.array(self.weights) + self.intercept
        return found

    def familiarity(self, facts: Facts) -> float:
        """Return how familiar a picture is: 0 up to the limit, 1 from `full`, linear in between.

        It is 0 when its features were not measured or have another size.
        """
        features = picture_features(facts)
        if features is None or len(features) != len(self.mean):
            return 0.0
        above = float(self.score(features[None])[0]) - self.limit
        width = (self.limit if self.full is None else self.full) - self.limit
        return min(max(above / width, 0.0), 1.0) if width > 0 else float(above >= 0)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the table that the text is decoded to."""
        return {name: value for name, value in vars(self).items() if name not in ("_table", "_norms")}

    @cached_property
    def _table(self) -> Array:
        flat = np.frombuffer(base64.b64decode(self.supports, validate=True), "<f2").astype(np.float64)
        table: Array = flat.reshape(len(self.weights), len(self.mean))
        return table

    @cached_property
    def _norms(self) -> Array:
        norms: Array = (self._table**2).sum(axis=1)
        return norms

    @property
    def is_sound(self) -> bool:
        """Whether all sizes agree, and the spreads are positive."""
        try:
            finite = bool(np.isfinite(self._table).all())
        except ValueError:
            return False
        return (
            finite and len(self.mean) == len(self.spread) > 0 < self.gamma and all(value > 0 for value in self.spread)
        )


def models_of(facts: Facts) -> str:
    """Return which models have seen a picture: ``encoder+detector``, ``encoder``, ``detector`` or ""."""
    seen = {"encoder": picture_vector(facts) is not None, "detector": facts.of(DETECTOR_FACTS) is not None}
    return "+".join(model for model, has_seen in seen.items() if has_seen)


def picture_features(facts: Facts) -> Array | None:
    """Return the features of a picture; None without statistics.

    They are its statistics (`evidence.domain`), the encoder's vector, and of the detector the three highest confidences, the mean
    logarithm of the ten highest, the numbers of clear and of faint boxes and the share of clear ones; those of models that have
    seen it.
    """
    statistics, vector, seen = statistics_of(facts), picture_vector(facts), facts.of(DETECTOR_FACTS)
    if statistics is None:
        return None
    parts = [np.asarray(statistics, np.float64)]
    if vector is not None:
        parts.append(np.asarray(vector, np.float64))
    if seen is not None:
        best = np.zeros(_HIGHEST)
        highest = sorted(map(float, seen["maxima"].values()), reverse=True)[:_HIGHEST]
        best[: len(highest)] = highest
        scores = np.asarray(seen["scores"], np.float64)
        clear = float((scores >= CLEARLY_SEEN).sum())
        faint = float(len(scores)) - clear
        parts.append(np.array([*best[:3], np.log(best + 1e-3).mean(), clear, faint, clear / max(len(scores), 1)]))
    return np.concatenate(parts)


def fit_scope(
    inside: Array, outside: Array, groups: Sequence[str], whole: Sequence[bool], missed: float = 0.002
) -> Scope:
    """Fit a scope. A fifth of each side is left out in turn to set its limit and the score of what is entirely familiar.

    Args:
        inside: Features (N, F) of pictures that the models understand, by several makers.
        outside: Features (M, F) of others, and of cuts of them.
        groups: Of each of the others (M,): cuts of one picture belong together.
        whole: Which of the others (M,) are whole pictures; the limit is set on these.
        missed: Share of the others that may be admitted, when left out of the fit.

    Raises:
        DataError: Fewer than 40 pictures on one side.
    """
    from sklearn.svm import SVC

    if min(len(inside), int(np.sum(whole))) < _LEAST:
        got = f"{len(inside)} and {int(np.sum(whole))}"
        raise DataError(f"a scope needs {_LEAST} pictures on each side", got=got)
    both = np.concatenate([inside, outside])
    mean, spread = both.mean(axis=0), both.std(axis=0) + 1e-6
    inner, outer = (inside - mean) / spread, (outside - mean) / spread
    gamma = 1.0 / inner.shape[1]

    def fitted(own: Array, others: Array) -> SVC:
        labels = np.repeat([1, 0], [len(own), len(others)])
        return SVC(C=_COST, gamma=gamma, class_weight="balanced").fit(np.concatenate([own, others]), labels)

    names, counts = np.array(groups), np.array(whole, bool)
    turns = np.arange(len(inner)) % _PARTS
    held: list[float] = []
    known: list[float] = []
    for turn, part in enumerate(np.array_split(np.unique(names), _PARTS)):
        left = np.isin(names, part)
        model = fitted(inner[turns != turn], outer[~left])
        held += model.decision_function(outer[left & counts]).tolist()
        known += model.decision_function(inner[turns == turn]).tolist()
    model = fitted(inner, outer)
    limit = float(max(np.quantile(held, 1 - missed), 0.0))
    return Scope(
        mean=tuple(map(float, mean)),
        spread=tuple(map(float, spread)),
        gamma=gamma,
        weights=tuple(map(float, model.dual_coef_[0])),
        supports=base64.b64encode(model.support_vectors_.astype("<f2").tobytes()).decode(),
        intercept=float(model.intercept_[0]),
        limit=limit,
        full=max(float(np.median(known)), limit),
    )
