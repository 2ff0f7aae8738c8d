"""Misalignment: relevance through every attention of the text tower, with negative gradients kept.

After Chefer et al. (ICCV 2021, eq. 5 and 6), whose rectification is left out, as CLIP4DM does (Nam et al., AAAI 2025): a word
below zero takes the text away from the picture. R starts as the identity; each attention adds the mean over heads of
weight times gradient, times R; a token's figure is its entry in the row of the token that the tower pools at.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.explainers.heads import watched
from llamaindex_clipverify.explainers.words import Part, by_part, offsets_of
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.clip import ClipEncoder, embedding


class Misalignment:
    """A `WordMethod`, for text towers of CLIP and SigLIP."""

    def score(
        self, encoder: ClipEncoder, picture: Array, text: str, parts: Sequence[Part]
    ) -> tuple[list[float | None], float | None]:
        """See `WordMethod`."""
        relevance = _relevance(encoder, torch.from_numpy(picture).to(encoder.device), text)
        offsets = offsets_of(encoder, text)
        return by_part(parts, offsets, relevance[: len(offsets)]), None


def _relevance(encoder: ClipEncoder, picture: torch.Tensor, text: str) -> Array:
    with torch.enable_grad(), _embedded(encoder.model), watched(encoder.model, ("text",)) as attentions:
        features = embedding(encoder.model.get_text_features(**encoder.tokens([text]))).float()
        score = torch.nn.functional.normalize(features, dim=-1)[0] @ picture
    if not attentions:
        got = type(encoder.model).__name__
        raise ModelError("no attention of the text tower to look into", got=got, do="use swaps, or a CLIP or SigLIP")
    gradients = torch.autograd.grad(score, [one.mixed for one in attentions])
    count = attentions[0].weights.shape[1]
    relevance = torch.eye(count, device=picture.device)
    for one, gradient in zip(attentions, gradients, strict=True):
        relevance = relevance + one.effects(gradient).mean(dim=0) @ relevance
    pooled = int(attentions[-1].by_head(gradients[-1]).abs().amax(dim=(0, 2)).argmax())
    row: Array = relevance[pooled].cpu().numpy()
    return row


class _embedded:  # noqa: N801
    """Makes the output of the token embedding a leaf, so that autograd records the tower behind it."""

    def __init__(self, model: torch.nn.Module) -> None:
        names = [name for name, _ in model.named_modules() if "text" in name and name.endswith("token_embedding")]
        self.modules = [dict(model.named_modules())[name] for name in names]

    def __enter__(self) -> None:
        self.hooks = [
            module.register_forward_hook(lambda _, __, output: output.detach().requires_grad_(True))
            for module in self.modules
        ]

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()
