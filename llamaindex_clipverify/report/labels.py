"""Labels and explanations of a report, shared by page, Markdown and terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.languages import ENGLISH, Language
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


def common_language(reports: Sequence[Report]) -> str:
    """Return the code of the language that all reports are shown in; English if they differ."""
    codes = {report.t.code for report in reports}
    return codes.pop() if len(codes) == 1 else "en"


def calibration(report: Report) -> str:
    """Return the state of calibration with its profile: ``calibrated · tiny``."""
    return " · ".join(part for part in (report.t(report.calibration.replace("_", " ")), report.profile) if part)


def meaning(report: Report) -> str:
    """Return what the state of calibration means."""
    return report.t(CALIBRATIONS[report.calibration])


def coverage(report: Report) -> str:
    """Return how many claims could be checked, as text."""
    if not report.claims:
        return report.t("no claims")
    checked = sum(claim.trust is not None for claim in report.claims)
    total = len(report.claims)
    several = "{checked} of {total} claims could be checked"
    return report.t(
        "{checked} of {total} claim could be checked" if total == 1 else several, checked=checked, total=total
    )


def unchecked(report: Report) -> str:
    """Return which words of a partly checked answer nothing checked; "" for other answers."""
    if report.verdict != "partly_checked":
        return ""
    undecided = [one.claim.text for one in report.claims if one.verdict == "unverifiable"]
    missed = [report.answer[start:end] for start, end in report.unread]
    parts = [
        report.t("not decided: {words}", words=_named(undecided, report.t)) if undecided else "",
        report.t("not read: {words}", words=_named(missed, report.t)) if missed else "",
    ]
    return "; ".join(part for part in parts if part)


def _named(texts: Sequence[str], t: Language) -> str:
    named = ", ".join(f"“{shortened(text, 60)}”" for text in texts[:_NAMED])
    return t("{named} and {count} more", named=named, count=len(texts) - _NAMED) if len(texts) > _NAMED else named


def counts(report: Report) -> str:
    """Return the number of each verdict: ``2 supported, 1 contradicted``."""
    return verdict_counts(report.claims, report.t) or report.t("none")


def doubt(heat: HeatMap, t: Language = ENGLISH) -> str:
    """Return why an empty map is no evidence."""
    return t.say(heat.doubt) if heat.doubt else t("the method found no region that supports these words")


def trusted(report: Report) -> str:
    """Return what the trust is the probability of."""
    if report.trust is None:
        return report.t("nothing could be checked")
    if report.unchecked or report.unread:
        return report.t("that all of it is true; what nothing checked is false as often as such claims are")
    return report.t("that all claims are true")
