"""The whole flow with the bundled models on drawn scenes, and its honesty where they know nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify import Answer, Picture, Policy, Report, Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.errors import ClipVerifyError, DataError, ModelError, PictureError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.trust.fusion import Weighable, fuse

PHOTO = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
"""Noise: as unlike a drawn scene as a photograph, and always at hand."""


def statements(scene: Scene) -> tuple[str, str]:
    """Return one sentence that is true of a scene and one that is not."""
    there = scene.nouns()[0]
    absent = next(noun for noun in ("zebra", "pizza", "toilet", "kite") if noun not in scene.nouns())
    return f"There is a {there} in the picture.", f"There is a {absent} in the picture."


def test_true_is_trusted_more_than_false(tiny: Verifier) -> None:
    scenes = [draw_scene(FRESH + 300 + place) for place in range(20)]
    pairs = [tuple(tiny.verify(text, [scene.image]).trust for text in statements(scene)) for scene in scenes]
    judged = [(true, false) for true, false in pairs if true is not None and false is not None]
    assert len(judged) >= 18, "the gate refuses one in a hundred drawn scenes"
    assert sum(true > false for true, false in judged) >= len(judged) - 1


def test_a_report_has_the_contracts_form(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify("A yellow cup. There is no dog. It costs $5.", [scene.image], question="What?")
    data = json.loads(report.to_json())
    assert (
        data["schema"] == 2
        and data["question"] == "What?"
        and data["calibration"] == "calibrated"
        and data["profile"] == "tiny"
    )
    assert [claim["kind"] for claim in data["claims"]] == ["attribute", "object", "text"]
    assert data["claims"][1]["negated"] is True
    assert data["claims"][2]["trust"] is None and data["claims"][2]["verdict"] == "unverifiable"
    assert data["coverage"] == pytest.approx(4 / 6, abs=1e-3), "four of six words: 'costs' was not read, $5 not checked"
    first = data["claims"][0]["evidence"][0]
    assert set(first) == {"check", "stance", "score", "reason", "picture", "region", "others"}
    assert data["pictures"][0]["width"] == scene.image.width
    assert set(data["timings_ms"]) == {"observe", "judge", "total"}
    again = Report.from_dict(data)
    assert again.trust == pytest.approx(data["trust"], abs=1e-3) and [one.claim.text for one in again.claims] == [
        one["text"] for one in data["claims"]
    ]


def test_a_verdict_is_decided_again_without_looking(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify(statements(scene)[0], [scene.image])
    assert report.at(Policy(supported=1.0, contradicted=1.0)).verdict == "contradicted"
    assert report.at(Policy(supported=0.0, contradicted=0.0)).verdict == "supported"


def test_any_of_several_pictures_supports(tiny: Verifier) -> None:
    first, second = draw_scene(FRESH + 301), draw_scene(FRESH + 302)
    text = statements(second)[0]
    alone, both = tiny.verify(text, [second.image]), tiny.verify(text, [first.image, second.image])
    assert both.verdict == alone.verdict == "supported"
    assert both.claims[0].picture == Picture.of(second.image).id


def _admitted(tiny: Verifier, scene: Scene) -> bool:
    """Whether the gate takes a drawn scene for one: of a hundred it refuses one."""
    assert tiny.profile is not None and tiny.profile.gate is not None
    return tiny.profile.gate.admits(tiny.facts([scene.image])[0])


def test_a_citing_sentence_is_judged_on_its_picture(tiny: Verifier) -> None:
    cast = [(draw_scene(FRESH + place), draw_scene(FRESH + place + 50)) for place in range(400, 450)]
    first, second = next(
        pair
        for pair in cast
        if not set(pair[0].nouns()) & set(pair[1].nouns()) and all(map(_admitted, [tiny] * 2, pair))
    )
    noun = second.nouns()[0]
    report = tiny.verify(f"Image 2 shows a {noun}. Image 1 shows a {noun}.", [first.image, second.image])
    assert report.claims[0].trust > report.claims[1].trust  # type: ignore[operator]


def test_pictures_unlike_the_drawn_world_are_unverifiable_and_the_report_says_what_to_do(tiny: Verifier) -> None:
    report = tiny.verify("There is a dog. The car is red.", [PHOTO])
    assert report.trust is None and report.coverage == 0 and report.verdict == "unverifiable"
    assert {claim.note for claim in report.claims} == {"no model in use knows such pictures"}
    assert "for photographs use real models: --encoder" in str(report)
    assert report.object_agreement.seen == ()


def test_words_outside_the_drawn_world_are_unverifiable(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify("There is a penguin. There is a refrigerator.", [scene.image])
    assert [claim.trust for claim in report.claims] == [None, None]
    assert "penguin" in report.claims[0].note or "penguin" in str(report.claims[0].reasons)


def test_an_answer_in_another_language_is_unverifiable_with_that_reason(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify("赤い車があります。", [scene.image])
    assert report.language == "ja" and report.trust is None
    assert report.notes[0] == "nothing was checked: the answer is in 'ja'; the splitter reads 'en', 'ko'"
    english = Verifier.tiny(splitter=EnglishSplitter()).verify("빨간 자동차가 있습니다.", [scene.image])
    assert english.trust is None
    assert english.notes[0] == "nothing was checked: the answer is in 'ko'; the splitter reads 'en'"


@pytest.mark.parametrize(
    ("korean", "english"),
    [("노란 컵이 있습니다.", "There is a yellow cup."), ("얼룩말 한 마리가 있다.", "There is one zebra."), ("개가 없다.", "There is no dog."),
     ("컵은 빨간색이 아니다.", "The cup is not red."), ("시계가 컵 위쪽에 있다.", "The clock is above the cup.")],
)  # fmt: skip
def test_a_korean_claim_is_verified_as_its_english_one(tiny: Verifier, scene: Scene, korean: str, english: str) -> None:
    one, other = (tiny.verify(text, [scene.image]) for text in (korean, english))
    assert one.language == "ko"
    assert one.claims[-1].claim.phrase in {claim.claim.phrase for claim in other.claims}
    same = {claim.claim.phrase: claim.trust for claim in other.claims}
    for claim in one.claims:
        assert claim.trust is not None and claim.trust == pytest.approx(same[claim.claim.phrase], abs=1e-6)


def test_a_korean_word_that_no_model_reads_is_unverifiable(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify("블로플이 있다.", [scene.image])
    assert report.claims[0].trust is None and report.claims[0].note == "no model in use knows “블로플”"


def test_a_wider_noun_is_verified_by_the_kind_that_is_seen(tiny: Verifier, scene: Scene) -> None:
    animal, vehicle, none = tiny.verify(
        "There is an animal. There is a vehicle. There is no animal.", [scene.image]
    ).claims
    assert animal.verdict == "supported" and "zebra" in str(animal.reasons)
    assert vehicle.trust is None and "there may be others" in str(vehicle.evidence)
    assert none.verdict == "contradicted"


def test_a_person_refutes_no_claim_about_men() -> None:
    claim = EnglishSplitter().split("There is no man.")[0]
    assert claim.negated and claim.narrow == "man"
    seen = [[Evidence(check="objects", stance="supports", score=0.9, belief=0.97)]]
    assert fuse(claim, seen, None, [Weighable()]).value is None
    assert fuse(
        claim, [[Evidence(check="objects", stance="contradicts", score=0.001, belief=0.001**0.3)]], None, [Weighable()]
    ).value == pytest.approx(1 - 0.001**0.3)


def test_a_failed_check_is_shown_and_never_averaged(scene: Scene) -> None:
    class Broken:
        name, version, needs, model = "broken", 1, (), ""

        def observe(self, pictures: list[Picture], known: list[Facts]) -> list[dict[str, object]]:
            return [{} for _ in pictures]

        def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
            raise ZeroDivisionError("no")

    whole = Verifier.tiny()
    with_broken = Verifier.from_defaults("tiny", "tiny", profile="tiny", checks=[Broken()])
    text = statements(scene)[0]
    one, two = whole.verify(text, [scene.image]), with_broken.verify(text, [scene.image])
    assert one.trust == two.trust
    failed = [evidence for evidence in two.claims[0].evidence if evidence.stance == "failed"]
    assert failed[0].reason == "ZeroDivisionError: no"


def test_a_model_that_cannot_be_loaded_is_an_error_and_no_finding(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    verifier = Verifier.from_defaults(detector=str(tmp_path / "broken.pt"))
    with pytest.raises(ModelError, match="the detector cannot be loaded"):
        verifier.verify("There is a dog.", [scene.image])


def test_a_batch_goes_on_past_a_bad_picture_and_equals_single_answers(
    tiny: Verifier, scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    bad, good = Picture.of(tmp_path / "bad.jpg"), Picture.of(scene.image)
    text = statements(scene)[0]
    results = tiny.verify_batch([Answer.on_pictures(text, images) for images in ((bad,), (good,), (good, bad))])
    assert isinstance(results[0], PictureError) and isinstance(results[2], ClipVerifyError)
    assert isinstance(results[1], Report)
    assert results[1].trust == pytest.approx(tiny.verify(text, [scene.image]).trust, abs=1e-5)


def test_a_picture_is_looked_at_once(scene: Scene) -> None:
    verifier = Verifier.from_defaults(detector="tiny")
    looked: list[int] = []
    objects = verifier.checks[1]
    detect = objects.detector.detect  # type: ignore[attr-defined]
    objects.detector.detect = lambda pictures, labels=None: looked.append(len(pictures)) or detect(pictures, labels)  # type: ignore[attr-defined]
    for _ in range(3):
        verifier.verify("There is a cup.", [scene.image, scene.image])
    assert looked == [1]


def test_the_detector_alone_will_do(scene: Scene) -> None:
    report = Verifier.from_defaults(detector="tiny").verify(statements(scene)[0], [scene.image])
    assert report.calibration == "calibrated" and report.verdict == "supported"


def test_the_encoder_alone_will_do(scene: Scene) -> None:
    report = Verifier.from_defaults(encoder="tiny").verify(statements(scene)[0], [scene.image])
    assert report.calibration == "calibrated" and report.trust is not None
    assert report.object_agreement.score is None


def test_no_model_is_chosen_silently() -> None:
    with pytest.raises(DataError, match="no model named"):
        Verifier.from_defaults()


def test_empty_answers_and_no_pictures_are_refused(tiny: Verifier, scene: Scene) -> None:
    with pytest.raises(DataError, match="the answer is empty"):
        tiny.verify("  ", [scene.image])
    with pytest.raises(DataError, match="needs a picture"):
        tiny.verify("A dog.", [])


def test_async_gives_the_same(tiny: Verifier, scene: Scene) -> None:
    text = statements(scene)[1]
    assert asyncio.run(tiny.averify(text, [scene.image])).trust == tiny.verify(text, [scene.image]).trust


def test_threads_share_a_verifier(tiny: Verifier) -> None:
    from concurrent.futures import ThreadPoolExecutor

    scenes = [draw_scene(FRESH + 330 + place) for place in range(6)]
    alone = [tiny.verify(statements(scene)[0], [scene.image]).trust for scene in scenes]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda scene: Verifier.verify(tiny, statements(scene)[0], [scene.image]).trust, scenes)
        )
    assert together == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("method", ["layercam", "gradcam", "gradcam++", "eigengradcam"])
def test_heat_maps_depend_on_the_text(tiny: Verifier, method: str) -> None:
    scene = draw_scene(FRESH + 303)
    first, second = tiny.heat_maps([f"a {scene.nouns()[0]}", "a zebra"], scene.image, method)
    assert first.values.shape == (scene.image.height, scene.image.width)
    assert first.method == method and first.values.min() >= 0 and first.values.max() <= 1
    assert not np.array_equal(first.values, second.values)


def test_explaining_adds_maps_and_leaves_the_model_as_it_was(tiny: Verifier, scene: Scene) -> None:
    report = tiny.verify(" ".join(statements(scene)) + " It is lovely.", [scene.image])
    explained = tiny.explain(report)
    assert [one.claim for one in explained.maps] == [0, 1] and report.maps == ()
    assert explained.to_dict()["maps"][0]["method"] == "attention"
    assert tiny.verify(report.answer, [scene.image]).trust == report.trust
    model = tiny.encoder.model  # type: ignore[union-attr]
    assert all(parameter.grad is None for parameter in model.parameters())


def test_an_unknown_heat_map_method_is_one_clear_error(tiny: Verifier, scene: Scene) -> None:
    with pytest.raises(DataError, match="no such heat-map method"):
        tiny.heat_maps(["a dog"], scene.image, "magic")


def test_inputs_are_left_alone(tiny: Verifier, scene: Scene) -> None:
    before = np.array(scene.image)
    image = Image.fromarray(before)
    tiny.explain(tiny.verify(statements(scene)[0], [image]))
    assert np.array_equal(before, np.array(image))
