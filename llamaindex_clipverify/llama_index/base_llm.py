"""Base class of vision models as LlamaIndex LLMs: the eight public calls, from the four that each model implements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
)
from llama_index.core.bridge.pydantic import BaseModel, Field
from llama_index.core.llms import LLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from llamaindex_clipverify.llama_index.access_fields import AccessFields
from llamaindex_clipverify.llama_index.messages import parts_of
from llamaindex_clipverify.picture import Picture

Talk = list[tuple[str, list[str | Picture]]]
"""Roles with texts and pictures, oldest message first."""


_NOT_STORED = ("callback_manager", "api_key")


class VisionLLM(AccessFields, LLM):
    """An LLM whose chat takes pictures; `max_tokens`, `temperature` and `seed` may also be given per call."""

    max_tokens: int = Field(default=256, gt=0, description="Maximum number of new tokens.")
    temperature: float = Field(default=0.0, ge=0.0, description="Sampling temperature; 0 is greedy.")
    seed: int | None = Field(default=None, description="Random seed of sampling, above temperature 0.")

    @abstractmethod
    def _answer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        """Return the whole answer."""

    @abstractmethod
    async def _aanswer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        """Return the whole answer, without blocking the event loop."""

    @abstractmethod
    def _pieces(self, messages: Sequence[ChatMessage], **how: Any) -> Iterator[str | ChatResponse]:
        """Yield the answer piece by piece; the last item may be the whole response with its metadata."""

    @abstractmethod
    def _apieces(self, messages: Sequence[ChatMessage], **how: Any) -> AsyncIterator[str | ChatResponse]:
        """Yield as `_pieces`, without blocking the event loop."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without loaded models, connections and secrets, which are loaded or read again when needed."""
        state = BaseModel.__getstate__(self)
        kept = {name: value for name, value in state["__dict__"].items() if name not in _NOT_STORED}
        return {**state, "__dict__": kept, "__pydantic_private__": None}

    # -- chat ---------------------------------------------------------------------------------------------------------

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation.

        Raises:
            DataError: The messages hold something else than text and pictures, or more than the model's window.
            PictureError: A picture cannot be read, or may not be opened.
            ModelError: A local model cannot be loaded, or does not fit into memory.
            ServiceError: A server failed; the subclass says why.
        """
        return self._answer(messages, **self._how(kwargs))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer piece by piece; errors as `chat`, when the pieces are read."""
        return _growing(self._pieces(messages, **self._how(kwargs)))

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation, without blocking the event loop."""
        return await self._aanswer(messages, **self._how(kwargs))

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer piece by piece, without blocking the event loop."""
        return _agrowing(self._apieces(messages, **self._how(kwargs)))

    # -- complete -----------------------------------------------------------------------------------------------------

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a text without pictures."""
        return _completion(self._answer(_asked(prompt), **self._how(kwargs)))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Answer a text piece by piece."""
        pieces = _growing(self._pieces(_asked(prompt), **self._how(kwargs)))
        return (_completion(response) for response in pieces)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a text, without blocking the event loop."""
        return _completion(await self._aanswer(_asked(prompt), **self._how(kwargs)))

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Answer a text piece by piece, without blocking the event loop."""
        pieces = _agrowing(self._apieces(_asked(prompt), **self._how(kwargs)))
        return (_completion(response) async for response in pieces)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _talk(self, messages: Sequence[ChatMessage]) -> Talk:
        """Return roles with texts and pictures; a message of nothing is left out."""
        found = [(message.role.value, parts_of(message, self.access)) for message in messages]
        return [(role, parts) for role, parts in found if parts]

    def _how(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {name: kwargs.get(name, getattr(self, name)) for name in ("max_tokens", "temperature", "seed")}


def _growing(pieces: Iterator[str | ChatResponse]) -> Generator[ChatResponse, None, None]:
    """Yield responses that hold the text so far; closing it closes the pieces."""
    text = ""
    try:
        for piece in pieces:
            text += piece if isinstance(piece, str) else ""
            yield _so_far(text, piece) if isinstance(piece, str) else piece
    finally:
        pieces.close()  # type: ignore[attr-defined]


async def _agrowing(pieces: AsyncIterator[str | ChatResponse]) -> AsyncGenerator[ChatResponse, None]:
    text = ""
    try:
        async for piece in pieces:
            text += piece if isinstance(piece, str) else ""
            yield _so_far(text, piece) if isinstance(piece, str) else piece
    finally:
        await pieces.aclose()  # type: ignore[attr-defined]


def _so_far(text: str, piece: str) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role="assistant", content=text), delta=piece)


def _asked(prompt: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=prompt)]


def _completion(response: ChatResponse) -> CompletionResponse:
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=response.additional_kwargs,
    )
