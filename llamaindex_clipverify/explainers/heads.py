"""Hooks that record the attention of a tower in one forward pass: weights, values and gradients per head.

Weights are computed again from queries and keys, so that fused attention can stay on; whether there was a causal mask is told
by which of the two gives the values that the tower went on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch

from llamaindex_clipverify.errors import ModelError

_PARTS = ("q_proj", "k_proj", "v_proj")
_NEAR = 1e-2


class Heads:
    """One attention of one sequence."""

    def __init__(self, count: int) -> None:
        """Wait for the forward; `count` heads."""
        self.count = count
        self.seen: dict[str, torch.Tensor] = {}

    @property
    def mixed(self) -> torch.Tensor:
        """The values as they were mixed, heads side by side (1, N, heads · d): what gradients are taken of."""
        return self.seen["mixed"]

    @cached_property
    def values(self) -> torch.Tensor:
        """The value of every token, (heads, N, d), detached."""
        return self.by_head(self.seen["v_proj"])

    @cached_property
    def weights(self) -> torch.Tensor:
        """The softmax weights, (heads, queries, N), detached.

        Raises:
            ModelError: Neither with a causal mask nor without do they give what the tower went on with.
        """
        queries, keys = (self.by_head(self.seen[name]) for name in _PARTS[:2])
        logits = queries @ keys.transpose(1, 2) * queries.shape[-1] ** -0.5
        later = torch.ones(logits.shape[1:], dtype=torch.bool, device=logits.device).triu(1)
        mixed = self.by_head(self.mixed)
        for one in (logits, logits.masked_fill(later, float("-inf"))):
            weights = torch.softmax(one, dim=-1)
            if (weights @ self.values - mixed).abs().max() <= _NEAR * mixed.abs().max().clamp(min=1e-6):
                return weights
        raise ModelError("the attention is none that can be read", got="another mask or scale", do="use layercam")

    def effects(self, gradient: torch.Tensor) -> torch.Tensor:
        """Return weight times its gradient, (heads, queries, N), from the gradient at `mixed` (1, N, heads · d)."""
        return self.weights * (self.by_head(gradient) @ self.values.transpose(1, 2))

    def by_head(self, tokens: torch.Tensor) -> torch.Tensor:
        """Split tokens (1, N, heads · d) into (heads, N, d), detached."""
        return tokens.detach()[0].float().reshape(tokens.shape[1], self.count, -1).transpose(0, 1)


@contextmanager
def watched(model: Any, tower: Sequence[str]) -> Iterator[list[Heads]]:
    """Record every attention that runs inside, in order.

    Args:
        model: The whole model.
        tower: Parts of the names of the modules to watch: ("text",).
    """
    found: list[Heads] = []
    hooks = []
    for name, module in model.named_modules():
        if any(part in name for part in tower) and all(
            hasattr(module, one) for one in (*_PARTS, "out_proj", "num_heads")
        ):
            hooks += _hooks(module, found)
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _hooks(module: Any, found: list[Heads]) -> list[Any]:
    heads = Heads(int(module.num_heads))

    def keep(name: str) -> Any:
        return lambda _, __, output: heads.seen.__setitem__(name, output)

    def mix(_: Any, given: Any) -> None:
        heads.seen["mixed"] = given[0]
        found.append(heads)

    parts = [getattr(module, name).register_forward_hook(keep(name)) for name in _PARTS]
    return [*parts, module.out_proj.register_forward_pre_hook(mix)]
