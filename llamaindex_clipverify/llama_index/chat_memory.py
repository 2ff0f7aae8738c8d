"""Lets the memory of a chat engine hold what was shown: the model reads it again with the next question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole


def remember(engine: Any, said: str, shown: str) -> None:
    """Replace the engine's own last answer in its memory by the one that was shown.

    Args:
        engine: A chat engine; one without a memory of LlamaIndex is left as it is.
        said: What the model said.
        shown: What was shown instead.
    """
    memory = _memory_of(engine, said, shown)
    if memory is not None and (messages := _replaced(memory.get_all(), said, shown)) is not None:
        memory.set(messages)


async def aremember(engine: Any, said: str, shown: str) -> None:
    """Replace as `remember`, on the event loop."""
    memory = _memory_of(engine, said, shown)
    if memory is not None and (messages := _replaced(await memory.aget_all(), said, shown)) is not None:
        await memory.aset(messages)


def wait_until_written(stream: Any, seconds: float = 10.0) -> None:
    """Wait until a stream's engine has written its answer into its memory, which it does in a thread of its own."""
    thread = getattr(stream, "write_response_to_history_thread", None)
    if thread is not None:
        thread.join(seconds)


async def await_until_written(stream: Any, seconds: float = 10.0) -> None:
    """Wait as `wait_until_written`, for a task on the event loop."""
    task = getattr(stream, "awrite_response_to_history_task", None)
    if task is not None:
        await asyncio.wait([task], timeout=seconds)


def _memory_of(engine: Any, said: str, shown: str) -> Any:
    if said.strip() == shown.strip():
        return None
    memory = getattr(engine, "_memory", None) or getattr(engine, "memory", None)
    return memory if hasattr(memory, "get_all") and hasattr(memory, "set") else None


def _replaced(messages: Sequence[ChatMessage], said: str, shown: str) -> list[ChatMessage] | None:
    """Return the messages with the last answer replaced; None if it is not what the model said."""
    last = max((place for place, one in enumerate(messages) if one.role == MessageRole.ASSISTANT), default=None)
    if last is None or str(messages[last].content or "").strip() != said.strip():
        return None
    answer = ChatMessage(role=MessageRole.ASSISTANT, content=shown, additional_kwargs=messages[last].additional_kwargs)
    return [*messages[:last], answer, *messages[last + 1 :]]
