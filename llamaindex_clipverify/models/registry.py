"""Loads models by name. Further packages add names through the entry-point groups defined below."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import MissingExtraError, ModelError
from llamaindex_clipverify.models.forking import watch
from llamaindex_clipverify.models.identity import place_of
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder, Reader

ENCODERS = "llamaindex_clipverify.encoders"
"""Entry-point group: name to a callable that takes the text after ``name:`` and returns an `Encoder`."""
DETECTORS = "llamaindex_clipverify.detectors"
"""Entry-point group: name to a callable that takes the text after ``name:`` and returns a `Detector`."""
READERS = "llamaindex_clipverify.readers"
"""Entry-point group: name to a callable that takes the text after ``name:`` and returns a `Reader`."""

RECORD = "optimized.json"
"""File that marks the folder of an optimized model (see `models.optimized`)."""
_LLAVAS: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
"""The local vision language models in use, by name and options."""
_LLAVAS_LOCK = Lock()
watch(sys.modules[__name__])
VIEWS = (0.75, 1.0, 1.5)
"""Scales of ``views:``, relative to the detector's own input size."""


def tiny_folder() -> Path:
    """Return the folder of the bundled models: ``clip``, ``yolo`` and ``llava``.

    Raises:
        MissingExtraError: The distribution with the weights is not installed.
    """
    try:
        weights = importlib.import_module("llamaindex_clipverify_tiny")
    except ModuleNotFoundError as error:
        raise MissingExtraError("llamaindex-clipverify-tiny (the weights of the bundled models)", "tiny") from error
    folder: Path = weights.path()
    return folder


def as_encoder(model: Any) -> Encoder:
    """Return an encoder: by name, the given encoder itself, or a wrapper of a LlamaIndex MultiModalEmbedding.

    Raises:
        ModelError: The argument is none of these.
    """
    if isinstance(model, str):
        return load_encoder(model)
    if hasattr(model, "id") and hasattr(model, "logit_scale"):
        given: Encoder = model
        return given
    if hasattr(model, "get_image_embedding_batch"):
        from llamaindex_clipverify.models.embedding import EmbeddingEncoder

        return EmbeddingEncoder(model)
    raise ModelError("not an encoder", got=type(model).__name__, do="give a name, an Encoder, or a MultiModalEmbedding")


def loadable(model: Any) -> str:
    """Return the name that loads a model again, "" if there is none."""
    name = model if isinstance(model, str) else getattr(model, "name", None) or str(getattr(model, "path", ""))
    if name and _is_bundled(Path(name)):
        return "tiny"
    if str(name).startswith("onnx:"):
        return f"onnx:{place_of(name[5:]).resolve()}"
    return str(Path(name).resolve()) if name not in ("", "tiny", "none") and files.exists(name) else str(name)


def _is_bundled(folder: Path) -> bool:
    with suppress(MissingExtraError):
        return folder.parent == tiny_folder()
    return False


def load_encoder(name: str) -> Encoder:
    """Return the encoder of a name; weights are read on first use.

    Args:
        name: ``tiny`` (bundled), a folder or hub id of a CLIP or SigLIP model, ``onnx:FOLDER`` (written by ``clipverify
            optimize``), or ``NAME:REST`` of an entry point. Several names, separated by commas, form an ensemble.
    """
    if "," in name:
        from llamaindex_clipverify.models.ensemble import EnsembleEncoder

        return EnsembleEncoder([load_encoder(one.strip()) for one in name.split(",")])
    if _is_optimized(name, "encoder"):
        name = f"onnx:{name}"
    made: Encoder = _made(ENCODERS, name) or _clip(name)
    return made


def load_detector(name: str) -> Detector | None:
    """Return the detector of a name, or None for ``none``; weights are read on first use.

    Args:
        name: ``tiny``, a YOLO file (``yolov8n.pt`` or a path; AGPL-3.0 through ultralytics), ``transformers:ID_OR_FOLDER``,
            ``onnx:FOLDER`` (written by ``clipverify optimize``), ``none``, or ``NAME:REST`` of an entry point. Several
            names, separated by commas, form an ensemble. ``views:YOLO_FILE`` runs on each picture at three scales and
            mirrored, which takes six times as long and finds more.

    Raises:
        ModelError: The name is none of these.
    """
    if name == "none":
        return None
    if "," in name:
        from llamaindex_clipverify.models.ensemble import EnsembleDetector

        members = [load_detector(one.strip()) for one in name.split(",")]
        return EnsembleDetector([member for member in members if member is not None])
    if _is_optimized(name, "detector"):
        name = f"onnx:{name}"
    made: Detector | None = _made(DETECTORS, name)
    if made is None and (name.endswith(".pt") or files.is_file(Path(name) / "model.yaml")):
        return _yolo(name)
    if made is None:
        raise ModelError(
            "no such detector",
            got=name,
            do="give tiny, a YOLO .pt file, transformers:ID_OR_FOLDER, onnx:FOLDER, or none",
        )
    return made


def load_reader(name: str) -> Reader | None:
    """Return the reader of a name, or None for ``none``; weights are read on first use.

    Args:
        name: ``rapidocr`` (its wheel carries the models), ``none``, or ``NAME:REST`` of an entry point.

    Raises:
        ModelError: The name is none of these.
        MissingExtraError: RapidOCR is not installed.
    """
    if name == "none":
        return None
    made: Reader | None = _made(READERS, name)
    if made is None:
        raise ModelError("no such reader", got=name, do="give rapidocr or none")
    return made


def entry_point(group: str, name: str) -> Callable[..., Any] | None:
    """Return what an installed package registers under a name of an entry-point group; None if none does."""
    return next((entry.load() for entry in entry_points(group=group, name=name)), None)


def _made(group: str, name: str) -> Any:
    """Return the model of a built-in name or of an entry point, in that order; None if the group has no such name."""
    scheme, colon, rest = name.partition(":")
    make = _BUILT_IN[group].get(scheme + colon)
    if make is None and rest:
        make = entry_point(group, scheme)
    return make(rest) if make is not None and bool(rest) == bool(colon) else None


def _clip(name: str) -> Encoder:
    encoder: Encoder = load_adapter("clip", "transformers", "torch").ClipEncoder(name)
    return encoder


def _yolo(name: str) -> Detector:
    detector: Detector = load_adapter("yolo", "ultralytics", "yolo").YoloDetector(name)
    return detector


def _views(name: str) -> Detector:
    from llamaindex_clipverify.models.ensemble import EnsembleDetector, MirroredDetector

    plain = load_detector(name)
    if plain is None or not hasattr(plain, "at"):
        raise ModelError("views are made for YOLO files", got=name, do="give views:yolov8n.pt")
    scaled = [plain.at(scale) for scale in VIEWS]
    return EnsembleDetector([*scaled, *(MirroredDetector(one) for one in scaled)], name=f"views-{plain.id}")


_BUILT_IN: dict[str, dict[str, Callable[[str], Any]]] = {
    ENCODERS: {
        "tiny": lambda _: _clip(str(tiny_folder() / "clip")),
        "onnx:": lambda folder: load_adapter("onnx", "onnxruntime", "onnx").OnnxEncoder(folder),
    },
    DETECTORS: {
        "tiny": lambda _: _yolo(str(tiny_folder() / "yolo")),
        "views:": _views,
        "onnx:": lambda folder: load_adapter("onnx", "onnxruntime", "onnx").OnnxDetector(folder),
        "transformers:": lambda name: load_adapter(
            "transformers_detector", "transformers", "torch"
        ).TransformersDetector(name),
    },
    READERS: {"rapidocr": lambda _: load_adapter("ocr", "rapidocr", "ocr").RapidReader()},
}
"""Built-in names of each entry-point group; those that end with a colon take the text after it."""


def _is_optimized(name: str, kind: str) -> bool:
    """Return whether a name is the folder of an optimized model: one with a record."""
    return any(files.is_file(place / RECORD) for place in (Path(name), Path(name) / kind))


def load_exporter() -> Any:
    """Return the module that writes ONNX models. See `models.onnx_export`.

    Raises:
        MissingExtraError: onnx or ONNX Runtime is not installed.
    """
    load_adapter("onnx", "onnxruntime", "onnx")
    return load_adapter("onnx_export", "onnx", "onnx")


def load_grounder(name: str) -> Grounder:
    """Return the entailment model of a name, ``transformers:ID_OR_FOLDER``; weights are read on first use.

    Raises:
        ModelError: The name is not of that form.
    """
    scheme, _, rest = name.partition(":")
    if scheme != "transformers" or not rest:
        raise ModelError("no such grounder", got=name, do="give transformers:ID_OR_FOLDER of a model of entailment")
    grounder: Grounder = load_adapter("grounder", "transformers", "torch").TransformersGrounder(rest)
    return grounder


def load_llava(name: str, **options: Any) -> Any:
    """Return the local vision language model of a name; weights are read on first use. See `models.llava.Llava`.

    While one of the same name and options is in use, it is returned again: several engines share the weights.
    """
    key = (name, *sorted(options.items()))
    with _LLAVAS_LOCK:
        model = _LLAVAS.get(key)
        if model is None:
            model = _LLAVAS[key] = load_adapter("llava", "transformers", "torch").Llava(name, **options)
    return model


def load_together(key: str | None = None, **options: Any) -> Any:
    """Return the client of a vision model on a server. See `models.together.TogetherChat`."""
    return load_adapter("together", "together", "together").TogetherChat(key, **options)


def load_adapter(module: str, library: str, extra: str) -> Any:
    """Return the module of `models` that wraps a library.

    Raises:
        MissingExtraError: The library is not installed.
    """
    try:
        return importlib.import_module(f"llamaindex_clipverify.models.{module}")
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == library:
            raise MissingExtraError(library, extra) from error
        raise
