"""The doors into LlamaIndex, with its real classes."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.chat_engine.types import AgentChatResponse
from llama_index.core.evaluation import BatchEvalRunner
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.schema import ImageDocument, ImageNode, MediaResource, MetadataMode, Node, NodeWithScore, TextNode
from llama_index.core.tools import ToolOutput

import llamaindex_clipverify
from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.llama_index import (
    ClipVerifyEmbedding,
    ClipVerifyEvaluator,
    ClipVerifyPostprocessor,
    get_report,
    pictures_of,
    verify_response,
)
from llamaindex_clipverify.llama_index.verification import Verification
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import Scene

TRUE, FALSE = "There is a zebra in the picture.", "There is a pizza in the picture."
"""Of the fixture's scene: a cup, a clock and a zebra."""


def response(text: str, path: Path) -> Response:
    nodes = [
        NodeWithScore(node=TextNode(text="a passage")),
        NodeWithScore(node=ImageNode(image_path=str(path)), score=0.3),
    ]
    return Response(text, source_nodes=nodes)


@pytest.fixture
def evaluator(tiny: Verifier, scene_file: Path) -> ClipVerifyEvaluator:
    return ClipVerifyEvaluator(tiny, folders=[scene_file.parent])


def test_embedding_is_batched_normalised_and_takes_any_source(scene: Scene, scene_file: Path) -> None:
    embedding = ClipVerifyEmbedding("tiny")
    data = scene_file.read_bytes()
    vectors = np.array(
        embedding.get_image_embedding_batch([str(scene_file), io.BytesIO(data), scene_file, scene.image])
    )  # type: ignore[list-item]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.abs(vectors - vectors[0]).max() < 1e-5
    texts = np.array(embedding.get_text_embedding_batch(["a zebra", "a pizza", "word " * 300]))
    assert texts.shape == (3, vectors.shape[1])
    assert texts[0] @ vectors[0] > texts[1] @ vectors[0]
    assert embedding.get_query_embedding("a zebra") == pytest.approx(texts[0].tolist(), abs=1e-5)


def test_embedding_is_async_and_serialises_by_name(scene_file: Path) -> None:
    embedding = ClipVerifyEmbedding("tiny")
    again = ClipVerifyEmbedding.from_dict(embedding.to_dict())
    first = asyncio.run(embedding.aget_image_embedding(str(scene_file)))
    assert asyncio.run(again.aget_image_embedding_batch([str(scene_file)]))[0] == pytest.approx(first)
    assert asyncio.run(again.aget_query_embedding("a dog")) == pytest.approx(embedding.get_query_embedding("a dog"))
    assert again.class_name() == "ClipVerifyEmbedding" and again.model_name == "tiny"


def test_an_embedding_of_an_encoder_object(tiny: Verifier) -> None:
    embedding = ClipVerifyEmbedding(tiny.encoder)  # type: ignore[arg-type]
    assert embedding.model_name == tiny.encoder.id  # type: ignore[union-attr]
    assert len(embedding.get_text_embedding("a dog")) == 128


def test_the_evaluator_passes_and_fails(evaluator: ClipVerifyEvaluator, scene_file: Path) -> None:
    true, false = (evaluator.evaluate_response("What is there?", response(text, scene_file)) for text in (TRUE, FALSE))
    assert true.passing is True and true.score is not None and true.score > 0.5
    assert false.passing is False and "“pizza” is not supported by the pictures" in str(false.feedback)
    assert get_report(false).claims[0].verdict == "contradicted"
    assert "report" not in false.model_dump()


def test_a_no_that_contains_yes_does_not_pass(evaluator: ClipVerifyEvaluator, scene_file: Path) -> None:
    result = evaluator.evaluate_response(
        "Is there a pizza?", response("Yesterday's picture shows a pizza.", scene_file)
    )
    assert result.passing is False


def test_pictures_given_as_arguments_need_no_leave(tiny: Verifier, scene: Scene, scene_file: Path) -> None:
    evaluator = ClipVerifyEvaluator(tiny)
    assert evaluator.evaluate("q", TRUE, image_paths=[str(scene_file)]).passing
    assert asyncio.run(evaluator.aevaluate("q", TRUE, images=[scene.image])).passing


@pytest.mark.parametrize("text", ["It is lovely and calm.", ""])
def test_what_cannot_be_checked_is_invalid_and_never_passes(
    evaluator: ClipVerifyEvaluator, scene_file: Path, text: str
) -> None:
    result = evaluator.evaluate_response("q", response(text, scene_file))
    assert result.invalid_result and result.invalid_reason and result.passing is None


def test_paths_and_urls_in_nodes_need_leave(tiny: Verifier, scene_file: Path) -> None:
    result = ClipVerifyEvaluator(tiny).evaluate_response("q", response(TRUE, scene_file))
    assert result.invalid_result and "may not be opened" in str(result.invalid_reason)
    with pytest.raises(PictureError, match="URLs are not opened"):
        pictures_of([ImageNode(image_url="http://127.0.0.1:9/a.png")])
    with pytest.raises(PictureError, match="may not be opened"):
        pictures_of([ImageNode(image_path=str(scene_file.parent / ".." / "x.png"))], folders=[scene_file.parent])


def test_batch_eval_runner_sees_the_pictures(evaluator: ClipVerifyEvaluator, scene_file: Path) -> None:
    runner = BatchEvalRunner({"trust": evaluator}, workers=2)
    responses = [response(text, scene_file) for text in (TRUE, FALSE, TRUE)]
    results = asyncio.run(runner.aevaluate_responses(queries=["q"] * 3, responses=responses))["trust"]
    assert [result.passing for result in results] == [True, False, True]


def test_pictures_of_every_kind_of_node(scene: Scene, scene_file: Path) -> None:
    data = scene_file.read_bytes()
    nodes = [
        ImageNode(image=base64.b64encode(data).decode()),
        ImageNode(image_path=str(scene_file)),
        ImageDocument(image=data),
        Node(image_resource=MediaResource(data=base64.b64encode(data))),
        TextNode(text="caption", metadata={"file_path": str(scene_file)}),
        TextNode(text="passage", metadata={"file_path": "notes.txt"}),
    ]
    for node in nodes[:-1]:
        assert pictures_of([NodeWithScore(node=node)], folders=[scene_file.parent]) == [Picture.of(data)], node
    assert pictures_of(nodes[-1:]) == []
    assert len(pictures_of(nodes, folders=[scene_file.parent])) == 1


def test_a_report_is_found_wherever_it_travels(tiny: Verifier, scene_file: Path) -> None:
    answer = response(FALSE, scene_file)
    report = verify_response(tiny, answer, "q", folders=[scene_file.parent])
    tool = ToolOutput(tool_name="t", content="x", raw_input={}, raw_output=answer)
    for holder in (answer, tool, AgentChatResponse(response="x", sources=[tool]), report):
        assert get_report(holder).trust == pytest.approx(report.trust, abs=1e-3)
    with pytest.raises(DataError, match="no report"):
        get_report(response(TRUE, scene_file))


def test_annotations_reach_no_prompt(tiny: Verifier, scene_file: Path) -> None:
    nodes = [NodeWithScore(node=ImageNode(image_path=str(scene_file), text="a caption", metadata={"page": 3}))]
    options = {"folders": [str(scene_file.parent)], "annotate": True}
    (found,) = ClipVerifyPostprocessor(tiny, **options).postprocess_nodes(nodes, query_str="a zebra")
    seen = found.node.metadata["clipverify"]
    assert "zebra" in seen["objects"] and seen["cosine"] == pytest.approx(found.score, abs=1e-4)
    assert nodes[0].node.metadata == {"page": 3}, "the node that was given is as it was"
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        content = found.node.get_content(mode)
        assert "zebra" not in content and "page: 3" in content
    assert "zebra" in found.node.get_content(MetadataMode.ALL)


def test_verification_is_a_span(tiny: Verifier, scene_file: Path) -> None:
    spans = SimpleSpanHandler()
    get_dispatcher().add_span_handler(spans)
    try:
        Verification(tiny, access=Access([scene_file.parent])).of(response(TRUE, scene_file), "q")
    finally:
        get_dispatcher().span_handlers.remove(spans)
    assert any("Verification.report" in span.id_ and span.duration > 0 for span in spans.completed_spans)


def test_no_default_of_llama_index_is_read() -> None:
    folder = Path(llamaindex_clipverify.__file__).parent
    asked = re.compile(r"llama_index\S* import [^\n]*\bSettings\b")
    readers = [path.name for path in folder.rglob("*.py") if asked.search(path.read_text("utf-8"))]
    assert readers == []
