"""What the benchmarks share: where results are kept, and how two things are timed side by side."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from llamaindex_clipverify.models.registry import tiny_folder

RESULTS = Path(__file__).parent / "results"


def bundled_weights() -> str:
    """Return a fingerprint of the bundled encoder and detector."""
    files = [tiny_folder() / name / "model.safetensors" for name in ("clip", "yolo")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def save(name: str, figures: Mapping[str, Any]) -> Path:
    """Write results/NAME.json with the machine they were measured on."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    machine = f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}"
    weights = {"weights": bundled_weights()}
    path.write_text(json.dumps({**figures, **weights, "machine": machine}, indent=1) + "\n", encoding="utf-8")
    return path


def save_answer(name: str, question: str, figures: Mapping[str, Any], **shared: Any) -> Path:
    """Write the figures of one question into results/NAME.json, beside those of the other questions."""
    path = RESULTS / f"{name}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return save(name, {**kept, **shared, question: figures})


def side_by_side(tasks: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Return the median seconds of each task; rounds take the tasks in turn, so that noise falls on all alike."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for _ in range(rounds):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}
