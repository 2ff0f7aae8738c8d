"""Maps of YOLO's detections: on drawn scenes by the bundled detector, on photographs by a published one where it is at hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from outside import PHOTOS, YOLO, require

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.explainers.detections import detection_maps
from llamaindex_clipverify.models.registry import load_detector
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene


def _inside(heat, box) -> float:
    left, top, right, bottom = (int(round(edge)) for edge in box)
    return float(heat.values[top:bottom, left:right].sum() / heat.values.sum())


def test_maps_lie_in_the_boxes_of_their_detections_and_detecting_stays_as_it_was():
    detector, shares, areas = load_detector("tiny"), [], []
    for seed in range(6):
        picture = Picture.of(draw_scene(FRESH + seed, objects=(2, 4)).image)
        before = detector.detect([picture])[0]
        seen, maps = detection_maps(detector, picture)
        assert detector.detect([picture])[0] == before
        assert len(maps) == len(seen.boxes) == sum(score >= 0.25 for score in before.scores)
        for box, label, score, heat in zip(seen.boxes, seen.labels, seen.scores, maps, strict=True):
            assert heat.values.shape == picture.size[::-1] and (heat.text, heat.cosine) == (label, score)
            shares.append(_inside(heat, box))
            areas.append((box[2] - box[0]) * (box[3] - box[1]) / heat.values.size)
    assert len(shares) > 8 and np.mean(shares) > 4 * np.mean(areas)


def test_only_the_labels_asked_for():
    detector, scene = load_detector("tiny"), draw_scene(FRESH + 1, objects=(3, 4))
    seen, maps = detection_maps(detector, Picture.of(scene.image), labels=scene.nouns()[:1])
    assert set(seen.labels) <= set(scene.nouns()[:1]) and len(maps) == len(seen.labels)
    with pytest.raises(DataError, match="not a class of the detector"):
        detection_maps(detector, Picture.of(scene.image), labels=["unicorn"])
    assert detection_maps(detector, Picture.of(scene.image), least=1.1) == (
        type(seen)(boxes=(), labels=(), scores=()),
        [],
    )


def test_other_detectors_say_that_they_have_no_maps():
    with pytest.raises(ModelError, match="no maps for this detector"):
        detection_maps(object(), Picture.of(draw_scene(FRESH).image))


def test_a_published_yolo_on_a_photograph_that_is_not_square():
    weights, photos = YOLO, PHOTOS
    require(weights, photos)
    rows = [json.loads(line) for line in (photos / "photos.jsonl").read_text().splitlines()]
    wide = next(row for row in rows if row.get("boxes") and row["width"] > 1.3 * row["height"])
    seen, maps = detection_maps(load_detector(str(weights)), Picture.of(photos / "images" / wide["file_name"]), 0.5)
    assert maps and np.mean([_inside(heat, box) for box, heat in zip(seen.boxes, maps, strict=True)]) > 0.6
