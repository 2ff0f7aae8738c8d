"""Query engines whose answers carry a report: a wrapper for any engine or synthesizer, and the whole chain over an index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE
from llama_index.core.prompts.mixin import PromptDictType, PromptMixinType
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import NodeWithScore, QueryBundle

from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.llama_index.verification import Folders, OnDoubt, Verification
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifyQueryEngine(BaseQueryEngine):
    """Any query engine; each response carries a report on the pictures of its source nodes."""

    def __init__(
        self,
        engine: BaseQueryEngine,
        verifier: Verifier,
        *,
        on_doubt: OnDoubt | None = None,
        folders: Folders = (),
        allow_urls: bool = False,
    ) -> None:
        """Wrap an engine.

        Args:
            engine: Anything that answers queries with source nodes.
            verifier: What verifies the answers.
            on_doubt: None leaves the text alone, ``annotate`` appends the doubts, ``abstain`` replaces a doubtful answer,
                ``revise`` cuts the doubts out.
            folders: Paths in nodes are opened only inside these folders; or a function that returns them.
            allow_urls: Whether URLs in nodes may be fetched.
        """
        super().__init__(callback_manager=engine.callback_manager)
        self.engine = engine
        self.verification = Verification(verifier, on_doubt, folders, allow_urls)

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


class ClipVerifySynthesizer(BaseSynthesizer):
    """Any response synthesizer; each response carries a report on the pictures of its nodes."""

    def __init__(
        self,
        synthesizer: BaseSynthesizer,
        verifier: Verifier,
        *,
        on_doubt: OnDoubt | None = None,
        again: bool = False,
        folders: Folders = (),
        allow_urls: bool = False,
    ) -> None:
        """Wrap a synthesizer.

        Args:
            synthesizer: Anything that answers from nodes.
            verifier: What verifies the answers.
            on_doubt: None leaves the text alone, ``annotate`` appends the doubts, ``abstain`` replaces a doubtful answer,
                ``revise`` cuts the doubts out.
            again: Whether a doubtful answer is asked for once more, with the doubts listed; the better one is kept. A stream
                is not asked for again.
            folders: Paths in nodes are opened only inside these folders; or a function that returns them.
            allow_urls: Whether URLs in nodes may be fetched.
        """
        super().__init__(
            llm=synthesizer._llm,
            callback_manager=synthesizer.callback_manager,
            streaming=synthesizer._streaming,
            multimodal=synthesizer._multimodal,
        )
        self.synthesizer, self.again = synthesizer, again
        self.verification = Verification(verifier, on_doubt, folders, allow_urls)

    def synthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer as the synthesizer does, and verify."""
        answered = self.synthesizer.synthesize(query, nodes, additional_source_nodes, **response_kwargs)
        doubts = self.verification.doubts(answered, _text(query)) if self.again else []
        if doubts:
            second = self.synthesizer.synthesize(
                _doubted(query, doubts), nodes, additional_source_nodes, **response_kwargs
            )
            answered = self.verification.better(answered, second, _text(query))
        response: RESPONSE_TYPE = self.verification.of(answered, _text(query))
        return response

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer as the synthesizer does, and verify in a worker thread."""
        answered = await self.synthesizer.asynthesize(query, nodes, additional_source_nodes, **response_kwargs)
        doubts = await asyncio.to_thread(self.verification.doubts, answered, _text(query)) if self.again else []
        if doubts:
            second = await self.synthesizer.asynthesize(
                _doubted(query, doubts), nodes, additional_source_nodes, **response_kwargs
            )
            answered = await asyncio.to_thread(self.verification.better, answered, second, _text(query))
        response: RESPONSE_TYPE = await self.verification.aof(answered, _text(query))
        return response

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> Any:
        """Answer from texts; without pictures there is nothing to verify on."""
        return self.synthesizer.get_response(query_str, text_chunks, **response_kwargs)

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> Any:
        """Answer from texts; without pictures there is nothing to verify on."""
        return await self.synthesizer.aget_response(query_str, text_chunks, **response_kwargs)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """Do nothing: the prompts are the synthesizer's."""

    def _get_prompt_modules(self) -> PromptMixinType:
        return {"synthesizer": self.synthesizer}


def verified_engine(
    index: EvidenceIndex,
    llm: Any,
    similarity_top_k: int = 4,
    *,
    verifier: Verifier | None = None,
    prompts: Prompts | None = None,
    streaming: bool = False,
    on_doubt: OnDoubt | None = None,
    passages: Any = None,
    where: dict[str, Any] | None = None,
) -> ClipVerifyQueryEngine:
    """Return an engine that retrieves pictures from an index, answers with a vision model, and verifies the answer.

    Args:
        index: Where the pictures are; the folders of its pictures may be opened.
        llm: A LlamaIndex LLM or its name, see `load_llm`.
        similarity_top_k: Pictures per question.
        verifier: By default one of the index's encoder and detector.
        prompts: The words to ask with.
        streaming: Whether answers come as streams.
        on_doubt: See `ClipVerifyQueryEngine`.
        passages: A text retriever whose nodes follow the pictures.
        where: A Chroma filter on the pictures' metadata.
    """
    from llamaindex_clipverify.llama_index.llms import load_llm

    model = load_llm(llm) if isinstance(llm, str) else llm
    retriever = index.as_retriever(similarity_top_k, passages=passages, where=where)
    synthesizer = LlavaSynthesizer(model, prompts=prompts, streaming=streaming, folders=index.folders)
    engine = RetrieverQueryEngine(retriever, response_synthesizer=synthesizer)
    return ClipVerifyQueryEngine(engine, verifier or index.verifier, on_doubt=on_doubt, folders=index.folders)


def _doubted(query: QueryTextType, doubts: Sequence[str]) -> QueryTextType:
    """Return the question with the doubts listed; what it is retrieved by stays as it was."""
    asked = Prompts().again_about(_text(query), doubts)
    return asked if isinstance(query, str) else replace(query, query_str=asked)


def _text(query: QueryTextType) -> str:
    return query if isinstance(query, str) else query.query_str
