"""An assertion for test suites: fails with the table of claims if an answer is not trusted on its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.verifier import Verifier


def assert_trusted(
    answer: str,
    images: Sequence[Any],
    verifier: Verifier,
    *,
    question: str | None = None,
    passages: Sequence[str] = (),
    min_trust: float = 0.5,
    min_coverage: float = 0.0,
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
        min_coverage: Minimum share 0–1 of the answer's words that could be checked.
        allow_unverified: Whether an answer that nothing could check passes.

    Raises:
        AssertionError: Trust or coverage is lower, or nothing could be checked; the message contains the report.
        DataError: A minimum outside 0–1.
    """
    __tracebackhide__ = True
    needed = Requirement(min_trust=min_trust, min_coverage=min_coverage, allow_unverified=allow_unverified)
    return require(verifier.verify(answer, images, question, passages), needed)


def require(report: Report, needed: Requirement) -> Report:
    """Return the report if it reaches what is needed.

    Raises:
        AssertionError: See `assert_trusted`.
    """
    __tracebackhide__ = True
    problem = complaint(report, needed)
    if problem:
        raise AssertionError(problem)
    return report


def complaint(report: Report, needed: Requirement) -> str:
    """Return why a report does not reach what is needed, with the table of its claims; "" when it does."""
    head = needed.problem(report)
    return f"{head}\n\n  {report.answer}\n\n{report}" if head else ""
