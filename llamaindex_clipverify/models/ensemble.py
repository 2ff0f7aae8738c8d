"""Ensembles: encoders combined by the mean of their cosines, detectors by weighted box fusion.

Weighted box fusion: Solovyev, Wang & Gabruseva 2021 (arXiv 1910.13302). A box that one of three models sees has a third of its
confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PIL import Image, ImageOps

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.geometry import Array, Box, overlap
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.protocols import Detector, Encoder
from llamaindex_clipverify.picture import Picture

_SAME = 0.55
"""Intersection over union from which two boxes of a class are the same object (value of the paper)."""
_LEAST = 0.01
"""Boxes below this confidence are ignored."""


class EnsembleEncoder:
    """Ensemble of encoders: concatenated vectors, scaled so that a cosine is the mean of the encoders' cosines."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        """Combine encoders.

        Raises:
            DataError: There is none.
        """
        if not encoders:
            raise DataError("an ensemble needs members", got=0)
        self.encoders = tuple(encoders)

    @cached_property
    def id(self) -> str:
        """The ids of all, in order."""
        return "+".join(encoder.id for encoder in self.encoders)

    @property
    def logit_scale(self) -> float:
        """Return the mean of the members' logit scales."""
        return float(np.mean([encoder.logit_scale for encoder in self.encoders]))

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 of shape (images, sum of the dimensions), rows of length 1."""
        return self._joined([encoder.encode_images(images) for encoder in self.encoders])

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 of shape (texts, sum of the dimensions), rows of length 1."""
        return self._joined([encoder.encode_texts(texts) for encoder in self.encoders])

    def _joined(self, parts: Sequence[Array]) -> Array:
        joined: Array = np.concatenate(parts, axis=1) / np.float32(np.sqrt(len(parts)))
        return joined

    def __repr__(self) -> str:
        """Name the members."""
        return f"EnsembleEncoder({list(self.encoders)!r})"


class EnsembleDetector:
    """Ensemble of detectors; only the detectors that know a class vote on it."""

    def __init__(self, detectors: Sequence[Detector], name: str = "") -> None:
        """Combine detectors; `name` identifies the ensemble in place of the ids of all.

        Raises:
            DataError: There is none.
        """
        if not detectors:
            raise DataError("an ensemble needs members", got=0)
        self.detectors = tuple(detectors)
        self.name = name

    @cached_property
    def id(self) -> str:
        """The name, or the ids of all, in order."""
        return self.name or "+".join(detector.id for detector in self.detectors)

    @cached_property
    def labels(self) -> tuple[str, ...] | None:
        """Return every class that a member can name; None if one has an open vocabulary."""
        if any(detector.labels is None for detector in self.detectors):
            return None
        return tuple(dict.fromkeys(label for detector in self.detectors for label in detector.labels or ()))

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Run all detectors and fuse their boxes; open-vocabulary members search for `labels`."""
        seen = [detector.detect(pictures, labels) for detector in self.detectors]
        return [self._fused([found[place] for found in seen], labels) for place in range(len(pictures))]

    def _fused(self, seen: Sequence[Detections], labels: Sequence[str] | None) -> Detections:
        voters = {
            label: [place for place, one in enumerate(self.detectors) if label in (one.labels or labels or (label,))]
            for label in {name for found in seen for name in (*found.labels, *found.maxima)}
        }
        maxima = {
            label: float(np.mean([seen[place].maxima.get(label, 0.0) for place in places]))
            for label, places in voters.items()
        }
        fused = [box for label, places in voters.items() for box in fuse(seen, label, len(places))]
        fused.sort(key=lambda one: -one[1])
        return Detections(
            boxes=tuple(box for box, _, _ in fused), labels=tuple(label for _, _, label in fused),
            scores=tuple(score for _, score, _ in fused), maxima=dict(sorted(maxima.items(), key=lambda one: -one[1])),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Name the members."""
        return f"EnsembleDetector({list(self.detectors)!r})"


class MirroredDetector:
    """Runs a detector on mirrored pictures and mirrors its boxes back."""

    def __init__(self, detector: Detector) -> None:
        """Wrap a detector."""
        self.detector = detector

    @property
    def id(self) -> str:
        """Return the detector's id with a mark."""
        return f"{self.detector.id}-mirrored"

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The detector's."""
        return self.detector.labels

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Detect in the mirrored pictures."""
        mirrored = [Picture.of(ImageOps.mirror(picture.image)) for picture in pictures]
        found = self.detector.detect(mirrored, labels)
        return [
            Detections(
                boxes=tuple(_back(box, picture.size[0]) for box in one.boxes),
                labels=one.labels,
                scores=one.scores,
                maxima=one.maxima,
            )
            for one, picture in zip(found, pictures, strict=True)
        ]


def fuse(seen: Sequence[Detections], label: str, voters: int) -> list[tuple[Box, float, str]]:
    """Return the boxes of one class, fused: weighted by confidence, which is divided by the number of voters."""
    boxes = sorted(
        ((score, np.array(box), member) for member, one in enumerate(seen)
         for box, name, score in zip(one.boxes, one.labels, one.scores, strict=True) if name == label and score >= _LEAST),
        key=lambda row: -row[0],
    )  # fmt: skip
    clusters: list[dict[int, tuple[float, Array]]] = []
    for score, box, member in boxes:
        near = [(overlap(_middle(one), box), one) for one in clusters if member not in one]
        best = max(near, key=lambda pair: pair[0], default=(0.0, None))
        if best[1] is not None and best[0] >= _SAME:
            best[1][member] = (score, box)
        else:
            clusters.append({member: (score, box)})
    fused = []
    for one in clusters:
        left, top, right, bottom = map(float, _middle(one))
        fused.append(((left, top, right, bottom), sum(score for score, _ in one.values()) / voters, label))
    return fused


def _middle(cluster: dict[int, tuple[float, Array]]) -> Array:
    scores = np.array([score for score, _ in cluster.values()])
    boxes = np.stack([box for _, box in cluster.values()])
    middle: Array = (scores[:, None] * boxes).sum(axis=0) / scores.sum()
    return middle


def _back(box: Box, width: int) -> Box:
    return width - box[2], box[1], width - box[0], box[3]
