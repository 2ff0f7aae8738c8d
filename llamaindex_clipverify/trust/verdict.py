"""From trust to a verdict: two thresholds, and unverifiable between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout

Verdict = Literal["supported", "contradicted", "unverifiable"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """When a claim counts as supported or contradicted: by fixed thresholds, or by those that a guarantee allows.

    ``Policy(alpha=.1, delta=.1)``: of the supported claims at most a tenth is false, of the contradicted at most a tenth true,
    each with confidence 1 − delta, on data like the profile's. A verifier finds the thresholds in its profile.
    """

    supported: float = 0.6
    """Trust from which a claim is supported."""
    contradicted: float = 0.4
    """Trust up to which a claim is contradicted; in between the evidence is undecided and the verdict unverifiable."""
    alpha: float | None = None
    """Share 0–1 of wrong verdicts allowed; None for the fixed thresholds above."""
    delta: float = 0.1
    """Chance 0–1 that more are wrong."""
    guarantee: Guarantee | None = None
    """What was found for `alpha` and `delta`; see `on`."""

    def __post_init__(self) -> None:
        """Refuse thresholds that cross or leave 0–1."""
        if not 0 <= self.contradicted <= self.supported <= 1:
            got = f"supported={self.supported}, contradicted={self.contradicted}"
            raise DataError("thresholds must satisfy 0 ≤ contradicted ≤ supported ≤ 1", got=got)
        if self.alpha is not None and not (0 < self.alpha < 1 and 0 < self.delta < 1):
            raise DataError("alpha and delta lie between 0 and 1", got=f"alpha={self.alpha}, delta={self.delta}")

    def on(self, held: Holdout | None, data: str) -> Policy:
        """Return the policy with the thresholds that labelled claims allow; the same when no `alpha` is asked for.

        Args:
            held: Labelled claims that nothing was fitted on; None when there are none, and no verdict is given then.
            data: What they are about.
        """
        if self.alpha is None:
            return self
        found = Guarantee.of(
            held or Holdout(trusts=(), labels=(), supported=(), contradicted=()), self.alpha, self.delta, data
        )
        return replace(self, guarantee=found)

    def verdict(self, trust: float | None) -> Verdict:
        """Return the verdict on a trust 0–1; None (nothing could check it) is unverifiable.

        Raises:
            DataError: A guarantee is asked for, and no thresholds were found for it.
        """
        if trust is None:
            return "unverifiable"
        least, most = self._limits
        if least is not None and trust >= least:
            return "supported"
        return "contradicted" if most is not None and trust <= most else "unverifiable"

    @property
    def _limits(self) -> tuple[float | None, float | None]:
        """The least trust of a supported and the most of a contradicted claim; None where that verdict is never given."""
        if self.alpha is None:
            return self.supported, self.contradicted
        if self.guarantee is None:
            raise DataError(
                "the thresholds of a guarantee stand in a profile", do="give the policy to a Verifier with a profile"
            )
        doubted = self.guarantee.contradicted.threshold
        return self.guarantee.supported.threshold, None if doubted is None else 1 - doubted
