"""Reference pictures: a scale for the scores of an encoder that no profile was fitted with.

An encoder's margins have no scale of their own: 2 nats may be much for one encoder and little for another. They get one when they
are standardised against the margins of the same claim on some dozens of the user's own pictures, most of which do not show it.
Standardised scores mean the same for all encoders, so weights fitted with some encoders can be used with another (see the
bundled profile ``transferred``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import numpy as np
from cachetools import LRUCache

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.vectors import picture_vector, region_vectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.pickling import Portable

LEAST = 20
"""Number of pictures that a reference needs."""
_REMEMBERED = 4096
"""Phrases whose usual scores are kept."""


def standardised(*values: str) -> tuple[str, ...]:
    """Return the names of the features that `Reference.standings` makes of values with these names."""
    return tuple(f"{value}_{feature}" for value in values for feature in ("standing", "share"))


class Reference(Portable):
    """Vectors of some pictures under one encoder, and the statistics of scores on them."""

    _not_pickled = {"_usual": lambda: LRUCache(_REMEMBERED)}  # noqa: RUF012

    def __init__(self, wholes: Array, regions: Sequence[Array]) -> None:
        """Take whole-picture vectors (N, D) and each picture's region vectors (R, D); R may be 0 for all pictures."""
        self.wholes = wholes
        self._regions = np.concatenate(list(regions)) if len(regions) else wholes[:0]
        self._starts = np.cumsum([0, *(len(own) for own in regions)])[:-1]
        self._all_have_regions = all(len(own) for own in regions)
        self._usual: LRUCache[tuple[str, str], dict[str, tuple[float, float, float]]] = LRUCache(_REMEMBERED)
        self._lock = Lock()

    @classmethod
    def of(cls, facts: Sequence[Facts]) -> Reference:
        """Take the vectors of pictures and regions from facts.

        Raises:
            DataError: There are too few pictures with vectors.
        """
        pairs = [(vector, region_vectors(seen)) for seen in facts if (vector := picture_vector(seen)) is not None]
        if len(pairs) < LEAST:
            raise DataError(
                f"a reference needs {LEAST} pictures", got=len(pairs), do="give more pictures of the same sort"
            )
        wholes = np.stack([vector for vector, _ in pairs])
        return cls(wholes, [wholes[:0] if regions is None else regions.vectors for _, regions in pairs])

    def __len__(self) -> int:
        return len(self.wholes)

    def standings(
        self,
        check: str,
        phrase: str,
        values: Mapping[str, float],
        others: Callable[[Array], Mapping[str, Array]],
        *,
        per_region: bool = False,
    ) -> dict[str, float]:
        """Return values standardised against the reference pictures: each as ``NAME_standing`` and ``NAME_share``.

        ``standing`` is the robust z-score, compressed: sign(z) · log(1 + |z|), with the median as the mean and 1.48 times the
        median absolute deviation as the standard deviation, which is robust to the few pictures that do show the object.
        ``share`` is (value − median) / (95th percentile − median): true claims differ between encoders in how many deviations
        they are away, less so relative to the best twentieth of the reference pictures.

        Args:
            check: Name of the check.
            phrase: The text that the values belong to; the statistics of each phrase are remembered.
            values: The check's values on the picture in question, by name.
            others: From vectors (K, D) to the same values on them, each (K,).
            per_region: Whether the values are about regions: then the best region of each reference picture counts.
        """
        if per_region and not self._all_have_regions:
            return {}
        with self._lock:
            usual = self._usual.get((check, phrase))
            if usual is None:
                usual = self._usual[check, phrase] = self._statistics(others, per_region)
        features = {}
        for name, value in values.items():
            middle, spread, top = usual[name]
            away = (value - middle) / spread
            features[f"{name}_standing"] = float(np.sign(away) * np.log1p(abs(away)))
            features[f"{name}_share"] = float(np.clip((value - middle) / max(top - middle, spread), -3, 3))
        return features

    def _statistics(
        self, others: Callable[[Array], Mapping[str, Array]], per_region: bool
    ) -> dict[str, tuple[float, float, float]]:
        """Return median, robust standard deviation and 95th percentile over the reference pictures, by name."""
        statistics = {}
        for name, scores in others(self._regions if per_region else self.wholes).items():
            values = np.maximum.reduceat(scores, self._starts) if per_region else scores
            middle, top = (float(quantile) for quantile in np.quantile(values, [0.5, 0.95]))
            statistics[name] = middle, max(1.4826 * float(np.median(np.abs(values - middle))), 1e-6), top
        return statistics


def rank(claim: float, rivals: Array) -> float:
    """Return the share 0–1 of foils (F,) that score below the claim."""
    return float(np.count_nonzero(rivals < claim) / rivals.size)
