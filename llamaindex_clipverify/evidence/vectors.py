"""Reads and replaces the encoder's facts: the vector of the whole picture and the vectors of its regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array

PICTURE_FACTS = "similarity"
"""Name of the check whose facts hold ``vector``, float32 (D,)."""
REGION_FACTS = "regions"
"""Name of the check whose facts hold ``boxes`` (R, 4), ``vectors`` (R, D) and ``labels``."""
ARRAYS = {(PICTURE_FACTS, "vector"), (REGION_FACTS, "vectors")}
"""Check and key of every vector: an index stores them as vectors, not among the packed facts."""

_LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class RegionVectors:
    """The regions of one picture."""

    boxes: Array
    """float32 (R, 4), xyxy pixels."""
    vectors: Array
    """float32 (R, D), rows of length 1."""
    labels: tuple[str, ...]
    """What the detector sees in each region; "" for a tile."""

    def __len__(self) -> int:
        """Return the number of regions."""
        return len(self.boxes)


def standing_among(cosine: float, others: Array) -> float:
    """Return how many standard deviations a cosine is above the mean of others (N,)."""
    mean, spread = mean_and_spread(others)
    return (cosine - mean) / spread


def mean_and_spread(cosines: Array) -> tuple[float, float]:
    """Return the mean and the standard deviation of cosines (N,), the latter never 0."""
    return float(cosines.mean()), max(float(cosines.std()), _LEAST_SPREAD)


def picture_vector(facts: Facts) -> Array | None:
    """Return the unit vector (D,) of the whole picture; None when no encoder has seen it."""
    seen = facts.of(PICTURE_FACTS)
    return None if seen is None else seen.get("vector")


def region_vectors(facts: Facts) -> RegionVectors | None:
    """Return the regions of a picture; None when they were not encoded."""
    seen = facts.of(REGION_FACTS)
    if seen is None:
        return None
    return RegionVectors(seen["boxes"], seen.get("vectors", np.zeros((0, 0), np.float32)), tuple(seen["labels"]))


def region_count(facts: Facts) -> int:
    """Return the number of regions; 0 when they were not encoded."""
    regions = region_vectors(facts)
    return 0 if regions is None else len(regions)


def why_no_vector(facts: Facts) -> str:
    """Return the error that kept the encoder from seeing a picture; "" when there is none."""
    return facts.failed.get(PICTURE_FACTS, "")


def with_vectors(facts: Facts, vector: Array, regions: Array) -> Facts:
    """Return a copy of facts with other vectors.

    Args:
        facts: Of one picture.
        vector: Of the whole picture (D,); ignored where the encoder has not seen the picture.
        regions: Of the regions (R, D); ignored where they were not encoded.
    """
    seen = dict(facts.seen)
    if PICTURE_FACTS in seen:
        seen[PICTURE_FACTS] = {**seen[PICTURE_FACTS], "vector": vector}
    if REGION_FACTS in seen:
        seen[REGION_FACTS] = {**seen[REGION_FACTS], "vectors": regions}
    return Facts(
        picture=facts.picture, size=facts.size, seen=seen, made_by=dict(facts.made_by), failed=dict(facts.failed)
    )
