"""Generators of training and of benchmarks: a seed is a scene, boxes and truth hold, and they share no code but the art."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.testing import FRESH, NOUNS
from llamaindex_clipverify.testing.lively import ACTIONS, PLACES
from llamaindex_clipverify.testing.truth import truth_of

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from training.worlds import GENERATORS, TRAINED_STYLES, UNSEEN, UNSEEN_STYLE  # noqa: E402
from training.worlds.art import Thing, thing  # noqa: E402
from training.worlds.sheet import Sheet  # noqa: E402

OWN = ("board", "collage", "photo", "album")
BOTH = {**GENERATORS, **UNSEEN}
SCENES = {name: [BOTH[name](FRESH + seed, ("noto", "twemoji")[seed % 2]) for seed in range(25)] for name in OWN}


def solid(noun, width, height, action=None):
    image = Image.new("RGBA", (width, height), (200, 30, 30, 255))
    return Thing(image=image, noun=noun, colour="red", action=action, pattern="plain", state=None)


@pytest.mark.parametrize("name", OWN)
def test_a_seed_is_a_scene(name):
    first, second = (BOTH[name](FRESH + 3, "noto") for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert (first.objects, first.place, first.unclaimed) == (second.objects, second.place, second.unclaimed)
    assert BOTH[name](FRESH + 4, "noto").image.tobytes() != first.image.tobytes()


@pytest.mark.parametrize("name", OWN)
def test_scenes_differ_and_boxes_are_inside(name):
    scenes = SCENES[name]
    assert len({scene.image.size for scene in scenes}) > 10
    assert len({scene.background for scene in scenes}) > 5 or name == "photo"
    assert {bool(scene.place) for scene in scenes} == {True, False}
    assert {scene.style for scene in scenes} == {"noto", "twemoji"}
    for scene in scenes:
        assert scene.image.mode == "RGB"
        assert 128 <= min(scene.image.size) <= max(scene.image.size) <= 1024
        assert 1 <= len(scene.objects) <= 10
        assert scene.place in ("", *PLACES)
        for one in scene.objects:
            x0, y0, x1, y1 = one.box
            assert 0 <= x0 < x1 <= scene.image.width
            assert 0 <= y0 < y1 <= scene.image.height


@pytest.mark.parametrize("name", OWN)
def test_every_claim_is_labelled_as_it_is_true(name):
    splitter, checked = EnglishSplitter(), 0
    for scene in SCENES[name]:
        for row in scene.claims(scene.seed):
            kind = "object" if row["kind"] == "negation" else row["kind"]
            found = [claim for claim in splitter.split(row["claim"]) if claim.kind == kind]
            truths = {truth_of(claim, [scene]) for claim in found} - {None}
            assert truths <= {bool(row["label"])}, (row, scene.objects)
            checked += len(truths)
    assert checked > 150


@pytest.mark.parametrize("name", OWN)
def test_a_thing_that_shows_another_leaves_that_unclaimed(name):
    scenes = [scene for scene in SCENES[name] if any(one.action for one in scene.objects)]
    assert len(scenes) > 2
    for scene in scenes:
        shown = {ACTIONS[one.action].shows for one in scene.objects if one.action in ACTIONS} - {None}
        assert shown <= set(scene.unclaimed)
        assert set(scene.unclaimed) <= set(NOUNS)


def test_a_thing_mostly_hidden_is_not_claimed_and_one_all_hidden_is_denied():
    sheet = Sheet(Image.new("RGB", (100, 100)))
    for noun, width in (("dog", 40), ("cat", 40), ("cup", 40)):
        sheet.paste(solid(noun, width, 40), solid(noun, width, 40).image, {"dog": 0, "cat": 50, "cup": 0}[noun], 0)
    cover = solid("bed", 24, 40)
    sheet.paste(cover, cover.image, 66, 0)
    scene = sheet.scene(style="noto", seed=0, background="none")
    assert [one.noun for one in scene.objects] == [
        "cup",
        "bed",
    ]  # the cup hides all of the dog, the bed half of the cat
    assert scene.unclaimed == ("cat",)
    assert sheet.would_hide(cover.image, 0, 0) == pytest.approx(0.4)
    assert sheet.share_free(cover.image, 88, 50) == pytest.approx(0.5)


def test_the_box_is_of_the_visible_part_and_scales_with_the_picture():
    sheet = Sheet(Image.new("RGB", (100, 80)))
    car = solid("car", 40, 20)
    sheet.paste(car, car.image, 70, -5)
    small = sheet.image.resize((50, 40))
    whole = sheet.scene(style="noto", seed=0, background="none")
    half = sheet.scene(style="noto", seed=0, background="none", image=small)
    assert whole.objects[0].box == (70, 0, 100, 15)
    assert half.objects[0].box == (35, 0, 50, 8)
    assert half.image.size == (50, 40)


def test_a_thing_says_what_it_looks_like():
    rng = np.random.default_rng(0)
    cup = thing(rng, "noto", "backpack", colour="blue", pattern="striped")
    assert (cup.colour, cup.pattern, cup.action) == ("blue", "striped", None)
    assert {thing(rng, "noto", "book").state for _ in range(20)} == {"open", "closed"}
    assert thing(rng, "noto", "dog", pattern="striped").pattern is None


def test_generators_share_no_code():
    """A generator imports the art, the sheet and the package alone: no other generator and no module of their own making."""
    shared = {"training.worlds.art", "training.worlds.sheet"}
    for name in OWN:
        tree = ast.parse((ROOT / "training" / "worlds" / f"{name}.py").read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        assert {module for module in imported if module.startswith("training")} == shared
        testing = {module for module in imported if module.startswith("llamaindex_clipverify")}
        assert not any(module.rpartition(".")[2] in ("backgrounds", "places", "scenes", "themes") for module in testing)


def test_the_unseen_generator_and_style_are_in_no_training():
    assert set(UNSEEN) == {"album"}
    assert not set(UNSEEN) & set(GENERATORS)
    assert UNSEEN_STYLE not in TRAINED_STYLES
    for path in (ROOT / "training").glob("*.py"):
        if path.name not in ("evaluate.py", "iconify.py", "icon_pieces.py"):
            text = path.read_text()
            assert "album" not in text, path
            assert "UNSEEN" not in text, path
            assert UNSEEN_STYLE not in text, path
