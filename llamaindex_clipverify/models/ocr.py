"""Written words through RapidOCR; the only file that imports it. Its wheel includes the models (PP-OCR, Apache-2.0).

The classifier that rotates upside-down lines is not used, because it turns 16 of 91 upright lines upside down.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import rapidocr
from rapidocr import RapidOCR

from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.models.identity import fingerprint
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.text_lines import Line
from llamaindex_clipverify.picture import Picture

logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)  # it logs a line for every picture without words
_FLOOR = 0.3
"""Lines below this confidence are dropped."""


class RapidReader(Portable):
    """A `Reader` of printed lines in Latin script, digits and Chinese."""

    _of_process = ("model",)

    def __init__(self, threads: int = 1, longest: int = 1280) -> None:
        """Store the settings; models are loaded on first use.

        Args:
            threads: Cores per picture. More than one gains little on short lines.
            longest: Pictures with a longer side above this many pixels are scaled down to it before detection.
        """
        self.threads = threads
        self.longest = longest
        self.lock = RLock()

    @cached_property
    def id(self) -> str:
        """``rapidocr@FINGERPRINT`` of the models in its wheel."""
        return f"rapidocr@{fingerprint(Path(rapidocr.__file__).parent / 'models')}"

    @cached_property
    def model(self) -> Any:
        """The RapidOCR pipeline."""
        threads = {f"EngineConfig.onnxruntime.{name}_op_num_threads": self.threads for name in ("intra", "inter")}
        sides = {"Det.limit_side_len": self.longest, "Det.limit_type": "max"}
        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.text_score": _FLOOR,
                **threads,
                **sides,
            }
        )

    def read(self, pictures: Sequence[Picture]) -> list[list[Line]]:
        """Return the lines of each picture, from top to bottom."""
        return [self._read(picture) for picture in pictures]

    def _read(self, picture: Picture) -> list[Line]:
        with self.lock:
            found = self.model(np.ascontiguousarray(np.asarray(picture.image)[:, :, ::-1]))
        if found.txts is None or found.boxes is None:
            return []
        rows = zip(found.txts, found.scores, found.boxes, strict=True)
        return [
            Line(text=text, confidence=float(score), box=_box(corners, picture.size), tilt=_tilt(corners))
            for text, score, corners in rows
        ]

    def __repr__(self) -> str:
        """Name the reader."""
        return "RapidReader()"


def _box(corners: Any, size: tuple[int, int]) -> Box:
    """Return the upright box around four corners (4, 2), inside the picture."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return (max(float(left), 0.0), max(float(top), 0.0), min(float(right), size[0]), min(float(bottom), size[1]))


def _tilt(corners: Any) -> float:
    """Return the angle of the upper edge in degrees, clockwise; corners start at the upper left."""
    across, down = corners[1] - corners[0]
    return round(math.degrees(math.atan2(float(down), float(across))), 2)
