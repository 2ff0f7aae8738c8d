"""Public sets are read from files of their published form (made here by hand, a few rows each)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evaluation import datasets

SETS = {
    "pope": "\n".join(
        json.dumps({"question_id": place, "image": "a.jpg", "text": f"Is there {thing} in the image?", "label": label})
        for place, (thing, label) in enumerate([("a snowboard", "yes"), ("an apple", "no")])
    ),
    "sugarcrepe": json.dumps({"0": {"filename": "a.jpg", "caption": "A red car.", "negative_caption": "A blue car."}}),
    "hat": json.dumps(
        [
            {"image_path": "a.jpg", "caption": "A man.", "grounding": [["A", False], ["man.", True]]},
            {"image_path": "a.jpg", "caption": "A dog.", "grounding": [["A", False], ["dog.", False]]},
        ]
    ),
    "mhalubench": json.dumps(
        [
            {
                "id": "1",
                "image_path": "/data/images/a.jpg",
                "claim_list": [
                    {"claim": "There is a dog.", "label": "non-hallucination"},
                    {"claim": "It is blue.", "label": "hallucination"},
                ],
            }
        ]
    ),
    "foil": json.dumps([{"image_path": "a.jpg", "baseline": "A child in a shirt. ", "foil": "A child in a skirt. "}]),
}
EXPECTED = {
    "pope": [("There is a snowboard in the picture.", 1), ("There is an apple in the picture.", 0)],
    "sugarcrepe": [("A red car.", 1), ("A blue car.", 0)],
    "hat": [("A man.", 0), ("A dog.", 1)],
    "mhalubench": [("There is a dog.", 1), ("It is blue.", 0)],
    "foil": [("A child in a shirt.", 1), ("A child in a skirt.", 0)],
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "replace_att.json").write_text(SETS[name], encoding="utf-8")
    rows = datasets.read(name, tmp_path / "replace_att.json", tmp_path / "pictures")
    assert [(row.claim, row.label) for row in rows] == EXPECTED[name]
    assert {row.paths for row in rows} == {(tmp_path / "pictures" / "a.jpg",)}
    assert {row.group for row in rows} == {"a.jpg"}


def test_foil_it(tmp_path: Path) -> None:
    data = {
        "images": [{"id": 7, "file_name": "a.jpg"}],
        "annotations": [
            {"image_id": 7, "caption": "A bus.", "foil": False},
            {"image_id": 7, "caption": "A train.", "foil": True},
        ],
    }
    (tmp_path / "foil.json").write_text(json.dumps(data))
    assert [(row.claim, row.label) for row in datasets.read("foil", tmp_path / "foil.json", tmp_path)] == [
        ("A bus.", 1),
        ("A train.", 0),
    ]


def _coco() -> dict[str, list[dict[str, object]]]:
    names = ["person", "car", "dog", "scissors", "cat"]
    boxes = [(1, "person"), (1, "person"), (1, "car"), (2, "person"), (2, "dog"), (3, "scissors")]
    return {
        "images": [{"id": place, "file_name": f"{place}.jpg"} for place in (1, 2, 3, 4)],
        "categories": [{"id": place, "name": name} for place, name in enumerate(names)],
        "annotations": [{"image_id": place, "category_id": names.index(name), "iscrowd": 0} for place, name in boxes],
    }


def test_coco_makes_true_claims_and_hard_false_ones(tmp_path: Path) -> None:
    (tmp_path / "instances.json").write_text(json.dumps(_coco()))
    rows = datasets.read("coco", tmp_path / "instances.json", tmp_path)
    by_picture = {name: {row.claim: row.label for row in rows if row.images == (name,)} for name in ("1.jpg", "3.jpg")}
    first = by_picture["1.jpg"]
    assert first["There is a person in the picture."] == first["There is a car in the picture."] == 1
    assert first["There is a dog in the picture."] == 0, "dogs stand beside persons"
    assert by_picture["3.jpg"]["There are scissors in the picture."] == 1
    assert by_picture["3.jpg"]["There is a person in the picture."] == 0, "the commonest class"
    counts = [row for row in rows if row.kind == "count"]
    assert {row.label for row in counts} == {0, 1}
    assert not any(row.images == ("4.jpg",) for row in rows), "nothing is known of a picture without annotations"
    assert rows == datasets.read("coco", tmp_path / "instances.json", tmp_path), "drawn from a seed"


def test_crowds_are_not_counted(tmp_path: Path) -> None:
    data = _coco()
    data["annotations"][0]["iscrowd"] = 1
    (tmp_path / "instances.json").write_text(json.dumps(data))
    rows = datasets.read("coco", tmp_path / "instances.json", tmp_path)
    assert not [row for row in rows if row.kind == "count" and row.images == ("1.jpg",) and "person" in row.claim]
    assert not [row for row in rows if row.kind == "count" and row.images == ("1.jpg",) and "people" in row.claim]


@pytest.mark.parametrize("name", datasets.READERS)
@pytest.mark.parametrize("content", ["", "{}", "[]", "[1]", '{"a": 1}', "not json"])
def test_another_file_is_one_clear_error(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match=f"not a file of {name}|no rows"):
        datasets.read(name, tmp_path / "x.json", tmp_path)


def test_an_unknown_set_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sugarcrepe"):
        datasets.read("imagenet", tmp_path / "x.json", tmp_path)
