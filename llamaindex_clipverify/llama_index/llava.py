"""A local vision model as a LlamaIndex LLM: chat and complete, streamed or not, with pictures; off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from threading import RLock
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms import LLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from llamaindex_clipverify.llama_index.messages import parts_of
from llamaindex_clipverify.models.table import load_llava


class LlavaLLM(LLM):
    """Any transformers vision model, by hub id or folder; ``tiny`` is the bundled one, which knows drawn scenes alone.

    Weights are read on first use. Token counts lie in ``additional_kwargs`` of a response, log-probabilities in ``raw``.
    """

    model: str = Field(description="tiny, a hub id, or a folder.")
    device: str | None = Field(default=None, description="torch device; the GPU where there is one.")
    dtype: str | None = Field(default=None, description="torch dtype; half precision on a GPU, float32 on a CPU.")
    quantize: int | None = Field(default=None, description="4 or 8 bits a weight, through bitsandbytes on CUDA.")
    trust_remote_code: bool = Field(default=False, description="Whether code that comes with a model may run.")
    max_tokens: int = Field(default=256, gt=0, description="Most tokens of an answer.")
    temperature: float = Field(default=0.0, ge=0.0, description="0 takes the likeliest token each time.")
    seed: int | None = Field(default=None, description="Of the drawing of tokens, above temperature 0.")
    folders: list[str] = Field(default_factory=list, description="Paths in image blocks are opened only inside these.")
    allow_urls: bool = Field(default=False, description="Whether URLs in image blocks may be fetched.")
    _loaded: Any = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=RLock)

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyLlavaLLM"

    def __getstate__(self) -> dict[str, Any]:
        """Leave the loaded model out: it is read again when needed."""
        state = super().__getstate__()
        state["__pydantic_private__"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the fields, without a loaded model."""
        super().__setstate__({**state, "__pydantic_private__": {"_loaded": None, "_lock": RLock()}})

    @property
    def llava(self) -> Any:
        """The model behind; see `models.llava.Llava`."""
        with self._lock:
            if self._loaded is None:
                options = {key: getattr(self, key) for key in ("device", "dtype", "quantize", "trust_remote_code")}
                self._loaded = load_llava(self.model, **options)
            return self._loaded

    @property
    def metadata(self) -> LLMMetadata:
        """The model's own window."""
        return LLMMetadata(
            context_window=self.llava.context_window,
            num_output=self.max_tokens,
            is_chat_model=True,
            model_name=self.model,
        )

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Return the tokens of a prompt, those that stand for pictures included."""
        return int(self.llava.count(self._conversation(messages)))

    # -- chat ---------------------------------------------------------------------------------------------------------

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation; `max_tokens`, `temperature` and `seed` may be given for this call.

        Raises:
            DataError: The prompt is longer than the model's window, or holds something else than text and pictures.
            PictureError: A picture cannot be read, or may not be opened.
            ModelError: The model cannot be loaded, or memory will not do.
        """
        return self.chat_batch([messages], **kwargs)[0]

    def chat_batch(self, conversations: Sequence[Sequence[ChatMessage]], **kwargs: Any) -> list[ChatResponse]:
        """Answer many conversations in one batch."""
        talks = [self._conversation(messages) for messages in conversations]
        return [_response(one) for one in self.llava.generate(talks, **self._how(kwargs))]

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer piece by piece."""

        def pieces() -> Generator[ChatResponse, None, None]:
            text = ""
            for piece in self.llava.stream(self._conversation(messages), **self._how(kwargs)):
                text += piece
                yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=piece)

        return pieces()

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer in a worker thread."""
        return (await asyncio.to_thread(self.chat_batch, [messages], **kwargs))[0]

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer piece by piece, made in a worker thread."""
        conversation, how = self._conversation, self._how(kwargs)

        async def pieces() -> AsyncGenerator[ChatResponse, None]:
            text = ""
            async for piece in _off_loop(lambda: self.llava.stream(conversation(messages), **how)):
                text += piece
                yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=piece)

        return pieces()

    # -- complete -----------------------------------------------------------------------------------------------------

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a text without pictures."""
        return _completion(self.chat_batch([_asked(prompt)], **kwargs)[0])

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Answer a text piece by piece."""

        def pieces() -> Generator[CompletionResponse, None, None]:
            text = ""
            for piece in self.llava.stream(self._conversation(_asked(prompt)), **self._how(kwargs)):
                text += piece
                yield CompletionResponse(text=text, delta=piece)

        return pieces()

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a text in a worker thread."""
        return _completion((await asyncio.to_thread(self.chat_batch, [_asked(prompt)], **kwargs))[0])

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Answer a text piece by piece, made in a worker thread."""
        how = self._how(kwargs)

        async def pieces() -> AsyncGenerator[CompletionResponse, None]:
            text = ""
            async for piece in _off_loop(lambda: self.llava.stream(self._conversation(_asked(prompt)), **how)):
                text += piece
                yield CompletionResponse(text=text, delta=piece)

        return pieces()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _conversation(self, messages: Sequence[ChatMessage]) -> list[tuple[str, list[Any]]]:
        """Return roles with texts and decoded pictures; a message of nothing is left out."""
        found = []
        for message in messages:
            parts = parts_of(message, self.folders, self.allow_urls)
            if parts:
                found.append((message.role.value, [part if isinstance(part, str) else part.image for part in parts]))
        return found

    def _how(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {
            "max_new_tokens": kwargs.get("max_tokens", self.max_tokens),
            "temperature": kwargs.get("temperature", self.temperature),
            "seed": kwargs.get("seed", self.seed),
        }


async def _off_loop(make: Callable[[], Iterator[str]]) -> AsyncGenerator[str, None]:
    """Read an iterator in worker threads; it is closed when nobody listens any more."""
    pieces = await asyncio.to_thread(make)
    nothing = object()
    try:
        while (piece := await asyncio.to_thread(next, pieces, nothing)) is not nothing:
            yield str(piece)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            await asyncio.shield(asyncio.to_thread(close))


def _asked(prompt: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=prompt)]


def _response(generated: Any) -> ChatResponse:
    used = {"prompt_tokens": generated.prompt_tokens, "completion_tokens": generated.completion_tokens}
    return ChatResponse(
        message=ChatMessage(role="assistant", content=generated.text),
        raw={
            "finish_reason": generated.finish,
            "mean_logprob": generated.mean_logprob,
            "token_logprobs": list(generated.token_logprobs),
        },
        additional_kwargs={**used, "total_tokens": sum(used.values())},
    )


def _completion(response: ChatResponse) -> CompletionResponse:
    text = response.message.content or ""
    return CompletionResponse(text=text, raw=response.raw, additional_kwargs=response.additional_kwargs)
