"""Patterns: is the named thing striped, dotted, checkered or plain, by a small network that looks at its box?

Four convolutions, taught on drawn scenes by several programs (`training.patterns`), turn the pixels of a box into probabilities.
They are evidence that a profile may weigh, and no verdict without one: clothes on photographs fold, and what lies behind a thing
has patterns, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
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
WEIGHTS = "pattern_weights.npz"
"""File beside this one: ``names`` (4,); of each layer ``kernel`` (out, in, side, side) and ``bias`` (out,), the normalisation of
the training included; ``last`` (4, C) and ``intercepts`` (4,)."""
_SIDE = 48
"""Boxes are resampled to this many pixels a side."""
_LAYERS = 4
_STRIDES = (2, 1, 1, 1)
_POOLED = (False, True, True, False)
"""After which layers the maximum of every four neighbours is taken."""


@dataclass(frozen=True)
class Patterns:
    """Log-odds of the claimed pattern against the likeliest other one, of the best box."""

    name: str = PATTERN_FACTS
    version: int = 2
    needs: tuple[str, ...] = (DETECTOR_FACTS,)
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Measure every kept box; see `PATTERN_FACTS`."""
        weights = _learned()
        names = weights["names"].tolist()
        found = []
        for picture, facts in zip(pictures, known, strict=True):
            boxes = (facts.of(DETECTOR_FACTS) or {}).get("boxes", np.zeros((0, 4), np.float32))
            odds = [log_odds(cropped(picture, tuple(map(float, box))), weights) for box in boxes]  # type: ignore[arg-type]
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


def cropped(picture: Picture, box: Box) -> Array:
    """Return the pixels of a box as bytes (48, 48, 3)."""
    crop: Array = np.asarray(picture.crop(box).resize((_SIDE, _SIDE), Image.Resampling.BOX), np.uint8)
    return crop


def log_odds(crop: Array, weights: Mapping[str, Array]) -> Array:
    """Return the natural logarithm of the probability of each pattern (4,) of the pixels of a box (48, 48, 3)."""
    pixels = crop.transpose(2, 0, 1).astype(np.float32) / 255
    for place in range(_LAYERS):
        pixels = _convolved(pixels, weights[f"kernel{place}"], _STRIDES[place])
        pixels = np.maximum(pixels + weights[f"bias{place}"][:, None, None], 0)
        if _POOLED[place]:
            channels, side, _ = pixels.shape
            pixels = pixels.reshape(channels, side // 2, 2, side // 2, 2).max(axis=(2, 4))
    scores = weights["last"] @ pixels.mean(axis=(1, 2)) + weights["intercepts"]
    found: Array = scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())
    return found


def _convolved(pixels: Array, kernel: Array, stride: int) -> Array:
    """Return the convolution of pixels (in, H, W), zeros around them, with a kernel (out, in, side, side)."""
    out, _, side, _ = kernel.shape
    edge = side // 2
    windows = sliding_window_view(np.pad(pixels, ((0, 0), (edge, edge), (edge, edge))), (side, side), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    _, height, width, _, _ = windows.shape
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, height * width)
    found: Array = (kernel.reshape(out, -1) @ columns).reshape(out, height, width)
    return found


@lru_cache(1)
def _learned() -> dict[str, Array]:
    """Return the weights, single precision."""
    with (files(__package__) / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as data:
        return {name: data[name] if name == "names" else data[name].astype(np.float32) for name in data.files}
