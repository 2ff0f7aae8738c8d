"""A LlamaIndex evaluator without a judge: passes when the answer is trusted enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Unpack

from llama_index.core.bridge.pydantic import Field
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.prompts.mixin import PromptDictType

from llamaindex_clipverify.answer import Answer, Source, distinct, sources_of
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifyEvaluationResult(EvaluationResult):
    """An evaluation result that keeps its report."""

    report: Any = Field(default=None, exclude=True, description="The report, None when the result is invalid.")


class ClipVerifyEvaluator(BaseEvaluator):
    """Evaluates a response on the pictures of its nodes: deterministic, local, without judge calls.

    A response that cannot be verified (no picture, none that is readable, nothing checkable) is an invalid result with its
    reason. It is never a pass and never an exception, because batch runners retry after exceptions. A response some of whose
    sources cannot be read has the score of the others, and does not pass.
    """

    def __init__(
        self, verifier: Verifier, min_trust: float = 0.5, min_coverage: float = 0.0, **access: Unpack[AccessOptions]
    ) -> None:
        """Evaluate with a verifier.

        Args:
            verifier: Verifies the responses.
            min_trust: Trust 0–1 from which a response passes.
            min_coverage: Share 0–1 of the answer's words that must have been checked for a response to pass.
            **access: ``folders=`` and ``allow_urls=``: what may be opened of the paths and URLs in nodes; see `Access`. Pictures
                passed as arguments are always opened.
        """
        self.verifier = verifier
        self.needed = Requirement(min_trust=min_trust, min_coverage=min_coverage)
        self.access = Access(**access)

    def evaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        image_paths: Sequence[str] | None = None,
        images: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> ClipVerifyEvaluationResult:
        """Evaluate a text on pictures (`image_paths`, or anything `Picture.of` takes in `images`) and passages (`contexts`)."""
        frame: dict[str, Any] = {"query": query, "response": response, "contexts": contexts}
        passages = (Source.tried(partial(Source, text=text)) for text in contexts or ())
        return self._about(frame, (*_named(image_paths, images), *passages), is_partial=False)

    def _about(
        self, frame: dict[str, Any], sources: Sequence[Source], *, is_partial: bool
    ) -> ClipVerifyEvaluationResult:
        try:
            answer = Answer(
                text=frame["response"] or "", sources=distinct(sources), question=frame["query"], is_partial=is_partial
            )
        except ClipVerifyError as error:
            return invalid(frame, str(error))
        return self._evaluate(frame, answer)

    def _evaluate(self, frame: dict[str, Any], answer: Answer) -> ClipVerifyEvaluationResult:
        return self._judged(frame, answer) if answer.text.strip() else invalid(frame, "the answer is empty")

    def _judged(self, frame: dict[str, Any], answer: Answer) -> ClipVerifyEvaluationResult:
        try:
            report = self.verifier.verify(answer)
        except ClipVerifyError as error:
            return invalid(frame, str(error))
        if report.trust is None:
            reason = "; ".join(report.notes) or "nothing in the response could be checked on the pictures"
            return invalid(frame, reason, report)
        passing = not self.needed.problem(report)
        return ClipVerifyEvaluationResult(
            **frame, report=report, score=report.trust, passing=passing, feedback=self._feedback(report)
        )

    def _feedback(self, report: Report) -> str:
        return feedback(report)

    async def aevaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> ClipVerifyEvaluationResult:
        """Evaluate in a worker thread; arguments as `evaluate`."""
        return await asyncio.to_thread(self.evaluate, query, response, contexts, **kwargs)

    def evaluate_response(
        self, query: str | None = None, response: Any = None, **kwargs: Any
    ) -> ClipVerifyEvaluationResult:
        """Evaluate a `Response` on the pictures of its source nodes and any given by `image_paths` or `images`."""
        nodes = response.source_nodes if response is not None else []
        text, contexts = None if response is None else str(response), [node.get_content() for node in nodes]
        frame: dict[str, Any] = {"query": query, "response": text, "contexts": contexts}
        named = _named(kwargs.get("image_paths"), kwargs.get("images"))
        return self._about(frame, (*sources_of(nodes, self.access), *named), is_partial=True)

    async def aevaluate_response(
        self, query: str | None = None, response: Any = None, **kwargs: Any
    ) -> ClipVerifyEvaluationResult:
        """Evaluate a `Response` in a worker thread."""
        return await asyncio.to_thread(self.evaluate_response, query, response, **kwargs)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Do nothing: there is no prompt."""


def _named(*images: Sequence[Any] | None) -> Iterator[Source]:
    """Yield the sources of pictures that the user named."""
    for image in (image for given in images for image in given or ()):
        yield Source.tried(partial(Source.of_picture, image))


def invalid(frame: dict[str, Any], why: str, report: Report | None = None) -> ClipVerifyEvaluationResult:
    """Return the result of what could not be evaluated; its feedback says why, because retrying engines ask for one."""
    return ClipVerifyEvaluationResult(**frame, report=report, feedback=why, invalid_result=True, invalid_reason=why)


def feedback(report: Report) -> str:
    """Return one sentence for each doubtful claim, or that all checkable ones are supported."""
    doubts = [
        f"“{one.claim.text}” is not supported by the pictures (trust {number(one.trust)}: {'; '.join(one.reasons)})."
        for one in report.doubtful()
    ]
    share = f"{report.coverage:.0%} of the words of its claims could be checked."
    missed = [f"Not looked at: {gap}." for gap in report.gaps]
    return " ".join([*(doubts or ["No claim is contradicted by the pictures."]), share, *missed])
