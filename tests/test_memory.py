"""What outlives a process: a bounded table on disk, facts of foreign pictures by content and model, and vectors of phrases."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.memory import DiskMemory, Memories
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.testing import FRESH, draw_scene


def _never(*_: object) -> None:
    raise AssertionError("a model was asked again")


def test_values_come_back_from_another_connection(tmp_path: Path) -> None:
    one, other = DiskCache(tmp_path / "deep" / "a.sqlite3"), DiskCache(tmp_path / "deep" / "a.sqlite3")
    one.put({f"k{place}": bytes([place % 256]) * 3 for place in range(1200)})
    assert other.get([f"k{place}" for place in range(1200)] + ["none"])["k1199"] == bytes([1199 % 256]) * 3
    other.put({"k0": b"new"})
    assert one.get(["k0"]) == {"k0": b"new"} and len(one) == 1200


def test_what_was_unused_for_longest_goes(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "a.sqlite3", limit=1000)
    for place in range(12):
        cache.put({f"k{place:02}": b"x" * 100})
    assert 8 <= len(cache) <= 10
    assert "k11" in cache.get(["k00", "k11"]) and "k00" not in cache.get(["k00", "k11"])


def test_threads_may_share_it(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "a.sqlite3")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (cache.put({f"{n}": b"v"}), cache.get([f"{n}"])), range(200)))
    assert len(cache) == 200


def test_another_file_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("something else " * 100)
    with pytest.raises(DataError, match="the cache cannot be opened"):
        DiskCache(tmp_path / "a.txt")


def test_foreign_pictures_are_looked_at_once_for_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = draw_scene(FRESH + 860_000)
    answer = " ".join(str(row["claim"]) for row in scene.claims(0))
    first = Verifier.tiny(memory=DiskMemory(tmp_path / "facts.sqlite3")).verify(answer, [scene.image])
    monkeypatch.setattr(ClipEncoder, "encode_images", _never)
    second = Verifier.tiny(memory=DiskMemory(tmp_path / "facts.sqlite3")).verify(answer, [scene.image])
    assert [one.trust for one in second.claims] == [one.trust for one in first.claims]


def test_another_model_has_facts_of_its_own(tmp_path: Path) -> None:
    memory = DiskMemory(tmp_path / "facts.sqlite3")
    picture = Picture.of(draw_scene(FRESH + 860_001).image)
    seeing, finding = (
        Verifier.from_defaults(**names, memory=memory) for names in ({"encoder": "tiny"}, {"detector": "tiny"})
    )
    seeing.facts([picture])
    known = memory.recall([picture.id], finding.checks)
    assert "objects" not in known[picture.id].seen and "domain" in known[picture.id].seen
    finding.facts([picture])
    assert {"objects", "colour"} <= set(memory.recall([picture.id], finding.checks)[picture.id].seen)
    assert "similarity" in memory.recall([picture.id], seeing.checks)[picture.id].seen


def test_a_value_that_was_spoilt_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite3"
    picture = Picture.of(draw_scene(FRESH + 860_002).image)
    Verifier.tiny(memory=DiskMemory(path)).facts([picture])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE shelf SET value = ?", (b"spoilt",))
    (facts,) = Verifier.tiny(memory=DiskMemory(path)).facts([picture])
    assert facts.of("similarity") is not None


def test_several_memories_are_asked_in_turn(tmp_path: Path, tiny: Verifier) -> None:
    one, other = (DiskMemory(tmp_path / name) for name in ("a.sqlite3", "b.sqlite3"))
    pictures = [Picture.of(draw_scene(FRESH + 860_010 + place).image) for place in range(2)]
    facts = tiny.facts(pictures)
    one.keep(facts[:1])
    other.keep(facts[1:])
    assert set(Memories(one, other).recall([picture.id for picture in pictures], tiny.checks)) == {
        p.id for p in pictures
    }


def test_phrases_are_encoded_once_for_all_processes(
    tmp_path: Path, tiny: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tiny.encoder is not None
    first = TextVectors(tiny.encoder, disk=DiskCache(tmp_path / "texts.sqlite3")).of(["a dog", "a red car"])
    monkeypatch.setattr(type(tiny.encoder), "encode_texts", _never)
    second = TextVectors(tiny.encoder, disk=DiskCache(tmp_path / "texts.sqlite3")).of(["a red car", "a dog"])
    assert np.array_equal(first, second[::-1])


def test_an_index_remembers_foreign_pictures_and_phrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = draw_scene(FRESH + 860_020)
    scene.image.save(tmp_path / "own.png")
    foreign = draw_scene(FRESH + 860_021).image
    index = EvidenceIndex.from_documents([tmp_path / "own.png"], tmp_path / "store", "tiny", "tiny")
    before = index.verifier.verify("There is a dog.", [foreign])
    monkeypatch.setattr(ClipEncoder, "encode_images", _never)
    monkeypatch.setattr(ClipEncoder, "encode_texts", _never)
    after = EvidenceIndex.open(tmp_path / "store").verifier.verify("There is a dog.", [foreign])
    assert after.claims == before.claims
