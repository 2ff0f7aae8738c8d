"""What a new user meets first: clear errors for models, short values at a prompt, models on a device, the version."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest
from test_evidence import LEFT, Given

from llamaindex_clipverify import EnglishSplitter, Verifier
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.placing import place
from llamaindex_clipverify.models.registry import load_detector, load_llava
from llamaindex_clipverify.testing import FRESH, draw_scene


class Plain(Given):
    """A detector of a user who knows nothing of maxima."""

    def detect(self, pictures, labels=None):
        boxes, names, scores = (tuple(row[part] for row in self.seen) for part in (2, 0, 1))
        return [Detections(boxes=boxes, labels=names, scores=scores) for _ in pictures]


def test_the_highest_confidences_are_those_of_the_boxes_where_they_are_not_given() -> None:
    report = Verifier.from_defaults(detector=Plain(("dog", 0.9, LEFT))).verify(
        "There is a dog.", [draw_scene(FRESH).image]
    )
    assert report.verdict == "supported" and "confidence 0.90" in report.claims[0].reasons[0]
    both = Detections(boxes=(LEFT,), labels=("dog",), scores=(0.9,), maxima={"cat": 0.1, "dog": 0.4})
    assert both.maxima == {"cat": 0.1, "dog": 0.9}


@pytest.mark.parametrize(("labels", "scores", "said"), [
    (("dog", "cat"), (0.9,), "belong together"), (("dog",), (0.9, 0.2), "belong together"), (("dog",), (90.0,), "0 and 1"),
    (("dog",), (float("nan"),), "0 and 1"),
])  # fmt: skip
def test_a_detector_whose_output_does_not_fit_is_an_error(labels, scores, said) -> None:
    with pytest.raises(ModelError, match=said):
        Detections(boxes=(LEFT,), labels=labels, scores=scores)


@pytest.mark.parametrize("checks", ["tiny", [object()], ["tiny", "tiny"]])
def test_a_verifier_of_something_else_than_checks_names_the_way(checks) -> None:
    with pytest.raises(DataError, match=r"takes checks.*from_defaults"):
        Verifier(checks)


def test_models_are_put_on_a_device_by_name(own_weights: None) -> None:
    verifier = Verifier.from_defaults("tiny", "tiny", device="cpu", dtype="bfloat16")
    assert (verifier.encoder.device, verifier.encoder.dtype, verifier.detector.device) == ("cpu", "bfloat16", "cpu")
    assert verifier.verify("There is a dog.", [draw_scene(FRESH).image]).trust is not None
    several = load_detector("tiny,tiny")
    place(several, "cpu")
    assert {member.device for member in several.detectors} == {"cpu"}
    with pytest.raises(ModelError, match="no such precision"):
        Verifier.from_defaults("tiny", dtype="float12")
    with pytest.raises(ModelError, match="takes no device"):
        place(object(), "cpu")


def test_values_are_short_at_a_prompt() -> None:
    verifier = Verifier.tiny()
    report = verifier.verify("There is a dog and no red car.", [draw_scene(FRESH).image])
    for value in (report, *report.claims, *report.claims[0].evidence, report.claims[0].claim, verifier):
        assert len(repr(value)) < 420 and "object at 0x" not in repr(value)
    assert "tiny" in repr(verifier) and "clip@" in repr(verifier)
    claim = EnglishSplitter().split("There is no red car.")[0]
    assert repr(claim).startswith(
        "Claim('no red car', kind='attribute', negated=True, noun='car'"
    ) and "None" not in repr(claim)


def test_engines_share_the_weights_of_one_local_model() -> None:
    first = load_llava("tiny")
    assert load_llava("tiny") is first and load_llava("tiny", device="cpu") is not first


def test_the_version_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llamaindex_clipverify", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"clipverify {version('llamaindex-clipverify')}\n"), done.stderr
