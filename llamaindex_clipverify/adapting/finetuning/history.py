"""Loss history of a run, as JSON and as a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class History:
    """Losses by optimiser step."""

    train: tuple[tuple[int, float], ...]
    """Step and mean training loss since the step before it in the list (nats per token)."""
    validation: tuple[tuple[int, float], ...]
    """Step and loss on the validation part."""
    best: int | None = None
    """Step whose weights were kept. None without a validation part; then the last weights are kept."""

    @classmethod
    def of(cls, log: Sequence[Mapping[str, Any]]) -> History:
        """Make a history of a transformers Trainer's log."""
        train = tuple((int(row["step"]), float(row["loss"])) for row in log if "loss" in row)
        validation = tuple({int(row["step"]): float(row["eval_loss"]) for row in log if "eval_loss" in row}.items())
        best = min(validation, key=lambda row: row[1])[0] if validation else None
        return cls(train, validation, best)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"train": [list(row) for row in self.train], "validation": [list(row) for row in self.validation],
                "best": self.best}  # fmt: skip

    def save(self, folder: Path) -> None:
        """Write ``history.json`` and ``loss.png``."""
        (folder / "history.json").write_text(json.dumps(self.to_dict()) + "\n", encoding="utf-8")
        self._plot(folder / "loss.png")

    def _plot(self, path: Path) -> None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        axis = figure.subplots()
        for name, rows, mark in (("training", self.train, ""), ("validation", self.validation, "o")):
            if rows:
                axis.plot(*zip(*rows, strict=True), marker=mark, label=name)
        if self.best is not None:
            axis.axvline(self.best, color="grey", linestyle=":", label=f"kept: step {self.best}")
        axis.set(xlabel="step", ylabel="loss (nats per token)")
        axis.legend()
        figure.savefig(path)
