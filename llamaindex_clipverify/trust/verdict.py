"""Verdicts: two thresholds of the trust of a claim, with *unverifiable* between them; and the verdict on a whole answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from llamaindex_clipverify.claims.claim import Kind
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout
from llamaindex_clipverify.trust.unchecked import FALSE_RATES

Verdict = Literal["supported", "contradicted", "unverifiable"]
AnswerVerdict = Literal["supported", "contradicted", "partly_checked", "unverifiable"]
"""Verdict on several claims: *partly_checked* if some are supported and the rest is neither supported nor contradicted."""


def combined(verdicts: Iterable[Verdict]) -> AnswerVerdict:
    """Return the verdict on claims together: *supported* only if every one of them is; *unverifiable* for none."""
    found = set(verdicts)
    if "contradicted" in found:
        return "contradicted"
    if "supported" not in found:
        return "unverifiable"
    return "supported" if len(found) == 1 else "partly_checked"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The thresholds of the verdicts: fixed ones, or those that a guarantee allows.

    ``Policy(alpha=.1, delta=.1)``: of the supported claims at most a tenth is false, of the contradicted at most a tenth true,
    each with confidence 1 − delta, on data like the profile's. A verifier computes the thresholds from its profile.
    """

    supported: float = 0.7
    """Trust from which a claim is supported."""
    contradicted: float = 0.2
    """Trust up to which a claim is contradicted; between the two thresholds the verdict is unverifiable."""
    alpha: float | None = None
    """Allowed share 0–1 of wrong verdicts; None for the fixed thresholds above."""
    delta: float = 0.1
    """Allowed probability 0–1 that more are wrong."""
    unchecked: Mapping[Kind, float] | None = None
    """How often claims of a kind that nothing checked are false, 0–1: lowers the trust of an answer with such claims. Kinds that
    are missing have the rates of `trust.unchecked.FALSE_RATES`."""
    guarantee: Guarantee | None = None
    """The thresholds for `alpha` and `delta`; see `on`."""

    def __post_init__(self) -> None:
        """Check that the thresholds are in order and within 0–1."""
        if not 0 <= self.contradicted <= self.supported <= 1:
            got = f"supported={self.supported}, contradicted={self.contradicted}"
            raise DataError("thresholds must satisfy 0 ≤ contradicted ≤ supported ≤ 1", got=got)
        unknown = [
            kind for kind, rate in (self.unchecked or {}).items() if kind not in FALSE_RATES or not 0 <= rate < 1
        ]
        if unknown:
            raise DataError(
                "unchecked maps kinds of claim to rates from 0 to below 1",
                got=", ".join(f"{kind}: {(self.unchecked or {})[kind]}" for kind in unknown),
                do=f"the kinds are {', '.join(FALSE_RATES)}",
            )
        if self.alpha is not None and not (0 < self.alpha < 1 and 0 < self.delta < 1):
            raise DataError("alpha and delta lie between 0 and 1", got=f"alpha={self.alpha}, delta={self.delta}")

    def on(self, held: Holdout | None, data: str) -> Policy:
        """Return the policy with the thresholds that held-out claims allow; unchanged without `alpha`.

        Args:
            held: Held-out labelled claims; None if there are none, and then no verdict is given.
            data: What the claims are about.
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
        """Smallest trust of a supported and largest trust of a contradicted claim; None if that verdict is never given."""
        if self.alpha is None:
            return self.supported, self.contradicted
        if self.guarantee is None:
            raise DataError(
                "the thresholds of a guarantee stand in a profile", do="give the policy to a Verifier with a profile"
            )
        doubted = self.guarantee.contradicted.threshold
        return self.guarantee.supported.threshold, None if doubted is None else 1 - doubted
