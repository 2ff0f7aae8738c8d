"""Mistakes that were found in other evaluators by reading or running them; none of them may be ours."""

from __future__ import annotations

import asyncio
import base64
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import BatchEvalRunner
from llama_index.core.schema import ImageNode, NodeWithScore
from PIL import Image

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import ClipVerifyError, ModelError, PictureError
from llamaindex_clipverify.llama_index import ClipVerifyEmbedding, ClipVerifyEvaluator
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.grounder import TransformersGrounder
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A scene without giraffe or zebra that the profile's gate admits."""
    tiny = Verifier.tiny()
    for seed in range(FRESH + 820_000, FRESH + 820_100):
        found = draw_scene(seed, objects=(2, 3))
        if (
            not {"giraffe", "zebra"} & set(found.nouns())
            and tiny.verify("There is a giraffe.", [found.image]).trust is not None
        ):
            return found
    raise AssertionError("no such scene")


def _response(text: str, *scenes: Scene) -> Response:
    return Response(text, [NodeWithScore(node=ImageNode(image=_encoded(one.image))) for one in scenes])


def _encoded(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize(
    "text", ["No. Yes, a giraffe.", "Yesterday's giraffe is there.", "YES: there is a giraffe in its eyes."]
)
def test_the_word_yes_passes_nothing(tiny: Verifier, scene: Scene, text: str) -> None:
    """LlamaIndex's judge passes whatever holds the letters *yes*."""
    assert ClipVerifyEvaluator(tiny).evaluate("What is there?", text, images=[scene.image]).passing is False


def test_pictures_reach_the_evaluator_through_responses_and_runners(tiny: Verifier, scene: Scene) -> None:
    """LlamaIndex hands texts alone to its multimodal evaluators."""
    evaluator = ClipVerifyEvaluator(tiny)
    right, wrong = f"There is {scene.nouns()[0]}.", "There is a giraffe."
    responses = [_response(text, scene) for text in (right, wrong)]
    runner = BatchEvalRunner({"clipverify": evaluator}, workers=2)
    found = asyncio.run(runner.aevaluate_responses(["?", "?"], responses))["clipverify"]
    assert [one.passing for one in found] == [True, False]
    assert all(one.report.pictures for one in found)


def test_waiting_for_a_verdict_does_not_stop_the_loop(tiny: Verifier, scene: Scene) -> None:
    """The asynchronous form of LlamaIndex's relevancy evaluator blocks."""
    slow = Verifier(tiny.checks, profile=tiny.profile, encoder=tiny.encoder, detector=tiny.detector, remember=0)

    async def beside() -> int:
        ticks = 0
        task = asyncio.ensure_future(ClipVerifyEvaluator(slow).aevaluate_response("?", _response("A giraffe.", scene)))
        while not task.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return ticks

    assert asyncio.run(beside()) > 3


def test_texts_are_embedded_together_normalised_and_at_any_length() -> None:
    """LlamaIndex's ClipEmbedding: one by one, with gradients, of any length but one, an error beyond 77 tokens."""
    embedding = ClipVerifyEmbedding("tiny")
    texts = ["a dog", "a red car and " * 60 + "a dog", "a cat"]
    vectors = np.array(embedding.get_text_embedding_batch(texts))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], embedding.get_text_embedding("a dog"), atol=1e-5)


def test_a_word_beyond_the_models_length_changes_nothing() -> None:
    """torchmetrics cuts the end token off with the rest: one word more, and the score falls from 27 to 17."""
    encoder = ClipEncoder(str(tiny_folder() / "clip"))
    long = " ".join(["a dog on a couch"] * 30)
    one, other = encoder.encode_texts([long, f"{long} zebra"])
    assert np.allclose(one, other, atol=1e-5)
    assert int(encoder.tokens([long])["input_ids"][0, -1]) == encoder.model.config.text_config.eos_token_id


def test_the_name_of_a_file_is_no_evidence(tiny: Verifier, scene: Scene, tmp_path: Path) -> None:
    """ragas sent paths to its judge as text, which then graded the name of the file."""
    path = tmp_path / "a giraffe beside a zebra.png"
    scene.image.save(path)
    report = tiny.verify("There is a giraffe.", [path])
    assert [one.verdict for one in report.claims] == ["contradicted"]


def test_a_missing_picture_is_an_error_and_no_context(tiny: Verifier, tmp_path: Path) -> None:
    """ragas makes the text "Context 1: /path/missing.png" of it."""
    with pytest.raises(PictureError, match=r"missing\.png"):
        tiny.verify("There is a dog.", [tmp_path / "missing.png"])
    result = ClipVerifyEvaluator(tiny).evaluate("?", "There is a dog.", image_paths=[str(tmp_path / "missing.png")])
    assert result.invalid_result and result.score is None


def test_what_no_picture_addresses_does_not_slip_through(tiny: Verifier, scene: Scene) -> None:
    """deepeval gives one verdict per context: a fact that none of them is about is never judged."""
    other = draw_scene(scene.seed + 1, objects=(1, 2))
    report = tiny.verify(f"There is {scene.nouns()[0]}. There is a giraffe.", [scene.image, other.image])
    assert len(report.claims) == 2
    assert report.claims[1].verdict != "supported"


def test_pictures_alone_are_context_enough(tiny: Verifier, scene: Scene) -> None:
    """mmeval-vrag calls every answer about pictures alone wholly hallucinated."""
    report = tiny.verify(f"There is {scene.nouns()[0]}.", [scene.image])
    assert report.trust is not None and report.trust > 0.5


def test_a_model_that_does_not_load_is_an_error_and_no_score(scene: Scene, tmp_path: Path) -> None:
    """mmeval-vrag swallows it and scores 0."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError):
        Verifier.from_defaults(encoder=str(tmp_path)).verify("There is a dog.", [scene.image])


def test_the_class_of_entailment_goes_by_its_name() -> None:
    """mmeval-vrag takes the third class, which is *neutral* for the model it names."""

    config = SimpleNamespace(id2label={0: "contradiction", 1: "entailment", 2: "neutral"})
    grounder = TransformersGrounder("x")
    grounder.__dict__["model"] = SimpleNamespace(config=config)
    assert grounder._entailment == 1


def test_an_invented_object_counts_however_many_are_right(tiny: Verifier, scene: Scene) -> None:
    """ALOHa's unmatched objects drop out of the minimum."""
    true = " ".join(f"There is {noun}." for noun in scene.nouns())
    right, wrong = (tiny.verify(text, [scene.image]) for text in (true, f"{true} There is a giraffe."))
    assert right.trust is not None and wrong.trust is not None and wrong.trust < 0.3 < right.trust
    assert wrong.object_agreement.hallucinated == ("giraffe",)
    assert wrong.object_agreement.score is not None and wrong.object_agreement.score < 1


def test_the_guarantee_holds_where_the_risk_is_not_monotone() -> None:
    """Conformal CLIPScore inverts one bound on a risk that rises and falls with the threshold, and overshoots."""
    random = np.random.default_rng(0)

    def wrong(trusts: np.ndarray) -> np.ndarray:
        return np.where(trusts > 0.95, 0.25, np.where(trusts > 0.7, 0.02, 0.5))  # the surest are not the best

    trusts = random.random(200_000)
    false = random.random(len(trusts)) < wrong(trusts)
    over = []
    for _ in range(300):
        held, order = (random.integers(0, len(trusts), 300) for _ in range(2))
        names = [str(place) for place in range(300)]
        claims = Holdout.of(trusts[held], (~false[held]).astype(int), names, trusts[order])
        least = Guarantee.of(claims, 0.1, 0.1, "").supported.threshold
        over.append(least is not None and false[trusts >= least].mean() > 0.1)
    assert np.mean(over) <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 300)


def test_every_error_is_ours_and_says_what_to_do(tiny: Verifier, scene: Scene) -> None:
    """Others raise what their libraries raise."""
    for answer, images in (("", [scene.image]), ("A dog.", []), ("A dog.", [b"no picture"])):
        with pytest.raises(ClipVerifyError):
            tiny.verify(answer, images)
