"""Labels and explanations of a report, shared by page, Markdown and terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.report.format import shortened
from llamaindex_clipverify.report.report import Report, verdict_counts

CALIBRATIONS: Mapping[str, str] = {
    "calibrated": "trust is a probability, on pictures like those of the profile",
    "partly_calibrated": "the profile fits only some of the models or claims: the other trusts are transferred or raw confidence",
    "transferred": "trust comes from weights fitted with another encoder: within about a tenth where that was measured",
    "uncalibrated": "trust is raw confidence, not a probability",
}
STATES: Mapping[str, str] = {
    "contradicted": "contradicted",
    "undecided": "undecided",
    "partly_checked": "partly checked",
    "supported": "supported",
    "unverifiable": "nothing could check it",
}
"""State of a claim or a whole answer to its label, the worst first."""
CLAIM_STATES: Mapping[str, str] = {state: label for state, label in STATES.items() if state != "partly_checked"}
"""State of a claim to its label; an unverifiable claim with a trust is *undecided*."""
_NAMED = 3
"""Unchecked claims that are quoted."""


def calibration(report: Report) -> str:
    """Return the state of calibration with its profile: ``calibrated · tiny``."""
    return " · ".join(part for part in (report.calibration.replace("_", " "), report.profile) if part)


def coverage(report: Report) -> str:
    """Return how many claims could be checked, as text."""
    if not report.claims:
        return "no claims"
    checked = sum(claim.trust is not None for claim in report.claims)
    total = len(report.claims)
    return f"{checked} of {total} claim{'' if total == 1 else 's'} could be checked"


def unchecked(report: Report) -> str:
    """Return which words of a partly checked answer nothing checked; "" for other answers."""
    if report.verdict != "partly_checked":
        return ""
    undecided = [one.claim.text for one in report.claims if one.verdict == "unverifiable"]
    missed = [report.answer[start:end] for start, end in report.unread]
    parts = [
        f"{label}: {_named(texts)}" for label, texts in (("not decided", undecided), ("not read", missed)) if texts
    ]
    return "; ".join(parts)


def _named(texts: Sequence[str]) -> str:
    named = ", ".join(f"“{shortened(text, 60)}”" for text in texts[:_NAMED])
    return f"{named} and {len(texts) - _NAMED} more" if len(texts) > _NAMED else named


def counts(report: Report) -> str:
    """Return the number of each verdict: ``2 supported, 1 contradicted``."""
    return verdict_counts(report.claims) or "none"


def doubt(heat: HeatMap) -> str:
    """Return why an empty map is no evidence."""
    return heat.doubt or "the method found no region that supports these words"


def trusted(report: Report) -> str:
    """Return what the trust is the probability of."""
    if report.trust is None:
        return "nothing could be checked"
    if report.unchecked or report.unread:
        return "that all of it is true; what nothing checked is false as often as such claims are"
    return "that all claims are true"
