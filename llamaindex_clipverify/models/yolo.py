"""YOLO through ultralytics: the only file that imports it. Ultralytics and its weights are AGPL-3.0 (see README).

Before the import the environment is set so that ultralytics neither phones home nor installs anything, and so that a ``.pt``
file cannot run code when it is read (its default loader unpickles).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import Any

from llamaindex_clipverify.boundary.scratch import scratch, scratch_folder

os.environ.setdefault("YOLO_OFFLINE", "True")
os.environ.setdefault("YOLO_AUTOINSTALL", "False")
os.environ.setdefault("YOLO_VERBOSE", "False")
if "YOLO_CONFIG_DIR" not in os.environ and "ultralytics" not in sys.modules:
    os.environ["YOLO_CONFIG_DIR"] = str(scratch_folder("clipverify-yolo-"))
os.environ.setdefault("ULTRALYTICS_SAFE_LOAD", "1")

import numpy as np
import yaml
from PIL import Image
from safetensors.torch import load_file
from ultralytics import YOLO
from ultralytics.utils import SAFE_LOAD, SETTINGS, patches

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.identity import fingerprint, place_of
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.yolo_layout import read_layout
from llamaindex_clipverify.picture import Picture

if "clipverify-yolo-" in os.environ.get("YOLO_CONFIG_DIR", ""):
    del os.environ[
        "YOLO_CONFIG_DIR"
    ]  # it was read; a child process may live longer than the folder, and makes one of its own
SETTINGS["sync"] = False
Image.open = getattr(patches, "_image_open", Image.open)  # its own wants a further package where a file is no picture
UNSAFE = "CLIPVERIFY_UNSAFE_WEIGHTS"
"""Environment variable: 1 lets ``.pt`` files be unpickled where ultralytics was imported before us without its safe loader."""
_FLOOR = 0.001
_AT_ONCE = 16


class YoloDetector(Portable):
    """A `Detector` with fixed classes, from a ``.pt`` file or a folder with ``model.yaml`` and ``model.safetensors``."""

    _of_process = ("model",)

    def __init__(self, path: str, device: str | None = None, imgsz: int | None = None) -> None:
        """Store the path; weights are read on first use.

        Args:
            path: A ``.pt`` file in ultralytics' layout, or a folder without pickle as `tiny/yolo`.
            device: torch device. Default: chosen by ultralytics.
            imgsz: Longer side in pixels that pictures are scaled to; the model's own (640 for the published ones) when None.
        """
        self.path = place_of(path)
        self.device = device
        self._imgsz = imgsz
        self.lock = RLock()
        self.base: YoloDetector | None = None
        """The detector whose weights are shared, or None."""

    @cached_property
    def id(self) -> str:
        """``NAME@FINGERPRINT`` of the weights."""
        self._require()
        size = f"-{self._imgsz}" if self._imgsz else ""
        return f"{self.path.stem}@{fingerprint(self.path)}{size}"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The classes, under the vocabulary's names."""
        if self.path.is_dir():
            return tuple(self._layout()["names"])
        return tuple(english().canonical(str(name)) for name in self.model.names.values())

    @cached_property
    def imgsz(self) -> int:
        """Longer side in pixels that pictures are scaled to."""
        if self._imgsz:
            return self._imgsz
        return int(self._layout().get("imgsz", 640)) if self.path.is_dir() else 640

    @cached_property
    def model(self) -> Any:
        """The ultralytics model."""
        if self.base is not None:
            return self.base.model
        self._require()
        with self.lock:
            return self._from_folder() if self.path.is_dir() else self._from_file()

    def at(self, scale: float) -> YoloDetector:
        """Return the same model at another scale, rounded to its stride of 32 pixels; the weights are shared."""
        size = max(32, round(self.imgsz * scale / 32) * 32)
        other = YoloDetector(str(self.path), self.device, size)
        other.lock, other.base = self.lock, self
        return other

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Detect every class (`labels` is ignored); boxes down to a confidence of .001.

        Only pictures of the same size are batched: ultralytics pads mixed batches differently, and the detections in a picture
        must not depend on its batch.
        """
        alike: dict[tuple[int, int], list[int]] = {}
        for place, picture in enumerate(pictures):
            alike.setdefault(picture.size, []).append(place)
        found: dict[int, Detections] = {}
        with self.lock:
            for places in alike.values():
                for start in range(0, len(places), _AT_ONCE):
                    part = places[start : start + _AT_ONCE]
                    results = self._predict([pictures[place].image for place in part])
                    found |= {place: self._read(result) for place, result in zip(part, results, strict=True)}
        return [found[place] for place in range(len(pictures))]

    def pixels(self, picture: Picture) -> Any:
        """Return the network's input for a picture, (1, 3, h, w): scaled by one factor, the rest filled evenly on both sides."""
        with self.lock:
            self._predict([picture.image])  # sets the predictor up
            return self.model.predictor.preprocess([np.asarray(picture.image)[:, :, ::-1]]).clone()

    @property
    def network(self) -> Any:
        """The torch module from `pixels` to (boxes and scores (1, 4 + classes, anchors), …), for gradients."""
        return self.model.model

    @property
    def neck(self) -> list[Any]:
        """The modules whose outputs the head reads, one for each scale."""
        layers = self.network.model
        return [layers[place] for place in layers[-1].f]

    def _predict(self, images: list[Any]) -> Any:
        return self.model.predict(
            images, imgsz=self.imgsz, conf=_FLOOR, max_det=300, device=self.device, verbose=False, save=False
        )

    def _read(self, result: Any) -> Detections:
        scores = result.boxes.conf.tolist()
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        names = [self.labels[int(kind)] for kind in result.boxes.cls.tolist()]
        corners: list[Box] = [(box[0], box[1], box[2], box[3]) for box in result.boxes.xyxy.tolist()]
        maxima: dict[str, float] = {}
        for place in order:
            maxima.setdefault(names[place], scores[place])
        return Detections(
            boxes=tuple(corners[place] for place in order),
            labels=tuple(names[place] for place in order),
            scores=tuple(scores[place] for place in order),
            maxima=maxima,
        )

    def _require(self) -> None:
        if not files.exists(self.path):
            do = "download it with ultralytics and give its path; or use transformers:ID_OR_FOLDER, or none"
            raise ModelError("no such detector weights", got=self.path, do=do)

    def _layout(self) -> dict[str, Any]:
        return read_layout(self.path / "model.yaml")

    def _from_folder(self) -> Any:
        """Return the model of a folder; ultralytics gets a copy of the layout that was checked, never the file itself."""
        layout = self._layout()
        checked = {name: value for name, value in layout.items() if name not in ("names", "imgsz")} | {
            "nc": len(layout["names"])
        }
        with (
            telling(ModelError, "the detector cannot be loaded", got=self.path, do=_GIVE),
            scratch("clipverify-layout-") as folder,
        ):
            copy = files.write_text(folder / "model.yaml", yaml.safe_dump(checked))
            model = YOLO(str(copy), task="detect")
            model.model.load_state_dict({name: value.float() for name, value in load_file(self._weights).items()})
        model.model.names = dict(enumerate(layout["names"]))
        model.model.eval()
        return model

    @property
    def _weights(self) -> str:
        return str(self.path / "model.safetensors")

    def _from_file(self) -> Any:
        if not SAFE_LOAD and os.environ.get(UNSAFE) != "1":
            got = "ultralytics imported with its unsafe loader, which runs code that a file holds"
            do = f"set ULTRALYTICS_SAFE_LOAD=1 before the first import, or {UNSAFE}=1 if you trust {self.path.name}"
            raise ModelError("the detector is not loaded", got=got, do=do)
        try:
            model = YOLO(str(self.path))
        except Exception as error:
            raise ModelError("the detector cannot be loaded", got=f"{self.path} ({error})", do=_GIVE) from error
        if getattr(model, "task", "detect") != "detect":
            raise ModelError("not a detector", got=f"{self.path} (task {model.task})", do=_GIVE)
        return model

    def __repr__(self) -> str:
        """Name the file."""
        return f"YoloDetector({str(self.path)!r})"


_GIVE = "give a YOLO detection model that ultralytics can load without running code"
