"""A wrapper for any chat engine, streaming or not, whose answers carry a report."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, Unpack

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse

from llamaindex_clipverify.llama_index.chat_memory import aremember, await_until_written, remember, wait_until_written
from llamaindex_clipverify.llama_index.verification import OnDoubt, Verification
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifyChatEngine(BaseChatEngine):
    """Wraps any chat engine; each answer carries a report on the pictures of its source nodes, or of those of its tools.

    Answers without sources are reported as unverifiable. The memory of the engine holds what was shown (see `on_doubt`).
    """

    def __init__(
        self,
        engine: BaseChatEngine,
        verifier: Verifier,
        *,
        on_doubt: OnDoubt | None = None,
        min_coverage: float = 0.0,
        fail_open: bool = False,
        **access: Unpack[AccessOptions],
    ) -> None:
        """Wrap a chat engine; arguments as for `ClipVerifyQueryEngine`."""
        self.engine = engine
        self.verification = Verification(verifier, on_doubt, Access(**access), min_coverage, fail_open)

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """Answer as the engine does, and verify."""
        answered = self.engine.chat(message, chat_history)
        said = str(answered)
        response: AgentChatResponse = self.verification.of(answered, message)
        remember(self.engine, said, str(response))
        return response

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """Answer as the engine does, and verify in a worker thread."""
        answered = await self.engine.achat(message, chat_history)
        said = str(answered)
        response: AgentChatResponse = await self.verification.aof(answered, message)
        await aremember(self.engine, said, str(response))
        return response

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> VerifiedChatStream:
        """Stream as the engine does; the report is attached at the end."""
        return VerifiedChatStream(
            self.engine.stream_chat(message, chat_history), self.verification, message, self.engine
        )

    async def astream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> VerifiedChatStream:
        """Stream as the engine does; the report is attached at the end."""
        stream = await self.engine.astream_chat(message, chat_history)
        return VerifiedChatStream(stream, self.verification, message, self.engine)

    def reset(self) -> None:
        """Reset the conversation."""
        self.engine.reset()

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The conversation."""
        return self.engine.chat_history


class VerifiedChatStream(StreamingAgentChatResponse):
    """The stream of a chat engine, verified while it runs; `metadata` has the report at the end."""

    def __init__(
        self, inner: StreamingAgentChatResponse, verification: Verification, question: str, engine: BaseChatEngine
    ) -> None:
        """Watch a stream of an engine."""
        super().__init__(sources=inner.sources, source_nodes=inner.source_nodes)
        self.inner, self.verification, self.question, self.engine = inner, verification, question, engine
        self.metadata: dict[str, Any] | None = None

    @property
    def response_gen(self) -> Generator[str, None, None]:
        """The pieces of the answer, once."""
        for piece in self.verification.watched(self, self.inner.response_gen, self.question):
            self._hear(piece)
            yield piece
        wait_until_written(self.inner)
        remember(self.engine, str(self.inner.response), self.response)
        self.is_done = True

    async def async_response_gen(self) -> AsyncGenerator[str, None]:
        """Yield the pieces of the answer, once."""
        async for piece in self.verification.awatched(self, self.inner.async_response_gen(), self.question):
            self._hear(piece)
            yield piece
        await await_until_written(self.inner)
        await aremember(self.engine, str(self.inner.response), self.response)
        self.is_done = True

    def _hear(self, piece: str) -> None:
        self.unformatted_response += piece
        self.response = self.unformatted_response.strip()

    def __str__(self) -> str:
        """Return the answer; what has not been read of the stream is read first."""
        if not self.is_done and self.inner.achat_stream is None:
            for _ in self.response_gen:
                pass
        return self.response
