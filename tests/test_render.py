"""Drawing: on a copy, scaled along, and readable without colour."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.drawing import Mark, data_uri, draw_boxes, draw_map, heat_layer, heat_stamp, shrunk


@pytest.fixture
def grey() -> Picture:
    return Picture.of(np.full((1000, 2000, 3), 128, np.uint8))


def _heat(values: np.ndarray, evidence: float = 1.0) -> HeatMap:
    return HeatMap(values=values.astype(np.float32), method="layercam", text="a dog", evidence=evidence, cosine=0.3)


def test_big_pictures_are_shrunk_and_small_ones_are_not(grey: Picture):
    assert shrunk(grey).size == (900, 450)
    assert shrunk(Picture.of(np.zeros((40, 30, 3), np.uint8))).size == (30, 40)


def test_boxes_are_scaled_along_and_the_picture_is_untouched(grey: Picture):
    drawn = np.asarray(draw_boxes(grey, [Mark((200, 200, 1000, 800), "dog 0.93", "contradicted")]))
    coloured = np.argwhere((drawn != 128).any(axis=2))
    assert abs(coloured[:, 1].min() - 90) <= 5
    assert abs(coloured[:, 1].max() - 450) <= 6
    assert abs(coloured[:, 0].max() - 360) <= 6
    assert (grey.array() == 128).all()


@pytest.mark.parametrize(
    "box", [(-50, -50, 5000, 5000), (1990, 990, 2500, 1500), (300, 300, 300, 300), (500, 400, 100, 50)]
)
def test_odd_boxes_are_drawn_inside(grey: Picture, box):
    assert (np.asarray(draw_boxes(grey, [Mark(box, "label")])) != 128).any()


def test_heat_is_brighter_and_denser_where_it_is_strong():
    layer = np.asarray(heat_layer(_heat(np.tile(np.linspace(0, 1, 64), (64, 1))), (64, 64))).astype(int)
    light = layer[32, :, :3].sum(axis=1)
    assert (np.diff(light) >= -6).all()
    assert light[-1] > light[0] + 300
    assert layer[32, -1, 3] > layer[32, 0, 3] + 100


def test_map_has_the_size_of_the_picture_and_bad_numbers_do_not_break_it(grey: Picture):
    values = np.full((10, 20), np.nan)
    values[5, 5] = 7.0
    assert draw_map(grey, _heat(values)).size == (900, 450)


def test_empty_map_is_a_grey_veil_with_words(grey: Picture):
    red = Picture.of(np.tile(np.array([255, 0, 0], np.uint8), (300, 400, 1)))
    drawn = np.asarray(draw_map(red, _heat(np.zeros((300, 400)), evidence=0.0))).astype(int)
    assert drawn[5, 5, 0] < 220
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 5  # letters


@pytest.mark.parametrize(("cells", "side"), [(7, 48), (70, 192)])
def test_a_stamp_is_as_small_as_the_map_is_smooth(cells: int, side: int):
    """Coarse maps become small stamps; stretched again, a stamp is the layer but for what nobody sees."""
    grid = np.random.default_rng(3).random((cells, cells)).astype(np.float32)
    values = np.asarray(Image.fromarray(grid).resize((480, 360), Image.Resampling.BICUBIC)).clip(0, 1)
    stamp = heat_stamp(_heat(values))
    assert max(stamp.size) == side and abs(stamp.width / stamp.height - 4 / 3) < 0.05
    stretched = np.asarray(stamp.convert("RGBA").resize((480, 360), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(stretched - np.asarray(heat_layer(_heat(values), (480, 360))).astype(int)).mean() < 12
    assert len(data_uri(stamp)) < (5_000 if side == 48 else 60_000)


def test_a_stamp_of_bad_numbers_is_a_stamp():
    assert heat_stamp(_heat(np.full((10, 20), np.nan))).size == (20, 10)


def test_data_uri_holds_the_image():
    for mode, kind in (("RGB", "jpeg"), ("RGBA", "png")):
        head, body = data_uri(Image.new(mode, (12, 8))).split(",")
        assert head == f"data:image/{kind};base64"
        assert Image.open(io.BytesIO(base64.b64decode(body))).size == (12, 8)
