"""Vision models behind an OpenAI-compatible server, through LlamaIndex's own client, with typed errors and limits.

It behaves as `OpenAILike` where all is well. A stream without an end is an error, not an answer; no error shows the key; no path
in a message is opened and sent without leave.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import openai
from llama_index.core.base.llms.types import ChatMessage, ImageBlock
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.llms.openai_like import OpenAILike

from llamaindex_clipverify.errors import ResponseError
from llamaindex_clipverify.llama_index.access_fields import AccessFields
from llamaindex_clipverify.llama_index.messages import image_block
from llamaindex_clipverify.models.http_limits import async_hooks, hooks
from llamaindex_clipverify.models.service_errors import telling_service

_SETTING = "OPENAI_API_KEY or api_key="


class OpenAICompatibleLLM(AccessFields, OpenAILike):  # type: ignore[misc]
    """A model on an OpenAI-compatible server; errors as for `TogetherVisionLLM`."""

    _limited: Any = PrivateAttr(default=None)
    _alimited: Any = PrivateAttr(default=None)

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyOpenAICompatibleLLM"

    def __repr_args__(self) -> Any:
        """Leave the key out."""
        return [(name, value) for name, value in super().__repr_args__() if name != "api_key"]

    def _get_credential_kwargs(self, is_async: bool = False) -> dict[str, Any]:
        given: dict[str, Any] = super()._get_credential_kwargs(is_async)
        if given.get("http_client") is None:
            given["http_client"] = self._aclient_of() if is_async else self._client_of()
        return given

    def _client_of(self) -> Any:
        if self._limited is None:
            self._limited = openai.DefaultHttpxClient(event_hooks=hooks(self.timeout))
        return self._limited

    def _aclient_of(self) -> Any:
        """Return a client that keeps no connections: those belong to the event loop they were opened in."""
        if self._alimited is None:
            limits = openai.DEFAULT_CONNECTION_LIMITS
            limits = type(limits)(max_connections=limits.max_connections, max_keepalive_connections=0)
            self._alimited = openai.DefaultAsyncHttpxClient(event_hooks=async_hooks(self.timeout), limits=limits)
        return self._alimited

    def _telling(self) -> Any:
        return telling_service(openai, str(self.api_key or ""), _SETTING)

    # -- the calls ----------------------------------------------------------------------------------------------------

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        with self._telling():
            return super()._chat(self._allowed(messages), **kwargs)

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        with self._telling():
            return self._watched(super()._stream_chat(self._allowed(messages), **kwargs))

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        with self._telling():
            return await super()._achat(self._allowed(messages), **kwargs)

    async def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        with self._telling():
            return self._awatched(await super()._astream_chat(self._allowed(messages), **kwargs))

    def _complete(self, prompt: str, **kwargs: Any) -> Any:
        with self._telling():
            return super()._complete(prompt, **kwargs)

    def _stream_complete(self, prompt: str, **kwargs: Any) -> Any:
        with self._telling():
            return self._watched(super()._stream_complete(prompt, **kwargs))

    async def _acomplete(self, prompt: str, **kwargs: Any) -> Any:
        with self._telling():
            return await super()._acomplete(prompt, **kwargs)

    async def _astream_complete(self, prompt: str, **kwargs: Any) -> Any:
        with self._telling():
            return self._awatched(await super()._astream_complete(prompt, **kwargs))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _watched(self, pieces: Iterator[Any]) -> Iterator[Any]:
        finish = ""
        with self._telling():
            for piece in pieces:
                finish = _finish_of(piece) or finish
                yield piece
            _require_end(finish)

    async def _awatched(self, pieces: AsyncIterator[Any]) -> AsyncIterator[Any]:
        finish = ""
        with self._telling():
            async for piece in pieces:
                finish = _finish_of(piece) or finish
                yield piece
            _require_end(finish)

    def _allowed(self, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        """Return the messages with pictures instead of paths.

        Raises:
            PictureError: A path that may not be opened.
        """
        return [
            message.model_copy(update={"blocks": [self._block(block) for block in message.blocks]})
            for message in messages
        ]

    def _block(self, block: Any) -> Any:
        if not isinstance(block, ImageBlock) or block.image is not None:
            return block
        if block.path is not None:
            return image_block(self.access.picture_at(block.path))
        url = str(block.url or "")
        passes = url.lower().startswith(("http://", "https://", "data:"))  # the server fetches these, or not
        return block if passes or not url else image_block(self.access.picture_of_url(url))


def _finish_of(piece: Any) -> str:
    choice = next(iter(getattr(piece.raw, "choices", None) or ()), None)
    return getattr(choice, "finish_reason", None) or ""


def _require_end(finish: str) -> None:
    if not finish:
        raise ResponseError("the stream was cut before the answer ended", got="no end", do="ask again")
