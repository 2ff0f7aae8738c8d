"""Evaluators without a judge: of answers inside LlamaIndex's runners and retrying engines, and of what was retrieved."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import Drawn
from llama_index.core import Settings
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import BatchEvalRunner
from llama_index.core.evaluation.retrieval.base import RetrievalEvalMode
from llama_index.core.llms.mock import MockLLM
from llama_index.core.query_engine import CustomQueryEngine, RetryQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle, TextNode

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.llama_index import (
    ClipVerifyEvaluator,
    ClipVerifyQueryEngine,
    ClipVerifyRelevancyEvaluator,
    ClipVerifyRetrievalEvaluator,
)
from llamaindex_clipverify.llama_index.relevancy import asked_for

SCENES = Drawn(1300, 5, objects=(1, 3))
TRUE, FALSE = "There is a zebra in the picture.", "There is a pizza in the picture."
"""Of the fixture's scene: a cup, a clock and a zebra."""


def pictured(path: Path) -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text="a passage")), NodeWithScore(node=ImageNode(image_path=str(path)))]


class Learning(CustomQueryEngine):
    """Says something false until it is told so."""

    path: Path
    asked: list[str]

    def custom_query(self, query_str: str) -> Any:
        self.asked.append(query_str)
        return Response(TRUE if "not supported" in query_str else FALSE, pictured(self.path))


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """LlamaIndex's transformation of feedback takes the default model, which would be OpenAI's, though it asks it nothing."""
    monkeypatch.setattr(Settings, "_llm", MockLLM())


def test_an_answer_is_corrected_by_its_feedback(tiny: Verifier, scene_file: Path, no_model: None) -> None:
    engine = Learning(path=scene_file, asked=[])
    evaluator = ClipVerifyEvaluator(tiny, folders=[scene_file.parent])
    wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[scene_file.parent])
    response = RetryQueryEngine(wrapped, evaluator, max_retries=2).query("What is there?")
    assert str(response) == TRUE
    assert len(engine.asked) == 2 and "“pizza” is not supported by the pictures (trust 0.0" in engine.asked[1]


def test_what_cannot_be_checked_stops_no_retrying_engine(tiny: Verifier, tmp_path: Path, no_model: None) -> None:
    engine = Learning(path=tmp_path / "gone.png", asked=[])
    evaluator = ClipVerifyEvaluator(tiny, folders=[tmp_path])
    wrapped = ClipVerifyQueryEngine(engine, tiny, folders=[tmp_path])
    assert str(RetryQueryEngine(wrapped, evaluator, max_retries=1).query("What is there?")) == FALSE
    assert len(engine.asked) == 2


def test_a_batch_of_evaluators(tiny: Verifier, scene_file: Path) -> None:
    evaluators: dict[str, Any] = {
        "answer": ClipVerifyEvaluator(tiny, folders=[scene_file.parent]),
        "relevancy": ClipVerifyRelevancyEvaluator(tiny, folders=[scene_file.parent]),
    }
    runner = BatchEvalRunner(evaluators, workers=2)
    asked = [("Is there a zebra?", TRUE), ("Is there a zebra?", FALSE), ("Where is the pizza?", TRUE)]
    responses = [Response(text, pictured(scene_file)) for _, text in asked]
    results = asyncio.run(runner.aevaluate_responses([question for question, _ in asked], responses))
    assert [one.passing for one in results["answer"]] == [True, False, True]
    assert [one.passing for one in results["relevancy"]] == [True, True, False]
    assert results["answer"][1].report.doubtful()[0].claim.noun == "pizza"
    assert results["relevancy"][2].feedback.startswith("The pictures do not show what was asked about: “pizza”")
    assert results["relevancy"][0].feedback == "The pictures show what was asked about."
    assert all(one.contexts == ["a passage", ""] for one in results["relevancy"])


@pytest.mark.parametrize(("question", "why"), [("Who won?", "names nothing"), ("", "names nothing")])
def test_a_question_about_nothing_visible_is_invalid(tiny: Verifier, scene_file: Path, question: str, why: str) -> None:
    result = ClipVerifyRelevancyEvaluator(tiny).evaluate(question, TRUE, image_paths=[str(scene_file)])
    assert result.invalid_result and why in str(result.invalid_reason) and result.passing is None


def test_no_picture_is_relevant_to_nothing(tiny: Verifier) -> None:
    result = ClipVerifyRelevancyEvaluator(tiny).evaluate("Is there a zebra?", TRUE)
    assert result.invalid_result and result.invalid_reason == "no picture was retrieved"


def test_what_a_question_asks_for() -> None:
    splitter = EnglishSplitter()
    for question, asked in (
        ("What colour is the clock?", "There is a clock in the picture."),
        ("How many red cups are there?", "The cups are red."),
        ("Is the dog left of the bus?", "There is a dog in the picture. There is a bus in the picture."),
        ("Find two blue cars", "There are two blue cars in the picture."),
        ("What does the picture show?", ""),
    ):
        assert asked_for(question, splitter) == asked
        assert all(claim.noun for claim in splitter.split(asked))


# -- what was retrieved -----------------------------------------------------------------------------------------------


class Given(BaseRetriever):
    """Finds the same for every question."""

    def __init__(self, nodes: list[Any]) -> None:
        super().__init__()
        self.nodes = nodes

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [NodeWithScore(node=node) for node in self.nodes]


def test_retrieved_pictures_are_counted_and_passages_are_not(files: list[Path]) -> None:
    nodes = [TextNode(text="a passage"), ImageNode(image_path=str(files[2])), ImageNode(image_path=str(files[0]))]
    names = ["hit_rate", "mrr", "precision", "recall"]
    folders = [str(files[0].parent)]
    evaluator = ClipVerifyRetrievalEvaluator.from_metric_names(names, retriever=Given(nodes), folders=folders)
    for expected in ([str(files[0])], [ImageNode(image_path=str(files[0])).image_path]):
        result = evaluator.evaluate("anything", expected)
        assert result.mode == RetrievalEvalMode.IMAGE
        assert result.metric_vals_dict == {"hit_rate": 1.0, "mrr": 0.5, "precision": 0.5, "recall": 1.0}
    missed = evaluator.evaluate("anything", [str(files[4])])
    assert missed.metric_vals_dict == {"hit_rate": 0.0, "mrr": 0.0, "precision": 0.0, "recall": 0.0}


def test_an_index_is_evaluated_by_paths_and_by_ids(files: list[Path], tiny: Verifier, tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]
    evaluator: Any = ClipVerifyRetrievalEvaluator.from_metric_names(["mrr"], retriever=index.as_retriever(5))
    first = index.search("a photo", top_k=5)[0]
    for expected in (first.uri, first.id):
        assert asyncio.run(evaluator.aevaluate("a photo", [expected])).metric_vals_dict == {"mrr": 1.0}
