"""The encoder's optimizers and learning rate, with Muon in float32: torch's is in bfloat16, slow on some processors.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the step is scaled as in Liu et al. 2025 (0.2 times
the square root of the longer side), so that it is as large as AdamW's at the same rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import cos, pi
from typing import Any

import torch

_A, _B, _C = 3.4445, -4.775, 2.0315
"""Coefficients of the Newton-Schulz iteration of the first paper."""


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Return a matrix of nearly the same singular vectors whose singular values are all near 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    return x.T if tall else x


class Muon32(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal, for matrices."""

    def __init__(
        self, parameters: Iterable[torch.Tensor], lr: float, weight_decay: float = 0.05, momentum: float = 0.95
    ) -> None:
        """Keep one buffer a matrix."""
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Take one step along the gradients."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                mean = state.setdefault("momentum_buffer", torch.zeros_like(matrix))
                mean.lerp_(matrix.grad, 1 - group["momentum"])
                update = orthogonal(matrix.grad.lerp(mean, group["momentum"]))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-0.2 * max(matrix.shape) ** 0.5 * group["lr"])
        return None


def half_precision() -> bool:
    """Return whether this machine computes in bfloat16 at least as fast as in float32."""
    return torch.cuda.is_available() or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def make_optimizers(named: list[tuple[str, torch.nn.Parameter]], peak: float) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for the rest: far fewer steps than AdamW alone."""
    inner = [p for name, p in named if ".layers." in name and p.ndim == 2]
    rest = [p for name, p in named if not (".layers." in name and p.ndim == 2)]
    muon: torch.optim.Optimizer
    if half_precision():
        muon = torch.optim.Muon(inner, lr=peak, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    else:
        muon = Muon32(inner, lr=peak)
    return [muon, torch.optim.AdamW(rest, lr=peak, betas=(0.9, 0.98), weight_decay=0.0)]


def rate(step: int, done: float, peak: float, warm_up: int = 200) -> float:
    """Return the learning rate of a step: a short warm-up, then half a cosine over the share that is done."""
    warm = min(1.0, (step + 1) / warm_up)
    return peak * warm * (0.02 + 0.98 * 0.5 * (1 + cos(pi * min(1.0, done))))
