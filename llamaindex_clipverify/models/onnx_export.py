"""From torch to ONNX, and from float32 to int8: the only file that imports onnx and ONNX Runtime's quantisation.

Dynamic quantisation: weights are kept in int8, activations are scaled when they are seen (the arithmetic is that of Jacob et
al. 2018, arXiv 1712.05877). Weights use seven of the eight bits, so that sums do not overflow on processors without VNNI.
"""

from __future__ import annotations

import copy
import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.models.clip import ClipEncoder, embedding
from llamaindex_clipverify.models.optimized import Kind, Record

OPSET = 17
_HOW: dict[Kind, dict[str, Any]] = {
    "encoder": {"op_types_to_quantize": ["MatMul", "Gemm"], "weight_type": QuantType.QInt8, "per_channel": True,
                "reduce_range": True},
    "detector": {"op_types_to_quantize": ["MatMul", "Gemm", "Conv"], "weight_type": QuantType.QUInt8},
}  # fmt: skip
"""An encoder's linear layers, a scale for each row of weights; its one convolution stays. A detector's convolutions, unsigned."""


def export_encoder(encoder: ClipEncoder, folder: Path) -> None:
    """Write ``vision.onnx``, ``text.onnx``, processor, tokenizer, configuration and record of an encoder on the CPU."""
    folder.mkdir(parents=True)
    pixels = encoder.pixels([Image.new("RGB", (64, 64), shade) for shade in ("red", "blue")])
    tokens = encoder.tokens(["a photo of a cat", "two dogs"])
    _export(_Tower(encoder.model, "get_image_features", ["pixel_values"]), [pixels], folder / "vision.onnx",
            {"pixel_values": {0: "pictures"}})  # fmt: skip
    _export(_Tower(encoder.model, "get_text_features", list(tokens)), list(tokens.values()), folder / "text.onnx",
            {name: {0: "texts", 1: "length"} for name in tokens})  # fmt: skip
    encoder.processor.save_pretrained(folder)
    encoder.config.save_pretrained(folder)
    settings = {"logit_scale": encoder.logit_scale, "width": encoder.width}
    _record("encoder", encoder.id, ["vision", "text"], settings).save(folder)


def export_detector(detector: Any, folder: Path) -> None:
    """Write ``network.onnx`` and record of a `YoloDetector`.

    Raises:
        ModelError: The network's last layer is none of YOLO's detection heads.
    """
    network = copy.deepcopy(detector.model.model).to("cpu").float().eval()
    head = network.model[-1]
    if not hasattr(head, "decode_bboxes"):
        raise ModelError("not a detector that can be exported", got=f"{detector.path} ({type(head).__name__})")
    if getattr(head, "cv2", None) is not None:
        network.end2end = False  # of two heads, the one that `YoloDetector` looks with
    network.fuse(verbose=False)
    head.dynamic, head.export, head.format = True, True, "onnx"
    folder.mkdir(parents=True)
    size = -(-detector.imgsz // 32) * 32
    end_to_end = bool(getattr(head, "end2end", False))
    _export(network, [torch.zeros(1, 3, size, max(size - 32, 32))], folder / "network.onnx",
            {"images": {0: "pictures", 2: "height", 3: "width"}})  # fmt: skip
    settings = {"labels": list(detector.labels), "imgsz": size, "end_to_end": end_to_end}
    _record("detector", detector.id, ["network"], settings).save(folder)


def quantize(source: Path, kind: Kind, folder: Path) -> None:
    """Write a model that was exported to one folder into another, in int8."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.onnx"))
    record = Record.load(source, kind)
    for file in record.precision:
        prepared = folder / f"{file}.prepared"
        with _quiet():
            quant_pre_process(str(source / f"{file}.onnx"), str(prepared), skip_symbolic_shape=True)
            quantize_dynamic(str(prepared), str(folder / f"{file}.onnx"), **_HOW[kind])
        prepared.unlink()
    replace(record, precision=dict.fromkeys(record.precision, "int8")).save(folder)


class _Tower(torch.nn.Module):
    """One half of an encoder, as a module whose inputs have their order."""

    def __init__(self, model: torch.nn.Module, method: str, inputs: Sequence[str]) -> None:
        super().__init__()
        self.model, self.method, self.inputs = model, method, tuple(inputs)

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return embedding(getattr(self.model, self.method)(**dict(zip(self.inputs, tensors, strict=True))))


def _export(
    module: torch.nn.Module, inputs: Sequence[torch.Tensor], path: Path, axes: Mapping[str, Mapping[int, str]]
) -> None:
    """Write a module by tracing it: torch's other exporter needs a further package."""
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            module, tuple(inputs), str(path), input_names=list(axes), output_names=["rows"],
            dynamic_axes={**axes, "rows": {0: "rows"}}, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tracer's warnings and the quantiser's advice, which goes to the root logger, from the caller."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)


def _record(kind: Kind, made_of: str, files: Sequence[str], settings: Mapping[str, Any]) -> Record:
    versions = {"torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
    today = datetime.now(UTC).date().isoformat()
    return Record(
        kind=kind,
        name=made_of.split("@")[0],
        made_of=made_of,
        precision=dict.fromkeys(files, "fp32"),
        opset=OPSET,
        date=today,
        versions=versions,
        settings=settings,
    )
