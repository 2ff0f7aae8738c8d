"""The report's own faces: as a table, as a file of each kind, and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import make_report

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.saving import SUFFIXES, save_all


def test_the_table_has_picture_region_note_and_calibration(report: Report, scene_file: Path):
    table = report.to_pandas()
    assert list(table.columns) == [
        "text",
        "kind",
        "negated",
        "trust",
        "verdict",
        "why",
        "picture",
        "region",
        "note",
        "calibration",
    ]
    first, last = table.iloc[0], table.iloc[-1]
    assert (first.picture, first.region, first.note) == (str(scene_file), (40.0, 60.0, 120.0, 150.0), "")
    assert last.note == "nothing a picture can show" and last.trust != last.trust
    assert set(table.calibration) == {"calibrated"}
    assert list(Report(answer="", claims=()).to_pandas().columns) == list(table.columns)


def test_a_picture_without_an_address_is_named_by_its_content(scene_file: Path):
    picture = Picture.of(scene_file.read_bytes())
    assert make_report("A cup.", [0.9], [picture]).to_pandas().picture.tolist() == [picture.id]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_says_what_is_written(report: Report, tmp_path: Path, suffix: str):
    one = report.save(tmp_path / "deep" / f"r{suffix}").read_bytes().decode("utf-8")
    many = save_all([report, report], tmp_path / f"many{suffix.upper()}").read_text("utf-8")
    begins = {".md": "**trust 0.03**", ".json": "{"}
    assert one.startswith(begins.get(suffix, "<!doctype html>")) and one.endswith("\n") and "\r" not in one
    assert one != many
    if suffix == ".json":
        assert json.loads(one) == report.to_dict() and json.loads(many) == [report.to_dict()] * 2


@pytest.mark.parametrize("name", ["r.pdf", "r", "html"])
def test_any_other_suffix_is_refused(report: Report, tmp_path: Path, name: str):
    for save in (report.save, lambda path: save_all([report], path)):
        with pytest.raises(DataError, match=r"\.html, \.md or \.json; got .*; name it FILE\.html"):
            save(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_json_tells_why_a_map_is_no_evidence(report: Report):
    doubted = replace(report.maps[0], map=replace(report.maps[0].map, doubt="it points nowhere"))
    found = replace(report, maps=(doubted, report.maps[2])).to_dict()["maps"]
    assert [one["doubt"] for one in found] == ["it points nowhere", ""]


def test_a_report_that_was_read_back_has_all_its_faces(report: Report):
    again = Report.from_dict(json.loads(report.to_json()))
    assert str(again) == str(report)
    assert "red clock" in again.to_markdown() and "red clock" in again._repr_html_()
    assert again.to_pandas().text.tolist() == report.to_pandas().text.tolist()
