"""Agreement: gradient-weighted attention where token dropping bears it out, the most exact of the maps and the dearest.

A gradient says what a small change of a patch would do, dropping what its absence does. Their product keeps what both say.
"""

from __future__ import annotations

import numpy as np

from llamaindex_clipverify.explainers.attention import AttentionMap
from llamaindex_clipverify.explainers.dropping import DroppingMap
from llamaindex_clipverify.explainers.forward_pass import ForwardPass
from llamaindex_clipverify.geometry import Array


class AgreementMap:
    """A `Method`; on towers without attention it raises `ModelError`."""

    def grid(self, look: ForwardPass, direction: Array) -> Array:
        """See `Method`: the product where both are of one sign, with that sign; 0 elsewhere."""
        one, other = AttentionMap().grid(look, direction), DroppingMap().grid(look, direction)
        both = np.where(np.sign(one) == np.sign(other), one * other, 0.0)
        grid: Array = np.asarray(np.sign(one) * both, np.float32)
        return grid
