"""The results of an optimization: each exported file with its speed and its agreement with the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LEAST_COSINE = 0.99
"""Smallest cosine allowed between the vectors of original and copy, over all pictures and texts tried."""
LEAST_AGREEMENT = 0.99
"""Smallest share of boxes that original and copy must have in common, over all pictures tried."""
SAME_COSINE = 0.9999
"""Minimum cosine at which two forms of an encoder count as equivalent, so that they can share a profile."""
SAME_AGREEMENT = 1.0
"""Smallest share of common boxes from which a profile that was fitted with the original is also valid for the copy."""
NAMES = {"vision": "encoder, pictures", "text": "encoder, texts", "network": "detector"}


@dataclass(frozen=True, kw_only=True)
class Form:
    """One exported file in one precision, compared with the original."""

    file: str
    """``vision``, ``text`` or ``network``."""
    precision: str
    megabytes: float
    milliseconds: float
    """Median for one picture or text, its preparation included."""
    torch_milliseconds: float
    """The same of the original, measured in turn with this one."""
    mean: float
    """Mean likeness, 0–1: cosine of the vectors, or share of boxes that have a counterpart."""
    least: float
    """Least likeness: of one vector, or of the boxes of one picture."""
    kept: bool = False

    @property
    def faster(self) -> float:
        """Return the speed-up over the original."""
        return self.torch_milliseconds / self.milliseconds

    @property
    def alike(self) -> bool:
        """Return whether it agrees enough with the original to be used."""
        return self.mean >= LEAST_AGREEMENT if self.file == "network" else self.least >= LEAST_COSINE

    @property
    def same(self) -> bool:
        """Return whether it is equivalent to the original, so that it can share its profile."""
        return self.least >= (SAME_AGREEMENT if self.file == "network" else SAME_COSINE)


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """The files written, and their comparison with the originals."""

    out: Path
    forms: tuple[Form, ...]
    """Every file in every precision tried; `kept` are those in the folder."""
    profile: Path | None = None
    """The profile of the originals, carried over to what sees the same; None where there is nothing to carry."""
    note: str = ""

    def __str__(self) -> str:
        """Return the report as text."""
        heads = ("", "", "MB", "ms, torch", "ms, ONNX", "faster", "likeness", "least", "")
        lines = [heads, *(_cells(form) for form in self.forms)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = [_line(line, widths) for line in lines]
        return "\n".join([*shown, *([self.note] if self.note else []), str(self.out)])

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        forms = [{**asdict(form), "faster": round(form.faster, 3)} for form in self.forms]
        carried = str(self.profile) if self.profile else None
        return {"out": str(self.out), "forms": forms, "profile": carried, "note": self.note}


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Align two names to the left and figures to the right."""
    sides = "<<>>>>>><"
    aligned = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, sides, widths, strict=True))
    return "  ".join(aligned).rstrip()


def _cells(form: Form) -> tuple[str, ...]:
    times = (f"{form.torch_milliseconds:.1f}", f"{form.milliseconds:.1f}", f"{form.faster:.2f}×")
    likeness = (f"{form.mean:.4f}", f"{form.least:.4f}")
    return (NAMES[form.file], form.precision, f"{form.megabytes:.1f}", *times, *likeness, "kept" if form.kept else "")
