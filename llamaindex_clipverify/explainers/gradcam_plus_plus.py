"""GradCAM++: channels weighted by their positive gradients, places with strong ones most (Chattopadhay et al., WACV 2018)."""

from __future__ import annotations

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.cam import combine


class GradCamPlusPlusMap:
    """A `Method`, through pytorch-grad-cam."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        return combine("gradcam++", look.activations[-1], look.gradients(direction)[-1])
