"""Reference pictures: what an encoder says of a claim about pictures that are not the one in question.

An encoder's margins have no scale of their own: 2 nats are much for one and little for another. Against the margins of the same
claim on some dozens of the user's own pictures, most of which do not show it, they have one, and that scale is the same for all
encoders. It is what lets weights fitted with some encoders be used with another (see the profile ``transferred``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts import Facts
from llamaindex_clipverify.protocols import Array

LEAST = 20
"""Pictures a reference needs."""
STANDINGS = (
    "similarity.standing", "contrast.standing", "contrast.rank", "regions.standing", "regions.rank", "regions.agreement",
)  # fmt: skip
"""The features, ``check.feature``, that mean the same whatever the encoder."""
_KEPT = 4096


class Reference:
    """Vectors of some pictures under one encoder, and how values stand among theirs."""

    def __init__(self, wholes: Array, regions: Sequence[Array]) -> None:
        """Take whole-picture vectors (N, D) and each picture's region vectors (R, D); R may be 0 for all pictures."""
        self.wholes = wholes
        self._regions = np.concatenate(list(regions)) if len(regions) else wholes[:0]
        self._starts = np.cumsum([0, *(len(own) for own in regions)])[:-1]
        self._whole = all(len(own) for own in regions)
        self._usual: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, facts: Sequence[Facts]) -> Reference:
        """Take the vectors out of facts that similarity and regions have seen.

        Raises:
            DataError: There are too few pictures with vectors.
        """
        known = [one for one in facts if one.of("similarity") is not None]
        if len(known) < LEAST:
            raise DataError(
                f"a reference needs {LEAST} pictures", got=len(known), do="give more pictures of the same sort"
            )
        wholes = np.stack([(one.of("similarity") or {})["vector"] for one in known])
        crops = [(one.of("regions") or {}).get("vectors", wholes[:0]) for one in known]
        return cls(wholes, crops)

    def __len__(self) -> int:
        return len(self.wholes)

    def standing(self, check: str, phrase: str, value: float, scores: Callable[[Array], Array]) -> float | None:
        """Return by how many standard deviations a value lies above what is usual for the phrase.

        What is usual is the median over the reference pictures, the deviation 1.48 times the median absolute deviation: the
        few pictures that do show the thing move neither.

        Args:
            check: ``similarity``, ``contrast`` or ``regions``; the last takes the best region of each picture.
            phrase: What the value is about; what is usual for it is remembered.
            value: The check's value on the picture in question.
            scores: From vectors (K, D) to the check's values on them (K,).
        """
        if check == "regions" and not self._whole:
            return None
        key = (check, phrase)
        with self._lock:
            known = self._usual.get(key)
            if known is None:
                known = self._usual[key] = self._measured(check, scores)
                if len(self._usual) > _KEPT:
                    self._usual.popitem(last=False)
        middle, spread = known
        return (value - middle) / spread

    def _measured(self, check: str, scores: Callable[[Array], Array]) -> tuple[float, float]:
        best_of_each = check == "regions"
        values = np.maximum.reduceat(scores(self._regions), self._starts) if best_of_each else scores(self.wholes)
        middle = float(np.median(values))
        return middle, max(1.4826 * float(np.median(np.abs(values - middle))), 1e-6)


def rank(claim: float, rivals: Array) -> float:
    """Return the share 0–1 of foils (F,) that score below the claim."""
    return float((rivals < claim).mean())
