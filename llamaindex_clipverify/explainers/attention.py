"""Gradient-weighted attention, made for vision transformers: what each patch gave to the picture's vector, to first order.

For every head, the weight A[q, i] with which query q takes the value v[i] of patch i, times the gradient of the score with
respect to that weight, g[q]·v[i], where g is the gradient at the head's output. Summed over queries and heads, signs kept, of
the last block. After the relevancy of attention layers (Chefer et al., ICCV 2021, eq. 5, which rectifies each head; here heads
may cancel) and Grad-ECLIP (Zhao et al., ICML 2024), which loosens A.
"""

from __future__ import annotations

import numpy as np

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array


class AttentionMap:
    """A `Method`; on towers without attention it raises `ModelError`."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        grid: Array = look.patch_effects(direction).sum(axis=(0, 1)).reshape(look.shape).astype(np.float32)
        return grid
