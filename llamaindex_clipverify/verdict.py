"""From trust to a verdict: two thresholds, and unverifiable between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llamaindex_clipverify.errors import DataError

Verdict = Literal["supported", "contradicted", "unverifiable"]


@dataclass(frozen=True)
class Policy:
    """When a claim counts as supported or contradicted."""

    supported: float = 0.6
    """Trust from which a claim is supported."""
    contradicted: float = 0.4
    """Trust up to which a claim is contradicted; in between the evidence is undecided and the verdict unverifiable."""

    def __post_init__(self) -> None:
        """Refuse thresholds that cross or leave 0–1."""
        if not 0 <= self.contradicted <= self.supported <= 1:
            got = f"supported={self.supported}, contradicted={self.contradicted}"
            raise DataError("thresholds must satisfy 0 ≤ contradicted ≤ supported ≤ 1", got=got)

    def verdict(self, trust: float | None) -> Verdict:
        """Return the verdict on a trust 0–1; None (nothing could check it) is unverifiable."""
        if trust is None:
            return "unverifiable"
        if trust >= self.supported:
            return "supported"
        return "contradicted" if trust <= self.contradicted else "unverifiable"
