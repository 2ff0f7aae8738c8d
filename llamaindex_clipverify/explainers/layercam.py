"""LayerCAM: every activation weighted by its own positive gradient (Jiang et al., TIP 2021)."""

from __future__ import annotations

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.cam import combine


class LayerCamMap:
    """A `Method`, through pytorch-grad-cam."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        return combine("layercam", look.activations[-1], look.gradients(direction)[-1])
