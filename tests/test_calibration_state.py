"""The state of calibration of a claim and of a report: calibrated, partly calibrated, uncalibrated."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from llamaindex_clipverify import Picture, Report, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import Profile


class _Foreign:
    """A detector that no profile knows: it sees a banana in everything."""

    id = "foreign@1"
    labels = ("banana",)

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        return [Detections(boxes=((5.0, 5.0, 60.0, 60.0),), labels=("banana",), scores=(0.9,)) for _ in pictures]


@pytest.fixture(scope="module")
def mixed() -> Verifier:
    """The bundled encoder with its profile, and a foreign detector."""
    return Verifier.from_defaults(encoder="tiny", detector=_Foreign(), profile=Profile.load("tiny"))


def test_models_that_a_profile_fits_only_in_part_are_partly_calibrated(mixed: Verifier) -> None:
    scene = draw_scene(FRESH)
    noun = scene.nouns()[0]
    report = mixed.verify(f"There is a {noun}. There is a banana.", [scene.image])
    weighed, direct = report.claims
    assert (weighed.calibration, direct.calibration) == ("calibrated", "uncalibrated")
    assert report.calibration == "partly_calibrated"
    assert "partly calibrated" in str(report) and "partly calibrated · tiny" in report.to_markdown()
    alone = mixed.verify(f"There is a {noun}.", [scene.image])
    assert alone.claims[0].calibration == "calibrated" and alone.calibration == "partly_calibrated"
    assert any("cannot weigh" in note for note in alone.notes)


def test_the_states_survive_json_and_stand_in_the_table(mixed: Verifier) -> None:
    scene = draw_scene(FRESH)
    report = mixed.verify(f"There is a {scene.nouns()[0]}. There is a banana. It costs nine euros.", [scene.image])
    read = Report.from_dict(json.loads(report.to_json()))
    assert read.calibration == "partly_calibrated"
    assert [one.calibration for one in read.claims][:2] == ["calibrated", "uncalibrated"]
    assert list(report.to_pandas()["calibration"])[:2] == ["calibrated", "uncalibrated"]
    assert report.to_dict()["claims"][-1]["calibration"] is None
    damaged = report.to_dict() | {"calibration": "surely"}
    with pytest.raises(DataError, match="damaged"):
        Report.from_dict(damaged)


def test_a_profile_that_fits_all_models_is_calibrated() -> None:
    scene = draw_scene(FRESH)
    report = Verifier.tiny().verify(f"There is a {scene.nouns()[0]}.", [scene.image])
    assert report.calibration == report.claims[0].calibration == "calibrated"
