"""Heat maps of a CLIP or SigLIP: any number of texts and methods from one forward pass of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.explainers import METHODS, STOCK, load_method
from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.explainers.layers import blocks, target_layer
from llamaindex_clipverify.explainers.trial import Target, try_maps
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.picture import Picture


class ClipExplainer:
    """An `Explainer` that caches the last forward pass, so that the same picture is not encoded again."""

    methods = tuple(METHODS)

    def __init__(self, encoder: ClipEncoder, layer: str | None = None) -> None:
        """Explain the cosines of this encoder; `layer` is the layer of gradient methods. Default: found by search."""
        self.encoder = encoder
        self.layer = layer
        self.texts = TextVectors(encoder)
        self._last: tuple[str, ForwardPass] | None = None

    def suits(self, method: str) -> bool:
        """Return whether the encoder supports a method and the library of its formula is installed."""
        if method in STOCK:
            return find_spec("pytorch_grad_cam") is not None
        return method not in ("attention", "agreement") or bool(blocks(self.encoder.model))

    @cached_property
    def default(self) -> str:
        """Return the default method: the best one that the picture tower supports."""
        return "attention" if blocks(self.encoder.model) else "layercam"

    def explain(
        self,
        picture: Picture,
        texts: Sequence[str],
        method: str | None = None,
        foils: Sequence[Sequence[str]] = (),
    ) -> list[HeatMap]:
        """Return one tested map for each text, on the upright picture.

        Args:
            picture: The picture.
            texts: Noun phrases ("a red bus").
            method: One of `methods`. Default: `default`.
            foils: For each text, the phrases to contrast it with. Default: none.

        Raises:
            DataError: The method is unknown.
            ModelError: The encoder's tower does not support the method, or the named layer is wrong.
        """
        name = method or self.default
        drawer = load_method(name)
        targets = self.targets(texts, foils)
        with self.encoder.lock:
            return self._drawn(picture, drawer, name, targets)

    def targets(self, texts: Sequence[str], foils: Sequence[Sequence[str]] = ()) -> list[Target]:
        """Return the texts and their foils with their vectors."""
        rivals = [list(foil) for foil in foils] or [[] for _ in texts]
        vectors = self.texts.of([*texts, *(foil for one in rivals for foil in one)]) if texts else np.zeros((0, 0))
        targets, begin = [], len(texts)
        for index, (text, own) in enumerate(zip(texts, rivals, strict=True)):
            targets.append(Target(text, vectors[index], own, vectors[begin : begin + len(own)] if own else None))
            begin += len(own)
        return targets

    def look(self, picture: Picture) -> ForwardPass:
        """Return the forward pass of a picture; hold the encoder's lock while using it."""
        if self._last is None or self._last[0] != picture.id:
            self._last = picture.id, ForwardPass(self.encoder, picture.image, [target_layer(self.encoder, self.layer)])
        return self._last[1]

    def layer_by_layer(
        self, picture: Picture, text: str, foils: Sequence[str] = (), method: str = "layercam"
    ) -> list[HeatMap]:
        """Return the map of one text at every block of a vision transformer, first block first; maps are not tested.

        Raises:
            ModelError: The tower has no blocks.
        """
        drawer, target = load_method(method), self.targets([text], [foils] if foils else ())[0]
        with self.encoder.lock:
            layers = blocks(self.encoder.model)
            look = ForwardPass(self.encoder, picture.image, layers or [target_layer(self.encoder, self.layer)])
            views = [_Layer(look, place) for place in range(len(look.layers))]
            grids = [drawer.grid(view, target.direction) for view in views]
        return [self._map(picture, look, method, target, grid) for grid in grids]

    def _drawn(self, picture: Picture, drawer: Any, method: str, targets: Sequence[Target]) -> list[HeatMap]:
        look = self.look(picture)
        grids = [drawer.grid(look, target.direction) for target in targets]
        opposites = [drawer.grid(look, -target.direction) for target in targets]
        tried = try_maps(look, targets, grids, opposites, self.encoder.logit_scale)
        return [
            self._map(picture, look, method, target, grid, trial, doubt)
            for target, grid, (trial, doubt) in zip(targets, grids, tried, strict=True)
        ]

    def _map(
        self,
        picture: Picture,
        look: ForwardPass,
        method: str,
        target: Target,
        grid: Array,
        trial: Any = None,
        doubt: str = "",
    ) -> HeatMap:
        rectified = np.maximum(grid, 0.0)
        peak = float(rectified.max(initial=0.0))
        values = place_on(rectified / peak if peak > 0 else rectified, picture.size, self._seen_part(picture))
        return HeatMap(
            values=values,
            method=method,
            text=target.text,
            evidence=peak,
            cosine=float(look.vector @ target.vector),
            doubt=doubt,
            trial=trial,
        )

    def _seen_part(self, picture: Picture) -> Box:
        """Return the part of the picture that the encoder sees: published CLIPs crop the centre."""
        settings = self.encoder.processor.image_processor
        width, height = picture.size
        if not getattr(settings, "do_center_crop", False):
            return (0.0, 0.0, float(width), float(height))
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return (left, top, left + side, top + side)


class _Layer:
    """One layer of a forward pass, with the interface that the methods use."""

    def __init__(self, look: ForwardPass, place: int) -> None:
        self.look, self.place = look, place
        self.activations = [look.activations[place]]
        self.shape = look.activations[place].shape[2:]

    def gradients(self, direction: Array) -> list[Array]:
        """Return the gradient at this layer."""
        return [self.look.gradients(direction)[self.place]]


def place_on(grid: Array, size: tuple[int, int], box: Box) -> Array:
    """Stretch a grid 0–1 over a box of a picture of `size` (width, height); zero outside. Returns float32 (H, W)."""
    width, height = size
    left, top, right, bottom = (int(round(edge)) for edge in box)
    patch = Image.fromarray(np.asarray(grid, np.float32), mode="F").resize(
        (max(right - left, 1), max(bottom - top, 1)), Image.Resampling.BICUBIC
    )
    values = np.zeros((height, width), np.float32)
    values[top : top + patch.height, left : left + patch.width] = np.clip(np.asarray(patch), 0, 1)
    return values
