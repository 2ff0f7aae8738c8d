"""Ingest and evaluation on Ray are those of one process: real Ray, a real Chroma server."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.evaluation.evaluation import evaluate, read_rows
from llamaindex_clipverify.index.schema import Entry
from llamaindex_clipverify.testing.__main__ import write_scenes

ray = pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    rows = write_scenes(folder, range(1_880_000, 1_880_040))
    (folder / "claims.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_an_index_is_the_same_as_made_here(server: str, scenes: Path, tmp_path: Path) -> None:
    from llamaindex_clipverify.integrations import ray_engine

    files = sorted(scenes.glob("*.png"))
    bad = Path(shutil.copy(scenes / "claims.jsonl", scenes / "bad.png"))
    entries = [
        Entry(picture=Picture.of(path), caption=path.stem, metadata={"page": place})
        for place, path in enumerate([*files, bad])
    ]
    there = ray_engine.ingest(entries, server, encoder="tiny", detector="tiny", name="ray-there", workers=2)
    local = EvidenceIndex(tmp_path / "store", "tiny", "tiny")
    here = local.add(
        [
            Entry(picture=Picture.of(path), caption=path.stem, metadata={"page": place})
            for place, path in enumerate([*files, bad])
        ]
    )
    assert there.places == here.places and there.skipped == here.skipped and there.new == here.new == 40
    remote = EvidenceIndex(server, "tiny", "tiny", name="ray-there")
    assert remote.count() == local.count() and remote.verify_integrity().whole
    assert sorted((hit.id, hit.caption, hit.metadata["page"]) for hit in remote.hits()) == sorted(
        (hit.id, hit.caption, hit.metadata["page"]) for hit in local.hits()
    )
    for content, facts in local.facts(list(here.ids)[:8]).items():
        other = remote.facts([content])[content]
        assert np.allclose(facts.seen["similarity"]["vector"], other.seen["similarity"]["vector"], atol=1e-5)
        assert facts.seen["objects"]["labels"] == other.seen["objects"]["labels"]
    again = ray_engine.ingest(entries[:8], server, encoder="tiny", detector="tiny", name="ray-there", workers=2)
    assert again.new == 0
    with pytest.raises(PictureError, match=r"bad\.png"):
        ray_engine.ingest(entries, server, encoder="tiny", detector="tiny", name="ray-there", strict=True)
    bad.unlink()


def test_figures_are_the_same_as_found_here(scenes: Path) -> None:
    from llamaindex_clipverify.integrations import ray_engine

    rows = read_rows(scenes / "claims.jsonl")
    here = evaluate(Verifier.tiny(), rows, bootstrap=0)
    told: list[tuple[int, int]] = []
    there = ray_engine.evaluate(
        partial(Verifier.tiny), rows, workers=2, bootstrap=0, progress=lambda *one: told.append(one)
    )
    assert [one.row for one in there.rows] == [one.row for one in here.rows]
    assert [one.verdict for one in there.rows] == [one.verdict for one in here.rows]
    assert np.allclose([one.score for one in there.rows], [one.score for one in here.rows], atol=1e-4)
    assert told[-1] == (len(rows), len(rows))


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    from llamaindex_clipverify.integrations import ray_engine

    with pytest.raises(DataError, match=r"one writer.*start a server"):
        ray_engine.ingest([Entry(picture=Picture.of("a.png"))], str(tmp_path), encoder="tiny")
    with pytest.raises(DataError, match="without a path"):
        ray_engine.ingest([Entry(picture=Picture.of(b"x"))], "http://127.0.0.1:1", encoder="tiny")
