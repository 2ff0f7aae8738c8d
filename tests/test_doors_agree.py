"""The same report through every door: Python, the service, the command line, MCP, LangChain, and LlamaIndex, equal field by field."""

from __future__ import annotations

import json
import os
import sys

import pytest
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle, TextNode
from mcp import Client, StdioServerParameters
from services import Served, command, without_times

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.integrations.langchain import ClipVerifyCompressor, as_runnable
from llamaindex_clipverify.llama_index import (
    ClipVerifyEvaluator,
    ClipVerifyPostprocessor,
    ClipVerifyQueryEngine,
    ClipVerifyRelevancyEvaluator,
    get_report,
)
from llamaindex_clipverify.llama_index.verification import ClipVerifySentenceEvent
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene

ANSWER = "There is a yellow cup. The clock is red [1]. A zebra is to the left of the cup. There are two dogs. It costs 9 euros."
QUESTION = "What does the picture show?"
PASSAGES = ["It costs 9 euros, says the label."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("pictures")
    for number in range(2):
        draw_scene(FRESH + number).image.save(place / f"{number}.png")
    return place


@pytest.fixture(scope="module")
def files(folder) -> list[str]:
    return sorted(map(str, folder.glob("*.png")))


@pytest.fixture(scope="module")
def index(folder, tmp_path_factory) -> EvidenceIndex:
    return EvidenceIndex.from_documents([folder], tmp_path_factory.mktemp("store"), "tiny", "tiny")


@pytest.fixture(scope="module")
def running(index):
    with command("--store", index.store, "--read-only") as (_, served):
        yield served


@pytest.fixture
def remote(running: Served) -> Verifier:
    return Verifier.remote(running.url)


@pytest.fixture(scope="module")
def expected(index, files) -> dict:
    """The report of Python, on the files and a passage."""
    return without_times(index.verifier.verify(ANSWER, files, QUESTION, PASSAGES).to_dict())


@pytest.fixture(scope="module")
def expected_on_pictures(index, files) -> dict:
    return without_times(index.verifier.verify(ANSWER, files, QUESTION).to_dict())


class Engine(CustomQueryEngine):
    """An engine of somebody's own, with a fixed answer."""

    nodes: list[NodeWithScore]

    def custom_query(self, query_str: str):
        from llama_index.core.base.response.schema import Response

        return Response(ANSWER, source_nodes=self.nodes)


def nodes(files) -> list[NodeWithScore]:
    pictures = [NodeWithScore(node=ImageNode(image_path=file), score=1.0) for file in files]
    return [*pictures, *(NodeWithScore(node=TextNode(text=passage), score=0.5) for passage in PASSAGES)]


def test_the_service(running, files, expected):
    import base64
    from pathlib import Path

    pictures = [{"data": base64.b64encode(Path(file).read_bytes()).decode(), "name": Path(file).name} for file in files]
    sent = {"answer": ANSWER, "question": QUESTION, "passages": PASSAGES, "pictures": pictures}
    assert without_times(running.ask("POST", "/v1/verify", sent).json) == expected


def test_the_service_by_ids(running, index, files, expected):
    ids = [Picture.of(file).id for file in files]
    sent = {"answer": ANSWER, "question": QUESTION, "passages": PASSAGES, "pictures": [{"id": one} for one in ids]}
    assert without_times(running.ask("POST", "/v1/verify", sent).json) == expected


def test_the_client(remote, files, expected):
    report = remote.verify(ANSWER, files, QUESTION, PASSAGES)
    assert without_times(report.to_dict()) == expected and [one.uri for one in report.pictures] == files


def test_the_stream_of_the_client(remote, files, expected):
    *_, last = remote.verify_stream([word + " " for word in ANSWER.split(" ")], files, QUESTION, PASSAGES)
    assert without_times({**last.to_dict(), "answer": ANSWER}) == expected


def test_the_command_line(running, clipverify, files, expected):
    ran = clipverify(
        "verify", "--answer", ANSWER, "--image", *files, "--question", QUESTION, "--passage", PASSAGES[0],
        "--server", running.url, "--json", "-",
    )  # fmt: skip
    assert ran.code == 1 and without_times(json.loads(ran.out)) == expected


async def test_mcp(index, files, expected_on_pictures):
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "llamaindex_clipverify", "mcp", "--store", str(index.store)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    async with Client(parameters, read_timeout_seconds=300) as client:
        sent = {"answer": ANSWER, "question": QUESTION, "pictures": [Picture.of(file).id for file in files]}
        result = await client.call_tool("verify_answer", sent)
    assert without_times(result.structured_content) == expected_on_pictures


@pytest.mark.parametrize("which", ["local", "remote"])
def test_langchain(which, remote, index, files, expected):
    verifier = remote if which == "remote" else index.verifier
    from langchain_core.documents import Document

    given = {"answer": ANSWER, "input": QUESTION, "images": files, "context": [Document(page_content=PASSAGES[0])]}
    assert without_times(as_runnable(verifier).invoke(given)["clipverify"]) == expected


@pytest.mark.parametrize("which", ["local", "remote"])
def test_a_query_engine(which, remote, index, folder, files, expected):
    verifier = remote if which == "remote" else index.verifier
    engine = ClipVerifyQueryEngine(Engine(nodes=nodes(files)), verifier, folders=[folder])
    assert without_times(get_report(engine.query(QUESTION)).to_dict()) == expected


def test_a_streaming_engine(remote, index, folder, files, expected):
    from llama_index.core.base.response.schema import StreamingResponse
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler

    seen: list[ClipVerifySentenceEvent] = []

    class Handler(BaseEventHandler):
        @classmethod
        def class_name(cls) -> str:
            return "Handler"

        def handle(self, event, **_) -> None:
            if isinstance(event, ClipVerifySentenceEvent):
                seen.append(event)

    class Streaming(Engine):
        def custom_query(self, query_str: str):
            return StreamingResponse((f"{word} " for word in ANSWER.split(" ")), source_nodes=self.nodes)

    handler = Handler()
    get_dispatcher().add_event_handler(handler)
    try:
        results = []
        for verifier in (remote, index.verifier):
            seen.clear()
            response = ClipVerifyQueryEngine(Streaming(nodes=nodes(files)), verifier, folders=[folder]).query(QUESTION)
            assert "".join(response.response_gen).strip() == ANSWER
            results.append(([(one.sentence, without_times(one.report)) for one in seen], get_report(response)))
    finally:
        get_dispatcher().event_handlers.remove(handler)
    assert results[0][0] == results[1][0] and len(results[0][0]) == 5
    assert without_times({**results[0][1].to_dict(), "answer": ANSWER}) == expected


def test_an_evaluator(remote, index, folder, files, expected):
    results = [
        ClipVerifyEvaluator(verifier, folders=[folder]).evaluate(QUESTION, ANSWER, PASSAGES, image_paths=files)
        for verifier in (remote, index.verifier)
    ]
    assert results[0].passing == results[1].passing and results[0].feedback == results[1].feedback
    assert without_times(results[0].report.to_dict()) == expected
    fits = [
        ClipVerifyRelevancyEvaluator(verifier).evaluate("Where is the zebra?", image_paths=files)
        for verifier in (remote, index.verifier)
    ]
    assert fits[0].feedback == fits[1].feedback and round(fits[0].score, 4) == round(fits[1].score, 4)


def test_postprocessors(remote, index, folder, files):
    from langchain_core.documents import Document

    found = [
        ClipVerifyPostprocessor(verifier, annotate=True, folders=[folder]).postprocess_nodes(
            nodes(files), QueryBundle("a zebra and a clock")
        )
        for verifier in (remote, index.verifier)
    ]
    one, two = (
        [(node.node.metadata, round(node.score or 0, 4), node.node.get_content()) for node in each] for each in found
    )
    assert one == two and one[0][0]["clipverify"]["objects"]
    documents = [Document(page_content="", metadata={"image_path": file}) for file in files]
    ranked = [
        ClipVerifyCompressor(verifier=verifier, top_n=1, folders=[str(folder)]).compress_documents(documents, "a zebra")
        for verifier in (remote, index.verifier)
    ]
    assert [each[0].metadata["image_path"] for each in ranked] == [ranked[0][0].metadata["image_path"]] * 2


def test_an_answer_that_is_revised(remote, index, folder, files):
    texts = [
        str(
            ClipVerifyQueryEngine(Engine(nodes=nodes(files)), verifier, folders=[folder], on_doubt="revise").query(
                QUESTION
            )
        )
        for verifier in (remote, index.verifier)
    ]
    assert texts[0] == texts[1] != ANSWER


def test_a_server_that_is_gone_leaves_the_answer_with_a_note(folder, files):
    engine = ClipVerifyQueryEngine(Engine(nodes=nodes(files)), Verifier.remote("http://127.0.0.1:9"), folders=[folder])
    response = engine.query(QUESTION)
    assert str(response) == ANSWER and "cannot be reached" in get_report(response).notes[0]
