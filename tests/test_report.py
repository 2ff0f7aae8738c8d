"""The report's own faces: as a table, as a file of each kind, and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import make_report

from llamaindex_clipverify import Policy, Verifier
from llamaindex_clipverify.errors import DataError, PictureError
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
    assert list(table.calibration.fillna("none")) == ["calibrated"] * (len(table) - 1) + ["none"]
    assert list(Report(answer="", claims=()).to_pandas().columns) == list(table.columns)


def test_a_picture_without_an_address_is_named_by_its_content(scene_file: Path):
    picture = Picture.of(scene_file.read_bytes())
    assert make_report("A cup.", [0.9], [picture]).to_pandas().picture.tolist() == [picture.id]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_says_what_is_written(report: Report, tmp_path: Path, suffix: str):
    one = report.save(tmp_path / "deep" / f"r{suffix}").read_bytes().decode("utf-8")
    many = save_all([report, report], tmp_path / f"many{suffix.upper()}").read_text("utf-8")
    begins = {".md": f"**trust {report.trust:.2f}**", ".json": "{"}
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


def test_reading_a_report_back_opens_nothing(report: Report, scene_file: Path, monkeypatch: pytest.MonkeyPatch):
    data = json.loads(report.to_json())
    data["pictures"] = [
        {**data["pictures"][0], "uri": uri} for uri in ("http://127.0.0.1:1/a.png", "/etc/hostname", str(scene_file))
    ]
    opened: list[object] = []
    monkeypatch.setattr("llamaindex_clipverify.picture.urls.fetched", lambda url, *_, **__: opened.append(url))
    monkeypatch.setattr("llamaindex_clipverify.picture._read_file", lambda path: opened.append(path))
    again = Report.from_dict(data)
    page = again._repr_html_() + again.to_markdown() + str(again.to_pandas())
    assert not opened and "127.0.0.1" in str(again.pictures) and page
    for picture in again.pictures:
        with pytest.raises(PictureError, match="not opened"):
            _ = picture.image
    monkeypatch.undo()
    allowed = Report.from_dict(data, folders=[scene_file.parent])
    assert allowed.pictures[2].image.size == Picture.of(scene_file).size
    with pytest.raises(PictureError, match="not opened"):
        _ = allowed.pictures[1].image


def test_reading_a_report_back_keeps_policy_and_words(tiny: Verifier, scene_file: Path):
    policy = Policy(supported=0.8, contradicted=0.1)
    for text in ("There are two red cups left of the zebra. No dog is there.", "빨간 컵이 있다."):
        report = Verifier.tiny(policy=policy).verify(text, [scene_file])
        again = Report.from_dict(json.loads(report.to_json()))
        assert again.policy == report.policy
        assert [one.claim.phrase for one in again.claims] == [one.claim.phrase for one in report.claims]
        assert [one.claim.noun for one in again.claims] == [one.claim.noun for one in report.claims]
        whole = Report.from_dict(json.loads(json.dumps(report.to_dict(exact=True))))
        assert whole.to_dict() == {**report.to_dict(), "timings_ms": whole.to_dict()["timings_ms"]}


@pytest.mark.parametrize("damage", [{"claims": 3}, {"pictures": [{}]}, {"policy": {"wrong": 1}}, {"notes": None}])
def test_a_damaged_report_is_one_error(report: Report, damage: dict[str, object]):
    with pytest.raises(DataError, match="the report is damaged"):
        Report.from_dict({**report.to_dict(), **damage})


def test_a_report_that_was_read_back_has_all_its_faces(report: Report):
    again = Report.from_dict(json.loads(report.to_json()))
    assert str(again) == str(report)
    assert "red clock" in again.to_markdown() and "red clock" in again._repr_html_()
    assert again.to_pandas().text.tolist() == report.to_pandas().text.tolist()
