"""What an answer must reach to pass a test or a gate: a trust, and the share of it that was checked."""

from __future__ import annotations

from dataclasses import dataclass

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """Minimum trust and coverage of an answer. One whose sources could not all be looked at never passes.

    Raises:
        DataError: A minimum outside 0–1.
    """

    min_trust: float = 0.5
    """Minimum trust 0–1."""
    min_coverage: float = 0.0
    """Minimum share 0–1 of the answer's words that could be checked; see `Report.coverage`."""
    allow_unverified: bool = False
    """Whether an answer that nothing could check passes, whatever the minimums are."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("min_trust", "min_coverage"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(f"{name} lies between 0 and 1", got=getattr(self, name))

    def problem(self, report: Report) -> str:
        """Return why a report does not reach the minimums; "" if it does."""
        if report.trust is None:
            return "" if self.allow_unverified else "nothing in the answer could be checked on the pictures"
        if report.gaps:
            return f"it rests on sources that could not be looked at: {report.gaps[0]}"
        if report.trust < self.min_trust:
            return f"trust {number(report.trust)} is below {self.min_trust:.2f}"
        if report.coverage < self.min_coverage:
            return f"coverage {report.coverage:.0%} is below {self.min_coverage:.0%}: too little of the answer could be checked"
        return ""
