"""Reference pictures: what an encoder says of a claim about pictures that are not the one in question.

An encoder's margins have no scale of their own: 2 nats are much for one and little for another. Against the margins of the same
claim on some dozens of the user's own pictures, most of which do not show it, they have one, and that scale is the same for all
encoders. It is what lets weights fitted with some encoders be used with another (see the profile ``transferred``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.pickling import Portable

LEAST = 20
"""Pictures a reference needs."""
_VALUES = {"similarity": ("cosine",), "contrast": ("margin", "lead"), "regions": ("margin", "lead", "cosine")}
STANDINGS = (
    *(f"{check}.{name}_{what}" for check, names in _VALUES.items() for name in names for what in ("standing", "share")),
    "contrast.rank", "regions.rank", "regions.agreement",
)  # fmt: skip
"""The features, ``check.feature``, that mean the same whatever the encoder."""
_KEPT = 4096


class Reference(Portable):
    """Vectors of some pictures under one encoder, and how values stand among theirs."""

    _not_pickled = {"_usual": OrderedDict}  # noqa: RUF012

    def __init__(self, wholes: Array, regions: Sequence[Array]) -> None:
        """Take whole-picture vectors (N, D) and each picture's region vectors (R, D); R may be 0 for all pictures."""
        self.wholes = wholes
        self._regions = np.concatenate(list(regions)) if len(regions) else wholes[:0]
        self._starts = np.cumsum([0, *(len(own) for own in regions)])[:-1]
        self._whole = all(len(own) for own in regions)
        self._usual: OrderedDict[tuple[str, str], dict[str, tuple[float, float, float]]] = OrderedDict()
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

    def standings(
        self, check: str, phrase: str, values: Mapping[str, float], others: Callable[[Array], Mapping[str, Array]]
    ) -> dict[str, float]:
        """Return how values stand to what is usual for the phrase: each as ``NAME_standing`` and ``NAME_share``.

        A standing is in standard deviations, compressed: sign(z) · log(1 + |z|). A share is the way from what is usual to the
        best twentieth of the reference pictures, 0 to 1 and beyond: how far the true ones lie out differs between encoders, and
        some of those pictures will show the thing. What is usual is the median, the deviation 1.48 times the median absolute
        deviation: the few pictures that do show the thing move neither.

        Args:
            check: ``similarity``, ``contrast`` or ``regions``; the last takes the best region of each picture.
            phrase: What the values are about; what is usual for it is remembered.
            values: The check's values on the picture in question, by name.
            others: From vectors (K, D) to the same values on them, each (K,).
        """
        if check == "regions" and not self._whole:
            return {}
        with self._lock:
            usual = self._usual.get((check, phrase))
            if usual is None:
                usual = self._usual[check, phrase] = self._measured(check, others)
                if len(self._usual) > _KEPT:
                    self._usual.popitem(last=False)
        found = {}
        for name, value in values.items():
            middle, spread, top = usual[name]
            away = (value - middle) / spread
            found[f"{name}_standing"] = float(np.sign(away) * np.log1p(abs(away)))
            found[f"{name}_share"] = float(np.clip((value - middle) / max(top - middle, spread), -3, 3))
        return found

    def _measured(
        self, check: str, others: Callable[[Array], Mapping[str, Array]]
    ) -> dict[str, tuple[float, float, float]]:
        """Return what is usual, the deviation from it, and where the best twentieth begins, by name."""
        best_of_each = check == "regions"
        found = {}
        for name, scores in others(self._regions if best_of_each else self.wholes).items():
            values = np.maximum.reduceat(scores, self._starts) if best_of_each else scores
            middle, top = (float(one) for one in np.quantile(values, [0.5, 0.95]))
            found[name] = middle, max(1.4826 * float(np.median(np.abs(values - middle))), 1e-6), top
        return found


def rank(claim: float, rivals: Array) -> float:
    """Return the share 0–1 of foils (F,) that score below the claim."""
    return float(np.count_nonzero(rivals < claim) / rivals.size)
