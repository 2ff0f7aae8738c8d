"""The workflow API: a step and its events to put into a workflow, a workflow of that step alone, and a guardrail for agents.

    class Bot(ClipVerifyStep, Workflow):
        verification = Verification(Verifier.tiny(), on_doubt="revise")

        @step
        async def answer(self, ev: StartEvent) -> ToVerifyEvent: ...

        @step
        async def show(self, ev: VerifiedEvent) -> StopEvent: ...

Nodes and reports travel in the events, so a workflow's context can be saved and restored between the steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from llama_index.core.base.response.schema import Response
from llama_index.core.schema import NodeWithScore
from llama_index.core.workflow import Event, StartEvent, StopEvent, Workflow, step

from llamaindex_clipverify.llama_index.verification import OnDoubt, Verification
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.verifier import Verifier


class ToVerifyEvent(Event):
    """An answer that is to be verified."""

    answer: str
    nodes: list[NodeWithScore] = []  # noqa: RUF012 - a field of pydantic, copied for each event
    """What was retrieved: pictures and passages."""
    question: str | None = None


class VerifiedEvent(Event):
    """An answer that was verified."""

    answer: str
    """The text to show, as ``on_doubt`` leaves it."""
    report: dict[str, Any]
    """See `Report.to_dict`."""
    nodes: list[NodeWithScore] = []  # noqa: RUF012
    question: str | None = None

    def read(self) -> Report:
        """Return the report as an object, without heat maps and pixels."""
        return Report.from_dict(self.report)


class ClipVerifyStep:
    """A step that verifies; inherit it beside `Workflow`, and set `verification`."""

    verification: Verification

    @step
    async def verify_answer(self, ev: ToVerifyEvent) -> VerifiedEvent:
        """Verify an answer in a worker thread; it never fails: what kept it from being verified stands in the report's notes."""
        response = Response(response=ev.answer, source_nodes=ev.nodes)
        report = await asyncio.to_thread(self.verification.report, response, ev.question)
        self.verification.of(response, ev.question, report)
        return VerifiedEvent(
            answer=str(response.response), report=report.to_dict(), nodes=ev.nodes, question=ev.question
        )


class ClipVerifyWorkflow(ClipVerifyStep, Workflow):
    """A workflow that verifies one answer: ``await workflow.run(answer=…, nodes=…, question=…)`` returns a `VerifiedEvent`.

    Put it into another workflow as a part of its own, or inherit `ClipVerifyStep`.
    """

    def __init__(
        self,
        verifier: Verifier,
        on_doubt: OnDoubt | None = None,
        min_coverage: float = 0.0,
        timeout: float | None = 60.0,
        **access: Unpack[AccessOptions],
    ) -> None:
        """Verify with a verifier.

        Args:
            verifier: Verifies the answers.
            on_doubt: See `Verification`.
            min_coverage: See `Verification`.
            timeout: Seconds after which a run fails; None for no limit.
            **access: ``folders=`` and ``allow_urls=``: what may be opened of the paths and URLs in nodes; see `Access`.
        """
        super().__init__(timeout=timeout)
        self.verification = Verification(verifier, on_doubt, Access(**access), min_coverage)

    @step
    async def begin(self, ev: StartEvent) -> ToVerifyEvent:
        """Take the answer, or a response of an engine with its nodes."""
        response = ev.get("response")
        if response is not None:
            return ToVerifyEvent(answer=str(response), nodes=response.source_nodes, question=ev.get("question"))
        return ToVerifyEvent(answer=ev.get("answer", ""), nodes=ev.get("nodes") or [], question=ev.get("question"))

    @step
    async def end(self, ev: VerifiedEvent) -> StopEvent:
        """Return the verified answer."""
        return StopEvent(result=ev)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """What a guardrail says of an answer."""

    passed: bool
    """Whether trust and coverage are high enough, and no claim is contradicted."""
    text: str
    """The text to show."""
    reason: str
    """Why it did not pass; "" if it did."""
    report: Report


def guardrail(
    verifier: Verifier,
    on_doubt: OnDoubt = "revise",
    min_trust: float = 0.5,
    min_coverage: float = 0.0,
    **access: Unpack[AccessOptions],
) -> Callable[..., Guarded]:
    """Return a function of (answer, nodes, question) for the end of an agent's turn: may the answer be shown, and as what?

    Args:
        verifier: Verifies the answers.
        on_doubt: What becomes of a doubtful answer; see `Verification`.
        min_trust: Trust 0–1 from which an answer passes.
        min_coverage: Share 0–1 of an answer's words that must have been checked for it to pass.
        **access: See `Access`.
    """
    verification = Verification(verifier, on_doubt, Access(**access), min_coverage)
    needed = Requirement(min_trust=min_trust, min_coverage=min_coverage)

    def guard(answer: str, nodes: Sequence[Any] = (), question: str | None = None) -> Guarded:
        response = Response(response=answer, source_nodes=list(nodes))
        report = verification.report(response, question)
        verification.of(response, question, report)
        doubts = ", ".join(f"“{one.said}”" for one in report.doubtful())
        reason = f"not supported by the pictures: {doubts}" if doubts else needed.problem(report)
        return Guarded(passed=not reason, text=str(response.response), reason=reason, report=report)

    return guard
