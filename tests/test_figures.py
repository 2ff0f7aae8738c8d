"""Figures: each returns its axis, opens no window, draws into no picture of the caller, and says what it shows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.explainers import load_explainer, load_method
from llamaindex_clipverify.explainers.eigengradcam import principal
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.explainers.trial import curves
from llamaindex_clipverify.explainers.words import word_map
from llamaindex_clipverify.models.registry import load_encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report import figures
from llamaindex_clipverify.testing import FRESH, draw_scene


@pytest.fixture(scope="module")
def explainer():
    return load_explainer(load_encoder("tiny"))


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture.of(draw_scene(FRESH).image)


def test_figures_of_maps_are_axes_and_leave_the_picture_alone(explainer, picture, tmp_path: Path):
    before = picture.image.tobytes()
    maps = [explainer.explain(picture, ["a cup"], method)[0] for method in ("attention", "layercam", "dropping")]
    grid = figures.method_grid(picture, maps, [(10, 10, 60, 60)])
    layers = figures.layer_panels(picture, explainer.layer_by_layer(picture, "a cup"))
    look = explainer.look(picture)
    components, _ = principal(look, explainer.targets(["a cup"])[0].direction, 3)
    parts = figures.component_panels(picture, components)
    for axes, number in ((grid, 4), (layers, 6), (parts, 4)):
        assert len(axes) == number and all(isinstance(ax, Axes) for ax in axes)
        figures.save(axes, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert picture.image.tobytes() == before
    assert "matplotlib.pyplot" not in sys.modules or sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_a_map_without_evidence_says_so_in_its_title(picture):
    values = np.ones((picture.size[1], picture.size[0]), np.float32)
    ax = figures.overlay(
        picture,
        HeatMap(values=values, method="layercam", text="a yak", evidence=0.4, cosine=0.1, doubt="fits “a cow” better"),
    )
    assert ax.get_title() == "layercam: a yak\nno evidence"


def test_words_curves_and_matrices(explainer, picture):
    encoder = explainer.encoder
    words = word_map(encoder, encoder.encode_images([picture.image])[0], "a cup beside a train")
    ax = figures.word_bars(words)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "cup", "beside", "a", "train"]
    assert "train" in ax.get_title()
    target = explainer.targets(["a cup"], [["a dog"]])[0]
    look = explainer.look(picture)
    axis = figures.faithfulness(
        curves(look, target, load_method("attention").grid(look, target.direction)), label="attention"
    )
    assert [line.get_label().split()[1] for line in axis.lines] == ["insertion", "deletion"]
    matrix = figures.similarity(np.array([[0.1, 0.9]]), ["one"], ["two", "three"])
    assert [text.get_text() for text in matrix.texts] == ["0.10", "0.90"]


def test_reliability_shows_its_error_and_wants_as_many_labels():
    rng = np.random.default_rng(0)
    trusts = rng.random(2000)
    labels = rng.random(2000) < trusts
    own = Figure().subplots()
    ax = figures.reliability(trusts, labels, own)
    assert ax is own and ax.get_title().startswith("2000 claims · ECE 0.0")
    drawn = ax.lines[1].get_xydata()
    assert np.abs(drawn[:, 0] - drawn[:, 1]).max() < 0.12
    with pytest.raises(DataError, match="one label for each trust"):
        figures.reliability([0.5], [])


def test_an_unknown_suffix_and_no_maps_are_clear_errors(picture, tmp_path: Path):
    ax = figures.similarity(np.eye(2), ["a", "b"], ["a", "b"])
    with pytest.raises(DataError, match="cannot write such a file"):
        figures.save(ax, tmp_path / "figure.xyz")
    with pytest.raises(DataError, match="no map to draw"):
        figures.method_grid(picture, [])
