"""What is kept of a detector's look at a picture: its boxes, its faint boxes, and the highest confidence of each class."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.protocols import Detector

FLOOR, FAINTEST = 0.10, 0.03
"""Boxes below the first confidence are kept as faint ones, those below the second not at all."""
ASKED = "asked"
"""Key of the nouns that an open-vocabulary detector was asked for."""
_LEAST = 0.001
"""Confidence down to which the highest one of each class is kept."""
_MOST_BOXES = 40


def kept(found: Detections) -> dict[str, Any]:
    """Return ``boxes`` (N, 4) xyxy, ``labels`` and ``scores`` (N,), the same of faint boxes as ``faint_…``, and ``maxima``."""
    return {
        **_rows(found, FLOOR, np.inf),
        **_rows(found, FAINTEST, FLOOR, "faint_"),
        "maxima": {label: round(float(score), 5) for label, score in found.maxima.items() if score >= _LEAST},
    }


def asked_for(facts: Facts) -> frozenset[str]:
    """Return the nouns that an open-vocabulary detector was asked for: at least those of the vocabulary."""
    return frozenset(english().plurals) | frozenset((facts.of(DETECTOR_FACTS) or {}).get(ASKED, ()))


def known_nouns(detector: Detector, facts: Facts) -> Collection[str]:
    """Return the detector's classes; for an open-vocabulary detector the nouns that it was asked for in this picture."""
    return asked_for(facts) if detector.labels is None else detector.labels


def with_detections(facts: Facts, found: Detections, nouns: Sequence[str]) -> Facts:
    """Return facts with further detections, of nouns that were asked for later."""
    seen, more = facts.seen[DETECTOR_FACTS], kept(found)
    merged = {
        **seen,
        **_together(seen, more),
        **_together(seen, more, "faint_"),
        "maxima": {**seen["maxima"], **more["maxima"]},
        ASKED: sorted(asked_for(facts) | set(nouns)),
    }
    return replace(facts, seen={**facts.seen, DETECTOR_FACTS: merged})


def _rows(found: Detections, floor: float, below: float, prefix: str = "") -> dict[str, Any]:
    keep = [place for place, score in enumerate(found.scores) if floor <= score < below][:_MOST_BOXES]
    return {
        f"{prefix}boxes": np.array([found.boxes[place] for place in keep], np.float32).reshape(-1, 4),
        f"{prefix}labels": [found.labels[place] for place in keep],
        f"{prefix}scores": np.array([found.scores[place] for place in keep], np.float32),
    }


def _together(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    boxes, labels, scores = f"{prefix}boxes", f"{prefix}labels", f"{prefix}scores"
    if labels not in one:
        return {}
    return {
        boxes: np.concatenate([one[boxes], other[boxes]]),
        labels: [*one[labels], *other[labels]],
        scores: np.concatenate([one[scores], other[scores]]),
    }
