"""Answers from pictures, captions and passages with one call of a vision model.

LlamaIndex's own multi-modal path drops the captions of image nodes and counts 2,125 tokens for every picture, so that two
pictures already need two calls. Here `Prompts` gives the order, the context window is that of the model, and there is one call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from functools import partial
from typing import Any, Unpack

from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.base.response.schema import RESPONSE_TYPE, AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.instrumentation.events.synthesis import SynthesizeEndEvent, SynthesizeStartEvent
from llama_index.core.llms import LLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.response_synthesizers.base import BaseSynthesizer, QueryTextType
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index_instrumentation import get_dispatcher

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.llama_index.base_llm import VisionLLM
from llamaindex_clipverify.llama_index.messages import PictureBlock, image_block, reduced
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.prompts import Prompts

dispatcher = get_dispatcher(__name__)

_Sources = tuple[list[tuple[Picture, str | None]], list[str]]


class LlavaSynthesizer(BaseSynthesizer):
    """Answers with one call of the model: pictures with captions, then passages, then the question in one message.

    Sources that do not fit the context window are left out from the end, passages first. Without sources the model is not called
    and the answer says that nothing was found.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        prompts: Prompts | None = None,
        streaming: bool = False,
        longest_side: int | None = None,
        **access: Unpack[AccessOptions],
    ) -> None:
        """Answer with a model that sees pictures.

        Args:
            llm: A LlamaIndex LLM whose chat takes images.
            prompts: Prompt templates.
            streaming: Whether responses are streams.
            longest_side: Longer side in pixels that pictures are downscaled to. Default: original size.
            **access: ``folders=`` and ``allow_urls=``: what may be opened of the paths and URLs in nodes; see `Access`.
        """
        self.prompts = prompts or Prompts()
        super().__init__(llm=llm, streaming=streaming, empty_response=self.prompts.nothing_found, multimodal=True)
        self.access, self.longest_side = Access(**access), longest_side

    # -- the one message ----------------------------------------------------------------------------------------------

    def messages(self, question: str, nodes: Sequence[NodeWithScore]) -> list[ChatMessage]:
        """Return what the model is asked.

        Raises:
            DataError: Not even the first source fits the model's window.
            PictureError: No source can be opened and read. One among others is left out; the report names it.
        """
        pictures, passages = self._sources(nodes)
        while True:
            messages = [self._message(question, pictures, passages)]
            if self._fits(messages):
                return messages
            if len(pictures) + len(passages) <= 1:
                raise DataError(
                    "the question and its first source do not fit the model's window",
                    got=f"{self._llm.metadata.context_window} tokens",
                    do="shorten the passage, or take a model with a longer window",
                )
            (passages or pictures).pop()

    def _sources(self, nodes: Sequence[NodeWithScore]) -> _Sources:
        pictures: dict[Picture, str | None] = {}
        passages: list[str] = []
        problems: list[ClipVerifyError] = []
        for node in nodes:
            source = Source.tried(partial(_decoded, node, self.access))
            if source.problem is not None:
                problems.append(source.problem)
            elif source.picture is not None:
                pictures.setdefault(source.picture, source.text or None)
            elif node.node.get_content(MetadataMode.NONE):  # all of them, the answers of sub-questions too
                passages.append(node.node.get_content(MetadataMode.LLM))
        if problems and not pictures and not passages:
            raise problems[0]
        return list(pictures.items()), passages

    def _message(self, question: str, pictures: list[tuple[Picture, str | None]], passages: list[str]) -> ChatMessage:
        parts = self.prompts.parts(question, pictures, passages)
        blocks = [TextBlock(text=part) if isinstance(part, str) else self._block(part) for part in parts]
        return ChatMessage(role="user", blocks=blocks)

    def _block(self, picture: Picture) -> ImageBlock:
        """Return a block with the picture itself for models of this package, which encode it only to send it."""
        if isinstance(self._llm, VisionLLM):
            return PictureBlock.of(reduced(picture, self.longest_side))
        return image_block(picture, self.longest_side)

    def _fits(self, messages: list[ChatMessage]) -> bool:
        """Whether the message fits the context window; True for a model that cannot count tokens."""
        count = getattr(self._llm, "count_tokens", None)
        if count is None:
            return True
        metadata = self._llm.metadata
        return int(count(messages)) + min(metadata.num_output, metadata.context_window // 4) <= metadata.context_window

    # -- LlamaIndex ---------------------------------------------------------------------------------------------------

    def synthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer a question from nodes."""
        if not nodes:
            return super().synthesize(query, nodes, additional_source_nodes, **response_kwargs)
        bundle = _started(query)
        messages = self.messages(bundle.query_str, nodes)
        sources = [*nodes, *(additional_source_nodes or ())]
        response: RESPONSE_TYPE
        if self._streaming:
            response = StreamingResponse(self._stream(messages), sources, self._metadata(sources))
        else:
            text = self._llm.chat(messages, **response_kwargs).message.content or ""
            response = Response(text, sources, self._metadata(sources))
        dispatcher.event(SynthesizeEndEvent(query=bundle, response=response))
        return response

    async def asynthesize(
        self,
        query: QueryTextType,
        nodes: list[NodeWithScore],
        additional_source_nodes: Sequence[NodeWithScore] | None = None,
        **response_kwargs: Any,
    ) -> RESPONSE_TYPE:
        """Answer a question from nodes, without blocking the event loop."""
        if not nodes:
            return await super().asynthesize(query, nodes, additional_source_nodes, **response_kwargs)
        bundle = _started(query)
        messages = await asyncio.to_thread(self.messages, bundle.query_str, nodes)
        sources = [*nodes, *(additional_source_nodes or ())]
        response: RESPONSE_TYPE
        if self._streaming:
            response = AsyncStreamingResponse(self._astream(messages), sources, self._metadata(sources))
        else:
            text = (await self._llm.achat(messages, **response_kwargs)).message.content or ""
            response = Response(text, sources, self._metadata(sources))
        dispatcher.event(SynthesizeEndEvent(query=bundle, response=response))
        return response

    def _stream(self, messages: list[ChatMessage]) -> Generator[str, None, None]:
        for piece in self._llm.stream_chat(messages):
            yield piece.delta or ""

    async def _astream(self, messages: list[ChatMessage]) -> AsyncGenerator[str, None]:
        async for piece in await self._llm.astream_chat(messages):
            yield piece.delta or ""

    def _metadata(self, nodes: Sequence[NodeWithScore]) -> dict[str, Any]:
        return {scored.node.node_id: scored.node.metadata for scored in nodes}

    def get_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Answer from passages alone."""
        return (
            self._llm.chat([self._message(query_str, [], list(text_chunks))], **response_kwargs).message.content or ""
        )

    async def aget_response(self, query_str: str, text_chunks: Sequence[str], **response_kwargs: Any) -> str:
        """Answer from passages alone."""
        messages = [self._message(query_str, [], list(text_chunks))]
        return (await self._llm.achat(messages, **response_kwargs)).message.content or ""

    def _get_prompts(self) -> PromptDictType:
        return {name: PromptTemplate(text) for name, text in vars(self.prompts).items()}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        changed = {name: prompt.get_template() for name, prompt in prompts.items()}
        self.prompts = Prompts(**{**vars(self.prompts), **changed})
        self._empty_response = self.prompts.nothing_found


def _decoded(node: NodeWithScore, access: Access) -> Source:
    source = Source.of_node(node, access)
    if source.picture is not None:
        _ = source.picture.image
    return source


def _started(query: QueryTextType) -> QueryBundle:
    bundle = QueryBundle(query) if isinstance(query, str) else query
    dispatcher.event(SynthesizeStartEvent(query=bundle))
    return bundle
