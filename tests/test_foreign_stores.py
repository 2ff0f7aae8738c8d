"""Pictures in the vector stores of others: LlamaIndex's multi-modal index on Qdrant and LanceDB, both embedded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import StorageContext
from llama_index.core.base.response.schema import Response
from llama_index.core.indices import MultiModalVectorStoreIndex
from llama_index.core.schema import ImageNode, TextNode

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.llama_index import ClipVerifyEmbedding, get_report, verify_response
from llamaindex_clipverify.testing import FRESH, draw_scene

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@contextmanager
def _qdrant(folder: Path) -> Iterator[list[Any]]:
    client_of = pytest.importorskip("qdrant_client", reason="needs qdrant-client")
    stores = pytest.importorskip("llama_index.vector_stores.qdrant", reason="needs llama-index-vector-stores-qdrant")
    client = client_of.QdrantClient(path=str(folder))
    yield [stores.QdrantVectorStore(client=client, collection_name=name) for name in ("texts", "images")]
    client.close()


@contextmanager
def _lancedb(folder: Path) -> Iterator[list[Any]]:
    stores = pytest.importorskip("llama_index.vector_stores.lancedb", reason="needs llama-index-vector-stores-lancedb")
    yield [stores.LanceDBVectorStore(uri=str(folder), table_name=name) for name in ("texts", "images")]


@pytest.mark.parametrize("store", [_qdrant, _lancedb], ids=["qdrant", "lancedb"])
def test_what_a_foreign_store_retrieves_is_verified(store: Any, tmp_path: Path) -> None:
    scenes = [draw_scene(FRESH + 950 + place, objects=(1, 2)) for place in range(4)]
    for place, scene in enumerate(scenes):
        scene.image.save(tmp_path / f"{place}.png")
    nodes = [ImageNode(image_path=str(tmp_path / f"{place}.png"), metadata={"place": place}) for place in range(4)]
    embedding = ClipVerifyEmbedding("tiny")
    with store(tmp_path / "store") as (texts, images):
        context = StorageContext.from_defaults(vector_store=texts, image_store=images)
        index = MultiModalVectorStoreIndex(
            [*nodes, TextNode(text="The museum opened in 1911.")],
            storage_context=context, embed_model=embedding, image_embed_model=embedding, is_image_to_text=False,
        )  # fmt: skip
        noun = scenes[2].nouns()[0]
        found = index.as_retriever(similarity_top_k=1, image_similarity_top_k=1).retrieve(f"a {noun}")
    pictures = [one for one in found if one.node.metadata.get("place") is not None]
    assert noun in scenes[pictures[0].node.metadata["place"]].nouns()
    response = Response(f"There is a {noun}. There is a submarine.", source_nodes=found)
    verify_response(Verifier.tiny(), response, f"a {noun}", folders=[tmp_path])
    report = get_report(response)
    assert len(report.pictures) == 1 and report.claims[0].trust > 0.5
    assert report.coverage > 0
