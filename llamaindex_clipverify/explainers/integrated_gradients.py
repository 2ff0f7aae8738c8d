"""Integrated gradients per word (Sundararajan et al., ICML 2017) through captum: the only file that imports it.

The baseline is the text with every content token replaced by an empty one; the tokens of begin and end stay. With padding in
their place, a CLIP, whose padding is its end token, would pool elsewhere, and no number of steps would make the figures add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from captum.attr import LayerIntegratedGradients

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.explainers.words import Part, by_part, offsets_of
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.clip import ClipEncoder, embedding

STEPS = 128
"""Number of interpolation points between baseline and text."""


class IntegratedGradients:
    """A `WordMethod`; its delta is captum's convergence delta: what the figures miss of the difference of the two cosines."""

    def __init__(self, steps: int = STEPS) -> None:
        """Use this number of steps."""
        self.steps = steps

    def score(
        self, encoder: ClipEncoder, picture: Array, text: str, parts: Sequence[Part]
    ) -> tuple[list[float | None], float | None]:
        """See `WordMethod`."""
        offsets = offsets_of(encoder, text)
        tokens = encoder.tokens([text])
        ids = tokens.pop("input_ids")
        baseline = ids.clone()
        content = [place for place, (start, end) in enumerate(offsets) if end > start]
        baseline[0, content] = _empty(encoder)
        vector = torch.from_numpy(picture).to(encoder.device)

        def cosine(given: torch.Tensor, *_: Any) -> torch.Tensor:
            more = {name: value.expand(len(given), -1) for name, value in tokens.items()}
            features = embedding(encoder.model.get_text_features(input_ids=given, **more)).float()
            return torch.nn.functional.normalize(features, dim=-1) @ vector

        method = LayerIntegratedGradients(cosine, _token_embedding(encoder.model))
        with torch.enable_grad():
            found, delta = method.attribute(
                ids, baselines=baseline, n_steps=self.steps, return_convergence_delta=True, internal_batch_size=64
            )
        values: Array = found.detach().float().sum(dim=-1)[0].cpu().numpy()
        return by_part(parts, offsets, values[: len(offsets)]), float(delta.abs().max())


def _token_embedding(model: Any) -> torch.nn.Module:
    for name, module in model.named_modules():
        if "text" in name and name.endswith(("token_embedding", "word_embeddings")):
            found: torch.nn.Module = module
            return found
    raise ModelError("no token embedding to start from", got=type(model).__name__, do="use a CLIP, SigLIP or ALIGN")


def _empty(encoder: ClipEncoder) -> int:
    """Return the id of a token that is no text: one that is neither begin, end nor padding where there is one."""
    tokenizer = encoder.processor.tokenizer
    used = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
    return next(one for one in (tokenizer.unk_token_id, 0, 1, 2, 3) if one is not None and one not in used)
