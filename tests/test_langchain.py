"""LangChain's doors, through langchain-core's own runnables: what is retrieved, what is compressed, what a chain carries on."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import chromadb
import pytest

pytest.importorskip("langchain_core", reason="needs the extra [langchain]")

from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableGenerator, RunnableLambda, RunnablePassthrough

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.integrations.langchain import (
    KEY,
    SCORE,
    ClipVerifyCompressor,
    ClipVerifyRetriever,
    as_runnable,
)
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(FRESH + 950 + place, objects=(1, 2)) for place in range(6)]


@pytest.fixture(scope="module")
def files(scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for place, scene in enumerate(scenes):
        scene.image.save(folder / f"{place}.png")
    return sorted(folder.glob("*.png"))


@pytest.fixture(scope="module")
def index(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> EvidenceIndex:
    return EvidenceIndex.from_documents(files, tmp_path_factory.mktemp("store"), "tiny", "tiny")


@pytest.fixture(scope="module")
def tiny() -> Verifier:
    return Verifier.tiny()


def test_the_retriever_finds_what_the_index_finds_in_every_way_of_calling(index, scenes):
    noun = scenes[0].nouns()[0]
    retriever = ClipVerifyRetriever(index=index, top_k=3)
    found = retriever.invoke(f"a {noun}")
    hits = index.search(f"a {noun}", top_k=3)
    assert [one.id for one in found] == [hit.id for hit in hits]
    assert [one.metadata[SCORE] for one in found] == [hit.score for hit in hits]
    assert found[0].metadata["image_path"] == hits[0].uri
    assert [one.id for one in asyncio.run(retriever.ainvoke(f"a {noun}"))] == [one.id for one in found]
    assert [len(batch) for batch in retriever.batch(["a cup", "a dog"])] == [3, 3]


def test_a_chain_carries_its_report_and_everything_else_on(index, scenes, files, tiny):
    there = scenes[0].nouns()[0]
    chain = (
        RunnablePassthrough.assign(
            context=RunnableLambda(lambda given: given["input"]) | ClipVerifyRetriever(index=index, top_k=2)
        )
        | RunnablePassthrough.assign(answer=lambda _: AIMessage(f"There is a {there}. There is a submarine."))
        | as_runnable(tiny, folders=[files[0].parent])
    )
    out = chain.invoke({"input": f"a {there}"})
    assert set(out) == {"input", "context", "answer", KEY} and len(out["context"]) == 2
    report = Report.from_dict(out[KEY])
    assert report.question == f"a {there}" and report.claims[0].claim.text == there
    assert report.claims[0].trust > 0.5
    assert asyncio.run(chain.ainvoke({"input": f"a {there}"}))[KEY]["trust"] == out[KEY]["trust"]


def test_a_path_in_a_document_is_opened_only_with_leave(files, tiny):
    given = {"answer": "There is a cup.", "context": [Document("", metadata={"image_path": str(files[0])})]}
    closed = Report.from_dict(as_runnable(tiny).invoke(given)[KEY])
    assert (
        closed.trust is None and "may not be opened" in closed.gaps[0] and closed.notes[0].startswith("not verified: ")
    )
    assert as_runnable(tiny, folders=[files[0].parent]).invoke(given)[KEY]["claims"]
    with pytest.raises(DataError, match="no answer in the step's input"):
        as_runnable(tiny).invoke({"text": "There is a cup."})


def test_a_stream_passes_through_token_by_token_and_ends_with_the_report(scenes, tiny):
    there = scenes[0].nouns()[0]
    tokens = re.findall(r"\S+ ?", f"There is a {there}. There is a submarine in the picture.")
    arrived = []

    def speak(given: Iterator[dict[str, str]]) -> Iterator[str]:
        list(given)
        for token in tokens:
            arrived.append(token)
            yield token

    async def aspeak(given: AsyncIterator[dict[str, str]]) -> AsyncIterator[str]:
        async for _ in given:
            pass
        for token in tokens:
            yield token

    bot = RunnablePassthrough.assign(answer=RunnableGenerator(speak, aspeak), images=lambda _: [scenes[0].image])
    chain = bot | as_runnable(tiny)
    chunks, seen = [], []
    for chunk in chain.stream({"input": "What is there?"}):
        chunks.append(chunk)
        seen.append(len(arrived))
    assert [chunk["answer"] for chunk in chunks if "answer" in chunk] == tokens
    assert seen[0] < len(tokens) and list(chunks[-1]) == [KEY]
    report = Report.from_dict(chunks[-1][KEY])
    assert report.answer == "".join(tokens) and report.question == "What is there?"
    assert report.to_dict()["claims"] == chain.invoke({"input": "What is there?"})[KEY]["claims"]

    async def collect() -> list[dict]:
        return [chunk async for chunk in chain.astream({"input": "What is there?"})]

    assert [chunk["answer"] for chunk in asyncio.run(collect()) if "answer" in chunk] == tokens
    with pytest.raises(DataError, match="no mapping"):
        as_runnable(tiny).invoke("There is a cup.")


def test_the_source_of_a_document_may_be_its_picture(scenes, files, tiny):
    """LangChain's loaders name a document's file ``source``."""
    there = scenes[0].nouns()[0]
    given = {"answer": f"There is a {there}.", "context": [Document("", metadata={"source": str(files[0])})]}
    assert as_runnable(tiny, folders=[files[0].parent]).invoke(given)[KEY]["trust"] > 0.5
    (gap,) = as_runnable(tiny).invoke(given)[KEY]["gaps"]
    assert "may not be opened" in gap


def test_passages_support_and_pictures_may_stand_beside(scenes, tiny):
    given = {
        "answer": "The museum opened in 1911.",
        "context": [Document("The museum opened in 1911.")],
        "images": [scenes[0].image],
    }
    claim = Report.from_dict(as_runnable(tiny).invoke(given)[KEY]).claims[0]
    assert any(one.check == "passages" and one.stance == "supports" for one in claim.evidence)


def test_the_compressor_orders_drops_and_leaves_the_given_alone(files, scenes, tiny):
    noun = scenes[2].nouns()[0]
    documents = [Document(f"picture {place}", metadata={"image_path": str(file)}) for place, file in enumerate(files)]
    documents.insert(1, Document("a passage"))
    before = [one.model_copy(deep=True) for one in documents]
    compressor = ClipVerifyCompressor(verifier=tiny, top_n=2, folders=[str(files[0].parent)])
    kept = compressor.compress_documents(documents, f"a {noun}")
    assert documents == before and len(kept) == 3 and kept[-1].page_content == "a passage"
    assert kept[0].metadata[SCORE] >= kept[1].metadata[SCORE]
    assert noun in scenes[int(kept[0].page_content.split()[1])].nouns()
    strict = ClipVerifyCompressor(verifier=tiny, cutoff=1.1, folders=[str(files[0].parent)])
    assert [one.page_content for one in strict.compress_documents(documents, f"a {noun}")] == ["a passage"]
    with pytest.raises(DataError, match="needs an encoder"):
        ClipVerifyCompressor(verifier=Verifier.from_defaults(detector="tiny")).compress_documents(documents, "a cup")


def test_pictures_that_langchain_chroma_stored_as_base64_are_read(files, scenes, tiny, tmp_path):
    """`langchain_chroma.Chroma.add_images` puts the base64 of the file where the text of a document is."""
    stored = [base64.b64encode(file.read_bytes()).decode() for file in files]
    answer = {"answer": f"There is a {scenes[0].nouns()[0]}.", "context": [Document(stored[0])]}
    assert Report.from_dict(as_runnable(tiny).invoke(answer)[KEY]).trust > 0.5
    table = chromadb.PersistentClient(str(tmp_path / "theirs")).create_collection("langchain")
    table.add(
        ids=[file.name for file in files],
        documents=stored,
        embeddings=tiny.encoder.encode_images([s.image for s in scenes]),
    )
    table.add(ids=["text"], documents=["a passage of text"], embeddings=[[0.0] * 128])
    mine = EvidenceIndex.from_vector_store(table, tmp_path / "mine", "tiny", "tiny", folders=[])
    assert mine.count()["pictures"] == len(files)
