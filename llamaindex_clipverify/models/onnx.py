"""Encoders and detectors through ONNX Runtime, as ``clipverify optimize`` writes them; needs no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.models.boxes import Canvas, suppressed
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.identity import fingerprint
from llamaindex_clipverify.models.optimized import Record, find
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.picture import Picture

_AT_ONCE = 32
_FLOOR = 0.001
_STRIDE = 32
"""The sides of a detector's input are multiples of this many pixels."""


class OnnxEncoder(Portable):
    """An `Encoder` of two ONNX files, for pictures and texts, with the preprocessing of the original model.

    An int8 file processes one picture or text at a time: activations are scaled by the largest of the batch, so otherwise a
    vector would depend on the rest of its batch. Runs on the CPU.
    """

    _of_process = ("_vision", "_text")

    def __init__(self, folder: str, threads: int | None = None) -> None:
        """Store the folder; files are read on first use.

        Args:
            folder: What ``clipverify optimize`` wrote, or the folder ``encoder`` in it.
            threads: Cores to use; ``OMP_NUM_THREADS`` or all when None.
        """
        self.folder = find(folder, "encoder")
        self.threads = threads
        self.lock = RLock()

    @property
    def name(self) -> str:
        """Absolute name to load it by."""
        return f"onnx:{self.folder}"

    @cached_property
    def record(self) -> Record:
        """The record in the folder."""
        return Record.load(self.folder, "encoder")

    @cached_property
    def id(self) -> str:
        """``NAME-onnx@FINGERPRINT`` of the files: another than the original's, whose vectors differ a little."""
        return f"{self.record.name}-onnx@{fingerprint(self.folder)}"

    @property
    def logit_scale(self) -> float:
        """The original's."""
        return float(self.record.settings["logit_scale"])

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 (images, D), rows of length 1."""
        with self.lock:
            parts = self._batches(images, "vision")
            return self._unit(
                [_run(self._vision, {"pixel_values": self._inputs.pixels(part).numpy()}) for part in parts]
            )

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 (texts, D), rows of length 1; long texts keep their end token. Similar lengths go together."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with self.lock:
            parts = self._batches([texts[place] for place in order], "text")
            rows = self._unit([_run(self._text, self._tokens(part)) for part in parts])
        result = np.empty_like(rows)
        result[order] = rows
        return result

    def _batches(self, items: Sequence[Any], file: str) -> list[Sequence[Any]]:
        size = 1 if self.record.precision[file] == "int8" else _AT_ONCE
        return [items[start : start + size] for start in range(0, len(items), size)]

    def _tokens(self, texts: Sequence[str]) -> dict[str, Array]:
        return {name: value.numpy() for name, value in self._inputs.tokens(texts).items()}

    def _unit(self, parts: list[Array]) -> Array:
        rows = np.concatenate([np.zeros((0, int(self.record.settings["width"])), np.float32), *parts])
        unit: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit

    @cached_property
    def _inputs(self) -> Any:
        """The original's preparation of pictures and texts, read from this folder; its weights are not there."""
        from llamaindex_clipverify.models.clip import ClipEncoder

        return ClipEncoder(str(self.folder), device="cpu")

    @cached_property
    def _vision(self) -> Any:
        return _session(self.folder / "vision.onnx", self.threads)

    @cached_property
    def _text(self) -> Any:
        return _session(self.folder / "text.onnx", self.threads)

    def __repr__(self) -> str:
        """Name the folder."""
        return f"OnnxEncoder({str(self.folder)!r})"


class OnnxDetector(Portable):
    """A `Detector` of one ONNX file of a YOLO network; needs neither torch nor ultralytics. Runs on the CPU.

    Each picture is processed alone, in its own proportions, so that its detections never depend on other pictures.
    """

    _of_process = ("_network",)

    def __init__(self, folder: str, threads: int | None = None, imgsz: int | None = None) -> None:
        """Store the folder; files are read on first use.

        Args:
            folder: What ``clipverify optimize`` wrote, or the folder ``detector`` in it.
            threads: Cores to use; ``OMP_NUM_THREADS`` or all when None.
            imgsz: Longer side in pixels that pictures are scaled to. Default: that of the original.
        """
        self.folder = find(folder, "detector")
        self.threads = threads
        self._imgsz = imgsz
        self.lock = RLock()
        self.base: OnnxDetector | None = None
        """Whose session is used, when not its own."""

    @property
    def name(self) -> str:
        """Absolute name to load it by."""
        return f"onnx:{self.folder}"

    @cached_property
    def record(self) -> Record:
        """The record in the folder."""
        return Record.load(self.folder, "detector")

    @cached_property
    def id(self) -> str:
        """``NAME-onnx@FINGERPRINT`` of the file: another than the original's."""
        size = f"-{self._imgsz}" if self._imgsz else ""
        return f"{self.record.name}-onnx@{fingerprint(self.folder)}{size}"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The classes, under the vocabulary's names."""
        return tuple(self.record.settings["labels"])

    @property
    def imgsz(self) -> int:
        """Longer side in pixels that pictures are scaled to."""
        return self._imgsz or int(self.record.settings["imgsz"])

    def at(self, scale: float) -> OnnxDetector:
        """Return the same model at another scale, rounded to its stride of 32 pixels; the session is shared."""
        size = max(_STRIDE, round(self.imgsz * scale / _STRIDE) * _STRIDE)
        other = OnnxDetector(str(self.folder), self.threads, size)
        other.lock, other.base = self.lock, self
        return other

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Detect every class (`labels` is ignored); boxes down to a confidence of .001."""
        return [self._look(picture) for picture in pictures]

    def _look(self, picture: Picture) -> Detections:
        canvas = Canvas.of(picture.size, self.imgsz, _STRIDE)
        with self.lock:
            answer = _run(self._network, {"images": canvas.draw(np.asarray(picture.image))})[0]
        boxes, scores, kinds = _final(answer) if self.record.settings["end_to_end"] else _candidates(answer)
        corners: list[Box] = [(row[0], row[1], row[2], row[3]) for row in canvas.back(boxes).tolist()]
        names, values = [self.labels[kind] for kind in kinds.tolist()], scores.tolist()
        maxima: dict[str, float] = {}
        for name, value in zip(names, values, strict=True):
            maxima.setdefault(name, value)
        return Detections(boxes=tuple(corners), labels=tuple(names), scores=tuple(values), maxima=maxima)

    @cached_property
    def _network(self) -> Any:
        return _session(self.folder / "network.onnx", self.threads) if self.base is None else self.base._network

    def __repr__(self) -> str:
        """Name the folder."""
        return f"OnnxDetector({str(self.folder)!r})"


def _candidates(answer: Array) -> tuple[Array, Array, Array]:
    """Return boxes, scores and classes, best first, of raw proposals (4 + classes, anchors) with centre boxes."""
    best = answer[4:].max(axis=0)
    places = np.flatnonzero(best > _FLOOR)
    centre, half = answer[:2, places].T, answer[2:4, places].T / 2
    boxes, scores, kinds = np.hstack([centre - half, centre + half]), best[places], answer[4:, places].argmax(axis=0)
    kept = suppressed(boxes, scores, kinds)
    return boxes[kept], scores[kept], kinds[kept]


def _final(answer: Array) -> tuple[Array, Array, Array]:
    """Return boxes, scores and classes, best first, of an end-to-end network: rows of corners, score and class."""
    rows = answer[answer[:, 4] > _FLOOR]
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    return rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp)


def _session(path: Path, threads: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or _cores()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError("the model cannot be loaded", got=f"{path} ({error})", do="make it again") from error


def _cores() -> int:
    """Return the number of cores torch would use: ``OMP_NUM_THREADS``, or the cores available to this process."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads):
        return int(threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(session: Any, inputs: Mapping[str, Array]) -> Array:
    rows: Array = session.run(None, dict(inputs))[0]
    return rows
