"""HiResCAM: every activation times its own gradient, signs kept (Draelos and Carin 2020)."""

from __future__ import annotations

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.cam import combine


class HiResCamMap:
    """A `Method`, through pytorch-grad-cam."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        return combine("hirescam", look.activations[-1], look.gradients(direction)[-1])
