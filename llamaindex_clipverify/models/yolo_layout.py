"""The layout of a YOLO in a folder: its ``model.yaml``, read by a schema of our own.

Ultralytics evaluates parts of such a file as Python. Only what the schema knows reaches it: numbers, names of layers from a list,
and activations from a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError, ModelError

_MOST = 2**20
"""Maximum size of the file in bytes."""
_LARGEST = 8192
"""Largest number of an argument: channels, kernel sizes and the like."""
_LAYERS = 500
_MODULES = frozenset(
    """AConv ADown A2C2f BNContrastiveHead Bottleneck BottleneckCSP C1 C2 C2f C2fAttn C2fCIB C2fPSA C2PSA C3 C3Ghost C3TR C3k2 C3x
    CBFuse CBLinear Concat Conv ConvTranspose DWConv DWConvTranspose2d Detect ELAN1 Focus GhostBottleneck GhostConv HGBlock HGStem
    Index PSA RepC3 RepConv RepNCSPELAN4 ResNetLayer SCDown SPP SPPELAN SPPF nn.Identity nn.MaxPool2d nn.Upsample
    v10Detect""".split()
)
"""Layers of detectors that ultralytics has."""
_WORDS = frozenset(("nc", "None", "True", "False", "nearest", "bilinear"))
"""Texts among the arguments of layers."""
_ACTIVATIONS = frozenset(
    f"{prefix}{name}"
    for prefix in ("nn.", "torch.nn.")
    for name in ("SiLU()", "ReLU()", "ReLU6()", "GELU()", "Hardswish()", "Mish()", "Identity()", "LeakyReLU(0.1)")
)
_KEYS = frozenset(
    "nc names imgsz scales scale depth_multiple width_multiple max_channels ch backbone head activation reg_max end2end".split()
)


class _Loader(yaml.SafeLoader):
    """A safe loader without aliases: a few lines of them stand for more than any memory takes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


def read_layout(path: Path) -> dict[str, Any]:
    """Return the layout in a ``model.yaml``; only values that the schema allows.

    Raises:
        ModelError: It cannot be read, or holds anything else.
    """
    do = "write it as training/yolo.py does, or give a .pt file"
    with telling(ModelError, "the layout of the detector cannot be read", got=path, do=do):
        try:
            text = files.read_text(path, "the layout cannot be read", most=_MOST)
        except DataError as error:
            raise ModelError("the layout of the detector cannot be read", got=error.got, do=do) from error
        layout = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    problem = _problem(layout)
    if problem:
        raise ModelError("the layout of the detector is not allowed", got=f"{path}: {problem}", do=do)
    return dict(layout)


def _problem(layout: Any) -> str:
    """Return what the schema does not allow; "" if it allows all."""
    if not isinstance(layout, Mapping) or not all(isinstance(key, str) for key in layout):
        return "no mapping of names"
    if unknown := sorted(set(layout) - _KEYS):
        return f"unknown key {unknown[0][:40]!r}"
    names = layout.get("names", ())
    if not _is_names(names) or layout.get("nc", len(names)) != len(names):
        return "names are no list of texts, one for each class"
    if layout.get("activation") is not None and layout["activation"] not in _ACTIVATIONS:
        return "an activation that is not in the list"
    numbers = ("imgsz", "depth_multiple", "width_multiple", "max_channels", "ch", "reg_max")
    if not all(_is_number(layout[key]) and layout[key] > 0 for key in numbers if key in layout):
        return "a size that is no positive number"
    if not isinstance(layout.get("end2end", False), bool) or not _are_scales(layout.get("scales"), layout.get("scale")):
        return "bad scales"
    layers: list[Any] = []
    for part in ("backbone", "head"):
        if not isinstance(layout.get(part), list) or len(layout[part]) > _LAYERS:
            return f"no list of layers under {part}"
        layers += layout[part]
    return next((f"layer {place}" for place, layer in enumerate(layers) if not _is_layer(layer, place)), "")


def _is_names(names: Any) -> bool:
    if not isinstance(names, list) or not 0 < len(names) <= 20_000:
        return False
    return all(isinstance(name, str) and 0 < len(name) <= 200 for name in names)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _are_scales(scales: Any, scale: Any) -> bool:
    if scales is None:
        return scale is None
    if not isinstance(scales, Mapping) or not scales or (scale is not None and scale not in scales):
        return False
    return all(
        isinstance(name, str)
        and isinstance(row, list)
        and len(row) == 3
        and all(_is_number(one) and one > 0 for one in row)
        for name, row in scales.items()
    )


def _is_layer(layer: Any, place: int) -> bool:
    if not isinstance(layer, list) or len(layer) != 4:
        return False
    source, repeats, module, arguments = layer
    sources = source if isinstance(source, list) else [source]
    return (
        0 < len(sources) <= 16
        and all(
            isinstance(one, int) and not isinstance(one, bool) and -place - 1 <= one < max(place, 1) for one in sources
        )
        and isinstance(repeats, int)
        and 1 <= repeats <= 100
        and isinstance(module, str)
        and module in _MODULES
        and isinstance(arguments, list)
        and len(arguments) <= 16
        and all(_is_argument(one) for one in arguments)
    )


def _is_argument(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= 64 and all(
            _is_number(one) or (isinstance(one, list) and _are_numbers(one)) for one in value
        )
    if isinstance(value, str):
        return value in _WORDS
    return value is None or isinstance(value, bool) or _is_number(value)


def _are_numbers(values: Sequence[Any]) -> bool:
    return len(values) <= 64 and all(map(_is_number, values))
