"""Detectors through transformers (Apache-2.0).

Fixed classes (DETR, RT-DETR, D-FINE, YOLOS) and open vocabulary (OWLv2, Grounding DINO).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForObjectDetection,
    AutoModelForZeroShotObjectDetection,
    AutoProcessor,
)

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.identity import identity
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.pretrained import from_pretrained
from llamaindex_clipverify.picture import Picture

_FLOOR = 0.001
_MOST = 300
_OPEN = ("owlvit", "owlv2", "grounding-dino", "mm-grounding-dino", "omdet-turbo")


class TransformersDetector(Portable):
    """A `Detector` on a transformers model; check the licence of each checkpoint."""

    def __init__(self, name: str, device: str | None = None) -> None:
        """Store a hub id or folder; weights are read on first use."""
        self.name = name
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.lock = RLock()

    @cached_property
    def id(self) -> str:
        """See `identity`."""
        return identity(self.name)

    @cached_property
    def config(self) -> Any:
        """The model's configuration."""
        return _read(AutoConfig, self.name)

    @property
    def open_vocabulary(self) -> bool:
        """Return whether the model has an open vocabulary."""
        return str(self.config.model_type) in _OPEN

    @cached_property
    def labels(self) -> tuple[str, ...] | None:
        """The classes under the vocabulary's names; None for an open-vocabulary model."""
        if self.open_vocabulary:
            return None
        return tuple(english().canonical(str(name)) for _, name in sorted(self.config.id2label.items()))

    @cached_property
    def model(self) -> Any:
        """The transformers model."""
        kind = AutoModelForZeroShotObjectDetection if self.open_vocabulary else AutoModelForObjectDetection
        return _read(kind, self.name).eval().to(self.device)

    @cached_property
    def processor(self) -> Any:
        """The transformers processor."""
        return _read(AutoProcessor if self.open_vocabulary else AutoImageProcessor, self.name)

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Detect every class, or the given `labels` with an open-vocabulary model, which requires them."""
        if self.open_vocabulary and not labels:
            raise ModelError("an open-vocabulary detector needs labels", got=self.name, do="pass the nouns to look for")
        with self.lock, torch.inference_mode():
            return [self._detect(picture, list(labels or ())) for picture in pictures]

    def _detect(self, picture: Picture, labels: list[str]) -> Detections:
        if self.open_vocabulary:
            inputs = self.processor(
                images=picture.image, text=[[f"a {label}" for label in labels]], return_tensors="pt"
            )
        else:
            inputs = self.processor(images=picture.image, return_tensors="pt")
        outputs = self.model(**inputs.to(self.device))
        size = [(picture.size[1], picture.size[0])]
        found = self._post_process(outputs, inputs, size)[0]
        return _detections(found["boxes"].tolist(), self._names(found, labels), found["scores"].tolist())

    def _post_process(self, outputs: Any, inputs: Any, size: list[tuple[int, int]]) -> Any:
        if not self.open_vocabulary:
            return self.processor.post_process_object_detection(outputs, threshold=_FLOOR, target_sizes=size)
        if "dino" in self.config.model_type:
            return self.processor.post_process_grounded_object_detection(
                outputs, inputs["input_ids"], threshold=_FLOOR, text_threshold=_FLOOR, target_sizes=size
            )
        return self.processor.post_process_grounded_object_detection(outputs, threshold=_FLOOR, target_sizes=size)

    def _names(self, found: Any, labels: list[str]) -> list[str]:
        if not self.open_vocabulary:
            names = self.labels or ()
            return [names[int(kind)] for kind in found["labels"].tolist()]
        texts = found.get("text_labels")
        if texts is not None:
            return [str(text).removeprefix("a ").removeprefix("an ") for text in texts]
        return [labels[int(kind)] for kind in found["labels"].tolist()]

    def __repr__(self) -> str:
        """Name the model."""
        return f"TransformersDetector({self.name!r})"


def _detections(boxes: list[Any], names: list[str], scores: list[float]) -> Detections:
    order = sorted(range(len(scores)), key=lambda place: -scores[place])[:_MOST]
    maxima: dict[str, float] = {}
    for place in order:
        maxima.setdefault(names[place], scores[place])
    corners: list[Box] = [(boxes[place][0], boxes[place][1], boxes[place][2], boxes[place][3]) for place in order]
    return Detections(
        boxes=tuple(corners),
        labels=tuple(names[place] for place in order),
        scores=tuple(scores[place] for place in order),
        maxima=maxima,
    )


def _read(kind: Any, name: str) -> Any:
    do = "give the hub id or folder of an object-detection model"
    return from_pretrained(kind, name, what="the detector cannot be loaded", do=do)
