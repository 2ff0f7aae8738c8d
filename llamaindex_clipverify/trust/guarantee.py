"""Thresholds with a guarantee: at most a share alpha of the verdicts is wrong, with confidence 1 − delta.

Learn then test (Angelopoulos et al. 2021, arXiv 2110.01052): each threshold is tested on held-out labelled claims against the
hypothesis that more than `alpha` of the verdicts it accepts are wrong, by an exact binomial test. The order of the thresholds is
fixed beforehand on other data (fixed-sequence testing), so the level `delta` is spent once. Claims about one picture depend on
each other, so one random claim per picture is used. The guarantee is valid for such data only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.message import Message

_SHARES = np.r_[0.02, 0.04, 0.06, np.arange(0.08, 0.98, 0.03), 0.98]
"""Shares of claims that the tested thresholds accept, from strict to loose."""


@dataclass(frozen=True)
class Step:
    """A threshold to test, with its expected share and risk from other data."""

    threshold: float
    """Threshold of the trust in the verdict: in the claim for *supported*, in its opposite for *contradicted*."""
    share: float
    """Share of all claims that the threshold accepts."""
    risk: float
    """Share of wrong verdicts among them."""


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """Held-out labelled claims, one per picture, and the thresholds to test on them."""

    trusts: tuple[float, ...]
    labels: tuple[int, ...]
    supported: tuple[Step, ...]
    contradicted: tuple[Step, ...]

    @classmethod
    def of(cls, trusts: Array, labels: Array, groups: Sequence[str], expected: Array, seed: int = 0) -> Holdout:
        """Draw one claim per group, and choose the thresholds by the trusts of other claims.

        Args:
            trusts: Trusts of the held-out claims as stated (N,), 0–1.
            labels: Whether the claims are true (N,).
            groups: The picture of each claim.
            expected: Trusts of other claims (M,), which determine the thresholds and their order.
            seed: Random seed.
        """
        order = np.random.default_rng(seed).permutation(len(trusts))
        first = sorted({groups[place]: place for place in order}.values())
        return cls(
            trusts=tuple(float(trusts[place]) for place in first), labels=tuple(int(labels[place]) for place in first),
            supported=steps(np.asarray(expected)), contradicted=steps(1 - np.asarray(expected)),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One threshold and the result of its test."""

    threshold: float | None
    """Smallest trust in the verdict that is accepted; None when no threshold passes and the verdict is never given."""
    accepted: int = 0
    """Holdout claims it accepts; of the first one tried where none passes."""
    wrong: int = 0
    missing: int | None = None
    """Holdout claims, one a picture, that are missing for the first one to pass at the share of wrong ones seen; None when it
    passes, or when so many are wrong that no number would do."""


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """At most `alpha` of the supported claims is false, of the contradicted true, each with confidence 1 − `delta`."""

    alpha: float
    delta: float
    supported: Bound
    contradicted: Bound
    claims: int
    data: str
    """What the claims are about; the guarantee is valid for such data only."""

    @classmethod
    def of(cls, held: Holdout, alpha: float, delta: float, data: str) -> Guarantee:
        """Test the thresholds of held-out claims.

        Raises:
            DataError: `alpha` or `delta` is not between 0 and 1.
        """
        if not (0 < alpha < 1 and 0 < delta < 1):
            raise DataError("alpha and delta lie between 0 and 1", got=f"alpha={alpha}, delta={delta}")
        trusts, labels = np.array(held.trusts), np.array(held.labels)
        supported = bound(trusts, labels == 0, held.supported, alpha, delta)
        contradicted = bound(1 - trusts, labels == 1, held.contradicted, alpha, delta)
        return cls(
            alpha=alpha, delta=delta, supported=supported, contradicted=contradicted, claims=len(trusts), data=data
        )

    def lines(self) -> list[Message]:
        """Return one line per verdict: the guarantee, or the number of missing labels."""
        about = (("supported", "false", self.supported), ("contradicted", "true", self.contradicted))
        return [self._line(*one) for one in about]

    def _line(self, verdict: str, wrong: str, found: Bound) -> Message:
        values = {"verdict": Message(verdict), "wrong": Message(wrong), "alpha": self.alpha, "sure": 1 - self.delta}
        if found.threshold is not None:
            is_lower = verdict == "supported"
            told = (
                "{verdict} from trust {limit:.2f}: at most {alpha:.0%} {wrong} with confidence {sure:.0%}, "
                "on data like these alone: {data}"
            )
            below = (
                "{verdict} up to trust {limit:.2f}: at most {alpha:.0%} {wrong} with confidence {sure:.0%}, "
                "on data like these alone: {data}"
            )
            limit = found.threshold if is_lower else 1 - found.threshold
            return Message(told if is_lower else below, limit=limit, data=self.data, **values)
        if found.missing is None:
            many = "nothing is called {verdict}: {count} of {accepted} were {wrong}, more than {alpha:.0%}"
            return Message(many, count=found.wrong, accepted=found.accepted, **values)
        few = (
            "nothing is called {verdict}: about {missing:,} more labelled pictures are missing for at most "
            "{alpha:.0%} {wrong} with confidence {sure:.0%}"
        )
        return Message(few, missing=found.missing, **values)


def steps(trusts: Array) -> tuple[Step, ...]:
    """Return the thresholds, at least .5, that accept given shares of calibrated trusts (N,), strict to loose."""
    if not len(trusts):
        return ()
    cuts = np.unique(np.quantile(trusts, 1 - _SHARES).clip(min=0.5))[::-1]
    accepted = [trusts[trusts >= cut] for cut in cuts]
    return tuple(
        Step(float(cut), len(some) / len(trusts), float(1 - some.mean()))
        for cut, some in zip(cuts, accepted, strict=True)
        if len(some)
    )


def bound(trusts: Array, wrong: Array, order: Sequence[Step], alpha: float, delta: float) -> Bound:
    """Return the loosest threshold of the sequence that passes; testing begins where passing is most likely.

    Args:
        trusts: Trust in the verdict (N,).
        wrong: Whether the verdict would be wrong (N,).
        order: Thresholds, strict to loose, chosen on other data.
        alpha: Allowed share of wrong verdicts.
        delta: Allowed probability that more are wrong.
    """
    passed: Bound | None = None
    tried: Bound | None = None
    for step in order[_start(order, len(trusts), alpha, delta) :]:
        accepted = trusts >= step.threshold
        number, errors = int(accepted.sum()), int(wrong[accepted].sum())
        tried = Bound(threshold=step.threshold, accepted=number, wrong=errors)
        if not p_value(errors, number, alpha) <= delta:
            break
        passed = tried
    if passed is not None:
        return passed
    if tried is None:
        return Bound(threshold=None, missing=least(alpha, delta))
    return Bound(
        threshold=None,
        accepted=tried.accepted,
        wrong=tried.wrong,
        missing=_missing(tried, len(trusts), order, alpha, delta),
    )


def p_value(wrong: int, accepted: int, alpha: float) -> float:
    """Return the binomial p-value of at most `wrong` wrong verdicts if the true share were `alpha`; 1 when none is accepted."""
    from scipy.stats import binom

    return float(binom.cdf(wrong, accepted, alpha)) if accepted else 1.0


def least(alpha: float, delta: float, wrong: int = 0) -> int:
    """Return how many accepted claims it takes to pass with so many wrong ones: 22 at .1 and .1 with none, 78 with four."""
    number = max(ceil(log(delta) / log(1 - alpha)), wrong)
    while p_value(wrong, number, alpha) > delta:
        number += 1
    return number


def _start(order: Sequence[Step], number: int, alpha: float, delta: float) -> int:
    """Return the place from which the sequence is likeliest to pass; the stricter of two that are about equally likely."""
    if not order:
        return 0
    chances = _powers(order, number, alpha, delta)
    if chances.max() < 0.1:  # too few claims: the one that needs fewest
        return int(np.argmin([_needed(step.share, step.risk, alpha, delta) for step in order]))
    return int(np.flatnonzero(chances >= 0.99 * chances.max())[0])


def _powers(order: Sequence[Step], number: int, alpha: float, delta: float) -> Array:
    """Return the probability that each threshold passes, if it is as good as expected and accepts two deviations fewer."""
    from scipy.stats import binom

    shares, risks = np.array([step.share for step in order]), np.array([step.risk for step in order])
    accepted = np.floor(number * shares - 2 * np.sqrt(number * shares * (1 - shares))).clip(min=0)
    allowed = binom.ppf(delta, accepted, alpha) - 1  # the most wrong ones with which the test still passes
    chances: Array = np.where(accepted > 0, binom.cdf(allowed, accepted, risks.clip(1e-4, 1)), 0.0)
    return chances


def _missing(tried: Bound, number: int, order: Sequence[Step], alpha: float, delta: float) -> int | None:
    """Return how many more labelled claims are needed at the observed share of wrong verdicts; None if it is not below alpha."""
    share = tried.accepted / number if tried.accepted else order[0].share
    needed = _needed(share, tried.wrong / max(tried.accepted, 1), alpha, delta)
    return None if np.isinf(needed) else max(1, ceil(needed) - number)


def _needed(share: float, risk: float, alpha: float, delta: float) -> float:
    """Return the number of labelled claims needed to pass, given the accepted share and the share of wrong ones among them."""
    if risk >= 0.95 * alpha:
        return float("inf")
    accepted = least(alpha, delta)
    while p_value(ceil(risk * accepted - 1e-9), accepted, alpha) > delta:
        accepted = ceil(accepted * 1.05)
    return accepted / max(share, 1e-3)
