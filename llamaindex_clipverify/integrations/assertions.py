"""An assertion for test suites: fails with the table of claims if an answer is not trusted on its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier


def assert_trusted(
    answer: str,
    images: Sequence[Any],
    verifier: Verifier,
    *,
    question: str | None = None,
    passages: Sequence[str] = (),
    min_trust: float = 0.5,
    allow_unverified: bool = False,
) -> Report:
    """Verify an answer and return its report.

    Args:
        answer: The answer.
        images: Its pictures: anything that `Picture.of` takes.
        verifier: Verifies the answer.
        question: Kept in the report.
        passages: Texts that may support what no picture can show.
        min_trust: Minimum trust 0–1.
        allow_unverified: Whether an answer that nothing could check passes.

    Raises:
        AssertionError: The trust is lower, or nothing could be checked; the message contains the report.
    """
    return require(verifier.verify(answer, images, question, passages), min_trust, allow_unverified)


def require(report: Report, min_trust: float, allow_unverified: bool = False) -> Report:
    """Return the report if it is trusted enough.

    Raises:
        AssertionError: See `assert_trusted`.
    """
    problem = complaint(report, min_trust, allow_unverified)
    if problem:
        raise AssertionError(problem)
    return report


def complaint(report: Report, min_trust: float, allow_unverified: bool = False) -> str:
    """Return why a report is not trusted enough, with the table of its claims; "" when it is."""
    if report.trust is None:
        head = "" if allow_unverified else "nothing in the answer could be checked on the pictures"
    else:
        head = "" if report.trust >= min_trust else f"trust {number(report.trust)} is below {min_trust:.2f}"
    return f"{head}\n\n  {report.answer}\n\n{report}" if head else ""
