"""One forward pass of one picture, kept so that any number of claims and methods can use it.

Weights are frozen and pixels need no gradient; a hook turns the output of the target layer into a leaf. Autograd therefore
records the tower only from that layer on: a forward pass costs as much as one without gradients, and a map costs one
backward pass through the last block. The gradients equal those of the whole tower, since earlier layers do not affect them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.explainers.heads import Heads, watched
from llamaindex_clipverify.explainers.layers import as_grid, target_layer
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.clip import ClipEncoder, embedding

_AT_ONCE = 32


class Method(Protocol):
    """A heat-map method."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """Return the contribution of each patch to a direction (D,), float32 (h, w), signed and un-scaled."""
        ...


class ForwardPass:
    """The forward pass of a picture. Hold the encoder's lock while using it."""

    def __init__(self, encoder: ClipEncoder, image: Image.Image, layers: Sequence[torch.nn.Module] = ()) -> None:
        """Run the picture once.

        Args:
            encoder: The encoder whose picture tower is run.
            image: The upright picture.
            layers: Layers to take gradients of, first to last. Default: the target layer.
        """
        self.encoder = encoder
        self.layers = list(layers) or [target_layer(encoder)]
        self.pixels = encoder.pixels([image]).float()
        self.kept: dict[Any, Any] = {}
        """Cache of the methods for further texts."""
        self._seen: dict[str, Any] = {}
        self._directions: dict[bytes, list[Any]] = {}
        with torch.enable_grad(), self._watched():
            self._vector = torch.nn.functional.normalize(self._features(self.pixels), dim=-1)[0]
        if 0 not in self._seen.get("layers", {}):
            raise ModelError("the layer is not part of the picture's tower", got=type(self.layers[0]).__name__,
                             do="name a layer of the vision tower, or none for a search")  # fmt: skip

    @cached_property
    def vector(self) -> Array:
        """Return the picture's unit vector, float32 (D,)."""
        found: Array = self._vector.detach().cpu().numpy()
        return found

    @cached_property
    def activations(self) -> list[Array]:
        """Return the output of each layer, float32 (1, C, h, w)."""
        return [self._grid(self._seen["layers"][place]) for place in range(len(self.layers))]

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns of a map."""
        _, _, rows, columns = self.activations[-1].shape
        return rows, columns

    def gradients(self, direction: Array) -> list[Array]:
        """Return the gradient of the picture vector's product with a direction (D,), at each layer, float32 (1, C, h, w).

        Raises:
            ModelError: The gradient is zero everywhere, because the layer is after the pooling of the patches.
        """
        found = [self._grid(one) for one in self._derived(direction)[: len(self.layers)]]
        if np.any(direction) and not any(np.any(one) for one in found):
            raise ModelError("no gradient reaches the patches of this layer", got=self._layer_names(),
                             do="name a layer before the pooling, or none for a search")  # fmt: skip
        return found

    def patch_effects(self, direction: Array) -> Array:
        """Return weight times gradient of every patch in the last attention, for a direction (D,): (heads, queries, patches).

        Raises:
            ModelError: The tower has no readable attention after the layer.
        """
        if self._last is None:
            got = type(self.encoder.model).__name__
            raise ModelError(
                "no attention behind the layer to look into", got=got, do="use layercam, or a ViT CLIP or SigLIP"
            )
        effects = self._last.effects(self._derived(direction)[-1])
        found: Array = effects[..., self._own_tokens(effects.shape[-1]) :].cpu().numpy()
        return found

    @property
    def _last(self) -> Heads | None:
        """Return the last attention, if gradients reach it."""
        heads: list[Heads] = self._seen.get("attentions", [])
        return heads[-1] if heads and heads[-1].mixed.requires_grad else None

    def _own_tokens(self, tokens: int) -> int:
        """Return how many tokens are no patches: the class token's, or none."""
        return tokens - int(np.prod(self.shape))

    # -- a part of the picture --------------------------------------------------------------------------------------

    def only(self, patches: Sequence[Array]) -> Array:
        """Return the unit vectors, float32 (n, D), of the picture with only those patches (indices, row by row) left.

        On a vision transformer the tokens of the other patches are taken out of the sequence, which equals masking them in
        every attention and costs less. On a convolutional tower they are set to the mean colour.
        """
        result = np.empty((len(patches), len(self.vector)), np.float32)
        by_size: dict[int, list[int]] = {}
        for place, kept in enumerate(patches):
            by_size.setdefault(len(kept), []).append(place)
        with torch.inference_mode():
            for places in by_size.values():
                for start in range(0, len(places), _AT_ONCE):
                    part = places[start : start + _AT_ONCE]
                    features = self._partly(np.stack([np.sort(patches[place]) for place in part]).astype(np.int64))
                    result[part] = torch.nn.functional.normalize(features, dim=-1).cpu().numpy()
        return result

    def _partly(self, kept: Array) -> torch.Tensor:
        module = self._seen.get("embeddings")
        if module is None:
            return self._features(self._covered(kept))
        own = self._own_tokens(self._seen["tokens"])
        ids = np.hstack([np.tile(np.arange(own), (len(kept), 1)), kept + own]).astype(np.int64)
        places = torch.from_numpy(ids).to(self.pixels.device)

        def take(_: Any, __: Any, tokens: torch.Tensor) -> torch.Tensor:
            rows = tokens.expand(len(places), -1, -1)
            return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[-1]))

        hook = module.register_forward_hook(take)
        try:
            return self._features(self.pixels)
        finally:
            hook.remove()

    def _covered(self, kept: Array) -> torch.Tensor:
        rows, columns = self.shape
        shown = torch.zeros(len(kept), rows * columns, device=self.pixels.device)
        shown.scatter_(1, torch.from_numpy(kept).to(shown.device), 1.0)
        mask = torch.nn.functional.interpolate(shown.reshape(-1, 1, rows, columns), self.pixels.shape[2:])
        return self.pixels * mask  # zero is the mean colour: pixels are normalised by it

    # -- the run ---------------------------------------------------------------------------------------------------

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        model = self.encoder.model
        given = pixels.to(next(model.parameters()).dtype)
        return embedding(model.get_image_features(pixel_values=given)).float()

    def _derived(self, direction: Array) -> list[torch.Tensor]:
        """Return the gradients at the layers and, where there is one, at the mixed values of the attention."""
        key = np.asarray(direction, np.float32).tobytes()
        if key not in self._directions:
            wanted = [self._seen["layers"][place] for place in range(len(self.layers))]
            wanted += [] if self._last is None else [self._last.mixed]
            score = self._vector @ torch.from_numpy(np.array(direction, np.float32)).to(self._vector.device)
            found = torch.autograd.grad(score, wanted, retain_graph=True, allow_unused=True)
            self._directions[key] = [
                torch.zeros_like(tensor) if one is None else one for one, tensor in zip(found, wanted, strict=True)
            ]
        return self._directions[key]

    @contextmanager
    def _watched(self) -> Iterator[None]:
        hooks = [layer.register_forward_hook(self._leaf(place)) for place, layer in enumerate(self.layers)]
        for name, module in self.encoder.model.named_modules():
            if "vision" not in name and "visual" not in name:
                continue
            if name.endswith("embeddings") and name.count("embeddings") == 1:
                hooks.append(module.register_forward_hook(self._note_tokens))
        try:
            with watched(self.encoder.model, ("vision", "visual")) as self._seen["attentions"]:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def _leaf(self, place: int) -> Any:
        def replace(_: Any, __: Any, output: Any) -> torch.Tensor:
            if not isinstance(output, torch.Tensor):
                raise ModelError("the layer's output is no tensor", got=type(output).__name__,
                                 do="name a normalisation of a block, or none for a search")  # fmt: skip
            as_grid(output)
            kept: torch.Tensor = output if output.requires_grad else output.detach().requires_grad_(True)
            self._seen.setdefault("layers", {})[place] = kept
            return kept

        return replace

    def _note_tokens(self, module: Any, _: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and output.ndim == 3:
            self._seen["embeddings"], self._seen["tokens"] = module, output.shape[1]

    def _grid(self, tensor: torch.Tensor) -> Array:
        found: Array = as_grid(tensor.detach()).float().cpu().numpy()
        return found

    def _layer_names(self) -> str:
        names = {id(module): name for name, module in self.encoder.model.named_modules()}
        return ", ".join(names.get(id(layer), "?") for layer in self.layers)
