"""Other people's embeddings and stores: any MultiModalEmbedding makes an index, and collections that others made are read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.utils.data_loaders import ImageLoader
from conftest import Drawn
from llama_index.core import StorageContext
from llama_index.core.embeddings import MultiModalEmbedding
from llama_index.core.indices import MultiModalVectorStoreIndex
from llama_index.core.schema import ImageNode
from PIL import Image

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError, ModelError, PictureError
from llamaindex_clipverify.llama_index import ClipVerifyEmbedding
from llamaindex_clipverify.models.embedding import EmbeddingEncoder
from llamaindex_clipverify.testing import Scene

SCENES = Drawn(870_000, 4, (1, 2))


class Raw(MultiModalEmbedding):
    """An embedding as they come: not normalised, one by one, and texts above forty characters are an error."""

    inner: Any = None
    asked: list[int] = []  # noqa: RUF012 - a pydantic field

    @classmethod
    def class_name(cls) -> str:
        return "Raw"

    def _get_text_embedding(self, text: str) -> list[float]:
        self.asked.append(len(text))
        if len(text) > 40:
            raise RuntimeError("Input is too long for context length 77")
        return [6 * value for value in self.inner.get_text_embedding(text)]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    def _get_image_embedding(self, img_file_path: Any) -> list[float]:
        assert isinstance(img_file_path, io.BytesIO)
        return [6 * value for value in self.inner.get_image_embedding(img_file_path)]

    async def _aget_image_embedding(self, img_file_path: Any) -> list[float]:
        return self._get_image_embedding(img_file_path)


@pytest.fixture
def raw() -> Raw:
    return Raw(inner=ClipVerifyEmbedding("tiny"), model_name="raw")


def test_any_embedding_is_an_encoder(raw: Raw, tiny: Verifier, scenes: list[Scene]) -> None:
    encoder, own = EmbeddingEncoder(raw), tiny.encoder
    assert own is not None and encoder.id == "Raw:raw"
    texts, images = ["a dog", "a red car"], [scene.image for scene in scenes]
    assert np.allclose(encoder.encode_texts(texts), own.encode_texts(texts), atol=1e-5)
    assert np.allclose(encoder.encode_images(images), own.encode_images(images), atol=1e-5)
    assert encoder.encode_texts([]).shape[0] == 0


def test_texts_too_long_for_it_are_cut_and_the_others_are_not(raw: Raw) -> None:
    encoder = EmbeddingEncoder(raw)
    long = "a dog beside a very red car and another one " * 3
    found = encoder.encode_texts(["a dog", long])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found[0], encoder.encode_texts(["a dog"])[0])
    assert max(length for length in raw.asked if length <= 40) > 20


def test_what_an_embedding_refuses_is_one_error(raw: Raw) -> None:
    class Broken:
        model_name = "b"

        def get_text_embedding_batch(self, texts: list[str]) -> list[list[float]]:
            raise RuntimeError("no weights")

        def get_image_embedding_batch(self, files: list[Any]) -> list[list[float]]:
            return [[float("nan")]] * len(files)

    with pytest.raises(ModelError, match=r"refuses a text; got Broken:b .no weights."):
        EmbeddingEncoder(Broken()).encode_texts(["a dog"])
    with pytest.raises(ModelError, match="returns no vectors"):
        EmbeddingEncoder(Broken()).encode_images([Image.new("RGB", (8, 8))])
    with pytest.raises(ModelError, match="not an encoder; got int"):
        Verifier.from_defaults(encoder=3)


def test_an_index_on_an_embedding_finds_and_verifies(
    raw: Raw, folder: Path, scenes: list[Scene], tmp_path: Path
) -> None:
    index = EvidenceIndex.from_documents([folder], tmp_path, raw, "tiny")
    assert len(index) == 4
    noun = scenes[0].nouns()[0]
    assert index.search(f"a {noun}", top_k=1)[0].score <= 1
    report = index.verifier.verify(f"There is a {noun}.", [folder / "00.png"])
    assert [one.check for one in report.claims[0].evidence if one.stance == "failed"] == []
    with pytest.raises(ModelError, match="made with another encoder; got clip@"):
        EvidenceIndex.open(tmp_path, "tiny")


def _stock(folder: Path, client: Any, with_text: bool) -> Any:
    """A collection as LlamaIndex's own multimodal index writes it."""
    from llama_index.vector_stores.chroma import ChromaVectorStore

    embedding = ClipVerifyEmbedding("tiny")
    tables = [
        ChromaVectorStore(chroma_collection=client.get_or_create_collection(name)) for name in ("texts", "images")
    ]
    context = StorageContext.from_defaults(vector_store=tables[0], image_store=tables[1])
    nodes = [
        ImageNode(image_path=str(path), text=f"caption {place}" if with_text else "", metadata={"page": place})
        for place, path in enumerate(sorted(folder.glob("*.png")))
    ]
    MultiModalVectorStoreIndex(nodes, storage_context=context, embed_model=embedding, image_embed_model=embedding)
    return tables[1]


@pytest.mark.parametrize("with_text", [True, False])
def test_what_llama_index_wrote_is_read(folder: Path, tmp_path: Path, with_text: bool) -> None:
    client = chromadb.PersistentClient(str(tmp_path / "theirs"))
    source = _stock(folder, client, with_text)
    index = EvidenceIndex.from_vector_store(source, tmp_path / "ours", "tiny", "tiny", folders=[folder])
    hits = sorted(index.hits(), key=lambda hit: hit.uri)
    assert [hit.uri for hit in hits] == [str(path) for path in sorted(folder.glob("*.png"))]
    assert [hit.caption for hit in hits] == [f"caption {n}" if with_text else "" for n in range(4)]
    assert [hit.metadata for hit in hits] == [{"page": n} for n in range(4)]
    assert client.get_collection("images").count() == 4, "theirs is only read"


def test_what_chroma_itself_wrote_is_read(folder: Path, tmp_path: Path, tiny: Verifier) -> None:
    client = chromadb.PersistentClient(str(tmp_path / "theirs"))
    table = client.create_collection("pictures", embedding_function=None, data_loader=ImageLoader())
    files = sorted(folder.glob("*.png"))
    table.add(
        ids=[path.stem for path in files],
        uris=[str(path) for path in files],
        embeddings=[[float(n), 1.0] for n in range(4)],
        metadatas=[{"page": n} for n in range(4)],
    )
    index = EvidenceIndex.from_vector_store(table, client, "tiny", "tiny", folders=[folder])
    assert sorted(hit.metadata["page"] for hit in index.hits()) == [0, 1, 2, 3]
    assert index.search(image=files[2], top_k=1)[0].uri == str(files[2])
    assert client.get_collection("pictures", embedding_function=None).count() == 4


def test_paths_outside_the_folders_are_not_opened(folder: Path, tmp_path: Path) -> None:
    client = chromadb.PersistentClient(str(tmp_path / "theirs"))
    table = client.create_collection("pictures", embedding_function=None)
    table.add(ids=["a"], uris=["/etc/passwd.png"], embeddings=[[1.0, 2.0]])
    with pytest.raises(PictureError, match=r"may not be opened; got /etc/passwd\.png"):
        EvidenceIndex.from_vector_store(table, tmp_path / "ours", "tiny", folders=[folder])
    empty = client.create_collection("empty", embedding_function=None)
    with pytest.raises(DataError, match="the collection holds no picture; got empty"):
        EvidenceIndex.from_vector_store(empty, tmp_path / "ours", "tiny", folders=[folder])
    with pytest.raises(DataError, match="no Chroma collection; got int"):
        EvidenceIndex.from_vector_store(3, tmp_path / "ours", "tiny", folders=[folder])
