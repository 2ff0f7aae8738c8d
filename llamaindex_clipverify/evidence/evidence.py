"""Evidence: what one check says of one claim in one picture. Each check is one file in this folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from llamaindex_clipverify.geometry import Box

Stance = Literal["supports", "contradicts", "silent", "failed"]


@dataclass(frozen=True)
class Evidence:
    """One check's word on the positive form of a claim. Silent is not contradicted: the check has nothing to say."""

    check: str
    stance: Stance
    score: float | None = None
    """In the check's own range, which its docstring names; None when silent or failed."""
    reason: str = ""
    picture: str | None = None
    """Content id of the picture."""
    region: Box | None = None
    """The part of the picture it speaks of, xyxy pixels."""
    features: dict[str, float] = field(default_factory=dict)
    """Numbers that the fusion may weigh, under names unique in the check."""

    @property
    def speaks(self) -> bool:
        """Whether there is anything to weigh."""
        return self.stance in ("supports", "contradicts")

    def inverted(self) -> Evidence:
        """Return it as evidence on the negated claim."""
        swapped: dict[Stance, Stance] = {"supports": "contradicts", "contradicts": "supports"}
        return Evidence(
            self.check,
            swapped.get(self.stance, self.stance),
            self.score,
            self.reason,
            self.picture,
            self.region,
            self.features,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the report contract."""
        return {
            "check": self.check,
            "stance": self.stance,
            "score": None if self.score is None else round(self.score, 4),
            "reason": self.reason,
            "picture": self.picture,
            "region": None if self.region is None else [round(float(edge), 1) for edge in self.region],
        }


def silent(check: str, reason: str) -> Evidence:
    """Return evidence that says nothing, and why."""
    return Evidence(check, "silent", None, reason)


def stance_of(score: float, supports: float, contradicts: float) -> Stance:
    """Read a score with two thresholds: at or above `supports`, at or below `contradicts`, else silent."""
    if score >= supports:
        return "supports"
    return "contradicts" if score <= contradicts else "silent"
