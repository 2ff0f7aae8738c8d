"""Tests whether a heat map is evidence for its text, or whether any text would give such a map.

A map is scaled to a peak of 1 whether or not the object is there. The test uses the encoder only, never a detector:

* shown: the map's strongest patches, alone, must fit the claim better than every foil (insertion; Petsiuk et al., BMVC 2018);
* sign: the map of the opposite direction must differ (a sanity check in the sense of Adebayo et al., NeurIPS 2018);
* left, only without foils: those patches must fit better than the picture without them (deletion).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.explainers.heat_map import MapTrial
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.message import Message

_SHARE, _LEAST = 0.2, 9
"""Strongest patches shown alone: a fifth of the grid, at least nine."""
_ALIKE = 0.5
"""Correlation of a map with the map of the opposite direction above which the method ignores its text."""


class Target(NamedTuple):
    """A text to explain, with its foils."""

    text: str
    vector: Array
    """Unit vector (D,) of the text."""
    foils: Sequence[str] = ()
    foil_vectors: Array | None = None
    """Unit vectors (F, D)."""

    @property
    def direction(self) -> Array:
        """Return the explained direction: the text vector minus the mean of its foils' vectors, if any."""
        if self.foil_vectors is None or not len(self.foil_vectors):
            return self.vector
        difference: Array = self.vector - self.foil_vectors.mean(axis=0)
        return difference

    def margins(self, pictures: Array) -> Array:
        """Return, for unit picture vectors (n, D), the cosine of the text less that of its best foil, (n,)."""
        cosines: Array = pictures @ self.vector
        if self.foil_vectors is None or not len(self.foil_vectors):
            return cosines
        lead: Array = cosines - (pictures @ self.foil_vectors.T).max(axis=1)
        return lead


def try_map(look: ForwardPass, target: Target, grid: Array, opposite: Array, scale: float) -> tuple[MapTrial, str]:
    """Test a map.

    Args:
        look: The forward pass of the picture.
        target: The explained text.
        grid: The map, signed and un-scaled (h, w).
        opposite: The map of the opposite direction.
        scale: The encoder's factor on a cosine; margins are in nats.

    Returns:
        The trial and the reason of a failure, "" if the map passed.
    """
    return try_maps(look, [target], [grid], [opposite], scale)[0]


def try_maps(
    look: ForwardPass, targets: Sequence[Target], grids: Sequence[Array], opposites: Sequence[Array], scale: float
) -> list[tuple[MapTrial, str]]:
    """Test several maps of one picture as `try_map` does, with all patches in one batch."""
    shown = [_strongest(grid, bool(target.foils)) for grid, target in zip(grids, targets, strict=True)]
    vectors, begin, found = look.only([part for parts in shown for part in parts]), 0, []
    for target, grid, opposite, parts in zip(targets, grids, opposites, shown, strict=True):
        found.append(_tried(look, target, (grid, opposite), vectors[begin : begin + len(parts)], scale))
        begin += len(parts)
    return found


def _strongest(grid: Array, alone: bool) -> list[Array]:
    """Return the indices of the strongest patches and, unless `alone`, of the others."""
    flat = np.maximum(grid, 0.0).ravel()
    order = np.argsort(-flat, kind="stable")
    number = min(max(_LEAST, round(_SHARE * len(flat))), len(flat) - 1)
    return [order[:number]] if alone else [order[:number], order[number:]]


def _tried(
    look: ForwardPass, target: Target, maps: tuple[Array, Array], parts: Array, scale: float
) -> tuple[MapTrial, str]:
    flat, opposite = (np.maximum(heat, 0.0).ravel() for heat in maps)
    shown, *left = (scale * float(margin) for margin in target.margins(parts))
    whole = scale * float(target.margins(look.vector[None])[0])
    sign = _correlation(flat, opposite)
    energy, peak = float(flat.sum()), float(flat.max(initial=0.0))
    trial = MapTrial(energy=energy, peak=peak, sign=sign, shown=shown, left=left[0] if left else None, whole=whole)
    return trial, _doubt(trial, target, parts)


def _doubt(trial: MapTrial, target: Target, parts: Array) -> str:
    if trial.peak <= 0:
        return "no region of the picture supports it"
    if trial.sign > _ALIKE:
        return "the map of the opposite is the same"
    if target.foils and target.foil_vectors is not None:
        best = target.foils[int(np.argmax(target.foil_vectors @ parts[0]))]
        return Message("what it points at, seen alone, fits “{phrase}” better", phrase=best) if trial.shown <= 0 else ""
    told_apart = trial.left is None or trial.shown > trial.left
    return "" if told_apart else "what it points at fits no better than the rest"


def _correlation(one: Array, other: Array) -> float:
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


class Curves(NamedTuple):
    """Margin of a claim as the patches of a map, strongest first, are removed or inserted."""

    shares: Array
    """Share 0–1 of the patches, (steps,)."""
    deletion: Array
    """Margin, in cosine, when that share is removed, (steps,)."""
    insertion: Array
    """Margin when that share alone is shown, (steps,)."""

    @property
    def deletion_area(self) -> float:
        """Return the area under the deletion curve; lower means that the strongest patches carry more of the score."""
        return float(np.trapezoid(self.deletion, self.shares))

    @property
    def insertion_area(self) -> float:
        """Return the area under the insertion curve; higher means that fewer patches are needed."""
        return float(np.trapezoid(self.insertion, self.shares))


def curves(look: ForwardPass, target: Target, grid: Array, steps: int = 10) -> Curves:
    """Return deletion and insertion curves on the patch grid, for a signed map (h, w)."""
    order = np.argsort(-grid.ravel(), kind="stable")
    cuts = np.unique(np.linspace(0, len(order), steps + 1).round().astype(int))[1:-1]
    vectors = look.only([order[cut:] for cut in cuts] + [order[:cut] for cut in cuts])
    margins = target.margins(vectors)
    whole, shares = target.margins(look.vector[None]), cuts / len(order)
    return Curves(
        np.concatenate([[0.0], shares]),
        np.concatenate([whole, margins[: len(cuts)]]),
        np.concatenate([margins[len(cuts) : len(cuts) + 1], margins[len(cuts) :]]),
    )
