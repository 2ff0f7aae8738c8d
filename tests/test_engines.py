"""Engines that retrieve, answer and verify: LlamaIndex's real classes, a real Chroma, and the bundled LLaVA."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncGenerator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import get_response_synthesizer
from llama_index.core.base.llms.types import ImageBlock
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.llm import LLMChatStartEvent
from llama_index.core.llms import MockLLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import CustomQueryEngine, RetrieverQueryEngine
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle, TextNode

from llamaindex_clipverify import EvidenceIndex, Prompts, Verifier
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.llama_index import (
    ClipVerifyQueryEngine,
    ClipVerifySynthesizer,
    LlavaLLM,
    LlavaSynthesizer,
    get_report,
    load_llm,
)
from llamaindex_clipverify.llama_index.verification import ABSTAINED, ClipVerifySentenceEvent
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene

QUESTION = "What does the picture show?"
FALSE = "There is a zebra in the picture. There is a pizza in the picture. It is lovely."
"""Of the fixture's scene: a cup, a clock and a zebra. The pizza is invented."""


@pytest.fixture(scope="session")
def llm() -> LlavaLLM:
    return LlavaLLM(model="tiny", max_tokens=60)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(FRESH + 400 + place, objects=(1, 2)) for place in range(6)]


@pytest.fixture(scope="module")
def index(scenes: list[Scene], tiny: Verifier, tmp_path_factory: pytest.TempPathFactory) -> EvidenceIndex:
    folder = tmp_path_factory.mktemp("engine")
    for place, scene in enumerate(scenes):
        scene.image.save(folder / f"{place}.png")
    made = EvidenceIndex.from_documents([folder], folder / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    made.__dict__["verifier"] = tiny
    return made


class Watcher(BaseEventHandler):
    """Keeps the events of some kinds."""

    kinds: tuple[type, ...] = ()
    seen: list[Any]

    @classmethod
    def class_name(cls) -> str:
        return "Watcher"

    def handle(self, event: Any, **kwargs: Any) -> None:
        if isinstance(event, self.kinds):
            self.seen.append(event)


@pytest.fixture
def watch() -> Iterator[Any]:
    """Return a function of event classes; what it returns fills with such events."""
    root, added = get_dispatcher(), []

    def begin(*kinds: type) -> list[Any]:
        watcher = Watcher(kinds=kinds, seen=[])
        added.append(watcher)
        root.add_event_handler(watcher)
        return watcher.seen

    yield begin
    for watcher in added:
        root.event_handlers.remove(watcher)


def nodes_of(path: Path) -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text="a passage")), NodeWithScore(node=ImageNode(image_path=str(path)))]


class Fixed(CustomQueryEngine):
    """Anybody's RAG: says a text about a picture, at once or in pieces."""

    text: str
    nodes: list[Any]
    streaming: bool = False

    def custom_query(self, query_str: str) -> Any:
        return StreamingResponse(self.pieces(), self.nodes) if self.streaming else Response(self.text, self.nodes)

    async def acustom_query(self, query_str: str) -> Any:
        if self.streaming:
            return AsyncStreamingResponse(self.apieces(), self.nodes)
        return Response(self.text, self.nodes)

    def pieces(self) -> Generator[str, None, None]:
        for word in self.text.split(" "):
            yield f"{word} "

    async def apieces(self) -> AsyncGenerator[str, None]:
        for piece in self.pieces():
            yield piece


async def gathered(engine: Any, streaming: bool, is_async: bool) -> tuple[str, Report]:
    """Ask an engine in one of the four ways and return the whole text and the report."""
    response = await engine.aquery(QUESTION) if is_async else engine.query(QUESTION)
    if not streaming:
        return str(response), get_report(response)
    pieces = [piece async for piece in response.response_gen] if is_async else list(response.response_gen)
    return "".join(pieces), get_report(response)


WAYS = [(False, False), (False, True), (True, False), (True, True)]
ways = pytest.mark.parametrize(("streaming", "is_async"), WAYS, ids=["sync", "async", "stream", "async stream"])


@ways
def test_the_whole_chain(
    index: EvidenceIndex, llm: LlavaLLM, scenes: list[Scene], streaming: bool, is_async: bool
) -> None:
    engine = index.as_query_engine(llm, 2, streaming=streaming)
    text, report = asyncio.run(gathered(engine, streaming, is_async))
    plain = RetrieverQueryEngine(index.as_retriever(2), LlavaSynthesizer(llm, folders=index.folders))
    assert text == str(plain.query(QUESTION)) != ""
    assert report.answer == text and report.question == QUESTION and report.claims
    assert [picture.uri for picture in report.pictures] == [hit.uri for hit in index.search(QUESTION, top_k=2)]


@ways
def test_any_engine_wrapped(tiny: Verifier, scene_file: Path, streaming: bool, is_async: bool) -> None:
    engine = Fixed(text=FALSE, nodes=nodes_of(scene_file), streaming=streaming)
    wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent])
    text, report = asyncio.run(gathered(wrapped, streaming, is_async))
    assert text.rstrip() == FALSE, "without on_doubt the text is left alone"
    assert [one.claim.noun for one in report.doubtful()] == ["pizza"]
    assert report.coverage == pytest.approx(0.4)


@ways
def test_annotate_appends_the_doubts(tiny: Verifier, scene_file: Path, streaming: bool, is_async: bool) -> None:
    engine = Fixed(text=FALSE, nodes=nodes_of(scene_file), streaming=streaming)
    wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent], on_doubt="annotate")
    text, report = asyncio.run(gathered(wrapped, streaming, is_async))
    assert text.startswith(FALSE)
    assert text[len(FALSE) :].strip().startswith("Not supported by the pictures: “pizza” (0.0")
    assert report.answer.strip() == FALSE


@ways
def test_abstain_says_nothing_doubtful(tiny: Verifier, scene_file: Path, streaming: bool, is_async: bool) -> None:
    for said, kept in ((FALSE, False), ("There is a zebra.", True)):
        engine = Fixed(text=said, nodes=nodes_of(scene_file), streaming=streaming)
        wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent], on_doubt="abstain")
        text, report = asyncio.run(gathered(wrapped, streaming, is_async))
        assert text.strip() == said if kept else text.startswith(ABSTAINED) and "There is a zebra" not in text
        assert report.answer.strip() == said


@ways
def test_revise_cuts_out_what_is_doubted(tiny: Verifier, scene_file: Path, streaming: bool, is_async: bool) -> None:
    engine = Fixed(text=FALSE, nodes=nodes_of(scene_file), streaming=streaming)
    wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent], on_doubt="revise")
    text, report = asyncio.run(gathered(wrapped, streaming, is_async))
    assert text.strip() == "There is a zebra in the picture. It is lovely."
    assert report.answer.strip() == FALSE, "the report is on what was said at first"


class Twice(BaseSynthesizer):
    """Anybody's synthesizer: says one thing, and another when it is asked again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(llm=MockLLM())
        self.answers, self.asked = [first, second], []

    def synthesize(self, query: Any, nodes: Any, additional_source_nodes: Any = None, **_: Any) -> Any:
        self.asked.append(str(getattr(query, "query_str", query)))
        return Response(self.answers[len(self.asked) - 1], nodes)

    async def asynthesize(self, query: Any, nodes: Any, additional_source_nodes: Any = None, **_: Any) -> Any:
        return self.synthesize(query, nodes)

    def get_response(self, query_str: str, text_chunks: Any, **_: Any) -> str:
        return self.answers[0]

    async def aget_response(self, query_str: str, text_chunks: Any, **_: Any) -> str:
        return self.answers[0]

    def _get_prompts(self) -> Any:
        return {}

    def _update_prompts(self, prompts: Any) -> None: ...


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "kept", "times"),
    [
        (FALSE, "There is a zebra.", "There is a zebra.", 2),
        (FALSE, "There is a pizza.", "There is a zebra in the picture. It is lovely.", 2),
        (FALSE, "Hm.", "There is a zebra in the picture. It is lovely.", 2),
        ("There is a zebra.", "There is a pizza.", "There is a zebra.", 1),
    ],
)
def test_a_doubtful_answer_is_asked_for_again_and_the_better_one_kept(
    tiny: Verifier,
    scene_file: Path,
    is_async: bool,
    first: str,
    second: str,
    kept: str,
    times: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner, verified = Twice(first, second), []
    monkeypatch.setattr(tiny, "verify", lambda answer: verified.append(answer) or Verifier.verify(tiny, answer))
    wrapped = ClipVerifySynthesizer(inner, tiny, on_doubt="revise", again=True, folders=[scene_file.parent])
    query = QueryBundle(QUESTION)
    nodes = nodes_of(scene_file)
    response = asyncio.run(wrapped.asynthesize(query, nodes)) if is_async else wrapped.synthesize(query, nodes)
    assert str(response) == kept
    assert len(inner.asked) == len(verified) == times, "every answer is verified once"
    assert all("pizza" in asked and asked.startswith(QUESTION) for asked in inner.asked[1:])
    assert query.query_str == QUESTION
    assert get_report(response).question == QUESTION


def test_the_words_to_ask_again_with_can_be_replaced(tiny: Verifier, scene_file: Path) -> None:
    prompts = Prompts(again="Not these: {doubts}. {question}")
    inner = Twice(FALSE, "There is a zebra.")
    wrapped = ClipVerifySynthesizer(inner, tiny, again=True, prompts=prompts, folders=[scene_file.parent])
    wrapped.synthesize(QUESTION, nodes_of(scene_file))
    assert inner.asked[1].startswith("Not these: pizza.") and inner.asked[1].endswith(QUESTION)
    inner = Twice(FALSE, "There is a zebra.")
    inner.prompts = prompts
    ClipVerifySynthesizer(inner, tiny, again=True, folders=[scene_file.parent]).synthesize(
        QUESTION, nodes_of(scene_file)
    )
    assert inner.asked[1].startswith("Not these: pizza."), "by default those of the wrapped synthesizer"


def test_a_local_model_gets_the_picture_itself(
    llm: LlavaLLM, scene_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encoded(*_: Any) -> bytes:
        raise AssertionError("the picture was encoded")

    monkeypatch.setattr("llamaindex_clipverify.llama_index.messages.png", encoded)
    synthesizer = LlavaSynthesizer(llm, folders=[scene_file.parent])
    assert str(synthesizer.synthesize(QUESTION, nodes_of(scene_file)))


def test_sentences_are_verified_while_the_stream_runs(tiny: Verifier, scene_file: Path, watch: Any) -> None:
    seen = watch(ClipVerifySentenceEvent)
    engine = Fixed(text=FALSE, nodes=nodes_of(scene_file), streaming=True)
    response = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent]).query(QUESTION)
    known = []
    for _ in response.response_gen:  # type: ignore[union-attr]
        known.append(len(seen))
    assert known[:7] == [0] * 6 + [1], "the first sentence is known when the next one begins"
    assert [event.sentence for event in seen] == [
        "There is a zebra in the picture.",
        "There is a pizza in the picture.",
        "It is lovely.",
    ][: len(seen)]
    assert seen[1].report["verdict"] == "contradicted"


def test_the_stock_synthesizer_wrapped(index: EvidenceIndex, llm: LlavaLLM, tiny: Verifier) -> None:
    """LlamaIndex's own multi-modal path over our retriever: the report comes along."""
    stock = get_response_synthesizer(llm=llm, multimodal=True)
    wrapped = ClipVerifySynthesizer(stock, tiny, folders=index.folders)
    response = RetrieverQueryEngine(index.as_retriever(1), response_synthesizer=wrapped).query(QUESTION)
    assert str(response) and get_report(response).answer == str(response)
    assert any("synthesizer" in name for name in wrapped.get_prompts())


def test_captions_pictures_and_passages_in_their_order(index: EvidenceIndex, llm: LlavaLLM, scene_file: Path) -> None:
    nodes = [
        NodeWithScore(node=TextNode(text="It opens at nine.")),
        NodeWithScore(node=ImageNode(image_path=str(scene_file), text="a {braced} caption")),
        NodeWithScore(node=ImageNode(image_path=index.search("dog", top_k=1)[0].uri)),
        NodeWithScore(node=ImageNode(image_path=str(scene_file))),
        NodeWithScore(node=TextNode(text="<image> is text.")),
    ]
    synthesizer = LlavaSynthesizer(llm, folders=[*index.folders(), scene_file.parent])  # type: ignore[list-item]
    (message,) = synthesizer.messages("When?", nodes)
    told = [getattr(block, "text", "IMAGE") for block in message.blocks]
    assert told[:4] == ["Picture 1, caption: a {braced} caption", "IMAGE", "Picture 2:", "IMAGE"]
    assert told[4].startswith("Passage 1: It opens at nine.\nPassage 2: <image> is text.\nAnswer from the sources")
    assert told[4].endswith("Question: When?") and len(told) == 5


def test_one_call_for_four_pictures_and_four_passages(index: EvidenceIndex, llm: LlavaLLM, watch: Any) -> None:
    nodes = [
        *index.as_retriever(4).retrieve("a picture"),
        *(NodeWithScore(node=TextNode(text=f"Fact {n}.")) for n in range(4)),
    ]
    seen = watch(LLMChatStartEvent)
    LlavaSynthesizer(llm, folders=index.folders).synthesize(QUESTION, nodes)
    assert len(seen) == 1


def test_what_does_not_fit_the_window_is_left_out_from_the_end(index: EvidenceIndex, llm: LlavaLLM) -> None:
    nodes = [
        *index.as_retriever(2).retrieve("x"),
        *(NodeWithScore(node=TextNode(text=f"{n} " * 300)) for n in range(8)),
    ]
    (message,) = LlavaSynthesizer(llm, folders=index.folders).messages(QUESTION, nodes)
    assert llm.count_tokens([message]) + llm.metadata.num_output <= llm.metadata.context_window == 3072
    text = message.blocks[-1].text  # type: ignore[union-attr]
    assert "Passage 1:" in text and "Passage 8:" not in text and len(message.blocks) == 5
    with pytest.raises(DataError, match="do not fit the model's window"):
        LlavaSynthesizer(llm).messages(QUESTION, [NodeWithScore(node=TextNode(text="9 " * 5000))])


def test_nothing_found_is_said_and_no_model_is_asked(tmp_path: Path, tiny: Verifier, llm: LlavaLLM, watch: Any) -> None:
    seen = watch(LLMChatStartEvent)
    engine = EvidenceIndex(tmp_path, tiny.encoder).as_query_engine(llm, verifier=tiny)  # type: ignore[arg-type]
    for response in (engine.query(QUESTION), asyncio.run(engine.aquery(QUESTION))):
        assert str(response) == Prompts().nothing_found
        assert get_report(response).trust is None and not seen


def test_prompts_are_replaceable(index: EvidenceIndex, llm: LlavaLLM) -> None:
    synthesizer = LlavaSynthesizer(llm, folders=index.folders, prompts=Prompts(picture="Bild {number}"))
    synthesizer.update_prompts({"question": PromptTemplate("{question} Kurz!")})
    (message,) = synthesizer.messages("Was?", index.as_retriever(1).retrieve("x"))
    assert [getattr(block, "text", "IMAGE") for block in message.blocks] == ["Bild 1", "IMAGE", "Was? Kurz!"]


def test_a_verifier_that_cannot_look_does_not_cost_the_answer(tiny: Verifier, scene_file: Path) -> None:
    for folders, nodes in (
        ([], nodes_of(scene_file)),
        ([scene_file.parent], nodes_of(scene_file.with_name("gone.png"))),
    ):
        response = ClipVerifyQueryEngine(Fixed(text=FALSE, nodes=nodes), tiny, folders=folders).query(QUESTION)
        report = get_report(response)
        assert str(response) == FALSE and report.trust is None and report.notes[0].startswith("not looked at: ")
    response = ClipVerifyQueryEngine(Fixed(text=FALSE, nodes=[]), tiny).query(QUESTION)
    assert get_report(response).notes == ("no picture was retrieved",)


def test_the_synthesizer_opens_no_path_without_leave(llm: LlavaLLM, scene_file: Path) -> None:
    passage, pictured = nodes_of(scene_file)
    with pytest.raises(PictureError, match="may not be opened"):
        LlavaSynthesizer(llm).synthesize(QUESTION, [pictured])
    (message,) = LlavaSynthesizer(llm).messages(QUESTION, [passage, pictured])
    assert "a passage" in str(message.content) and not any(isinstance(one, ImageBlock) for one in message.blocks)


def test_passages_take_part(index: EvidenceIndex, llm: LlavaLLM) -> None:
    class Texts(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [NodeWithScore(node=TextNode(text="The museum opens at nine."))]

    response = index.as_query_engine(llm, 1, passages=Texts()).query("When does the museum open?")
    assert [node.node.class_name() for node in response.source_nodes] == ["ImageNode", "TextNode"]
    assert str(response)


def test_a_report_travels_as_plain_json_and_keeps_its_maps_at_home(tiny: Verifier, scene_file: Path) -> None:
    engine = ClipVerifyQueryEngine(Fixed(text=FALSE, nodes=nodes_of(scene_file)), tiny, folders=[scene_file.parent])
    response = engine.query(QUESTION)
    assert tiny.explain(get_report(response)).maps
    assert response.metadata is not None
    sent = pickle.loads(pickle.dumps(response.metadata))
    assert type(sent["clipverify"]) is dict and sent["clipverify"]["schema"] == 2


def test_names_of_llms(llm: LlavaLLM) -> None:
    assert load_llm(llm) is llm
    assert load_llm("tiny", max_tokens=7).max_tokens == 7  # type: ignore[attr-defined]
    for name in ("gpt-99", "local:", "openai:model-without-server"):
        with pytest.raises(DataError, match=r"(no such LLM|needs its server).*give"):
            load_llm(name)
