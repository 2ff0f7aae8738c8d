"""Several models voting: cosines are means, boxes are fused, mirrors are turned back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.geometry import overlap
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.ensemble import EnsembleDetector, EnsembleEncoder, MirroredDetector, fuse
from llamaindex_clipverify.models.protocols import Detector, Encoder
from llamaindex_clipverify.models.registry import load_detector, load_encoder, tiny_folder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene


class Told:
    """A detector that sees what it is told."""

    def __init__(self, name: str, labels: tuple[str, ...] | None, seen: Detections) -> None:
        self.id, self.labels, self.seen = name, labels, seen

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        return [self.seen for _ in pictures]


PICTURE = Picture.of(Image.new("RGB", (100, 80)))
ONE = Told("one", ("cat", "dog"), Detections(boxes=((0, 0, 10, 10), (50, 50, 60, 60)), labels=("cat", "dog"), scores=(0.9, 0.4),
           maxima={"cat": 0.9, "dog": 0.4}))  # fmt: skip
TWO = Told("two", ("cat",), Detections(boxes=((0, 0, 10, 12),), labels=("cat",), scores=(0.5,), maxima={"cat": 0.5}))


def test_detectors_vote_among_those_that_know_the_class() -> None:
    both = EnsembleDetector([ONE, TWO])
    assert isinstance(both, Detector)
    assert (both.id, both.labels) == ("one+two", ("cat", "dog"))
    (found,) = both.detect([PICTURE])
    assert found.labels == ("cat", "dog")
    assert found.scores == pytest.approx((0.7, 0.4)), "the dog counts whole: the other detector has no dogs"
    assert found.maxima == pytest.approx({"cat": 0.7, "dog": 0.4})
    assert found.boxes[0] == pytest.approx((0, 0, 10, (0.9 * 10 + 0.5 * 12) / 1.4))


def test_what_one_of_three_sees_has_a_third_of_its_confidence() -> None:
    nothing = Told("none", ("cat", "dog"), Detections(boxes=(), labels=(), scores=()))
    (found,) = EnsembleDetector([ONE, nothing, nothing]).detect([PICTURE])
    assert dict(zip(found.labels, found.scores, strict=True)) == pytest.approx({"cat": 0.3, "dog": 0.4 / 3})
    assert found.maxima["cat"] == pytest.approx(0.3)


def test_two_things_side_by_side_stay_two() -> None:
    pair = Detections(boxes=((0, 0, 10, 10), (1, 0, 11, 10)), labels=("cat", "cat"), scores=(0.9, 0.8))
    assert len(fuse([pair], "cat", 1)) == 2, "boxes of one detector are never fused with each other"
    assert len(fuse([pair, pair], "cat", 2)) == 2
    assert overlap(np.array([0, 0, 2, 2]), np.array([1, 0, 3, 2])) == pytest.approx(1 / 3)
    assert overlap(np.array([0, 0, 1, 1]), np.array([2, 2, 3, 3])) == 0


def test_a_mirror_is_turned_back() -> None:
    class Left:
        id, labels = "left", ("cat",)

        def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
            found = []
            for picture in pictures:
                rows, columns = np.nonzero(np.asarray(picture.image.convert("L")) > 128)
                box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
                found.append(Detections(boxes=(box,), labels=("cat",), scores=(1.0,), maxima={"cat": 1.0}))
            return found

    picture = Image.new("RGB", (100, 80))
    picture.paste((255, 255, 255), (10, 20, 30, 40))
    assert MirroredDetector(Left()).detect([Picture.of(picture)])[0].boxes == ((10.0, 20.0, 30.0, 40.0),)
    assert MirroredDetector(Left()).id == "left-mirrored"


def test_the_cosine_of_an_ensemble_is_the_mean() -> None:
    tiny = load_encoder("tiny")

    class Turned:
        id, logit_scale = "turned", 10.0

        def encode_images(self, images: Sequence[Any]) -> Any:
            return tiny.encode_images([ImageOps.mirror(image) for image in images])

        def encode_texts(self, texts: Sequence[str]) -> Any:
            return tiny.encode_texts([text.upper() for text in texts])

    both = EnsembleEncoder([tiny, Turned()])
    assert isinstance(both, Encoder)
    scenes = [draw_scene(FRESH + place).image for place in range(3)]
    texts = ["a cat", "a red bus"]
    images, words = both.encode_images(scenes), both.encode_texts(texts)
    assert np.linalg.norm(images, axis=1) == pytest.approx(1, abs=1e-5)
    members = [one.encode_images(scenes) @ one.encode_texts(texts).T for one in both.encoders]
    assert images @ words.T == pytest.approx(np.mean(members, axis=0), abs=1e-5)
    assert both.logit_scale == pytest.approx((tiny.logit_scale + 10) / 2)


def test_one_argument_names_several() -> None:
    verifier = Verifier.from_defaults(["tiny", str(tiny_folder() / "clip")], ["tiny", str(tiny_folder() / "yolo")])
    assert isinstance(verifier.encoder, EnsembleEncoder)
    assert isinstance(verifier.detector, EnsembleDetector)
    scene = draw_scene(FRESH + 77)
    report = verifier.verify(f"There is a {scene.nouns()[0]}.", [scene.image])
    assert "+" in report.models["objects"] and report.object_agreement.hallucinated == ()
    assert report.trust is not None and report.trust > 0.5


def test_views_look_at_three_scales_and_in_the_mirror() -> None:
    plain = load_detector(str(tiny_folder() / "yolo"))
    views = load_detector(f"views:{tiny_folder() / 'yolo'}")
    assert isinstance(views, EnsembleDetector)
    assert len(views.detectors) == 6
    assert len({detector.id for detector in views.detectors}) == 6, "each way of looking has its own id"
    assert plain is not None and views.id == f"views-{plain.id}"
    scene = draw_scene(FRESH + 77)
    picture = Picture.of(scene.image)
    assert plain is not None
    seen = {label for label, score in zip(*_first(views.detect([picture])), strict=True) if score > 0.5}
    assert seen == {label for label, score in zip(*_first(plain.detect([picture])), strict=True) if score > 0.5}
    with pytest.raises(ModelError, match="YOLO files"):
        load_detector("views:none")


def _first(found: list[Detections]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    return found[0].labels, found[0].scores


def test_an_ensemble_has_members() -> None:
    for make in (EnsembleDetector, EnsembleEncoder):
        with pytest.raises(DataError, match="members"):
            make([])
