"""Scores a model's picture descriptions with the verifier: trust, contradicted claims, hallucinated objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llamaindex_clipverify.description import Description
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.tables import aligned


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Figures on descriptions of the same pictures."""

    pictures: int
    claims: int
    coverage: float
    """Share 0–1 of the claims that could be checked."""
    mean_trust: float | None
    """Mean trust 0–1 of the claims that could be checked; None without any."""
    contradicted: float | None
    """Share 0–1 of contradicted claims among those that could be checked; None without any."""
    hallucinated: float | None
    """Share 0–1 of the named objects, of those the detector knows, that it sees nowhere; None without a detector."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {key: round(one, 4) if isinstance(one, float) else one for key, one in asdict(self).items()}


def judgement(descriptions: Sequence[Description]) -> Judgement:
    """Return the figures of verified descriptions; those without a report count as pictures alone."""
    return _figures(
        len(descriptions), [description.report for description in descriptions if description.report is not None]
    )


def _figures(pictures: int, reports: Sequence[Report]) -> Judgement:
    claims = [claim for report in reports for claim in report.claims]
    trusts = [claim.trust for claim in claims if claim.trust is not None]
    wrong = sum(claim.verdict == "contradicted" for claim in claims)
    missed = sum(len(report.object_agreement.hallucinated) for report in reports)
    found = sum(len(set(report.object_agreement.named) & set(report.object_agreement.seen)) for report in reports)
    return Judgement(
        pictures=pictures,
        claims=len(claims),
        coverage=len(trusts) / len(claims) if claims else 0.0,
        mean_trust=sum(trusts) / len(trusts) if trusts else None,
        contradicted=wrong / len(trusts) if trusts else None,
        hallucinated=missed / (missed + found) if missed + found else None,
    )


def table(before: Judgement, after: Judgement) -> str:
    """Return the figures side by side, aligned."""
    rows = [(name, _cell(getattr(before, key), form), _cell(getattr(after, key), form)) for name, key, form in _LINES]
    return aligned(("", "before", "after"), rows, numbers=(1, 2))


_LINES = (
    ("pictures described", "pictures", "d"),
    ("claims", "claims", "d"),
    ("coverage", "coverage", ".0%"),
    ("mean trust", "mean_trust", ".2f"),
    ("claims contradicted", "contradicted", ".1%"),
    ("objects hallucinated", "hallucinated", ".1%"),
)


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
