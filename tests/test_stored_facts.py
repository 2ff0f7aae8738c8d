"""What an index stores beside the vector: verification without pixels, back-filling, repair, and going on after a kill."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Drawn
from warm import warm

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.stored import is_sound
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.llama_index.response import verify_response
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene

SCENES = Drawn(840_000, 10)


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """Pictures that a test may take away."""
    return Path(shutil.copytree(folder, tmp_path / "own"))


@pytest.fixture
def index(own: Path, tiny: Verifier, tmp_path: Path) -> EvidenceIndex:
    return EvidenceIndex.from_documents([own], tmp_path / "store", tiny.encoder, tiny.detector)  # type: ignore[arg-type]


def _answer(scene: Scene) -> str:
    return " ".join(str(row["claim"]) for row in scene.claims(0))


def test_indexed_pictures_are_verified_without_their_files(
    index: EvidenceIndex, own: Path, scenes: list[Scene], tiny: Verifier, tmp_path: Path
) -> None:
    expected = [tiny.verify(_answer(scene), [own / f"{place:02}.png"]) for place, scene in enumerate(scenes)]
    nodes = {place: index.as_retriever(1).retrieve(f"{scene.nouns()[0]}")[0] for place, scene in enumerate(scenes)}
    hits = {Path(hit.uri).name: hit for hit in index.hits()}
    shutil.rmtree(own)
    opened = EvidenceIndex.open(tmp_path / "store")
    for place, (scene, report) in enumerate(zip(scenes, expected, strict=True)):
        found = opened.verifier.verify(_answer(scene), [hits[f"{place:02}.png"].picture])
        assert [(one.claim, one.verdict) for one in found.claims] == [(one.claim, one.verdict) for one in report.claims]
        for one, other in zip(found.claims, report.claims, strict=True):
            assert one.trust == pytest.approx(other.trust, abs=1e-5)
        assert found.object_agreement == report.object_agreement
    from llama_index.core.base.response.schema import Response

    assert verify_response(opened.verifier, Response("There is a dog.", [nodes[0]])).claims


def test_vectors_and_facts_come_back_as_they_were(index: EvidenceIndex, own: Path, tiny: Verifier) -> None:
    pictures = [Picture.of(path) for path in sorted(own.glob("*.png"))]
    stored = index.facts([picture.id for picture in pictures])
    for picture, fresh in zip(pictures, tiny.facts(pictures), strict=True):
        facts = stored[picture.id]
        assert facts.size == fresh.size and facts.made_by == fresh.made_by
        for check, key in (
            ("similarity", "vector"),
            ("regions", "vectors"),
            ("regions", "boxes"),
            ("objects", "boxes"),
        ):
            assert np.allclose(facts.seen[check][key], fresh.seen[check][key], atol=1e-4), (check, key)
        assert facts.seen["regions"]["labels"] == fresh.seen["regions"]["labels"]
    assert index.count() == {
        "pictures": 10,
        "regions": sum(len(one.seen["regions"]["boxes"]) for one in stored.values()),
    }
    assert index.facts(["unknown"]) == {}


@pytest.mark.parametrize("prefix", ["", "faint_"])
def test_boxes_of_no_use_are_not_sound(tiny: Verifier, prefix: str) -> None:
    """As in a record that is damaged, or of anybody."""
    [facts] = tiny.facts([draw_scene(FRESH).image])
    seen = facts.seen["objects"]
    labels, boxes, scores = (f"{prefix}{name}" for name in ("labels", "boxes", "scores"))
    one = {labels: ["cup"], boxes: np.zeros((1, 4), np.float32), scores: np.array([0.05], np.float32)}
    many = {labels: ["cup"] * 3000, boxes: np.zeros((3000, 4), np.float32), scores: np.full(3000, 0.05, np.float32)}

    def changed(**values: Any) -> Facts:
        known = {key: value for key, value in {**seen, **one, **values}.items() if value is not None}
        return replace(facts, seen={"objects": known})

    assert is_sound(changed())
    for values in (
        {labels: None}, {boxes: None}, {scores: None}, {labels: ["cup", "dog"]}, {labels: [1]}, {labels: "c"}, many,
        {scores: np.array([-0.5], np.float32)}, {scores: np.array([1.5], np.float32)}, {scores: np.array([np.nan], np.float32)},
        {scores: np.array([], np.float32)}, {boxes: np.zeros((1, 3), np.float32)}, {boxes: np.full((1, 4), np.inf, np.float32)},
    ):  # fmt: skip
        assert not is_sound(changed(**values)), values
    older = {key: value for key, value in seen.items() if not key.startswith("faint_")}
    assert is_sound(replace(facts, seen={"objects": older}))


def test_many_are_asked_for_in_parts(index: EvidenceIndex, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chroma Cloud gives some hundred records at once."""
    ids = [Picture.of(path).id for path in sorted(own.glob("*.png"))]
    at_once = index.facts(ids)
    monkeypatch.setattr("llamaindex_clipverify.index.chroma.MOST", 7)
    in_parts = index.facts([*ids, "unknown"])
    assert set(in_parts) == set(at_once) == set(ids)
    for content, facts in at_once.items():
        for check, key in (("similarity", "vector"), ("regions", "vectors")):
            assert np.array_equal(facts.seen[check][key], in_parts[content].seen[check][key])


def test_what_is_known_is_asked_for_once(index: EvidenceIndex, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    get = index.records.pictures.get

    def counted(**wanted: Any) -> Any:
        asked.append(len(wanted["ids"]))
        return get(**wanted)

    monkeypatch.setattr(index.records.pictures, "get", counted)
    content = Picture.of(own / "00.png").id
    known = index.records.known([content, "unknown"])
    assert asked == [2] and set(known) == {content}
    assert known[content]["facts"].of("objects") is not None


def test_an_index_without_regions(own: Path, tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(
        [own / "00.png", own / "01.png"], tmp_path / "plain", "tiny", "tiny", regions=0
    )
    again = EvidenceIndex.open(tmp_path / "plain", regions=0)
    assert again.count() == {"pictures": 2, "regions": 0} and again.add([own / "00.png"]).new == 0
    (facts,) = index.facts([Picture.of(own / "00.png").id]).values()
    assert facts.of("regions") is None and facts.of("similarity") is not None
    assert again.search("a dog", top_k=2)


def test_adding_again_looks_at_nothing(index: EvidenceIndex, own: Path) -> None:
    again = index.add([own])
    assert (len(again.ids), again.new, again.skipped) == (10, 0, ())
    more = Path(shutil.copy(own / "00.png", own / "copy.png"))
    assert index.add([more]).new == 0, "the same content under another name"
    assert len(index) == 10


@dataclass(frozen=True)
class Brightness:
    """A check of one's own."""

    version: int = 1
    name: str = "brightness"
    needs: tuple[str, ...] = ()
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        return [{"mean": float(picture.array().mean())} for picture in pictures]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        return None


def test_a_new_check_fills_in_its_own_facts_alone(
    index: EvidenceIndex, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture.of(own / "03.png")
    _ = index.verifier
    index.verifier.checks += (Brightness(),)
    monkeypatch.setattr(type(index.encoder), "encode_images", _never)
    index.verifier.verify("There is a dog.", [picture])
    facts = index.facts([picture.id])[picture.id]
    assert facts.seen["brightness"]["mean"] == pytest.approx(picture.array().mean())
    assert facts.made_by["brightness"] == (1, "") and "objects" in facts.seen
    index.verifier.checks = (*index.verifier.checks[:-1], Brightness(version=2))
    assert index.add([own]).new == 10
    assert index.facts([picture.id])[picture.id].made_by["brightness"] == (2, "")


def _never(*_: object) -> None:
    raise AssertionError("the encoder was asked again")


def test_fewer_regions_leave_none_behind(index: EvidenceIndex, own: Path, tmp_path: Path) -> None:
    before = index.count()
    fewer = EvidenceIndex(tmp_path / "store", "tiny", "tiny", regions=8)
    fewer.verifier.checks = tuple(
        replace(one, version=9) if one.name == "regions" else one for one in fewer.verifier.checks
    )
    assert fewer.add([own]).new == 10
    assert fewer.count()["regions"] <= 80 < before["regions"]
    assert fewer.verify_integrity().whole


def test_updating_keeps_what_is_not_given(index: EvidenceIndex, own: Path) -> None:
    content = Picture.of(own / "02.png").id
    index.update(content, caption="two")
    index.update(content, metadata={"page": 2, "album": "a"})
    (hit,) = index.hits({"page": 2})
    assert (hit.id, hit.caption, hit.metadata) == (content, "two", {"page": 2, "album": "a"})
    index.update(content, metadata={"page": 3})
    assert [one.metadata for one in index.hits({"page": 3})] == [{"page": 3}]
    assert {one.id for one in index.search("a dog", top_k=4, where={"page": 3})} == {content}, "regions follow"
    assert index.facts([content])[content].of("objects") is not None
    with pytest.raises(DataError, match="no such picture in the index; got unknown"):
        index.update("unknown", caption="x")


def test_removing_takes_the_regions_too(index: EvidenceIndex, own: Path) -> None:
    content = Picture.of(own / "02.png").id
    regions = len(index.facts([content])[content].seen["regions"]["boxes"])
    before = index.count()
    index.remove([content, "unknown"])
    assert index.count() == {"pictures": 9, "regions": before["regions"] - regions}
    assert index.verify_integrity().whole


def test_what_is_amiss_is_found_and_mended(index: EvidenceIndex, own: Path) -> None:
    whole = index.verify_integrity()
    assert whole.whole and whole.pictures == 10 and not whole.missing
    first, second = (Picture.of(own / name).id for name in ("00.png", "01.png"))
    index.records.pictures.delete(ids=[first])
    index.records.regions.delete(ids=[f"{second}#0"])
    (own / "05.png").unlink()
    found = index.verify_integrity()
    assert found.orphans > 0 and found.incomplete == (second,) and not found.whole
    assert [Path(one).name for one in found.missing] == ["05.png"]
    assert second not in index.facts([second]), "what is not whole is not used"
    index.verify_integrity(repair=True)
    mended = index.verify_integrity()
    assert mended.whole and mended.pictures == 9


def test_regions_find_small_things(index: EvidenceIndex, own: Path) -> None:
    hits = index.search("a dog", top_k=10)
    assert len({hit.id for hit in hits}) == 10
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    matched = [hit for hit in hits if hit.region is not None]
    assert matched
    for hit in matched:
        left, top, right, bottom = hit.region
        assert 0 <= left < right <= hit.size[0] and 0 <= top < bottom <= hit.size[1]
    plain = {hit.id: hit.score for hit in index.search("a dog", top_k=10, regions=False)}
    assert all(hit.score >= plain[hit.id] - 1e-5 for hit in hits)


def test_another_encoder_is_refused_and_an_old_store_too(index: EvidenceIndex, tmp_path: Path) -> None:
    class Other:
        id = "other@1"
        logit_scale = 1.0

    with pytest.raises(ModelError, match=r"made with another encoder; got other@1"):
        EvidenceIndex.open(tmp_path / "store", Other())  # type: ignore[arg-type]


def test_a_step_of_an_ingestion_pipeline(own: Path, tmp_path: Path) -> None:
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.schema import ImageNode, TextNode

    from llamaindex_clipverify.llama_index import ClipVerifyIngestion

    (own / "bad.png").write_text("no picture")
    index = EvidenceIndex(tmp_path / "store", "tiny", "tiny")
    step = ClipVerifyIngestion(index)
    nodes = [ImageNode(image_path=str(own / name), text=name) for name in ("00.png", "bad.png", "01.png")]
    done = IngestionPipeline(transformations=[step]).run(nodes=[*nodes, TextNode(text="a passage")])
    assert len(index) == 2 and [name for name, _ in step.skipped] == ["bad.png"]
    assert [node.embedding is not None for node in done] == [True, False, True, False]
    assert index.search(image=own / "01.png", top_k=1)[0].caption == "01.png"
    assert np.allclose(done[0].embedding, index.encoder.encode_images([Picture.of(own / "00.png").image])[0], atol=1e-5)


_SCRIPT = """
import sys
from llamaindex_clipverify import EvidenceIndex
index = EvidenceIndex(sys.argv[2], "tiny", "tiny")
print("ready", flush=True)
added = index.add([sys.argv[1]], progress=lambda done, total: print(done, flush=True))
print("added", len(added.ids), added.new, flush=True)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    pictures, store = tmp_path / "many", tmp_path / "store"
    pictures.mkdir()
    for place in range(100):
        draw_scene(FRESH + 850_000 + place, size=160).image.save(pictures / f"{place:03}.png")
    first = warm().start(_SCRIPT, [pictures, store])
    assert first.stdout is not None
    for line in first.stdout:
        if line.strip() == "64":  # the second batch is looked at; the first may be half written
            first.kill()
            break
    assert first.wait() == -signal.SIGKILL
    second = warm().run(_SCRIPT, [pictures, store])
    _, number, new = second.stdout.strip().splitlines()[-1].split()
    assert int(number) == 100 and int(new) < 100, "what was written before the kill is not looked at again"
    index = EvidenceIndex.open(store)
    found = index.verify_integrity(repair=True)
    assert len(index) == 100 and not found.incomplete
    assert index.verify_integrity().whole
