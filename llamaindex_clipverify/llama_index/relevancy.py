"""Evaluators of retrieval, without a judge model: relevancy of pictures to the question, and hit rate, MRR and the like."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import Field
from llama_index.core.evaluation.retrieval.base import BaseRetrievalEvaluator, RetrievalEvalMode, RetrievalEvalResult
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.wording import sentence
from llamaindex_clipverify.llama_index.access_fields import AccessFields
from llamaindex_clipverify.llama_index.evaluation import ClipVerifyEvaluationResult, ClipVerifyEvaluator, invalid
from llamaindex_clipverify.node_pictures import carries_picture
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report


class ClipVerifyRelevancyEvaluator(ClipVerifyEvaluator):
    """Evaluates whether the retrieved pictures show the things that the question names, with their number and colour.

    The score is the trust that each of them is in one of the pictures; the answer is not used. A question that names nothing a
    picture can show is an invalid result. English questions only; a question about a relation requires both things.
    """

    def _evaluate(self, frame: dict[str, Any], answer: Answer) -> ClipVerifyEvaluationResult:
        asked = asked_for(frame["query"] or "", self.verifier.splitter)
        if not asked:
            return invalid(frame, "the question names nothing that a picture can show")
        sources = tuple(source for source in answer.sources if not source.is_passage)
        if not sources:
            return invalid(frame, "no picture was retrieved")
        return self._judged(frame, replace(answer, text=asked, sources=sources))

    def _feedback(self, report: Report) -> str:
        missing = [f"“{one.claim.text}” (trust {number(one.trust)})" for one in report.doubtful()]
        if missing:
            return f"The pictures do not show what was asked about: {'; '.join(missing)}."
        return "The pictures show what was asked about."


def asked_for(question: str, splitter: Any) -> str:
    """Return, as sentences, what a picture must show to answer a question; "" if the question names no such thing."""
    reader = splitter if hasattr(splitter, "things") else EnglishSplitter()
    return " ".join(dict.fromkeys(sentence(claim) for claim in reader.things(question)))


class ClipVerifyRetrievalEvaluator(AccessFields, BaseRetrievalEvaluator):
    """Hit rate, MRR, precision and the like of retrieved *pictures*; passages are ignored.

    Pictures are identified by content, so expected pictures may be given by path, content id or node id, whichever ids the store
    uses. ``from_metric_names(["mrr", "hit_rate"], retriever=…)``.
    """

    retriever: BaseRetriever = Field(description="Retriever to evaluate.")
    node_postprocessors: list[BaseNodePostprocessor] = Field(
        default_factory=list, description="Applied to what it finds."
    )

    async def _aget_retrieved_ids_and_texts(
        self, query: str, mode: RetrievalEvalMode = RetrievalEvalMode.IMAGE
    ) -> tuple[list[str], list[str]]:
        nodes = await self.retriever.aretrieve(query)
        for one in self.node_postprocessors:
            nodes = await one.apostprocess_nodes(nodes, query_bundle=QueryBundle(query))
        shown = [scored for scored in nodes if carries_picture(scored.node)]
        return [self._id(scored) for scored in shown], [str(getattr(scored.node, "text", "")) for scored in shown]

    def _id(self, scored: NodeWithScore) -> str:
        picture = Source.tried(partial(Source.of_node, scored, self.access)).picture
        return picture.id if picture is not None else scored.node.node_id

    async def aevaluate(
        self,
        query: str,
        expected_ids: list[str],
        expected_texts: list[str] | None = None,
        mode: RetrievalEvalMode = RetrievalEvalMode.IMAGE,
        **kwargs: Any,
    ) -> RetrievalEvalResult:
        """Evaluate one query; `expected_ids` are paths of pictures, or content ids."""
        wanted = [Picture.of(one).id if Path(one).is_file() else one for one in map(str, expected_ids)]
        return await super().aevaluate(query, wanted, expected_texts, mode, **kwargs)

    def evaluate(
        self,
        query: str,
        expected_ids: list[str],
        expected_texts: list[str] | None = None,
        mode: RetrievalEvalMode = RetrievalEvalMode.IMAGE,
        **kwargs: Any,
    ) -> RetrievalEvalResult:
        """Evaluate one query, as `aevaluate`."""
        return super().evaluate(query, expected_ids, expected_texts, mode, **kwargs)
