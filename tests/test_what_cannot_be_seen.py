"""Pictures that cannot show what is asked: without colours, too small or too long, with pages that nobody looked at."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from outside import PHOTOS
from PIL import Image, ImageDraw, ImageOps
from test_evidence import LEFT, RIGHT, claim_of, facts_of

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evidence.colour import Colour, tone
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.trust.fusion import Weighable, fuse


def lively(seed: int = 0, side: int = 240) -> Image.Image:
    """Return a picture of many lightnesses and colours: soft blots, as unlike a flat drawing as a photograph is."""
    blots = np.random.default_rng(seed).uniform(0, 255, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(blots).resize((side, side), Image.Resampling.BICUBIC)


def toned(image: Image.Image, dark: tuple[int, int, int], middle: tuple[int, int, int], bright: tuple[int, int, int]):
    return ImageOps.colorize(image.convert("L"), dark, bright, mid=middle)


def as_jpeg(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return Image.open(buffer).convert("RGB")


SEPIA = ((20, 10, 0), (140, 105, 70), (255, 240, 200))
BLUEPRINT = ((0, 10, 40), (40, 100, 150), (230, 245, 255))


@pytest.mark.parametrize("seed", range(8))
def test_pictures_without_colours_are_noticed(seed: int) -> None:
    image = lively(seed)
    assert tone(image) == ""
    assert tone(as_jpeg(image.convert("L").convert("RGB"))) == "black and white"
    for tints in (SEPIA, BLUEPRINT):
        assert tone(as_jpeg(toned(image, *tints))) == "shades of one hue"


def test_drawn_scenes_have_colours() -> None:
    assert all(tone(draw_scene(FRESH + 500 + place).image) == "" for place in range(40))


@pytest.mark.skipif(not (PHOTOS / "images").is_dir(), reason=f"no photographs at {PHOTOS}; set CLIPVERIFY_PHOTOS")
def test_few_photographs_are_without_colours_and_their_toned_copies_are() -> None:
    photos = [Image.open(path).convert("RGB") for path in sorted((PHOTOS / "images").glob("*.jpg"))]
    assert sum(bool(tone(photo)) for photo in photos) <= 0.08 * len(photos)
    assert all(tone(as_jpeg(photo.convert("L").convert("RGB"))) == "black and white" for photo in photos)
    assert np.mean([tone(as_jpeg(toned(photo, *SEPIA))) != "" for photo in photos]) >= 0.95


def test_colours_are_not_judged_in_black_and_white() -> None:
    image = lively()
    ImageDraw.Draw(image).rectangle(LEFT, fill="red")
    grey = image.convert("L").convert("RGB")
    _, coloured = facts_of(("dog", 0.9, LEFT), image=image)
    objects, plain = facts_of(("dog", 0.9, LEFT), image=grey)
    claim, count = claim_of("The dog is red."), claim_of("There are two red dogs.")
    seen, blind = Colour().judge(claim, coloured), Colour().judge(claim, plain)
    assert seen and seen.stance == "supports"
    assert blind and blind.stance == "silent" and blind.is_blind and "black and white" in blind.reason
    counted = objects.judge(count, plain)
    assert counted and counted.stance == "silent" and counted.is_blind
    dogs = objects.judge(claim_of("There are two dogs."), plain)
    assert dogs and dogs.stance == "contradicts", "their number is seen"


def test_no_other_check_decides_what_a_picture_cannot_show() -> None:
    claim = claim_of("The dog is red.")
    there = Evidence(check="objects", stance="silent", belief=0.97, is_condition=True)
    red = Evidence(check="colour", stance="supports", belief=0.9)
    blue = replace(red, stance="contradicts", belief=0.1)
    blind = silent("colour", "black and white", is_blind=True)
    nothing = Weighable()
    assert fuse(claim, [[there, blind]], None, [nothing]).value is None
    shown = fuse(claim, [[there, blind], [there, red]], None, [nothing] * 2)
    assert shown.value == pytest.approx(0.873) and shown.picture == 1
    assert fuse(claim, [[there, blind], [there, blue]], None, [nothing] * 2).value is None, "the first may show it"


def test_a_drawn_scene_in_grey_decides_no_colour(tiny: Verifier, scene: Scene) -> None:
    grey = scene.image.convert("L").convert("RGB")
    report = tiny.verify("There is a yellow cup. There is a red cup.", [grey])
    assert [claim.trust for claim in report.claims] == [None, None]


@pytest.mark.parametrize("size", [(640, 4000), (4000, 300), (1, 1), (20, 300)])
def test_nothing_is_absent_from_a_page_or_a_dot(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "grey")
    objects, facts = facts_of(image=image)
    for text in ("There is a dog.", "There are two dogs.", "There is a red car.", "There is no bus."):
        found = objects.judge(claim_of(text), facts)
        assert found and found.stance == "silent" and found.belief is None and not found.features
    objects, facts = facts_of(("dog", 0.9, LEFT), ("dog", 0.9, RIGHT), image=image)
    seen = objects.judge(claim_of("There is a dog."), facts)
    assert seen and seen.stance == "supports", "what is seen is there"


def test_pages_that_were_not_looked_at_are_named(tiny: Verifier, tmp_path: Path) -> None:
    images = [draw_scene(FRESH + 510 + place).image for place in range(3)]
    path = tmp_path / "pages.tiff"
    images[0].save(path, save_all=True, append_images=images[1:])
    [note] = [note for note in tiny.verify("There is a dog.", [path]).notes if "looked at" in note]
    assert note == "only the first of a file of 3 frames or pages was looked at"
    assert not [note for note in tiny.verify("There is a dog.", [images[0]]).notes if "looked at" in note]
