"""EigenGradCAM: activations times gradients, projected on their first principal component (Muhammad and Yeasin, IJCNN 2020).

A principal component has no sign of its own, so the map of a text and of its opposite are the same up to a coin's toss. Here
the sign is the one in which the projection agrees with the plain sum of activation times gradient. The projection is that of
pytorch-grad-cam, by a thin decomposition: its full one takes longer than the picture's forward.
"""

from __future__ import annotations

import numpy as np

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array


class EigenGradCamMap:
    """A `Method`."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`."""
        projected, plain = principal(look, direction, 1)
        grid: Array = projected[0] if float((projected[0] * (plain - plain.mean())).sum()) >= 0 else -projected[0]
        return grid


def principal(look: ForwardPass, direction: Array, number: int) -> tuple[Array, Array]:
    """Return the projections (number, h, w) on the first principal components, and the plain sum over channels (h, w)."""
    weighted = (look.activations[-1] * look.gradients(direction)[-1])[0]
    rows = weighted.reshape(len(weighted), -1).T
    centred = rows - rows.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    projected = (left[:, :number] * strengths[:number]).T.reshape(-1, *look.shape)
    return np.asarray(projected, np.float32), np.asarray(rows.sum(axis=1).reshape(look.shape), np.float32)
