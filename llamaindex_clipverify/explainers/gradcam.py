"""GradCAM: channels weighted by the mean of their gradients (Selvaraju et al., ICCV 2017)."""

from __future__ import annotations

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.cam import combine


class GradCamMap:
    """A `Method`, through pytorch-grad-cam."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        return combine("gradcam", look.activations[-1], look.gradients(direction)[-1])
