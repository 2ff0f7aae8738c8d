"""The deepeval metric in deepeval's own environment: ``make test-deepeval``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from deepeval import assert_test
from deepeval.test_case import LLMTestCase, MLLMImage

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.integrations.deepeval import ClipVerifyMetric
from llamaindex_clipverify.testing import FRESH, draw_scene

TRUE, FALSE = "There is a zebra in the picture.", "There is a zebra. There is a pizza in the picture."
"""Of the scene: a cup, a clock and a zebra."""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier.tiny()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> MLLMImage:
    path = tmp_path_factory.mktemp("deepeval") / "scene.png"
    draw_scene(FRESH).image.save(path)
    return MLLMImage(url=str(path))


def case(said: str, picture: MLLMImage | None, passage: str = "a passage") -> LLMTestCase:
    context = [passage] if picture is None else [f"{picture}", passage]
    return LLMTestCase(input="What is there?", actual_output=said, retrieval_context=context)


@pytest.mark.parametrize("run_async", [False, True], ids=["sync", "async"])
def test_a_true_answer_passes_and_a_false_one_names_its_claim(
    verifier: Verifier, picture: MLLMImage, run_async: bool
) -> None:
    metric = ClipVerifyMetric(verifier)
    assert_test(case(TRUE, picture), [metric], run_async=run_async)
    with pytest.raises(AssertionError, match="ClipVerify"):
        assert_test(case(FALSE, picture), [ClipVerifyMetric(verifier)], run_async=run_async)
    score = asyncio.run(metric.a_measure(case(FALSE, picture)))
    assert score == metric.score < 0.1 and not metric.is_successful()
    assert metric.reason and "“pizza” is not supported" in metric.reason
    assert metric.score_breakdown["pizza"] < 0.1 < 0.9 < metric.score_breakdown["zebra"]
    assert metric.report is not None and metric.report.question == "What is there?"


def test_pictures_of_the_question_count_and_those_of_the_answer_do_not(verifier: Verifier, picture: MLLMImage) -> None:
    metric = ClipVerifyMetric(verifier)
    assert metric.measure(LLMTestCase(input=f"What is in {picture}?", actual_output=TRUE)) > 0.5
    metric.measure(LLMTestCase(input="What is there?", actual_output=f"{TRUE} {picture}"))
    assert not metric.is_successful() and str(metric.reason).startswith("not verified: ")


def test_a_picture_that_cannot_be_read_is_a_gap(verifier: Verifier, picture: MLLMImage) -> None:
    metric = ClipVerifyMetric(verifier)
    metric.measure(case(TRUE, picture, f"{MLLMImage(url='http://127.0.0.1:9/a.png')}"))
    assert metric.report is not None and len(metric.report.gaps) == 1 and metric.score > 0.5
    assert not metric.is_successful() and "Not looked at: URLs are not opened" in str(metric.reason)
    metric.measure(case("", picture))
    assert metric.reason == "not verified: the answer is empty"


def test_strictly_one_doubt_fails(verifier: Verifier, picture: MLLMImage) -> None:
    metric = ClipVerifyMetric(verifier, strict_mode=True)
    assert metric.measure(case(TRUE, picture)) == 1.0 and metric.is_successful()
    assert metric.measure(case(FALSE, picture)) == 0.0 and not metric.is_successful()


@pytest.mark.parametrize("allowed", [False, True])
def test_what_cannot_be_checked(verifier: Verifier, picture: MLLMImage, allowed: bool) -> None:
    metric = ClipVerifyMetric(verifier, allow_unverified=allowed)
    for one in (case("It is lovely.", picture), case(TRUE, MLLMImage(url="http://127.0.0.1:9/a.png"))):
        assert metric.measure(one) == 0.0 and metric.is_successful() is allowed
        assert str(metric.reason).startswith("not verified: ")


def test_the_picture_is_read_from_its_bytes(verifier: Verifier, tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    draw_scene(FRESH).image.save(path)
    image = MLLMImage(url=str(path))
    path.unlink()
    assert ClipVerifyMetric(verifier).measure(case(TRUE, image)) > 0.5
