"""Domain: 24 plain statistics of a picture (colour, contrast, edges, flat areas). It judges no claim.

A profile stores the distribution of these statistics over the pictures it was fitted on. Pictures outside that distribution are
noticed without relying on the models that may not know them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.picture import Picture

DOMAIN_FACTS = "domain"
"""Name of the check."""
_SIDE = 256


@dataclass(frozen=True)
class Domain:
    """Observes ``statistics``, float32 (24,), and ``frames``, the number of frames or pages in the file; never judges."""

    name: str = DOMAIN_FACTS
    version: int = 1
    needs: tuple[str, ...] = ()
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Measure each picture."""
        return [{"statistics": statistics(picture.image), "frames": picture.frames} for picture in pictures]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Return None: a profile uses the facts."""
        return None


def statistics_of(facts: Facts) -> Array | None:
    """Return the statistics of a picture, float32 (24,); None when they were not measured."""
    seen = facts.of(DOMAIN_FACTS)
    return None if seen is None else seen["statistics"]


def frames_of(facts: Facts) -> int:
    """Return the number of frames or pages in the picture's file; 1 when it is not known."""
    return int((facts.of(DOMAIN_FACTS) or {}).get("frames", 1))


def statistics(image: Image.Image) -> Array:
    """Return float32 (24,): shares of gradient and second-derivative sizes, flatness, colour spread, sharpness ratios."""
    pixels = np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), np.float32) / 255.0
    grey = pixels.mean(axis=2)
    steps = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1]
    curve = np.abs(grey[1:-1, 2:] + grey[1:-1, :-2] + grey[2:, 1:-1] + grey[:-2, 1:-1] - 4 * grey[1:-1, 1:-1])
    half = grey.reshape(_SIDE // 2, 2, _SIDE // 2, 2).mean(axis=(1, 3))
    eighth = grey.reshape(_SIDE // 8, 8, _SIDE // 8, 8)
    local = eighth.std(axis=(1, 3))
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]  # an axis of three is slow to reduce
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    coarse = np.abs(np.diff(half, axis=1)).mean() + np.abs(np.diff(half, axis=0)).mean()
    distinct = len(np.unique((pixels * 15).astype(np.int16).reshape(-1, 3) @ np.array([256, 16, 1])))
    found = [
        *(_log((steps < edge).mean()) for edge in (0.004, 0.012, 0.04, 0.12)),
        *(_log((curve < edge).mean()) for edge in (0.004, 0.012, 0.04, 0.12)),
        *np.log(np.quantile(local, [0.1, 0.25, 0.5, 0.75, 0.9]) + 1e-3),
        _log(steps.mean()), _log(curve.mean()), _log(coarse),
        np.log((curve.mean() + 1e-4) / (steps.mean() + 1e-4)),
        np.log(distinct),
        chroma.mean(), chroma.std(), _log((chroma > 0.5).mean()), grey.mean(), grey.std(),
        float(np.corrcoef(grey[:, :-4].ravel(), grey[:, 4:].ravel())[0, 1]) if grey.std() > 1e-4 else 1.0,
    ]  # fmt: skip
    return np.array(found, np.float32)


def _log(value: float) -> float:
    return float(np.log(value + 1e-3))
