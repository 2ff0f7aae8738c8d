"""The checks of the package, by the kind of model behind them, and their features that mean the same for any encoder."""

from __future__ import annotations

from collections.abc import Mapping

from llamaindex_clipverify.evidence.actions import Actions
from llamaindex_clipverify.evidence.alternatives import Alternatives
from llamaindex_clipverify.evidence.clothes import Clothes
from llamaindex_clipverify.evidence.colour import Colour
from llamaindex_clipverify.evidence.comparisons import Comparisons
from llamaindex_clipverify.evidence.contrast import Contrast
from llamaindex_clipverify.evidence.depth import Depth
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.patterns import Patterns
from llamaindex_clipverify.evidence.places import Places
from llamaindex_clipverify.evidence.positions import Positions
from llamaindex_clipverify.evidence.regions import Regions
from llamaindex_clipverify.evidence.relations import Relations
from llamaindex_clipverify.evidence.similarity import Similarity

CHECKS_BY_MODEL: Mapping[str, tuple[str, ...]] = {
    "encoder": (Similarity.name, Contrast.name, Regions.name, Alternatives.name),
    "detector": (
        Objects.name, Colour.name, Relations.name, Positions.name, Depth.name, Comparisons.name, Clothes.name, Actions.name,
        Places.name, Patterns.name,
    ),
}  # fmt: skip
"""Kind of model to the names of its checks; the first check is present whenever the model is."""
TRANSFERABLE = frozenset(
    f"{check.name}.{feature}"
    for check in (Similarity, Contrast, Regions, Alternatives)
    for feature in check.TRANSFERABLE
)
"""The features, ``check.feature``, that mean the same for any encoder."""


def has_model(checks: frozenset[str], model: str) -> bool:
    """Whether the first check of a kind of model, ``encoder`` or ``detector``, is among some checks."""
    return CHECKS_BY_MODEL[model][0] in checks
