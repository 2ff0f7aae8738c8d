"""AUROC and average precision of the package beside scikit-learn's, on bootstrap samples; prints the ratio of times.

python benchmarks/metrics.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from llamaindex_clipverify.trust.metrics import auroc, average_precision, group_weights


def seconds(function: Callable[[Any], object], weights: Any) -> float:
    """Return the time of one call per row of weights."""
    started = time.perf_counter()
    for row in weights:
        function(row)
    return time.perf_counter() - started


def main() -> None:
    """Time both on the same samples, in turn, and compare their values."""
    random = np.random.default_rng(0)
    labels = (random.random(2000) < 0.5).astype(float)
    scores = np.round(labels * 0.3 + random.random(2000), 3)
    weights = group_weights([str(number // 5) for number in range(2000)], 300)
    pairs = {
        "AUROC": (auroc, roc_auc_score),
        "average precision": (average_precision, average_precision_score),
    }
    for name, (own, theirs) in pairs.items():
        mine = seconds(lambda row, own=own: own(scores, labels, row), weights)
        other = seconds(lambda row, theirs=theirs: theirs(labels, scores, sample_weight=row), weights)
        gap = max(abs(own(scores, labels, row) - theirs(labels, scores, sample_weight=row)) for row in weights[:50])
        print(f"{name}: scikit-learn takes {other / mine:.1f} times as long; largest difference {gap:.1e}")


if __name__ == "__main__":
    main()
