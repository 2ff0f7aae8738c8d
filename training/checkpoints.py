"""Checkpoints of the trainings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint; a file half written is never left."""
    part = path.with_suffix(".part")
    torch.save(dict(state), part)
    os.replace(part, path)
