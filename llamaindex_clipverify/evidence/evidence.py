"""Evidence: what one check says about one claim in one picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.languages import ENGLISH, Language

Stance = Literal["supports", "contradicts", "silent", "failed"]
_OPPOSITE: dict[Stance, Stance] = {"supports": "contradicts", "contradicts": "supports"}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The result of one check on the positive form of a claim. *Silent* means that the check cannot tell."""

    check: str
    """Name of the check."""
    stance: Stance
    score: float | None = None
    """In the check's own range, which its docstring gives; None when silent or failed."""
    reason: str = ""
    """One line for the reader of a report."""
    picture: str | None = None
    """Content id of the picture."""
    region: Box | None = None
    """The part of the picture that the evidence is about, xyxy pixels."""
    others: tuple[Box, ...] = ()
    """Further parts, where it is about several: the other things that were counted."""
    features: dict[str, float] = field(default_factory=dict)
    """Numbers that the fusion may weigh, by names unique within the check."""
    belief: float | None = None
    """Probability 0–1 of the positive claim that needs no fitting; used where no profile can weigh the check."""
    is_condition: bool = False
    """Whether `belief` is only about a necessary condition of the claim: the car of "a red car" is there."""
    is_blind: bool = False
    """Whether nothing in this picture can tell, so that no other check may decide by it: a colour in black and white."""
    is_unrelated: bool = False
    """Whether the claim cannot be about this picture, so that its silence does not keep other pictures from deciding."""

    @property
    def is_decisive(self) -> bool:
        """Whether the check takes a stance."""
        return self.stance in ("supports", "contradicts")

    def __repr__(self) -> str:
        """Show the check, its stance, the score and the reason."""
        score = "" if self.score is None else f", score={self.score:.3g}"
        return f"Evidence({self.check!r}, {self.stance}{score}, {self.reason!r})"

    def inverted(self) -> Evidence:
        """Return the evidence on the negated claim."""
        return replace(self, stance=_OPPOSITE.get(self.stance, self.stance))

    def to_dict(self, *, exact: bool = False, t: Language = ENGLISH) -> dict[str, Any]:
        """Return the JSON form of the report contract; with `exact` numbers keep all digits, and `t` renders the reason."""
        region = None if self.region is None else [float(edge) for edge in self.region]
        score = None if self.score is None else float(self.score)
        return {
            "check": self.check,
            "stance": self.stance,
            "score": score if exact or score is None else round(score, 4),
            "reason": t.say(self.reason),
            "picture": self.picture,
            "region": region if exact or region is None else [round(edge, 1) for edge in region],
            "others": [[float(edge) if exact else round(float(edge), 1) for edge in box] for box in self.others],
        }


def silent(check: str, reason: str, *, is_blind: bool = False) -> Evidence:
    """Return evidence that a check cannot tell, with the reason; `is_blind` if no check can."""
    return Evidence(check=check, stance="silent", reason=reason, is_blind=is_blind)


def stance_of(score: float, supports: float, contradicts: float) -> Stance:
    """Return *supports* at or above one threshold, *contradicts* at or below the other, *silent* in between."""
    if score >= supports:
        return "supports"
    return "contradicts" if score <= contradicts else "silent"
