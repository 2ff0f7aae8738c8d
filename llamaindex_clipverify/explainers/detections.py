"""Heat maps of YOLO detections from the detector's own gradients: which pixels caused a detection.

LayerCAM (Jiang et al., TIP 2021) of the log-odds of the class at the anchor whose box it is, on the feature maps that the head
reads, one for each scale, stretched and added. Nothing here tries the map: a detection has a box, and a confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.explainers.explainer import place_on
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.picture import Picture


def detection_maps(
    detector: Any, picture: Picture, least: float = 0.25, labels: Sequence[str] = ()
) -> tuple[Detections, list[HeatMap]]:
    """Return the detections of a picture and one map for each detection, in the same order.

    Args:
        detector: A YOLO detector.
        picture: The picture.
        least: Confidence from which a detection has its map.
        labels: Only these classes; all by default.

    Raises:
        ModelError: The detector is none whose layers can be looked into.
        DataError: A label is not one of its classes.
    """
    if not all(hasattr(detector, part) for part in ("network", "neck", "pixels")):
        raise ModelError("no maps for this detector", got=type(detector).__name__, do="use a YOLO detector")
    strange = [label for label in labels if label not in detector.labels]
    if strange:
        raise DataError("not a class of the detector", got=", ".join(strange), do="see detector.labels")
    seen = detector.detect([picture])[0]
    chosen = [
        place
        for place, (label, score) in enumerate(zip(seen.labels, seen.scores, strict=True))
        if score >= least and (not labels or label in labels)
    ]
    boxes, names, scores = ([column[place] for place in chosen] for column in (seen.boxes, seen.labels, seen.scores))
    if not chosen:
        return Detections(boxes=(), labels=(), scores=()), []
    with detector.lock:
        grids = _grids(detector, picture, boxes, [detector.labels.index(name) for name in names])
    maps = [
        HeatMap(values=values, method="detection", text=name, evidence=peak, cosine=score)
        for (values, peak), name, score in zip(grids, names, scores, strict=True)
    ]
    return Detections(boxes=tuple(boxes), labels=tuple(names), scores=tuple(scores)), maps


def _grids(detector: Any, picture: Picture, boxes: Sequence[Box], classes: Sequence[int]) -> list[tuple[Array, float]]:
    pixels, features = detector.pixels(picture), []

    def leaf(_: Any, __: Any, output: torch.Tensor) -> torch.Tensor:
        kept = output if output.requires_grad else output.detach().requires_grad_(True)
        features.append(kept)
        return kept

    for parameter in detector.network.parameters():
        parameter.requires_grad_(False)
    hooks = [module.register_forward_hook(leaf) for module in detector.neck]
    try:
        with torch.enable_grad():
            rows = detector.network(pixels)[0][0]
    finally:
        for hook in hooks:
            hook.remove()
    scale, left, top = _placing(picture.size, pixels.shape[2:])
    found = []
    for box, kind in zip(boxes, classes, strict=True):
        anchor = _anchor(
            rows.detach(), [edge * scale + offset for edge, offset in zip(box, (left, top) * 2, strict=True)], kind
        )
        score = torch.logit(rows[4 + kind, anchor].clamp(1e-6, 1 - 1e-6))
        gradients = torch.autograd.grad(score, features, retain_graph=True)
        found.append(_stretched(features, gradients, pixels.shape[2:], picture.size, (scale, left, top)))
    return found


def _anchor(rows: torch.Tensor, box: Sequence[float], kind: int) -> int:
    """Return the anchor with the highest score of the class among those with (nearly) this box."""
    x, y, width, height = rows[:4]
    corners = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    wanted = torch.tensor(box, dtype=rows.dtype, device=rows.device)[:, None]
    across = (torch.minimum(corners[2], wanted[2]) - torch.maximum(corners[0], wanted[0])).clamp(min=0)
    down = (torch.minimum(corners[3], wanted[3]) - torch.maximum(corners[1], wanted[1])).clamp(min=0)
    shared = across * down
    union = width * height + (wanted[2] - wanted[0]) * (wanted[3] - wanted[1]) - shared
    return int((shared / union.clamp(min=1e-6) * rows[4 + kind]).argmax())


def _placing(size: tuple[int, int], shape: Sequence[int]) -> tuple[float, float, float]:
    """Return the factor that a picture was scaled by, and the filling on its left and top, in the network's pixels."""
    scale = min(shape[0] / size[1], shape[1] / size[0])
    return scale, (shape[1] - round(size[0] * scale)) / 2, (shape[0] - round(size[1] * scale)) / 2


def _stretched(
    features: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor], shape: Sequence[int], size: tuple[int, int],
    placing: tuple[float, float, float],
) -> tuple[Array, float]:  # fmt: skip
    layers = [(one.detach() * gradient.clamp(min=0)).sum(dim=1, keepdim=True).clamp(min=0)
              for one, gradient in zip(features, gradients, strict=True)]  # fmt: skip
    whole = sum(torch.nn.functional.interpolate(layer, tuple(shape), mode="bilinear") for layer in layers)
    _, left, top = placing
    grid = whole[0, 0, round(top) : shape[0] - round(top) or None, round(left) : shape[1] - round(left) or None]  # type: ignore[index]
    values: Array = np.asarray(grid.cpu(), np.float32)
    peak = float(values.max(initial=0.0))
    return place_on(values / peak if peak > 0 else values, size, (0.0, 0.0, float(size[0]), float(size[1]))), peak
