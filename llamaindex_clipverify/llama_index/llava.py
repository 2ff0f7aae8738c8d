"""A local vision model as a LlamaIndex LLM: chat and complete, with pictures, streamed or not, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from threading import RLock
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.bridge.pydantic import Field, PrivateAttr

from llamaindex_clipverify.llama_index.base_llm import VisionLLM
from llamaindex_clipverify.models.registry import load_llava


class LlavaLLM(VisionLLM):
    """Any transformers vision model, by hub id or folder; ``tiny`` is the bundled one, which knows drawn scenes only.

    Weights are read on first use. Responses have token counts in ``additional_kwargs`` and log-probabilities in ``raw``.
    """

    model: str = Field(description="tiny, a hub id, or a folder.")
    device: str | None = Field(default=None, description="torch device; the GPU where there is one.")
    dtype: str | None = Field(default=None, description="torch dtype; half precision on a GPU, float32 on a CPU.")
    quantize: int | None = Field(default=None, description="4 or 8 bits a weight, through bitsandbytes on CUDA.")
    trust_remote_code: bool = Field(default=False, description="Whether code that comes with a model may run.")
    _loaded: Any = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=RLock)

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyLlavaLLM"

    @property
    def llava(self) -> Any:
        """The model; see `models.llava.Llava`."""
        with self._lock:
            if self._loaded is None:
                options = {key: getattr(self, key) for key in ("device", "dtype", "quantize", "trust_remote_code")}
                self._loaded = load_llava(self.model, **options)
            return self._loaded

    @property
    def metadata(self) -> LLMMetadata:
        """Name and context window of the model."""
        return LLMMetadata(
            context_window=self.llava.context_window,
            num_output=self.max_tokens,
            is_chat_model=True,
            model_name=self.model,
        )

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Return the number of tokens of a prompt, including those of pictures."""
        return int(self.llava.count(self._conversation(messages)))

    def chat_batch(self, conversations: Sequence[Sequence[ChatMessage]], **kwargs: Any) -> list[ChatResponse]:
        """Answer many conversations in one batch; options and errors as `chat`."""
        talks = [self._conversation(messages) for messages in conversations]
        return [_response(one) for one in self.llava.generate(talks, **_options(self._how(kwargs)))]

    # -- the four calls -----------------------------------------------------------------------------------------------

    def _answer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        return self.chat_batch([messages], **how)[0]

    async def _aanswer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        return await asyncio.to_thread(self._answer, messages, **how)

    def _pieces(self, messages: Sequence[ChatMessage], **how: Any) -> Generator[str, None, None]:
        yield from self.llava.stream(self._conversation(messages), **_options(how))

    def _apieces(self, messages: Sequence[ChatMessage], **how: Any) -> AsyncGenerator[str, None]:
        return _off_loop(lambda: self._pieces(messages, **how))

    def _conversation(self, messages: Sequence[ChatMessage]) -> list[tuple[str, list[Any]]]:
        """Return roles with texts and decoded pictures."""
        return [
            (role, [part if isinstance(part, str) else part.image for part in parts])
            for role, parts in self._talk(messages)
        ]


def _options(how: dict[str, Any]) -> dict[str, Any]:
    return {"max_new_tokens": how["max_tokens"], "temperature": how["temperature"], "seed": how["seed"]}


async def _off_loop(make: Callable[[], Iterator[str]]) -> AsyncGenerator[str, None]:
    """Read an iterator in worker threads; it is closed when the consumer stops."""
    pieces = await asyncio.to_thread(make)
    nothing = object()
    try:
        while (piece := await asyncio.to_thread(next, pieces, nothing)) is not nothing:
            yield str(piece)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            await asyncio.shield(asyncio.to_thread(close))


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
