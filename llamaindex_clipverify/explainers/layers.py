"""Finds the target layer of an encoder, and adapts a CLIP to stock pytorch-grad-cam.

On a vision transformer that pools at its class token, gradients reach the patches only up to the *input* of the last block's
attention: at a later layer every map is zero (pytorch-grad-cam, issue 513). So the layer is the last block's first
normalisation. On a convolutional tower it is the last layer whose output is still a grid of more than one cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.evidence.text_vectors import PROMPT
from llamaindex_clipverify.models.clip import ClipEncoder, embedding
from llamaindex_clipverify.picture import Picture

_NORMS = ("layer_norm1", "layernorm_before", "norm1", "ln_1")
"""Name of the first normalisation of a block."""


def blocks(model: Any) -> list[torch.nn.Module]:
    """Return the first normalisations of a vision transformer's blocks, first block first; empty for other towers."""
    inside = [module for name, module in model.named_modules() if "vision" in name or "visual" in name]
    found = [next((getattr(one, name) for name in _NORMS if hasattr(one, name)), None) for one in inside]
    return [one for one in found if one is not None]


def target_layer(encoder: ClipEncoder, name: str | None = None) -> torch.nn.Module:
    """Return the target layer of the gradient methods.

    Args:
        encoder: Whose picture tower is searched.
        name: Dotted name of a layer within the model, instead of the search.

    Raises:
        ModelError: There is no layer of that name, or none that holds a grid.
    """
    if name is not None:
        named = dict(encoder.model.named_modules())
        if name not in named:
            raise ModelError("no such layer", got=name, do="give a name of model.named_modules(), or none for a search")
        layer: torch.nn.Module = named[name]
        return layer
    norms = blocks(encoder.model)
    return norms[-1] if norms else _last_grid(encoder)


def _last_grid(encoder: ClipEncoder) -> torch.nn.Module:
    """Run a blank picture and return the last module whose output has height and width."""
    found: list[torch.nn.Module] = []

    def note(module: torch.nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            found.append(module)

    hooks = [module.register_forward_hook(note) for module in encoder.model.modules()]
    try:
        with torch.inference_mode():
            encoder.model.get_image_features(pixel_values=encoder.pixels([Image.new("RGB", (32, 32))]))
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise ModelError(
            "no layer that holds a grid", got=type(encoder.model).__name__, do="use a ViT or convolutional CLIP"
        )
    return found[-1]


def as_grid(output: torch.Tensor) -> torch.Tensor:
    """Reshape tokens (B, 1 + g·g or g·g, C) to (B, C, g, g), leaving a class token out; a grid (B, C, h, w) stays as it is.

    Raises:
        ModelError: It is neither.
    """
    if output.ndim == 4:
        return output
    count = output.shape[1] if output.ndim == 3 else 0
    for extra in (0, 1):
        side = int(max(count - extra, 0) ** 0.5)
        if side > 0 and side * side == count - extra:
            return output[:, extra:].reshape(output.shape[0], side, side, -1).permute(0, 3, 1, 2)
    raise ModelError(
        "the layer holds no square grid of patches", got=tuple(output.shape), do="name a layer of the tower"
    )


class Cosines(torch.nn.Module):
    """A model from pixels (B, 3, S, S) to cosines (B, T) with the vectors of fixed texts, as CAM libraries want one."""

    def __init__(self, encoder: ClipEncoder, vectors: torch.Tensor) -> None:
        """Take text vectors (T, D)."""
        super().__init__()
        self.encoder = encoder
        self.model = encoder.model
        self.vectors = vectors

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the cosines."""
        features = embedding(self.model.get_image_features(pixel_values=pixels)).float()
        return torch.nn.functional.normalize(features, dim=-1) @ self.vectors.T

    def pixels(self, *images: Any) -> torch.Tensor:
        """Return the model's input for pictures of any kind that `Picture.of` takes."""
        pixels = self.encoder.pixels([Picture.of(image).image for image in images]).float()
        return pixels.requires_grad_(True)


class CamTarget(NamedTuple):
    """What a stock CAM of pytorch-grad-cam is made with."""

    model: Cosines
    target_layers: list[torch.nn.Module]
    reshape_transform: Callable[[torch.Tensor], torch.Tensor]
    target: Callable[[torch.Tensor], torch.Tensor]


def cam_target(encoder: Any, text: str, layer: str | None = None) -> CamTarget:
    """Return model, target_layers, reshape_transform and target of the cosine of a picture and a text.

    Args:
        encoder: A name as `load_encoder` takes it, or a `ClipEncoder`.
        text: A noun phrase ("a red bus").
        layer: See `target_layer`.

    Raises:
        ModelError: The encoder is none whose layers can be looked into, or has no such layer.
    """
    from llamaindex_clipverify.models.registry import as_encoder

    found = as_encoder(encoder)
    if not isinstance(found, ClipEncoder):
        do = "use a transformers CLIP or SigLIP"
        raise ModelError("no heat maps for this encoder", got=type(found).__name__, do=do)
    vectors = torch.from_numpy(found.encode_texts([PROMPT.format(text)])).to(found.device)
    model = Cosines(found, vectors)
    return CamTarget(model, [target_layer(found, layer)], as_grid, lambda output: output[..., 0])
