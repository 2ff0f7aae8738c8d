"""The evidence index over a real Chroma: embedded in a folder, and behind a server."""

from __future__ import annotations

import asyncio
import base64
import gc
import re
import shutil
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chroma_server import ChromaServer
from chromadb.config import Settings
from conftest import Drawn
from llama_index.core.schema import ImageDocument, ImageNode, MetadataMode, Node, QueryBundle, TextNode
from PIL import Image

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError, ModelError, PictureError
from llamaindex_clipverify.index.schema import Entry
from llamaindex_clipverify.llama_index import ClipVerifyPostprocessor, ClipVerifyRetriever
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import Scene

SCENES = Drawn(200, 12, (1, 2))


@pytest.fixture(scope="module")
def store(files: list[Path], tiny: Verifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "store"
    EvidenceIndex.from_documents(files, made, tiny.encoder)  # type: ignore[arg-type]
    return made


@pytest.fixture
def index(store: Path, tiny: Verifier, tmp_path: Path) -> EvidenceIndex:
    """An index of its own for each test, copied from one that was made once."""
    return EvidenceIndex.open(shutil.copytree(store, tmp_path / "store"), tiny.encoder)  # type: ignore[arg-type]


def test_texts_and_pictures_find_their_picture(index: EvidenceIndex, scenes: list[Scene], files: list[Path]) -> None:
    found = [index.search(f"a picture of {scene.nouns()[0]}", top_k=3) for scene in scenes]
    right = [any(hit.uri == str(file) for hit in hits) for hits, file in zip(found, files, strict=True)]
    assert sum(right) >= 10
    for file in files[:3]:
        best = index.search(image=file, top_k=1)[0]
        assert best.uri == str(file.resolve()) and best.score == pytest.approx(1.0, abs=1e-4)
    both = index.search("a zebra", image=files[0], top_k=12)
    assert [hit.score for hit in both] == sorted((hit.score for hit in both), reverse=True)
    assert len({hit.id for hit in both}) == 12 and all(-1 <= hit.score <= 1 for hit in both)


def test_adding_again_changes_nothing_but_captions(index: EvidenceIndex, files: list[Path]) -> None:
    first = index.search(image=files[0], top_k=1)[0]
    again = index.add([Entry(picture=Picture.of(files[0]), caption="a caption", metadata={"page": 3})])
    assert (again.places, again.new, again.skipped) == ((first.id,), 0, ()) and len(index) == 12
    hit = index.search(image=files[0], top_k=1)[0]
    assert (hit.caption, hit.metadata) == ("a caption", {"page": 3})
    index.add([files[0]])
    assert index.search(image=files[0], top_k=1)[0].metadata == {}
    index.remove([first.id, "unknown"])
    assert len(index) == 11 and first.id not in {hit.id for hit in index.hits()}


def test_it_opens_again_with_its_own_models_and_refuses_others(
    files: list[Path], tmp_path: Path, tiny: Verifier
) -> None:
    store = tmp_path / "store"
    made = EvidenceIndex.from_documents(files[:2], store, "tiny", "tiny")
    again = EvidenceIndex.open(store)
    assert len(again) == 2 and again.encoder.id == made.encoder.id
    assert again.verifier.detector is not None and again.verifier.profile is not None

    class Other:
        id = "other@1"
        logit_scale = 1.0

    with pytest.raises(ModelError, match=r"made with another encoder; got other@1, not clip@"):
        EvidenceIndex.open(store, Other())  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no index there"):
        EvidenceIndex.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_encoder_object_without_a_name_must_be_given_again(
    files: list[Path], tmp_path: Path, tiny: Verifier
) -> None:
    class Nameless:
        def __getattr__(self, name: str) -> object:
            if name == "name":
                raise AttributeError(name)
            return getattr(tiny.encoder, name)

    EvidenceIndex.from_documents(files[:1], tmp_path, Nameless())  # type: ignore[arg-type]
    with pytest.raises(DataError, match="the index does not name its encoder"):
        EvidenceIndex.open(tmp_path)


def test_documents_of_every_kind(scenes: list[Scene], files: list[Path], tmp_path: Path, tiny: Verifier) -> None:
    data = files[3].read_bytes()
    documents = [
        files[0],
        Picture.of(files[1]),
        ImageDocument(image_path=str(files[2]), text="caption of two", metadata={"page": 2, "tags": ["a", "b"]}),
        ImageNode(image=base64.b64encode(data).decode(), text="kept"),
        scenes[4].image,
    ]
    index = EvidenceIndex.from_documents(documents, tmp_path / "store", tiny.encoder)  # type: ignore[arg-type]
    hits = {hit.caption: hit for hit in index.hits()}
    assert len(index) == 5 and hits["caption of two"].metadata == {"page": 2, "tags": '["a", "b"]'}
    assert Path(hits["kept"].uri).parent == tmp_path / "store" / "pictures"
    assert Image.open(hits["kept"].uri).size == scenes[3].image.size
    with pytest.raises(DataError, match="a document without a picture; got TextNode"):
        index.add([TextNode(text="no picture")], strict=True)
    with pytest.raises(PictureError, match="no such picture"):
        index.add([files[5], tmp_path / "missing.png"], strict=True)
    assert len(index) == 5
    (tmp_path / "text.png").write_text("no picture")
    added = index.add([tmp_path / "missing.png", files[5], tmp_path / "text.png"])
    assert len(index) == 6 and len(added.ids) == 1
    assert [name for name, _ in added.skipped] == ["missing.png", "text.png"]
    assert [why.partition(";")[0] for _, why in added.skipped] == ["no such picture", "not a picture file"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no picture in the folder"):
        index.add([tmp_path / "empty"], strict=True)


def test_a_folder_is_walked_and_progress_told(files: list[Path], tmp_path: Path, tiny: Verifier) -> None:
    told: list[tuple[int, int]] = []
    index = EvidenceIndex.from_documents(
        [files[0].parent], tmp_path, tiny.encoder, progress=lambda done, total: told.append((done, total))
    )  # type: ignore[arg-type]
    assert len(index) == 12 and told[-1] == (12, 12)
    assert index.folders() == [files[0].parent.resolve()]


def test_filters_and_bad_questions(index: EvidenceIndex, files: list[Path]) -> None:
    index.add([Entry(picture=Picture.of(files[0]), metadata={"year": 1999})])
    assert [hit.uri for hit in index.search("a dog", where={"year": 1999})] == [str(files[0])]
    with pytest.raises(DataError, match="nothing to look for"):
        index.search("  ")
    with pytest.raises(DataError, match="top_k"):
        index.search("a dog", top_k=0)


def test_an_empty_index_finds_nothing(tmp_path: Path, tiny: Verifier) -> None:
    assert EvidenceIndex(tmp_path, tiny.encoder).search("a dog") == []  # type: ignore[arg-type]


def test_collections_that_are_not_ours_are_refused(tmp_path: Path, tiny: Verifier) -> None:
    client = chromadb.PersistentClient(str(tmp_path))
    client.create_collection("mine-pictures", embedding_function=None)
    with pytest.raises(DataError, match="not an evidence index; got mine-pictures"):
        EvidenceIndex(client, tiny.encoder, name="mine")  # type: ignore[arg-type]


def test_a_server_holds_it_as_a_folder_does(
    server: str, index: EvidenceIndex, files: list[Path], tiny: Verifier
) -> None:
    remote = EvidenceIndex.from_documents(files, server, tiny.encoder)  # type: ignore[arg-type]
    queries = ("a zebra", "two dogs", "a red car")
    for query in queries:
        here, there = index.search(query, top_k=5), remote.search(query, top_k=5)
        assert [hit.id for hit in here] == [hit.id for hit in there]
        assert [hit.score for hit in here] == pytest.approx([hit.score for hit in there], abs=1e-5)
    assert len(EvidenceIndex.open(server, tiny.encoder)) == 12
    with pytest.raises(DataError, match="cannot be kept on a server"):
        remote.add([Image.new("RGB", (40, 40), "red")])


def _client(server: str, kind: str) -> Any:
    """A client as people make them: Cloud's own, which asks the server whose key it is, or one with tenant and database."""
    host, _, port = server.removeprefix("http://").partition(":")
    settings = {"anonymized_telemetry": False}
    if kind == "cloud":
        options = {"cloud_host": host, "cloud_port": int(port), "enable_ssl": False}
        return chromadb.CloudClient(api_key="key", settings=Settings(**settings), **options)
    admin = chromadb.AdminClient(Settings(chroma_api_impl="chromadb.api.fastapi.FastAPI", chroma_server_host=host,
                                          chroma_server_http_port=int(port), **settings))  # fmt: skip
    admin.create_tenant("acme")
    admin.create_database("shots", "acme")
    headers = {"x-chroma-token": "key"}
    return chromadb.HttpClient(host, int(port), False, headers, Settings(**settings), tenant="acme", database="shots")


@pytest.mark.parametrize("kind", ["cloud", "tenant"])
def test_a_client_of_ones_own_is_one_argument(server: str, files: list[Path], tiny: Verifier, kind: str) -> None:
    client = _client(server, kind)
    index = EvidenceIndex.from_documents(files[:4], client, tiny.encoder, name=kind)  # type: ignore[arg-type]
    address = f"{server}/acme/shots" if kind == "tenant" else server
    for again in (
        EvidenceIndex.open(client, tiny.encoder, name=kind),
        EvidenceIndex.open(address, tiny.encoder, name=kind),
    ):
        hit = again.search(image=files[2], top_k=1)[0]
        assert hit.uri == str(files[2]) and hit.score == pytest.approx(1, abs=1e-4)
        assert len(again.search("a dog", top_k=4)) == 4
        assert again.facts([hit.id])[hit.id].of("regions") is not None
    assert index.verify_integrity().whole
    with pytest.raises(DataError, match="no index there"):
        EvidenceIndex.open(
            server if kind == "tenant" else f"{server}/default_tenant/default_database", name=f"no-{kind}"
        )


def test_addresses_that_lead_nowhere(server: str, tiny: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMA_API_KEY", raising=False)
    with pytest.raises(DataError, match=r"not the address of a Chroma server; got http.*give http://HOST:PORT"):
        EvidenceIndex(f"{server}/acme", tiny.encoder)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"does not answer; got http.*nowhere.*make the database"):
        EvidenceIndex(f"{server}/default_tenant/nowhere", tiny.encoder)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"api_key.*set CHROMA_API_KEY"):
        EvidenceIndex("https://api.trychroma.com", tiny.encoder)  # type: ignore[arg-type]


def test_a_dead_server_is_one_line(tiny: Verifier) -> None:
    with pytest.raises(DataError, match="the Chroma server does not answer; got http"):
        EvidenceIndex("http://127.0.0.1:9", tiny.encoder)  # type: ignore[arg-type]


# -- in LlamaIndex ------------------------------------------------------------------------------------------------


def test_the_retriever_gives_image_nodes_and_leaves_the_bundle_alone(index: EvidenceIndex, files: list[Path]) -> None:
    retriever = index.as_retriever(3)
    assert isinstance(retriever, ClipVerifyRetriever)
    bundle = QueryBundle("a dog")
    nodes = retriever.retrieve(bundle)
    assert bundle.embedding is None and bundle == QueryBundle("a dog")
    assert len(nodes) == 3 and all(isinstance(node.node, ImageNode) for node in nodes)
    assert [node.score for node in nodes] == sorted((node.score or 0 for node in nodes), reverse=True)
    assert asyncio.run(retriever.aretrieve("a dog")) == nodes
    by_picture = retriever.retrieve(QueryBundle("", image_path=str(files[4])))
    assert by_picture[0].node.image_path == str(files[4])  # type: ignore[attr-defined]
    shown = nodes[0].node.get_content(MetadataMode.LLM)
    assert not re.search("clipverify|sha|uri", shown)


def test_passages_follow_the_pictures(index: EvidenceIndex) -> None:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore

    class Texts(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            return [NodeWithScore(node=TextNode(text=f"on {query_bundle.query_str}"), score=0.5)]

    retriever = index.as_retriever(2, passages=Texts())
    for nodes in (retriever.retrieve("dogs"), asyncio.run(retriever.aretrieve("dogs"))):
        assert [node.node.class_name() for node in nodes] == ["ImageNode", "ImageNode", "TextNode"]
        assert nodes[-1].node.get_content() == "on dogs"


def test_the_postprocessor_ranks_drops_and_leaves_nodes_alone(
    index: EvidenceIndex, tiny: Verifier, scenes: list[Scene], files: list[Path]
) -> None:
    noun = scenes[0].nouns()[0]
    nodes = index.as_retriever(12).retrieve("a picture")
    before = [(node.node.node_id, node.score) for node in nodes]
    rank = ClipVerifyPostprocessor(tiny, folders=[str(files[0].parent)], top_n=4)
    ranked = rank.postprocess_nodes(nodes, query_str=f"a picture of {noun}")
    assert len(ranked) == 4 and str(files[0]) in [node.node.image_path for node in ranked]  # type: ignore[attr-defined]
    assert [(node.node.node_id, node.score) for node in nodes] == before
    assert all("clipverify" not in str(node.node.metadata) for node in ranked)
    passage = nodes[0].model_copy(update={"node": Node(text_resource=None)})
    cut = ClipVerifyPostprocessor(tiny, folders=[str(files[0].parent)], similarity_cutoff=2.0)
    assert cut.postprocess_nodes([*nodes, passage], query_str="x") == [passage]
    assert tiny.facts([files[0]]), "what it saw stays with the verifier"
    with pytest.raises(DataError, match="scoring needs an encoder"):
        ClipVerifyPostprocessor(Verifier([]))


def test_folders_follow_when_one_picture_takes_anothers_place(
    index: EvidenceIndex, files: list[Path], tmp_path: Path
) -> None:
    assert index.folders() == [files[0].parent]
    index.remove([index.search(image=files[0], top_k=1)[0].id])
    moved = tmp_path / "elsewhere" / "moved.png"
    moved.parent.mkdir()
    moved.write_bytes(files[0].read_bytes())
    index.add([moved])
    assert index.folders() == sorted([files[0].parent, moved.parent])


@pytest.mark.parametrize("way", ["killed", "paused"])
def test_a_server_that_goes_away_is_one_error_and_works_again_when_it_is_back(
    scene_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("llamaindex_clipverify.index.chroma.SECONDS", 2.0)
    server = ChromaServer(tmp_path / "store")
    try:
        index = EvidenceIndex.from_documents([scene_file], server.url, "tiny", "tiny")
        server.kill() if way == "killed" else server.pause()
        for use in (lambda: index.search("a cup"), lambda: len(index), lambda: EvidenceIndex.open(server.url)):
            with pytest.raises(DataError, match=f"got {server.url}") as caught:
                use()
            assert "\n" not in str(caught.value)
        server.start() if way == "killed" else server.resume()
        assert len(index) == 1 and index.search("a cup")[0].uri == str(scene_file)
    finally:
        server.kill()


def test_connections_end_with_their_index(server: str, tiny: Verifier) -> None:
    def handles() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    kept = EvidenceIndex(server, tiny.encoder, name="kept")  # type: ignore[arg-type]
    before = handles()
    for _ in range(5):
        len(EvidenceIndex(server, tiny.encoder, name="kept"))  # type: ignore[arg-type]
    assert handles() <= before + 1 and len(kept) == 0


@pytest.mark.parametrize("odd", [5, b"x", [], object(), "\ud800", "x" * 100_001])
def test_a_query_that_is_no_text(index: EvidenceIndex, odd: Any) -> None:
    with pytest.raises(DataError, match="the query"):
        index.search(odd)


@pytest.mark.parametrize("odd", [0, -1, None, "5", 1.5, float("nan"), []])
def test_a_number_that_is_none(index: EvidenceIndex, odd: Any) -> None:
    for use in (lambda: index.search("a cup", top_k=odd), lambda: index.sample(odd)):
        with pytest.raises(DataError, match="at least one picture"):
            use()
    if not isinstance(odd, type(None)):
        with pytest.raises(DataError, match="a filter is a mapping"):
            index.search("a cup", where=odd)
