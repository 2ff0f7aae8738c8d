"""Vision models of Together, or of any server of the same form, as a LlamaIndex LLM."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Generator, Sequence
from threading import RLock
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata
from llama_index.core.bridge.pydantic import Field, PrivateAttr, SecretStr, field_validator

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.llama_index.base_llm import VisionLLM
from llamaindex_clipverify.llama_index.messages import png
from llamaindex_clipverify.models.registry import load_together
from llamaindex_clipverify.models.usage import Usage, UsageCounter
from llamaindex_clipverify.picture import Picture

_OURS = {"messages", "model", "stream"}
"""Fields of a request that `extra` may not replace."""


class TogetherVisionLLM(VisionLLM):
    """A vision model on a server, through the Together SDK; nothing is sent before the first call.

    Requests have the standard fields only, unless `extra` adds some. Pictures are sent as lossless PNG in data URLs. Responses
    have token counts in ``additional_kwargs``; `usage` has their sum. The key is neither shown nor stored: after unpickling
    or `from_dict` it is read from ``TOGETHER_API_KEY`` again.
    """

    model: str = Field(min_length=1, description="Name of a model that sees pictures, as the server calls it.")
    api_key: SecretStr | None = Field(
        default=None, exclude=True, repr=False, description="By default the environment variable TOGETHER_API_KEY."
    )
    base_url: str | None = Field(
        default=None, description="Base URL of the server. Default: TOGETHER_BASE_URL, then Together's."
    )
    timeout: float = Field(
        default=60.0, gt=0, description="Seconds to wait for each attempt, and each piece of a stream."
    )
    max_retries: int = Field(
        default=2, ge=0, description="Retries after 408, 409, 429, 5xx, timeouts and broken connections."
    )
    longest_side: int | None = Field(
        default=559,
        gt=0,
        description="Longer side in pixels that pictures are reduced to (Together bills tiles of 560 pixels). None: unchanged.",
    )
    context_window: int = Field(
        default=8192, gt=0, description="Tokens of prompt and answer; look it up for your model."
    )
    extra: dict[str, Any] = Field(default_factory=dict, description="Further fields of the request, such as reasoning.")
    prompt_price: float | None = Field(
        default=None, ge=0, description="Price of a million prompt tokens, to compute the cost."
    )
    completion_price: float | None = Field(default=None, ge=0, description="Price of a million completion tokens.")
    _chat: Any = PrivateAttr(default=None)
    _counter: Any = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=RLock)

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if taken := _OURS & set(extra):
            raise DataError("extra= cannot replace these fields", got=", ".join(sorted(taken)), do="leave them out")
        return extra

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyTogetherVisionLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """The window is what `context_window` says."""
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.max_tokens,
            is_chat_model=True,
            model_name=self.model,
        )

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all answers of this object so far."""
        return self._counting.usage

    @property
    def chat_client(self) -> Any:
        """The client behind; see `models.together.TogetherChat`."""
        with self._lock:
            if self._chat is None:
                key = None if self.api_key is None else self.api_key.get_secret_value()
                options = {name: getattr(self, name) for name in ("base_url", "timeout", "max_retries")}
                self._chat = load_together(key, **options)
            return self._chat

    # -- the four calls -----------------------------------------------------------------------------------------------

    def _answer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        return self._response(self.chat_client.answer(self._request(messages, how)))

    async def _aanswer(self, messages: Sequence[ChatMessage], **how: Any) -> ChatResponse:
        request = await asyncio.to_thread(self._request, messages, how)
        return self._response(await self.chat_client.aanswer(request))

    def _pieces(self, messages: Sequence[ChatMessage], **how: Any) -> Generator[str | ChatResponse, None, None]:
        for piece in self.chat_client.stream(self._request(messages, how)):
            yield piece if isinstance(piece, str) else self._response(piece, delta="")

    async def _apieces(self, messages: Sequence[ChatMessage], **how: Any) -> AsyncGenerator[str | ChatResponse, None]:
        request = await asyncio.to_thread(self._request, messages, how)
        async for piece in self.chat_client.astream(request):
            yield piece if isinstance(piece, str) else self._response(piece, delta="")

    # -- inside -------------------------------------------------------------------------------------------------------

    @property
    def _counting(self) -> UsageCounter:
        with self._lock:
            if self._counter is None:
                self._counter = UsageCounter(self.prompt_price, self.completion_price)
            counter: UsageCounter = self._counter
            return counter

    def _request(self, messages: Sequence[ChatMessage], how: dict[str, Any]) -> dict[str, Any]:
        sent = [{"role": role, "content": self._content(parts)} for role, parts in self._talk(messages)]
        asked = {name: value for name, value in how.items() if value is not None}
        return {"model": self.model, "messages": sent, **asked, **({"extra_body": self.extra} if self.extra else {})}

    def _content(self, parts: list[str | Picture]) -> str | list[dict[str, Any]]:
        """Return a text as it is, and pictures among texts as parts."""
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        return [{"type": "text", "text": part} if isinstance(part, str) else self._image_part(part) for part in parts]

    def _image_part(self, picture: Picture) -> dict[str, Any]:
        data = base64.b64encode(png(picture, self.longest_side)).decode()
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}

    def _response(self, answer: Any, delta: str | None = None) -> ChatResponse:
        """Return a response and count its tokens."""
        prompt, completion = answer.prompt_tokens, answer.completion_tokens
        self._counting.add(prompt, completion)
        used = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": (prompt or 0) + (completion or 0),
        }
        return ChatResponse(
            message=ChatMessage(role="assistant", content=answer.text),
            raw={"finish_reason": answer.finish, "reasoning": answer.reasoning},
            additional_kwargs=used if prompt is not None and completion is not None else {},
            delta=delta,
        )
