"""The scale of common nouns, and the profile of photographs that weighs encoder and detector with it."""

from __future__ import annotations

import numpy as np
import pytest
from outside import YOLO
from PIL import Image

from llamaindex_clipverify import EnglishSplitter, Verifier
from llamaindex_clipverify.claims.alternatives import alternatives
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.common_nouns import STANDING, common_phrases, standing
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, Profile, bundled
from llamaindex_clipverify.verification.build import best_profile, default_checks


class Scaled:
    """An encoder of which nouns are directions, and whose cosines have a level and a spread of their own."""

    def __init__(self, level: float = 0.2, spread: float = 0.02, name: str = "scaled") -> None:
        self.id, self.logit_scale, self.level, self.spread = name, 100.0, level, spread

    def encode_images(self, images):
        return np.tile(np.eye(1, 64, dtype=np.float32), (len(images), 1))

    def encode_texts(self, texts):
        cosines = [self.level + self.spread * (6 if "dog" in text else len(text) % 5 - 2) for text in texts]
        return np.array([[cosine, np.sqrt(1 - cosine**2), *[0] * 62] for cosine in cosines], np.float32)


def picture() -> Image.Image:
    return Image.new("RGB", (64, 48), "grey")


def test_the_nouns_are_many_and_named_once():
    assert len(common_phrases()) >= 200 and len(set(common_phrases())) == len(common_phrases())
    assert {"a dog", "an umbrella", "a traffic light"} <= set(common_phrases())
    assert any(phrase.removeprefix("a ") in english().plurals for phrase in common_phrases())


@pytest.mark.parametrize(("level", "spread"), [(0.2, 0.02), (-0.1, 0.005), (0.4, 0.05)])
def test_the_standing_does_not_depend_on_the_scale_of_the_encoder(level, spread):
    encoder = Scaled(level, spread)
    texts, vector = TextVectors(encoder), encoder.encode_images([picture()])[0]
    cosine = float(texts.of(["a dog"])[0] @ vector)
    usual = Scaled()
    seen = {PICTURE_FACTS: {"vector": vector}}
    usual_facts, facts = (Facts(picture="one", size=(9, 9), seen=seen) for _ in range(2))
    base = standing(TextVectors(usual), usual_facts, float(TextVectors(usual).of(["a dog"])[0] @ vector))
    assert standing(texts, facts, cosine) == pytest.approx(base, rel=1e-3) and base > 1


def test_an_encoder_without_profile_says_from_the_first_picture_what_is_there():
    report = Verifier.from_defaults(Scaled(), regions=0).verify("There is a dog. There is a fork.", [picture()])
    trusts = {claim.claim.noun: claim.trust for claim in report.claims}
    assert report.calibration == "transferred" and trusts["dog"] > 0.6 > trusts["fork"]
    assert any("common nouns" in note for note in report.notes)


def test_a_phrase_without_vector_says_nothing():
    class Missing(Scaled):
        def encode_texts(self, texts):
            rows = super().encode_texts(texts)
            rows[["zebra" in text for text in texts]] = 0
            return rows

    report = Verifier.from_defaults(Missing(), regions=0).verify("There is a zebra.", [picture()])
    assert report.claims[0].trust is None


@pytest.mark.parametrize(
    "name", ["openai/clip-vit-base-patch32", "clip-vit-base-patch32@0123456789ab", "clip-vit-base-patch32"]
)
def test_clip_b32_named_by_hub_id_or_folder_picks_the_profile_of_photographs(name):
    verifier = Verifier.from_defaults(Scaled(name=name), regions=0)
    assert verifier.profile.name == "photographs"
    report = verifier.verify("There is a dog.", [picture()])
    assert report.calibration == "calibrated" and report.claims[0].trust > 0.6


@pytest.mark.parametrize("name", ["openai/clip-vit-base-patch16", "my-clip-vit-base-patch32-tuned", "tiny-clip"])
def test_other_encoders_do_not_pick_it(name):
    assert Verifier.from_defaults(Scaled(name=name), regions=0).profile is None


def test_colours_of_that_encoder_stay_transferred_with_reference_pictures():
    verifier = Verifier.from_defaults(Scaled(name="openai/clip-vit-base-patch32"), regions=0)
    judge = verifier._judge
    assert judge.transferred_for("object") is None and judge.transferred_for("attribute") is not None


def test_the_profiles_say_what_they_are():
    common = Profile.load(COMMON_NOUNS)
    assert common.transferred and set(common.parts.values()) == {"*"}
    assert common.kinds["scene"].most == 0.9
    assert set(common.kinds["object"].features) == {f"similarity.{STANDING}"}
    assert COMMON_NOUNS not in {profile.name for profile in bundled()}
    photographs = Profile.load("photographs")
    assert set(photographs.single_model) == {"encoder", "detector"}
    assert all(model.ece < 0.06 for model in (photographs.kinds["object"], common.kinds["object"]))


def test_a_faint_confidence_supports_nothing():
    model = Profile.load("photographs").single_model["detector"]["object"]
    feature = model.features["objects.sighting"]
    assert feature.weight > 0
    assert model.calibrated(model.intercept + feature.weight * (np.log(0.03 / 0.97) - feature.mean), 1) < 0.7


class Placed(Scaled):
    """An encoder whose pictures are all of kitchens."""

    def encode_texts(self, texts):
        cosines = [self.level + self.spread * (4 if "kitchen" in text else len(text) % 5 - 2) for text in texts]
        return np.array([[cosine, np.sqrt(1 - cosine**2), *[0] * 62] for cosine in cosines], np.float32)


@pytest.mark.parametrize(("answer", "verdict"), [
    ("A man stands in a kitchen.", "supported"), ("A man stands in a forest.", None), ("It is a sunny day.", None),
    ("The photo was taken outdoors.", None),
])  # fmt: skip
def test_a_scene_is_compared_with_others_and_never_sure(answer, verdict):
    report = Verifier.from_defaults(Placed(), regions=0).verify(answer, [picture()])
    scene = next(claim for claim in report.claims if claim.claim.kind == "scene")
    assert scene.trust is None or 0.1 <= scene.trust <= 0.9
    if verdict:
        assert scene.verdict == verdict and 0.7 < scene.trust <= 0.9
        assert any("never measured" in note for note in report.notes)
    else:
        assert scene.verdict != "supported"


def test_scenes_that_share_a_word_are_no_alternatives():
    claim = next(one for one in EnglishSplitter().split("They wait in a train station.") if one.kind == "scene")
    values = {other.value for other in alternatives(claim)}
    assert "gas station" not in values and {"kitchen", "beach"} <= values and len(values) > 40


def test_the_bundled_models_judge_no_scenes():
    report = Verifier.tiny().verify("There is a clock in a kitchen.", [draw_scene(FRESH).image])
    scene = next(claim for claim in report.claims if claim.claim.kind == "scene")
    assert scene.trust is None and scene.note


@pytest.mark.parametrize(("name", "profile"), [
    ("yolov8n@0123456789ab", "photographs"), ("views-yolov8n@0123456789ab", "photographs_views"),
    ("yolov8n@0123456789ab+detr@0123", None), ("yolov8s@0123456789ab", None),
])  # fmt: skip
def test_a_detector_picks_its_own_profile_and_an_ensemble_that_of_none(name, profile):
    class Named:
        id, labels = name, ("dog",)

    found = best_profile(default_checks(None, Named(), None))
    assert (found and found.name) == profile


def test_views_of_a_yolo_are_one_detector_with_a_name():
    if not YOLO.is_file():
        pytest.skip(f"reads a file outside the repository that is not there: {YOLO}; set CLIPVERIFY_SHARED")
    verifier = Verifier.from_defaults(detector=f"views:{YOLO}")
    assert verifier.detector.id.startswith("views-yolov8n@") and verifier.profile.name == "photographs_views"


def test_several_things_stand_like_one():
    verifier = Verifier.from_defaults(Scaled(), regions=0)
    (facts,) = verifier.facts([picture()])
    one, some = (EnglishSplitter().split(text)[0] for text in ("There is a dog.", "There are dogs."))
    assert some.plural and some.phrase == "dogs"
    found = [next(e for e in verifier.evidence(claim, facts) if e.check == "similarity") for claim in (one, some)]
    assert found[0].features[STANDING] == found[1].features[STANDING]


def test_an_encoder_alone_contradicts_nothing():
    model = Profile.load("photographs").single_model["encoder"]["object"]
    feature = model.features[f"similarity.{STANDING}"]
    trusts = [model.calibrated(model.intercept + feature.weight * (x - feature.mean), 1) for x in (-9, -1, 1, 2, 4)]
    assert trusts == sorted(trusts) and len(set(trusts)) == 5 and 0.2 < trusts[0] < 0.3 and trusts[-1] > 0.9


SENTENCES = {"scene": "They wait in a kitchen.", "action": "A man is swimming.", "material": "The chair is made of wood.",
                "pattern": "The shirt is striped.", "state": "The door is open.",
                "wearing": "A woman is wearing a helmet."}  # fmt: skip


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_kind_with_alternatives_has_others_than_itself(kind):
    claim = next(one for one in EnglishSplitter().split(SENTENCES[kind]) if one.kind == kind)
    others = alternatives(claim)
    assert others and claim.phrase not in {other.phrase for other in others}
    assert len({other.phrase for other in others}) == len(others)
    assert all(other.kind == kind and other.noun in (claim.noun, other.value) for other in others)


def test_who_acts_decides_what_else_could_be_done():
    values = {}
    for text in ("A waiter is running.", "A pigeon is running.", "An airliner is turning.", "A lamp is glowing."):
        claim = next(one for one in EnglishSplitter().split(text) if one.kind == "action")
        values[text.split()[1]] = {other.value for other in alternatives(claim)}
    assert "read" in values["waiter"] and "read" not in values["pigeon"] and "park" in values["airliner"]
    assert "park" not in values["lamp"] and "float" in values["lamp"]


class Doing(Scaled):
    """An encoder whose pictures show people who swim."""

    def encode_texts(self, texts):
        cosines = [self.level + self.spread * (6 if "swimming" in text else len(text) % 5 - 2) for text in texts]
        return np.array([[cosine, np.sqrt(1 - cosine**2), *[0] * 62] for cosine in cosines], np.float32)


@pytest.mark.parametrize(
    ("answer", "verdict"), [("A man is swimming.", "supported"), ("A man is running.", "contradicted")]
)
def test_an_action_is_compared_with_others_and_never_sure(answer, verdict):
    report = Verifier.from_defaults(Doing(), regions=0).verify(answer, [picture()])
    action = next(claim for claim in report.claims if claim.claim.kind == "action")
    assert action.trust is not None and 0.1 <= action.trust <= 0.9
    assert action.verdict in (verdict, "unverifiable") and (verdict == "contradicted" or action.verdict == verdict)
    assert any("actions" in note and "never measured" in note for note in report.notes)
