"""XGradCAM: channels weighted by gradients scaled with their activations (Fu et al., BMVC 2020)."""

from __future__ import annotations

from llamaindex_clipverify.explainers.look import Look
from llamaindex_clipverify.models.cam import combine
from llamaindex_clipverify.protocols import Array


class XGradCamMap:
    """A `Method`, through pytorch-grad-cam."""

    def grid(self, look: Look, direction: Array) -> Array:
        """See `Method`."""
        return combine("xgradcam", look.activations[-1], look.gradients(direction)[-1])
