"""Heat maps through pytorch-grad-cam: the only file that imports it. The target is the cosine of picture and text.

GradCAM (Selvaraju et al. 2017), GradCAM++ (Chattopadhay et al. 2018), LayerCAM (Jiang et al. 2021), EigenGradCAM (Muhammad &
Yeasin 2020). On a vision transformer that pools at its class token, gradients exist only up to the *input* of the last block,
so the target layer is that block's first normalisation; a later layer would give a map of zeros. A map explains a score. It
proves nothing: it is scaled to a peak of 1 whether or not the thing is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam import EigenGradCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from pytorch_grad_cam.utils.image import scale_cam_image

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.clip import ClipEncoder, embedding
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.protocols import Array, HeatMap
from llamaindex_clipverify.text_vectors import PROMPT

_METHODS: dict[str, Any] = {
    "layercam": LayerCAM,
    "gradcam": GradCAM,
    "gradcam++": GradCAMPlusPlus,
    "eigengradcam": EigenGradCAM,
    "hirescam": HiResCAM,
    "xgradcam": XGradCAM,
}


class CamExplainer:
    """An `Explainer` on the vision transformer of a `ClipEncoder`."""

    methods = tuple(_METHODS)

    def __init__(self, encoder: ClipEncoder) -> None:
        """Explain the cosines of this encoder."""
        self.encoder = encoder

    def explain(self, picture: Picture, texts: Sequence[str], method: str = "layercam") -> list[HeatMap]:
        """Return one map for each text, on the upright picture.

        Raises:
            DataError: The method is unknown.
            ModelError: The encoder has no vision transformer to look into.
        """
        if method not in _METHODS:
            raise DataError("no such heat-map method", got=method, do=f"give one of {', '.join(_METHODS)}")
        if not texts:
            return []
        vectors = torch.from_numpy(self.encoder.encode_texts([PROMPT.format(text) for text in texts]))
        with self.encoder.lock:
            raw, cosines = self._maps(picture.image, vectors.to(self.encoder.device), method)
        return [
            _heat_map(grid, picture, self._box(picture), method, text, float(cosine))
            for grid, text, cosine in zip(raw, texts, cosines, strict=True)
        ]

    def _maps(self, image: Image.Image, vectors: torch.Tensor, method: str) -> tuple[list[Array], Array]:
        scores = _Cosines(self.encoder.model, vectors)
        pixels = self.encoder.pixels([image]).float()
        with _METHODS[method](model=scores, target_layers=[target_layer(self.encoder.model)],
                              reshape_transform=_grid) as cam:  # fmt: skip
            grids = [_raw(cam, pixels, place) for place in range(len(vectors))]
        with torch.inference_mode():
            cosines: Array = scores(pixels)[0].float().cpu().numpy()
        return grids, cosines

    def _box(self, picture: Picture) -> tuple[float, float, float, float]:
        """Return the part of the picture that the encoder sees, xyxy pixels: published CLIPs crop the centre."""
        settings = self.encoder.processor.image_processor
        width, height = picture.size
        if not getattr(settings, "do_center_crop", False):
            return (0.0, 0.0, float(width), float(height))
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return (left, top, left + side, top + side)


def target_layer(model: Any) -> torch.nn.Module:
    """Return the first normalisation of the vision tower's last block, found by search.

    Raises:
        ModelError: There is no such layer.
    """
    blocks = [
        module
        for name, module in model.named_modules()
        if "vision" in name and hasattr(module, "layer_norm1") and hasattr(module, "self_attn")
    ]
    if not blocks:
        raise ModelError(
            "no vision transformer block to explain", got=type(model).__name__, do="use a ViT CLIP or SigLIP"
        )
    layer: torch.nn.Module = blocks[-1].layer_norm1
    return layer


class _Cosines(torch.nn.Module):
    """Pixels (B, 3, S, S) to cosines (B, T) with fixed text vectors (T, D)."""

    def __init__(self, model: Any, vectors: torch.Tensor) -> None:
        super().__init__()
        self.model = model
        self.vectors = vectors

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        features = embedding(self.model.get_image_features(pixel_values=pixels)).float()
        return torch.nn.functional.normalize(features, dim=-1) @ self.vectors.T


def _raw(cam: Any, pixels: torch.Tensor, place: int) -> Array:
    """Return the un-scaled, rectified map on the patch grid, (g, g)."""
    target: Callable[[torch.Tensor], torch.Tensor] = lambda row: row[place]  # noqa: E731
    inputs = pixels.clone().requires_grad_(True)
    outputs = cam.activations_and_grads(inputs)
    outputs[0, place].backward(retain_graph=False)
    activations = cam.activations_and_grads.activations[0].cpu().data.numpy()
    gradients = cam.activations_and_grads.gradients[0].cpu().data.numpy()
    layer = cam.target_layers[0]
    grid = cam.get_cam_image(inputs, layer, [target], activations, gradients, False)
    rectified: Array = np.maximum(np.asarray(grid[0], np.float32), 0.0)
    return rectified


def _grid(tokens: torch.Tensor) -> torch.Tensor:
    """Reshape tokens (B, 1 + g·g or g·g, C) to (B, C, g, g), leaving a class token out."""
    patches = tokens.shape[1]
    side = int(patches**0.5)
    body = tokens if side * side == patches else tokens[:, 1:]
    side = int(body.shape[1] ** 0.5)
    return body.reshape(body.shape[0], side, side, body.shape[2]).permute(0, 3, 1, 2)


def _heat_map(
    grid: Array, picture: Picture, box: tuple[float, float, float, float], method: str, text: str, cosine: float
) -> HeatMap:
    peak = float(grid.max(initial=0.0))
    scaled = scale_cam_image(grid[None])[0] if peak > 0 else np.zeros_like(grid)
    return HeatMap(_place(scaled, picture.size, box), method, text, peak, cosine)


def _place(grid: Array, size: tuple[int, int], box: tuple[float, float, float, float]) -> Array:
    """Stretch a patch grid over the part of the picture that the encoder saw; zero outside."""
    width, height = size
    left, top, right, bottom = (int(round(edge)) for edge in box)
    patch = Image.fromarray(np.asarray(grid, np.float32), mode="F").resize(
        (max(right - left, 1), max(bottom - top, 1)), Image.Resampling.BICUBIC
    )
    values = np.zeros((height, width), np.float32)
    values[top : top + patch.height, left : left + patch.width] = np.clip(np.asarray(patch), 0, 1)
    return values
