"""A wrapper for any response synthesizer whose responses carry a report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

from llama_index.core.base.response.schema import RESPONSE_TYPE, AsyncStreamingResponse, StreamingResponse
from llama_index.core.prompts.mixin import PromptDictType, PromptMixinType
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore

from llamaindex_clipverify.llama_index.verification import OnDoubt, Verification, share_contradicted
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifySynthesizer(BaseSynthesizer):
    """Wraps any response synthesizer; each response carries a report on the pictures of its nodes."""

    def __init__(
        self,
        synthesizer: BaseSynthesizer,
        verifier: Verifier,
        *,
        on_doubt: OnDoubt | None = None,
        min_coverage: float = 0.0,
        fail_open: bool = False,
        again: bool = False,
        prompts: Prompts | None = None,
        **access: Unpack[AccessOptions],
    ) -> None:
        """Wrap a synthesizer.

        Args:
            synthesizer: Any LlamaIndex response synthesizer.
            verifier: Verifies the answers.
            on_doubt: None leaves the text unchanged, ``annotate`` appends the doubtful claims, ``abstain`` replaces a doubtful
                answer, ``revise`` removes the doubtful claims.
            min_coverage: Share 0–1 of an answer's claims, in words, below which it is doubtful as a whole: a sentence says so and
                ``abstain`` replaces the answer. See `Report.coverage`.
            fail_open: Whether ``abstain`` and ``revise`` let an answer through that could not be verified at all.
            again: Whether to ask once more, with the doubtful claims listed, when an answer is doubtful; the answer with fewer
                contradicted claims is kept. Streams are not asked for again.
            prompts: Templates; `Prompts.again` asks once more. Default: those of the synthesizer, if it has any.
            **access: ``folders=`` and ``allow_urls=``: what may be opened of the paths and URLs in nodes; see `Access`.
        """
        super().__init__(
            llm=synthesizer._llm,
            callback_manager=synthesizer.callback_manager,
            streaming=synthesizer._streaming,
            multimodal=synthesizer._multimodal,
        )
        self.synthesizer, self.again, self._own_prompts = synthesizer, again, prompts
        self.verification = Verification(verifier, on_doubt, Access(**access), min_coverage, fail_open)

    @property
    def prompts(self) -> Prompts:
        """The templates in use."""
        inner = getattr(self.synthesizer, "prompts", None)
        return self._own_prompts or (inner if isinstance(inner, Prompts) else Prompts())

    def synthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer with the wrapped synthesizer, and verify."""
        question = _text(query)
        answered = self.synthesizer.synthesize(query, nodes, additional_source_nodes, **response_kwargs)
        report = self._first_report(answered, question)
        if report is not None and report.doubtful():
            retry = self._retry(query, report)
            second = self.synthesizer.synthesize(retry, nodes, additional_source_nodes, **response_kwargs)
            answered, report = _better((answered, report), (second, self.verification.report(second, question)))
        response: RESPONSE_TYPE = self.verification.of(answered, question, report)
        return response

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer with the wrapped synthesizer, and verify in a worker thread."""
        question = _text(query)
        answered = await self.synthesizer.asynthesize(query, nodes, additional_source_nodes, **response_kwargs)
        report = await asyncio.to_thread(self._first_report, answered, question)
        if report is not None and report.doubtful():
            retry = self._retry(query, report)
            second = await self.synthesizer.asynthesize(retry, nodes, additional_source_nodes, **response_kwargs)
            second_report = await asyncio.to_thread(self.verification.report, second, question)
            answered, report = _better((answered, report), (second, second_report))
        response: RESPONSE_TYPE = await self.verification.aof(answered, question, report)
        return response

    def _first_report(self, response: Any, question: str) -> Report | None:
        """Return the report on a whole response if a doubtful answer is asked for again; None otherwise."""
        if not self.again or isinstance(response, (StreamingResponse, AsyncStreamingResponse)):
            return None
        return self.verification.report(response, question)

    def _retry(self, query: QueryTextType, report: Report) -> QueryTextType:
        """Return the query that asks once more, with the doubtful claims listed; its embedding stays the same."""
        text = self.prompts.again_about(_text(query), [claim.claim.text for claim in report.doubtful()])
        return text if isinstance(query, str) else replace(query, query_str=text)

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> Any:
        """Answer from texts, without verification: there are no pictures."""
        return self.synthesizer.get_response(query_str, text_chunks, **response_kwargs)

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> Any:
        """Answer from texts, without verification: there are no pictures."""
        return await self.synthesizer.aget_response(query_str, text_chunks, **response_kwargs)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Do nothing: the prompts belong to the wrapped synthesizer."""

    def _get_prompt_modules(self) -> PromptMixinType:
        return {"synthesizer": self.synthesizer}


def _better(first: tuple[Any, Report], second: tuple[Any, Report]) -> tuple[Any, Report]:
    """Return the response and report with the smaller share of contradicted claims; the first if they are equal."""
    shares = [share_contradicted(report) for _, report in (first, second)]
    return second if shares[1] is not None and (shares[0] is None or shares[1] < shares[0]) else first


def _text(query: QueryTextType) -> str:
    return query if isinstance(query, str) else query.query_str
