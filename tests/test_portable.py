"""What travels to other processes: verifiers, models, indexes, engines and LlamaIndex's components, without weights or locks."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import pytest
from conftest import Drawn
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.embedding import EmbeddingEndEvent
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.llama_index import (
    ClipVerifyEmbedding,
    ClipVerifyEvaluator,
    ClipVerifyPostprocessor,
    get_report,
)
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.registry import load_encoder

SCENES = Drawn(1400, 4, objects=(1, 3))
ANSWER = "There is a dog. There is a red car. There are two cups."
LARGEST = 500_000
"""Bytes: profiles and names, and no weights."""


def again(value: Any) -> Any:
    data = pickle.dumps(value)
    assert len(data) < LARGEST
    return pickle.loads(data)


class Lazy(Portable):
    """Has one of each."""

    _not_pickled = {"table": dict}  # noqa: RUF012

    def __init__(self) -> None:
        self.name, self.table, self.locks = "a", {"much": 1}, None
        self.lock, self.other = RLock(), Lock()


def test_locks_and_tables_are_made_anew() -> None:
    first = Lazy()
    second = again(first)
    assert (second.name, second.table, first.table) == ("a", {}, {"much": 1})
    with second.lock, second.lock, second.other:
        assert second.lock is not first.lock
    assert type(second.other) is type(Lock())


def test_a_verifier_says_the_same_elsewhere(tiny: Verifier, files: list[Path]) -> None:
    first, second = tiny.verify(ANSWER, files[:2]), again(tiny).verify(ANSWER, files[:2])
    assert first.to_dict() | {"timings_ms": None} == second.to_dict() | {"timings_ms": None}


def test_an_index_is_opened_again(tiny: Verifier, files: list[Path], tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path / "store", "tiny", "tiny")
    other = again(index)
    assert other.count() == index.count() and other.search("a dog") == index.search("a dog")
    engine = index.as_query_engine("tiny", 1)
    first, second = (get_report(one.query("Is there a dog?")) for one in (engine, again(engine)))
    assert first.answer == second.answer
    assert [one.verdict for one in first.claims] == [one.verdict for one in second.claims]
    assert [one.trust for one in first.claims] == pytest.approx([one.trust for one in second.claims])
    with pytest.raises(DataError, match="cannot be pickled"):
        pickle.dumps(EvidenceIndex(index.records.client, "tiny", "tiny"))


def test_components_serialise_by_the_names_of_their_models(tiny: Verifier, files: list[Path]) -> None:
    first = ClipVerifyPostprocessor(tiny, top_n=1, folders=[str(files[0].parent)])
    nodes = [NodeWithScore(node=ImageNode(image_path=str(path))) for path in files]
    best = first.postprocess_nodes(nodes, QueryBundle("a dog"))
    assert first.to_dict()["encoder"] == first.to_dict()["detector"] == "tiny"
    for other in (ClipVerifyPostprocessor.from_dict(first.to_dict()), again(first)):
        (found,) = other.postprocess_nodes(nodes, QueryBundle("a dog"))
        assert found.node == best[0].node and found.score == pytest.approx(best[0].score)
    embedding = ClipVerifyEmbedding("tiny")
    for same in (ClipVerifyEmbedding.from_dict(embedding.to_dict()), again(embedding)):
        assert same.get_text_embedding("a dog") == embedding.get_text_embedding("a dog")
    evaluator = ClipVerifyEvaluator(tiny, min_trust=0.7)
    first_result, second = (one.evaluate("q", ANSWER, images=files[:3]) for one in (evaluator, again(evaluator)))
    assert first_result.passing == second.passing and first_result.score == pytest.approx(second.score, abs=1e-6)


class Heard(BaseEventHandler):
    """Keeps the ends of embedding."""

    seen: list[Any]

    @classmethod
    def class_name(cls) -> str:
        return "Heard"

    def handle(self, event: Any, **kwargs: Any) -> None:
        if isinstance(event, EmbeddingEndEvent):
            self.seen.append(event)


def test_embedding_pictures_is_told(files: list[Path]) -> None:
    heard = Heard(seen=[])
    get_dispatcher().add_event_handler(heard)
    try:
        vectors = ClipVerifyEmbedding("tiny").get_image_embedding_batch([str(path) for path in files])
    finally:
        get_dispatcher().event_handlers.remove(heard)
    assert [one.chunks for one in heard.seen] == [[path.name for path in files]]
    assert heard.seen[0].embeddings == vectors


def test_a_text_that_is_cut_is_named(caplog: pytest.LogCaptureFixture) -> None:
    encoder = load_encoder("tiny")
    with caplog.at_level(logging.WARNING):
        encoder.encode_texts(["a photo of a dog"])
        assert not caplog.records
        encoder.encode_texts(["a very long story about a dog " * 20])
    assert [record.message for record in caplog.records] and "text cut from" in caplog.text
