"""A report as attributes of a span: what a dashboard filters and sums."""

from __future__ import annotations

from typing import Any

from llamaindex_clipverify.report.report import Report


def attributes_of(report: Report) -> dict[str, Any]:
    """Return the attributes of a report, ``clipverify.*``, and question and answer in OpenInference's names."""
    return {
        "input.value": report.question,
        "output.value": report.answer,
        "clipverify.trust": report.trust,
        "clipverify.coverage": round(report.coverage, 4),
        "clipverify.verdict": report.verdict,
        "clipverify.calibration": report.calibration,
        "clipverify.language": report.language,
        "clipverify.doubtful": [one.said for one in report.doubtful()],
        "clipverify.kinds": kinds_of(report),
        "clipverify.gaps": len(report.gaps),
        **{f"clipverify.model.{check}": model for check, model in report.models.items()},
    }


def kinds_of(report: Report) -> dict[str, dict[str, int]]:
    """Return, for each kind of claim, how many have which verdict."""
    found: dict[str, dict[str, int]] = {}
    for one in report.claims:
        verdicts = found.setdefault(one.claim.kind, {})
        verdicts[one.verdict] = verdicts.get(one.verdict, 0) + 1
    return found
