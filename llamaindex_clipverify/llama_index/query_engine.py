"""Query engines whose responses carry a report: a wrapper for any engine, and the whole chain over an index."""

from __future__ import annotations

from typing import Any, Unpack

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE
from llama_index.core.prompts.mixin import PromptDictType, PromptMixinType
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle

from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.llama_index.verification import OnDoubt, Verification
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifyQueryEngine(BaseQueryEngine):
    """Wraps any query engine; each response carries a report on the pictures of its source nodes."""

    def __init__(
        self,
        engine: BaseQueryEngine,
        verifier: Verifier,
        *,
        on_doubt: OnDoubt | None = None,
        min_coverage: float = 0.0,
        fail_open: bool = False,
        **access: Unpack[AccessOptions],
    ) -> None:
        """Wrap an engine.

        Args:
            engine: Any engine whose responses have source nodes.
            verifier: Verifies the answers.
            on_doubt: None leaves the text unchanged, ``annotate`` appends the doubtful claims, ``abstain`` replaces a doubtful
                answer, ``revise`` removes the doubtful claims.
            min_coverage: Share 0–1 of an answer's claims, in words, below which it is doubtful as a whole: a sentence says so and
                ``abstain`` replaces the answer. See `Report.coverage`.
            fail_open: Whether ``abstain`` and ``revise`` let an answer through that could not be verified at all.
            **access: ``folders=`` and ``allow_urls=``: what may be opened of the paths and URLs in nodes; see `Access`.
        """
        super().__init__(callback_manager=engine.callback_manager)
        self.engine = engine
        self.verification = Verification(verifier, on_doubt, Access(**access), min_coverage, fail_open)

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        response: RESPONSE_TYPE = self.verification.of(self.engine.query(query_bundle), query_bundle.query_str)
        return response

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answered = await self.engine.aquery(query_bundle)
        response: RESPONSE_TYPE = await self.verification.aof(answered, query_bundle.query_str)
        return response

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Retrieve as the engine does."""
        return self.engine.retrieve(query_bundle)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Do nothing: the prompts are the engine's."""

    def _get_prompt_modules(self) -> PromptMixinType:
        return {"engine": self.engine}


def verified_engine(  # noqa: PLR0913 - the options of three parts
    index: EvidenceIndex,
    llm: Any,
    similarity_top_k: int = 4,
    *,
    verifier: Verifier | None = None,
    prompts: Prompts | None = None,
    streaming: bool = False,
    on_doubt: OnDoubt | None = None,
    min_coverage: float = 0.0,
    fail_open: bool = False,
    passages: Any = None,
    where: dict[str, Any] | None = None,
) -> ClipVerifyQueryEngine:
    """Return an engine that retrieves pictures from an index, answers with a vision model, and verifies the answer.

    Args:
        index: The index to retrieve from; the folders of its pictures may be opened.
        llm: A LlamaIndex LLM, or a name for `load_llm`.
        similarity_top_k: Number of pictures per question.
        verifier: Default: one with the models of the index.
        prompts: Prompt templates.
        streaming: Whether responses are streams.
        on_doubt: See `ClipVerifyQueryEngine`.
        min_coverage: See `ClipVerifyQueryEngine`.
        fail_open: See `ClipVerifyQueryEngine`.
        passages: A text retriever; its nodes follow the pictures.
        where: Chroma metadata filter on the pictures.
    """
    from llamaindex_clipverify.llama_index.llms import load_llm

    model = load_llm(llm) if isinstance(llm, str) else llm
    retriever = index.as_retriever(similarity_top_k, passages=passages, where=where)
    synthesizer = LlavaSynthesizer(model, prompts=prompts, streaming=streaming, folders=index.folders)
    engine = RetrieverQueryEngine(retriever, response_synthesizer=synthesizer)
    return ClipVerifyQueryEngine(
        engine,
        verifier or index.verifier,
        on_doubt=on_doubt,
        min_coverage=min_coverage,
        fail_open=fail_open,
        folders=index.folders,
    )
