"""An agent whose tool tells it how far to rely on each answer; the agent's own answer is verified too."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryDirectory
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import verified_tool, verify_response
from llamaindex_clipverify.testing import FRESH, draw_scene

QUESTION = "What does the picture show?"


def stand_in(messages: Any, **options: Any) -> ChatMessage:
    """Call the tool once and say what it said: a model that calls functions goes here, such as TogetherVisionLLM's."""
    heard = [message.content for message in messages if message.role.value == "tool"]
    if heard:
        return ChatMessage(role="assistant", content=str(heard[-1]).split("\n\n[")[0])
    call = ToolCallBlock(tool_call_id="1", tool_name="ask_pictures", tool_kwargs={"question": QUESTION})
    return ChatMessage(role="assistant", blocks=[call])


async def main() -> None:
    with TemporaryDirectory() as folder:
        draw_scene(FRESH).image.save(f"{folder}/scene.png")
        index = EvidenceIndex.from_documents([f"{folder}/scene.png"], f"{folder}/store", "tiny", "tiny")
        tool = verified_tool(index.as_query_engine("tiny"))
        agent = FunctionAgent(tools=[tool], llm=MockFunctionCallingLLM(response_generator=stand_in), streaming=False)
        output = await agent.run(QUESTION)
        print(verify_response(index.verifier, output, QUESTION, folders=index.folders()))
        print(f"\nthe agent was told: {tool.call(question=QUESTION).content}")


asyncio.run(main())
