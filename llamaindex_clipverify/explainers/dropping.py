"""Token dropping: the loss of the whole tower's score when a group of patches is removed from the sequence.

After CCI (cluster the patches by their features, mask each cluster in every attention, take the drop in similarity; CVPR 2026,
seven clusters). Two things are ours: the groups are those of one Ward tree (Ward 1963) cut at three depths, so that small
things have groups of their own, and masked tokens are left out, which is the same and cheaper. It costs one shorter forward
for each group, whatever the number of texts.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import ward_tree

from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array

DEPTHS = (8, 16, 32)
"""Numbers of groups."""


class DroppingMap:
    """A `Method`. Groups and the vectors without them are cached in the forward pass for further texts."""

    def __init__(self, depths: tuple[int, ...] = DEPTHS) -> None:
        """Cut the tree at these numbers of groups; a grid with fewer patches is cut at as many as it has."""
        self.depths = depths

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`: the mean, over the depths, of the drop of each patch's group."""
        groups, vectors = self._without(look)
        drops = (look.vector - vectors) @ direction
        flat = np.zeros(int(np.prod(look.shape)), np.float32)
        for group, drop in zip(groups, drops, strict=True):
            flat[group] += drop / len(self.depths)
        return flat.reshape(look.shape)

    def _without(self, look: ForwardPass) -> tuple[list[Array], Array]:
        """Return the groups and the unit vectors of the picture without each of them."""
        if self.depths not in look.kept:
            count = int(np.prod(look.shape))
            features = look.activations[-1][0].reshape(-1, count).T
            unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
            groups = [group for depth in self.depths for group in _cut(unit, min(depth, count - 1))]
            rest = [np.setdiff1d(np.arange(count), group) for group in groups]
            look.kept[self.depths] = groups, look.only(rest)
        found: tuple[list[Array], Array] = look.kept[self.depths]
        return found


def _cut(rows: Array, number: int) -> list[Array]:
    """Return `number` groups of row indices: the Ward tree of the rows, cut."""
    children, _, leaves, _ = ward_tree(rows)
    members = [[place] for place in range(leaves)]
    for left, right in children[: leaves - number]:
        members.append(members[left] + members[right])
    joined = set(children[: leaves - number].ravel().tolist())
    return [np.array(sorted(group)) for place, group in enumerate(members) if place not in joined]
