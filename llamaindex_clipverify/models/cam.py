"""Applies the formulas of pytorch-grad-cam to given activations and gradients; the only file that imports it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM

from llamaindex_clipverify.geometry import Array

_CLASSES: dict[str, Any] = {
    "gradcam": GradCAM,
    "gradcam++": GradCAMPlusPlus,
    "layercam": LayerCAM,
    "hirescam": HiResCAM,
}


def combine(method: str, activations: Array, gradients: Array) -> Array:
    """Return the map (h, w) of a method, signed and un-scaled, for a layer's activations and gradients.

    Args:
        method: A key of the table above.
        activations: Float32 (1, C, h, w).
        gradients: Of the score, float32 (1, C, h, w).
    """
    formula = _CLASSES[method](model=torch.nn.Linear(1, 1), target_layers=[])  # hooks nothing: only its formula is used
    grid: Array = formula.get_cam_image(None, None, None, activations, gradients, False)[0]
    return np.asarray(grid, np.float32)
