"""Reference pictures: the scale that they give to an encoder's word, and the trust transferred to an encoder without a profile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.checks_by_model import TRANSFERABLE
from llamaindex_clipverify.evidence.reference import Reference, rank
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.trust.fusion import features_of, standings_of
from llamaindex_clipverify.trust.metrics import auroc
from llamaindex_clipverify.trust.profile import TRANSFERRED, Profile, bundled


@pytest.fixture(scope="module")
def references() -> list[Picture]:
    return [Picture.of(draw_scene(FRESH + 800_000 + place).image) for place in range(24)]


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(FRESH + 810_000 + place) for place in range(16)]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder that no profile knows: the bundled one, its weights changed by so little that it sees as well."""
    folder = tmp_path_factory.mktemp("encoders") / "stranger"
    shutil.copytree(tiny_folder() / "clip", folder)
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: np.asarray(value * 1.001, value.dtype) for name, value in weights.items()}, folder / "model.safetensors"
    )
    return str(folder)


def _first(vectors: np.ndarray) -> dict[str, np.ndarray]:
    return {"margin": vectors[:, 0]}


def test_a_standing_is_in_robust_deviations_from_what_is_usual() -> None:
    wholes = np.arange(21, dtype=np.float32)[:, None]
    reference = Reference(wholes, [wholes[:0]] * 21)
    assert len(reference) == 21
    for away in (2.0, -3.0):
        value = 10 + away * 1.4826 * 5
        found = reference.standings("contrast", "a dog", {"margin": value}, _first)
        assert found["margin_standing"] == pytest.approx(np.sign(away) * np.log1p(abs(away))), "median 10, deviation 5"
        assert found["margin_share"] == pytest.approx((value - 10) / (19 - 10)), "the best twentieth begins at 19"
    assert reference.standings("regions", "a dog", {"margin": 1.0}, _first, per_region=True) == {}, (
        "no picture has regions"
    )


def test_the_best_region_of_each_picture_counts() -> None:
    regions = [np.array([[0.0], [float(place)]], np.float32) for place in range(21)]
    reference = Reference(np.zeros((21, 1), np.float32), regions)
    assert reference.standings("regions", "a dog", {"margin": 10.0}, _first, per_region=True)[
        "margin_standing"
    ] == pytest.approx(0.0)


def test_what_is_usual_is_found_once_for_each_phrase() -> None:
    calls = []
    reference = Reference(np.arange(21.0)[:, None], [])
    for phrase in ("a dog", "a dog", "a cat"):
        reference.standings("contrast", phrase, {"margin": 0.0}, lambda vectors: calls.append(1) or _first(vectors))
    assert len(calls) == 2


def test_rank_is_the_share_of_foils_below() -> None:
    assert rank(0.5, np.array([0.1, 0.6, 0.2, 0.5])) == 0.5


def test_too_few_reference_pictures_are_refused(stranger: str, references: list[Picture]) -> None:
    with pytest.raises(DataError, match="a reference needs 20 pictures; got 3"):
        Verifier.from_defaults(encoder=stranger, reference=references[:3])
    with pytest.raises(DataError, match="for an encoder"):
        Verifier.from_defaults(detector="tiny", reference=references)


def test_an_encoder_without_a_profile_is_trusted_by_transferred_weights(
    stranger: str, references: list[Picture], scenes: list[Scene]
) -> None:
    alone, beside = (Verifier.from_defaults(encoder=stranger, reference=some) for some in ((), references))
    rows = [(row, scene) for scene in scenes for row in scene.claims(0) if row["kind"] == "object"]
    for verifier, scale in ((alone, "common nouns"), (beside, "reference pictures")):
        trusts, labels = [], []
        for row, scene in rows:
            report = verifier.verify(str(row["claim"]), [scene.image])
            assert report.calibration == "transferred"
            assert any("transferred" in note and scale in note for note in report.notes)
            trusts.append(report.trust)
            labels.append(row["label"])
        assert auroc(np.array(trusts, float), np.array(labels, float)) > 0.9


def test_the_encoder_of_a_profile_does_not_borrow(
    tiny: Verifier, references: list[Picture], scenes: list[Scene]
) -> None:
    beside = tiny.with_reference(tiny.facts(references))
    for scene in scenes[:4]:
        answer = " ".join(str(row["claim"]) for row in scene.claims(0))
        one, other = (verifier.verify(answer, [scene.image]) for verifier in (tiny, beside))
        assert [claim.trust for claim in one.claims] == [claim.trust for claim in other.claims]
        assert other.calibration == one.calibration
    blank = beside.verify("There is a dog.", [Picture.of(np.zeros((300, 300, 3), np.uint8))])
    assert blank.trust is None, "out of its domain it is silent, whatever the reference"


def test_a_foreign_detector_is_heard_first(stranger: str, references: list[Picture], scenes: list[Scene]) -> None:
    noun = scenes[0].nouns()[0]
    verifier = Verifier.from_defaults(encoder=stranger, detector=_Sure(noun), reference=references)
    report = verifier.verify(f"There is a {noun}.", [scenes[0].image])
    assert (report.calibration, report.trust) == ("uncalibrated", 1.0)
    other = next(name for name in ("giraffe", "zebra") if name not in scenes[0].nouns())
    assert verifier.verify(f"There is a {other}.", [scenes[0].image]).calibration == "transferred"


class _Sure:
    """A detector with one class, which it always sees."""

    id = "sure"

    def __init__(self, noun: str) -> None:
        self.labels = (noun,)

    def detect(self, pictures: list[Picture], labels: object = None) -> list[object]:
        from llamaindex_clipverify.models.detections import Detections

        return [
            Detections(boxes=((5.0, 5.0, 90.0, 90.0),), labels=self.labels, scores=(1.0,), maxima={self.labels[0]: 1.0})
            for _ in pictures
        ]


def test_own_profiles_and_the_transferred_one_share_no_number(tiny: Verifier, references: list[Picture]) -> None:
    beside = tiny.with_reference(tiny.facts(references))
    (claim,) = tiny.splitter.split("There is a dog.")
    evidence = beside.evidence(claim, beside.facts(references[:1])[0])
    own, shared = features_of(evidence), standings_of(evidence)
    assert not set(own) & set(shared)
    assert set(shared) <= set(TRANSFERABLE)
    assert set(TRANSFERABLE) - {"regions.agreement", "alternatives.standing"} <= set(shared)
    used = {name for model in Profile.load(TRANSFERRED).kinds.values() for name in model.features}
    assert used <= set(TRANSFERABLE)
    assert TRANSFERRED not in [profile.name for profile in bundled()], "it is nobody's own"


def test_a_reference_needs_what_the_encoder_saw() -> None:
    with pytest.raises(DataError, match="got 0"):
        Reference.of([Facts(picture="x", size=(1, 1))] * 30)


def test_the_profile_says_what_it_is() -> None:
    profile = Profile.load(TRANSFERRED)
    assert profile.transferred and profile.gate is None and profile.holdout is None
    assert "encoders" in profile.data
    text = json.dumps(dict(profile.parts))
    assert set(json.loads(text).values()) == {"*"}


def test_an_index_is_the_reference_of_its_own_encoder(stranger: str, references: list[Picture], tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(references, tmp_path, stranger)
    report = index.verifier.verify("There is a dog.", [references[0]])
    assert report.calibration == "transferred" and "reference pictures" in " ".join(report.notes)
    few = EvidenceIndex.from_documents(references[:5], tmp_path / "few", stranger)
    notes = few.verifier.verify("There is a dog.", [references[0]]).notes
    assert "common nouns" in " ".join(notes), "five pictures are no scale"
