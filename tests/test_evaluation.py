"""Evaluation rows in, figures out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evaluation.evaluation import Evaluation, Judged, Row, evaluate, read_rows
from llamaindex_clipverify.testing.__main__ import main as write_scenes


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("rows")
    write_scenes(["--scenes", "40", "--seed", "1200000", "--out", str(folder), "--balanced"])
    return read_rows(folder / "claims.jsonl")


def test_trust_beats_the_raw_cosine_on_fresh_scenes(tiny: Verifier, rows: list[Row]) -> None:
    seen: list[tuple[int, int]] = []
    done = evaluate(tiny, rows, progress=lambda now, every: seen.append((now, every)), bootstrap=50)
    figures = done.to_dict()
    main = figures["object+attribute+count"]
    assert main["auroc"] > 0.85 and main["coverage"] > 0.85
    assert main["auroc"] > main["baselines"]["clipscore"]["auroc"]
    assert main["intervals"]["auroc"][0] <= main["auroc"] <= main["intervals"]["auroc"][1]
    assert seen[-1] == (len(rows), len(rows)) and not done.errors
    assert set(figures) == {"overall", "object+attribute+count", "kinds", "errors"}
    assert set(figures["kinds"]) == {"object", "attribute", "count", "relation", "negation"}
    json.dumps(done.to_dict(), allow_nan=False)


def test_rows_with_bad_pictures_are_listed_and_the_rest_runs(tiny: Verifier, rows: list[Row], tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    bad = Row(images=("bad.png",), claim="There is a dog.", label=1, kind="object", group="x", folder=tmp_path)
    blank = Row(images=rows[0].images, claim=" ", label=1, kind="object", group="x", folder=rows[0].folder)
    done = evaluate(tiny, [bad, rows[0], blank], bootstrap=0)
    assert len(done.rows) == 1 and len(done.errors) == 2
    assert "bad.png" in done.errors[0] and "empty" in done.errors[0]


def test_predictions_always_have_a_number(tiny: Verifier, rows: list[Row]) -> None:
    odd = Row(
        images=rows[0].images, claim="Everything is lovely.", label=1, kind="other", group="x", folder=rows[0].folder
    )
    first, second = evaluate(tiny, [rows[0], odd], bootstrap=0).predictions()
    assert 0 <= first["trust"] <= 1 and first["clipscore"] is not None
    assert second["trust"] == 0.5 and second["verdict"] == "unverifiable"
    assert {"images", "claim", "label", "kind", "group", "trust", "verdict", "clipscore", "seconds"} == set(first)


def test_the_table_is_literal() -> None:
    trusts = [0.9, 0.8, 0.2, None]
    judged = [
        Judged(
            row=Row(images=(f"{place}.png",), claim="x", label=int(place < 2), kind="object", group=str(place)),
            trust=trust,
            prior=0.5,
            verdict="supported",
            clipscore=0.3,
            detector=None,
            seconds=0.01,
        )
        for place, trust in enumerate(trusts)
    ]
    assert Evaluation(rows=judged, bootstrap=0).table() == (
        "kind     n  coverage  AUROC  95 %  decided  accuracy   ECE  CLIPScore  detector\n"
        "overall  4       75%   1.00     –     1.00      1.00  .167       .500         –"
    )


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"images": [], "claim": "x", "label": 1}',
        '{"images": ["a"], "claim": "x", "label": 2}',
        '{"claim": "x"}',
    ],
)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"images": ["a.png"], "claim": "x", "label": 1}\n' + line)
    with pytest.raises(DataError, match=r"rows\.jsonl:2 is not a row"):
        read_rows(path)


def test_an_empty_or_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no rows"):
        read_rows(tmp_path / "empty.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        read_rows(tmp_path / "missing.jsonl")
