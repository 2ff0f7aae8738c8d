"""LlamaIndex's ClipEmbedding wherever an encoder is taken: a small model of openai-clip's own class, read from its archive."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoints import save_openai_clip

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.embedding import EmbeddingEncoder
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene

_WHY = "needs the extra: pip install 'llamaindex-clipverify[clip]'"
clip = pytest.importorskip("clip", reason=_WHY)
ClipEmbedding = pytest.importorskip("llama_index.embeddings.clip", reason=_WHY).ClipEmbedding

TEXTS = ["a dog", "a red car beside a blue cup", "two zebras"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_openai_clip(tmp_path_factory.mktemp("weights") / "small.pt")


@pytest.fixture(scope="module")
def embedding(weights: Path) -> Any:
    return ClipEmbedding(model_name=str(weights))


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(FRESH + 875_000 + place, objects=(1, 2)) for place in range(5)]


@pytest.fixture(scope="module")
def files(scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for place, scene in enumerate(scenes):
        scene.image.save(folder / f"{place}.png")
    return sorted(folder.glob("*.png"))


@pytest.fixture(scope="module")
def own(weights: Path, scenes: list[Scene]) -> tuple[Array, Array]:
    """Unit vectors of `TEXTS` and of the scenes, as openai-clip itself makes them in one batch."""
    import torch

    model, prepare = clip.load(str(weights), device="cpu")
    with torch.no_grad():
        texts = model.encode_text(clip.tokenize(TEXTS))
        pictures = model.encode_image(torch.stack([prepare(scene.image) for scene in scenes]))
    found = [one.numpy() / np.linalg.norm(one.numpy(), axis=1, keepdims=True) for one in (texts, pictures)]
    return found[0], found[1]


def test_its_vectors_are_openais_own(embedding: Any, scenes: list[Scene], own: tuple[Array, Array]) -> None:
    encoder = EmbeddingEncoder(embedding)
    texts, pictures = encoder.encode_texts(TEXTS), encoder.encode_images([scene.image for scene in scenes])
    assert ((texts * own[0]).sum(axis=1) > 0.9999).all() and ((pictures * own[1]).sum(axis=1) > 0.9999).all()
    assert (texts @ own[0].T)[0, 1] < 0.999 and (pictures @ own[1].T)[0, 1] < 0.999, "they tell one from another"
    assert np.allclose(texts, np.concatenate([encoder.encode_texts([text]) for text in TEXTS]), atol=1e-5)
    singles = [encoder.encode_images([scene.image]) for scene in scenes]
    assert np.allclose(pictures, np.concatenate(singles), atol=1e-5)


def test_a_text_too_long_for_it_is_cut_and_said(embedding: Any, caplog: pytest.LogCaptureFixture) -> None:
    encoder, long = EmbeddingEncoder(embedding), "a dog beside a very red car and " * 20
    with pytest.raises(RuntimeError, match="too long for context length 77"):
        embedding.get_text_embedding(long)
    with caplog.at_level(logging.WARNING):
        vectors = encoder.encode_texts([TEXTS[0], long, long[:64]])
    assert np.allclose(vectors[[0, 2]], encoder.encode_texts([TEXTS[0], long[:64]]), atol=1e-5)
    assert np.linalg.norm(vectors[1]) == pytest.approx(1, abs=1e-5)
    assert [one.message for one in caplog.records] == [
        f"{encoder.id}: a text of {len(long)} characters is too long; 270 were read"
    ]


def test_an_index_knows_the_weights_it_was_made_with(
    embedding: Any, files: list[Path], tmp_path: Path, own: tuple[Array, Array]
) -> None:
    made = EvidenceIndex.from_documents(files, tmp_path / "store", embedding, regions=0)
    again = EvidenceIndex.open(tmp_path / "store", embedding)
    assert len(again) == 5 and again.encoder.id == made.encoder.id
    assert made.encoder.id.startswith("ClipEmbedding:small.pt@")
    (tmp_path / "other").mkdir()
    other = ClipEmbedding(model_name=str(save_openai_clip(tmp_path / "other" / "small.pt", seed=1)))
    with pytest.raises(ModelError, match=r"made with another encoder; got ClipEmbedding:small\.pt@\w+, not ClipEmb"):
        EvidenceIndex.open(tmp_path / "store", other)


def test_it_finds_what_its_cosines_say(
    embedding: Any, files: list[Path], tmp_path: Path, own: tuple[Array, Array]
) -> None:
    index = EvidenceIndex.from_documents(files, tmp_path, embedding, regions=0)
    nodes = index.as_retriever(similarity_top_k=5).retrieve(TEXTS[1])
    cosines = own[1] @ own[0][1]
    assert [node.node.image_path for node in nodes] == [str(files[place]) for place in np.argsort(-cosines)]
    assert [node.score for node in nodes] == pytest.approx(sorted(cosines, reverse=True), abs=1e-4)
    best = index.search(image=files[3], top_k=1)[0]
    assert best.uri == str(files[3]) and best.score == pytest.approx(1, abs=1e-4)


def test_a_verifier_works_on_it(embedding: Any, files: list[Path], scenes: list[Scene], tmp_path: Path) -> None:
    verifier = Verifier.from_defaults(embedding, "tiny")
    noun = scenes[0].nouns()[0]
    report = verifier.verify(f"There is a {noun}.", [files[0]])
    by_check = {one.check: one for one in report.claims[0].evidence}
    assert {"similarity", "contrast", "regions"} <= set(by_check)
    assert "failed" not in {one.stance for one in by_check.values()}
    assert report.models["contrast"] == EmbeddingEncoder(embedding).id
    index = EvidenceIndex.from_documents(files, tmp_path, embedding, "tiny")
    stored = index.verifier.verify(
        f"There is a {noun}.", [hit.picture for hit in index.hits() if hit.uri == str(files[0])]
    )
    assert stored.claims[0].trust == pytest.approx(report.claims[0].trust)
    with pytest.raises(ModelError, match="heat maps"):
        verifier.heat_maps([f"a {noun}"], files[0])
