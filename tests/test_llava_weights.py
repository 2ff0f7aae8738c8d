"""Sums of weights of the tiny LLaVA."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1]))

from training.llava_weights import mean, moved

ENCODER = {"vision_model.layer.weight": torch.ones(2, 2), "text_model.weight": torch.ones(2)}
LLAVA = {"model.vision_tower.layer.weight": torch.full((2, 2), 5.0), "lm_head.weight": torch.full((3,), 2.0)}


def test_the_mean_counts_each_model_by_its_share() -> None:
    other = {name: torch.zeros_like(value) for name, value in LLAVA.items()}
    found = mean(LLAVA, other, 0.75)
    assert found["lm_head.weight"].tolist() == [1.5] * 3 and found["lm_head.weight"].dtype == torch.float16
    with pytest.raises(ValueError, match="different parts"):
        mean(LLAVA, {}, 0.5)


def test_a_tower_follows_its_encoder_and_nothing_else_moves() -> None:
    after = {**ENCODER, "vision_model.layer.weight": torch.full((2, 2), 3.0)}
    found = moved(LLAVA, ENCODER, after, 0.5)
    assert found["model.vision_tower.layer.weight"].tolist() == [[6.0, 6.0]] * 2
    assert found["lm_head.weight"] is LLAVA["lm_head.weight"]
    with pytest.raises(ValueError, match="no part of the encoder"):
        moved(LLAVA, {}, {}, 0.5)
