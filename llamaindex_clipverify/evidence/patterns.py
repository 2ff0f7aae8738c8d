"""Patterns: is the named thing striped, dotted, checkered or plain, by the spatial frequencies and edges inside its box?

Stripes have edges of one direction at one distance, checks of two, dots of all. From each box come the shares of its spectrum in
four rings of frequency and five sectors of direction, and how far the directions of its edges agree modulo a half and a quarter
turn. A multinomial logistic regression, fitted on drawn scenes by several programs (`training.fit_patterns`), turns them into
probabilities. They are evidence that a profile may weigh, and no verdict without one: clothes on photographs fold, and what
lies behind a thing has patterns, too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.looks import FLOOR
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS, detector_saw, sightings
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.picture import Picture

PATTERN_FACTS = "patterns"
"""Name of the check, whose facts hold ``names`` (4,) and ``odds`` (N, 4), natural logarithms of probabilities."""
WEIGHTS = "pattern_weights.json"
"""File beside this one: ``names`` (4,), ``mean`` and ``spread`` (34,), ``weights`` (4, 34), ``intercepts`` (4,)."""
_SIDE = 48
"""Boxes are resampled to this many pixels a side."""
_RINGS = (1.5, 3.5, 5.5, 8.5, 13.0)
"""Borders of the rings of frequency, in periods a box."""
_SECTORS = (0.0, 15.0, 35.0, 55.0, 75.0, 90.1)
"""Borders of the sectors of direction: degrees between the change of tone and the horizontal."""
_EDGE = 0.03
"""Change of tone 0–1 a pixel from which there is an edge."""


@dataclass(frozen=True)
class Patterns:
    """Log-odds of the claimed pattern against the likeliest other one, of the best box."""

    name: str = PATTERN_FACTS
    version: int = 1
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Measure every kept box; see `PATTERN_FACTS`."""
        names = list(_fitted()[0])
        found = []
        for picture, facts in zip(pictures, known, strict=True):
            boxes = (facts.of(DETECTOR_FACTS) or {}).get("boxes", np.zeros((0, 4), np.float32))
            odds = [log_odds(measured(picture, tuple(map(float, box)))) for box in boxes]  # type: ignore[arg-type]
            found.append({"names": names, "odds": np.array(odds, np.float32).reshape(-1, len(names))})
        return found

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge patterns that it knows, of things that were found."""
        seen = facts.of(self.name)
        if claim.kind != "pattern" or seen is None or claim.value not in seen["names"] or not detector_saw(facts):
            return None
        boxes = sightings(facts, claim.noun) or sightings(facts, claim.noun, floor=FLOOR)
        if not boxes:
            return silent(self.name, Message("no {noun} found to look at", noun=claim.noun))
        place = seen["names"].index(claim.value)
        odds = seen["odds"][[box.row for box in boxes]]
        leads = odds[:, place] - np.delete(odds, place, axis=1).max(axis=1)
        best = int(np.argmax(leads))
        likeliest = seen["names"][int(np.argmax(odds[best]))]
        return Evidence(
            check=self.name,
            stance="silent",
            score=float(leads[best]),
            reason=Message("its pattern is most like “{pattern}”", pattern=Message(likeliest)),
            picture=facts.picture,
            region=boxes[best].box,
            features={"lead": float(leads[best])},
        )


def measured(picture: Picture, box: Box) -> Array:
    """Return the features (34,) of a box: of its spectrum, and of its edges."""
    crop = picture.crop(box).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(crop, np.float64) / 255
    return np.array([*_edges(pixels), *_spectrum(pixels)])


def log_odds(features: Array) -> Array:
    """Return the natural logarithm of the probability of each pattern (4,)."""
    _, mean, spread, weights, intercepts = _fitted()
    scores = weights @ ((features - mean) / spread) + intercepts
    found: Array = scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())
    return found


@lru_cache(1)
def _fitted() -> tuple[tuple[str, ...], Array, Array, Array, Array]:
    data = json.loads((files(__package__) / WEIGHTS).read_text("utf-8"))
    mean, spread, weights, intercepts = (np.array(data[name]) for name in ("mean", "spread", "weights", "intercepts"))
    return tuple(data["names"]), mean, spread, weights, intercepts


def _spectrum(pixels: Array) -> list[float]:
    """Return the logarithm of the energy, and per ring its share, those of its sectors, and that of its peak (29)."""
    middles = [(pixels[..., tone] * _WINDOW).sum() / _WINDOW.sum() for tone in range(3)]
    waves = np.fft.fft2((pixels - middles) * _WINDOW[..., None], axes=(0, 1))
    energy = (np.abs(waves) ** 2).sum(axis=2)
    total = energy[_INNER].sum() + 1e-9
    found = [float(np.log(total))]
    for ring in _RING_MASKS:
        inside = energy * ring
        found.append(float(inside.sum() / total))
        found += [float(inside[sector].sum() / total) for sector in _SECTOR_MASKS]
        found.append(float(inside.max() / total))
    return found


def _edges(pixels: Array) -> list[float]:
    """Return share and mean strength of edges, and how far their directions agree modulo a half and a quarter turn (5)."""
    across, down = np.zeros(pixels.shape), np.zeros(pixels.shape)
    across[:, 1:-1], down[1:-1] = (pixels[:, 2:] - pixels[:, :-2]) / 2, (pixels[2:] - pixels[:-2]) / 2
    tone = np.hypot(across, down).argmax(axis=2)[..., None]
    change = np.take_along_axis(across, tone, 2)[..., 0] + 1j * np.take_along_axis(down, tone, 2)[..., 0]
    strength = np.abs(change) * _ELLIPSE
    strength[strength < _EDGE] = 0.0
    total, angle, size = strength.sum() + 1e-9, np.angle(change), _ELLIPSE.sum()
    halves, quarters = ((strength * np.exp(turns * 1j * angle)).sum() / total for turns in (2, 4))
    return [
        float((strength > 0).sum() / size), float(total / size), float(abs(halves)), float(abs(quarters)), float(halves.real),
    ]  # fmt: skip


def _grid() -> tuple[Array, Array]:
    axis = (np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1
    distance = np.hypot(axis[:, None], axis[None, :])
    return np.clip(1 - (distance / 0.95) ** 2, 0, 1), distance <= 0.8


def _masks() -> tuple[Array, list[Array], list[Array]]:
    """Return which frequencies are not of the box as a whole, and those of each ring and sector."""
    frequency = np.abs(np.fft.fftfreq(_SIDE) * _SIDE)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    direction = np.degrees(np.arctan2(frequency[:, None], frequency[None, :]))
    rings = [(radius >= low) & (radius < high) for low, high in pairwise(_RINGS)]
    return radius > _RINGS[0], rings, [(direction >= low) & (direction < high) for low, high in pairwise(_SECTORS)]


_WINDOW, _ELLIPSE = _grid()
_INNER, _RING_MASKS, _SECTOR_MASKS = _masks()
