"""LlamaIndex's own engines, each in its four ways: the report arrives, about the right pictures, and the text is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Drawn
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    CondenseQuestionChatEngine,
    ContextChatEngine,
    SimpleChatEngine,
)
from llama_index.core.chat_engine.multi_modal_condense_plus_context import MultiModalCondensePlusContextChatEngine
from llama_index.core.chat_engine.multi_modal_context import MultiModalContextChatEngine
from llama_index.core.indices.query.query_transform.base import IdentityQueryTransform
from llama_index.core.llms.mock import MockFunctionCallingLLM, MockLLM
from llama_index.core.query_engine import (
    CitationQueryEngine,
    RetrieverQueryEngine,
    RouterQueryEngine,
    SubQuestionQueryEngine,
    TransformQueryEngine,
)
from llama_index.core.question_gen.types import BaseQuestionGenerator, SubQuestion
from llama_index.core.selectors import EmbeddingSingleSelector
from llama_index.core.tools import FunctionTool, QueryEngineTool, ToolMetadata, ToolOutput
from llama_index.core.workflow import Event, StartEvent, StopEvent, Workflow, step

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.llama_index import (
    ClipVerifyChatEngine,
    ClipVerifyEmbedding,
    ClipVerifyQueryEngine,
    LlavaLLM,
    LlavaSynthesizer,
    get_report,
    verified_tool,
    verify_response,
)
from llamaindex_clipverify.llama_index.response import nodes_of
from llamaindex_clipverify.report.report import Report

SCENES = Drawn(1200, 6, objects=(1, 2))
QUESTION = "What does the picture show?"
WAYS = [(False, False), (False, True), (True, False), (True, True)]
ways = pytest.mark.parametrize(("streaming", "is_async"), WAYS, ids=["sync", "async", "stream", "async stream"])


@pytest.fixture(scope="module")
def index(folder: Path, tiny: Verifier) -> EvidenceIndex:
    made = EvidenceIndex.from_documents([folder], folder / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    made.__dict__["verifier"] = tiny
    return made


@pytest.fixture(scope="module")
def llm(folder: Path) -> LlavaLLM:
    return LlavaLLM(model="tiny", max_tokens=40, folders=[str(folder)])


class Asked(BaseQuestionGenerator):
    """Breaks every question into the same one."""

    def generate(self, tools: Any, query: Any) -> list[SubQuestion]:
        return [SubQuestion(sub_question=query.query_str, tool_name="pictures")]

    async def agenerate(self, tools: Any, query: Any) -> list[SubQuestion]:
        return self.generate(tools, query)

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: Any) -> None:
        pass


def _retriever(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> RetrieverQueryEngine:
    return RetrieverQueryEngine(index.as_retriever(2), _synthesizer(index, llm, streaming))


def _synthesizer(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> LlavaSynthesizer:
    return LlavaSynthesizer(llm, folders=index.folders, streaming=streaming)


def _tool(engine: Any, text: str = "questions about pictures") -> QueryEngineTool:
    return QueryEngineTool(engine, ToolMetadata(name="pictures", description=text))


def _router(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> RouterQueryEngine:
    selector = EmbeddingSingleSelector.from_defaults(embed_model=ClipVerifyEmbedding("tiny"))
    tools = [_tool(_retriever(index, llm, streaming)), _tool(_retriever(index, llm, streaming), "a red car")]
    return RouterQueryEngine(selector, tools, llm=llm)


def _citation(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> CitationQueryEngine:
    answering = _synthesizer(index, llm, streaming)
    return CitationQueryEngine.from_args(
        None, llm=llm, retriever=index.as_retriever(2), response_synthesizer=answering, multimodal=True
    )


def _sub_question(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> SubQuestionQueryEngine:
    return SubQuestionQueryEngine.from_defaults(
        [_tool(_retriever(index, llm, False))],
        llm=llm,
        question_gen=Asked(),
        response_synthesizer=_synthesizer(index, llm, streaming),
        use_async=False,
        verbose=False,
    )


def _transform(index: EvidenceIndex, llm: LlavaLLM, streaming: bool) -> TransformQueryEngine:
    return TransformQueryEngine(_retriever(index, llm, streaming), IdentityQueryTransform())


ENGINES: dict[str, Callable[[EvidenceIndex, LlavaLLM, bool], Any]] = {
    "retriever": _retriever,
    "router": _router,
    "citation": _citation,
    "sub-question": _sub_question,
    "transform": _transform,
}


async def asked(engine: Any, streaming: bool, is_async: bool) -> tuple[str, Any]:
    response = await engine.aquery(QUESTION) if is_async else engine.query(QUESTION)
    if not streaming:
        return str(response), response
    pieces = [piece async for piece in response.response_gen] if is_async else list(response.response_gen)
    return "".join(pieces), response


def right(report: Report, text: str, index: EvidenceIndex, number: int = 2, question: str = QUESTION) -> None:
    """Check that a report is on a text, and on the pictures that the index finds."""
    assert report.answer.strip() == text.strip() != ""
    assert report.question == question and report.claims
    assert [picture.id for picture in report.pictures] == [hit.id for hit in index.search(question, top_k=number)]
    assert all(one.verdict for one in report.claims)


@ways
@pytest.mark.parametrize("name", ENGINES)
def test_engines(
    name: str, index: EvidenceIndex, llm: LlavaLLM, tiny: Verifier, streaming: bool, is_async: bool
) -> None:
    bare, _ = asyncio.run(asked(ENGINES[name](index, llm, streaming), streaming, is_async))
    wrapped = ClipVerifyQueryEngine(ENGINES[name](index, llm, streaming), tiny, folders=index.folders)
    text, response = asyncio.run(asked(wrapped, streaming, is_async))
    assert text == bare, "without on_doubt the text is left alone"
    right(get_report(response), text, index)


def test_an_engines_own_answers_to_sub_questions_support_nothing(
    index: EvidenceIndex, llm: LlavaLLM, tiny: Verifier
) -> None:
    response = ClipVerifyQueryEngine(_sub_question(index, llm, False), tiny, folders=index.folders).query(QUESTION)
    assert any(str(node.text).startswith("Sub question: ") for node in response.source_nodes)
    assert not any(one.check == "passages" for claim in get_report(response).claims for one in claim.evidence)


CHATS: dict[str, Callable[[EvidenceIndex, LlavaLLM, bool], Any]] = {
    "context": lambda index, llm, streaming: ContextChatEngine.from_defaults(index.as_retriever(2), llm=llm),
    "condense": lambda index, llm, streaming: CondenseQuestionChatEngine.from_defaults(
        _retriever(index, llm, streaming), llm=llm
    ),
    "condense plus context": lambda index, llm, streaming: CondensePlusContextChatEngine.from_defaults(
        index.as_retriever(2), llm=llm
    ),
    "multi-modal context": lambda index, llm, streaming: MultiModalContextChatEngine.from_defaults(
        index.as_retriever(2), multi_modal_llm=llm
    ),
    "multi-modal condense": lambda index, llm, streaming: MultiModalCondensePlusContextChatEngine.from_defaults(
        index.as_retriever(2), multi_modal_llm=llm
    ),
}


UNSEEN = {"context": "How many dogs are there?"}
"""The question to engines whose model gets no picture, and cannot say what one shows."""


async def told(engine: Any, streaming: bool, is_async: bool, question: str = QUESTION) -> tuple[str, Any]:
    if not streaming:
        response = await engine.achat(question) if is_async else engine.chat(question)
        return str(response), response
    response = await engine.astream_chat(question) if is_async else engine.stream_chat(question)
    pieces = [piece async for piece in response.async_response_gen()] if is_async else list(response.response_gen)
    return "".join(pieces), response


@ways
@pytest.mark.parametrize("name", CHATS)
def test_chat_engines(
    name: str, index: EvidenceIndex, llm: LlavaLLM, tiny: Verifier, streaming: bool, is_async: bool
) -> None:
    question = UNSEEN.get(name, QUESTION)
    bare, _ = asyncio.run(told(CHATS[name](index, llm, streaming), streaming, is_async, question))
    engine = ClipVerifyChatEngine(CHATS[name](index, llm, streaming), tiny, folders=index.folders)
    text, response = asyncio.run(told(engine, streaming, is_async, question))
    assert text == bare, "without on_doubt the text is left alone"
    right(get_report(response), text, index, question=question)
    assert str(response).strip() == text.strip()
    assert [message.role.value for message in engine.chat_history] == ["user", "assistant"]
    engine.reset()
    assert engine.chat_history == []


@ways
def test_talk_without_pictures_is_unverifiable(llm: LlavaLLM, tiny: Verifier, streaming: bool, is_async: bool) -> None:
    engine = ClipVerifyChatEngine(SimpleChatEngine.from_defaults(llm=llm), tiny)
    text, response = asyncio.run(told(engine, streaming, is_async, "How many dogs are there?"))
    report = get_report(response)
    assert report.answer.strip() == text.strip() and report.trust is None
    assert report.notes == ("no picture was retrieved",)


@ways
def test_a_chat_in_doubt(scene_file: Path, tiny: Verifier, streaming: bool, is_async: bool) -> None:
    false = "There is a pizza in the picture."
    engine = ClipVerifyChatEngine(
        CondenseQuestionChatEngine.from_defaults(Fixed(false, scene_file, streaming), llm=MockLLM()),
        tiny,
        folders=[scene_file.parent],
        on_doubt="annotate",
    )
    text, response = asyncio.run(told(engine, streaming, is_async))
    assert text.startswith(false) and "Not supported by the pictures: “pizza”" in text
    assert get_report(response).answer.strip() == false


def Fixed(text: str, path: Path, streaming: bool = False) -> Any:  # noqa: N802 - reads as the class it makes
    """Anybody's engine, that says a text about a picture."""
    from test_engines import Fixed as Engine
    from test_engines import nodes_of as given

    return Engine(text=text, nodes=given(path), streaming=streaming)


# -- agents and workflows ---------------------------------------------------------------------------------------------


def calling(*tools: FunctionTool) -> MockFunctionCallingLLM:
    """LlamaIndex's stand-in for a model that calls functions: it calls the tool once, and says what it was told."""

    def answer(messages: Any, **options: Any) -> ChatMessage:
        heard = [message for message in messages if message.role.value == "tool"]
        if heard:
            return ChatMessage(role="assistant", content=heard[-1].content)
        call = ToolCallBlock(
            tool_call_id="1", tool_name=tools[0].metadata.name or "", tool_kwargs={"question": QUESTION}
        )
        return ChatMessage(role="assistant", blocks=[call])

    return MockFunctionCallingLLM(response_generator=answer)


@pytest.fixture
def tool(scene_file: Path, tiny: Verifier) -> FunctionTool:
    engine = Fixed("There is a zebra. There is a pizza.", scene_file)
    return verified_tool(ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent]))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_text_of_a_tool_carries_the_trust(tool: FunctionTool, is_async: bool) -> None:
    output: ToolOutput = asyncio.run(tool.acall(question=QUESTION)) if is_async else tool.call(question=QUESTION)
    assert output.content.startswith("There is a zebra. There is a pizza.\n\n[trust 0.0")
    assert "not supported by the pictures: “pizza” (0.0" in output.content
    assert [one.claim.noun for one in get_report(output).doubtful()] == ["pizza"]


noisy = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
"""LlamaIndex's agents look through all of a pydantic object's attributes."""


@noisy
@pytest.mark.parametrize("kind", ["function agent", "agent workflow"])
def test_agents(kind: str, tool: FunctionTool, tiny: Verifier, scene_file: Path) -> None:
    agent: Any = FunctionAgent(tools=[tool], llm=calling(tool), streaming=False)
    if kind == "agent workflow":
        agent = AgentWorkflow(agents=[agent])

    async def run() -> Any:
        return await agent.run(QUESTION)

    output = asyncio.run(run())
    assert "[trust 0.0" in str(output)
    assert get_report(output).answer == "There is a zebra. There is a pizza."
    assert len(nodes_of(output)) == 2
    own = verify_response(tiny, output, QUESTION, folders=[scene_file.parent])
    assert own.answer == str(output) and get_report(output).answer == str(output)


@noisy
def test_a_reasoning_agent(tool: FunctionTool) -> None:
    said = iter([f'Thought: I must look.\nAction: ask_pictures\nAction Input: {{"question": "{QUESTION}"}}',
                 "Thought: I can answer.\nAnswer: There is a zebra."])  # fmt: skip

    def answer(messages: Any, **options: Any) -> ChatMessage:
        return ChatMessage(role="assistant", content=next(said))

    agent = ReActAgent(tools=[tool], llm=MockFunctionCallingLLM(response_generator=answer), streaming=False)

    async def run() -> Any:
        return await agent.run(QUESTION)

    output = asyncio.run(run())
    assert str(output) == "There is a zebra."
    assert [one.claim.noun for one in get_report(output).doubtful()] == ["pizza"]


def test_a_workflow(index: EvidenceIndex, llm: LlavaLLM, tiny: Verifier) -> None:
    class Answered(Event):
        response: Any

    class Checked(Workflow):
        @step
        async def answer(self, event: StartEvent) -> Answered:
            return Answered(response=await _retriever(index, llm, False).aquery(event.question))

        @step
        async def verify(self, event: Answered) -> StopEvent:
            report = await asyncio.to_thread(verify_response, tiny, event.response, QUESTION, folders=index.folders())
            return StopEvent(result=report)

    async def run() -> Any:
        return await Checked(timeout=60).run(question=QUESTION)

    report = asyncio.run(run())
    right(report, report.answer, index)
