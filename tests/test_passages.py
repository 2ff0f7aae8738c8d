"""Passages retrieved beside the pictures: they may support what no picture can show, and contradict nothing."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import ImageNode, NodeWithScore, TextNode
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from llamaindex_clipverify import Policy, Verifier
from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.evidence.passages import SharedWords, grounded
from llamaindex_clipverify.llama_index import ClipVerifyEvaluator
from llamaindex_clipverify.llama_index.response import verify_response
from llamaindex_clipverify.models.registry import load_grounder
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene

BRIDGE = "The old bridge crosses the river Aare. It was built in 1932 by Italian masons, and it has four arches."
OPINION = "Visitors do not like the museum."


@pytest.fixture(scope="module")
def scene() -> Scene:
    return draw_scene(FRESH + 7)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("The bridge was built in 1932.", True),
        ("Italian masons built the old bridge.", True),
        ("The bridge has four arches.", True),
        ("The bridge was built in 1923.", False),
        ("The bridge was not built in 1932.", False),
        ("The bridge was built by Spanish masons.", False),
        ("The bridge crosses the river Rhine.", False),
        ("The tower was painted last year.", False),
        ("It is.", False),
    ],
)
def test_a_passage_says_it_when_words_numbers_names_and_denials_agree(statement: str, said: bool) -> None:
    found = grounded(statement, ["Nothing of the kind.", BRIDGE], SharedWords())
    assert (found is not None) is said
    if found is not None:
        assert found.stance == "supports"
        assert found.score is not None and 0.8 <= found.score <= 0.9
        assert found.reason.startswith("passage 2 says so: “The old bridge")


def test_a_denial_supports_a_denial_alone() -> None:
    assert grounded("Visitors do not like the museum.", [OPINION], SharedWords())
    assert grounded("Visitors like the museum.", [OPINION], SharedWords()) is None


def test_what_no_picture_shows_is_supported_by_a_passage(tiny: Verifier, scene: Scene) -> None:
    noun = scene.nouns()[0]
    answer = f"There is a {noun}. Paris is the capital of France."
    without = tiny.verify(answer, [scene.image])
    beside = tiny.verify(answer, [scene.image], passages=["Paris has been the capital of France for long."])
    assert [one.verdict for one in without.claims if one.claim.kind == "other"] == ["unverifiable"]
    (stated,) = [one for one in beside.claims if one.claim.start > answer.index("Paris") - 1]
    assert stated.verdict == "supported"
    assert [one.check for one in stated.evidence if one.is_decisive] == ["passages"]
    assert stated.evidence[-1].picture is None
    assert beside.claims[0] == without.claims[0], "what the picture shows is the picture's alone"
    assert beside.coverage > without.coverage
    assert beside.calibration == "partly_calibrated"


def test_passages_do_not_overrule_pictures(tiny: Verifier, scene: Scene) -> None:
    absent = next(noun for noun in ("giraffe", "zebra", "toilet") if noun not in scene.nouns())
    report = tiny.verify(f"There is a {absent}.", [scene.image], passages=[f"There is a {absent} in the picture."])
    assert report.claims[0].verdict == "contradicted"


def test_passages_alone_can_be_given(tiny: Verifier) -> None:
    report = tiny.verify("The bridge was built in 1932. There is a dog.", [], passages=[BRIDGE])
    assert [one.verdict for one in report.claims] == ["supported", "unverifiable"]
    with pytest.raises(DataError, match="needs a picture"):
        tiny.verify("There is a dog.", [])


def test_no_guarantee_covers_passages(scene: Scene) -> None:
    verifier = Verifier.tiny(policy=Policy(alpha=0.1))
    report = verifier.verify("Zurich lies beside a lake.", [scene.image], passages=["Zurich lies beside a lake."])
    assert (report.claims[0].verdict, report.claims[0].note) == ("unverifiable", "no guarantee covers passages")


def test_text_nodes_are_passages_and_captions_are_not(tiny: Verifier, scene: Scene) -> None:
    nodes = [
        NodeWithScore(node=ImageNode(image=_encoded(scene), text="The bridge was built in 1932.")),
        NodeWithScore(node=TextNode(text=BRIDGE)),
        NodeWithScore(node=TextNode(text=BRIDGE)),
    ]
    assert Answer.from_nodes("", nodes).passages == (BRIDGE,)
    response = Response("The bridge was built in 1932.", nodes)
    assert verify_response(tiny, response).claims[0].verdict == "supported"
    assert verify_response(tiny, Response(str(response), nodes[:1])).claims[0].verdict == "unverifiable"
    evaluator = ClipVerifyEvaluator(tiny)
    assert evaluator.evaluate_response("When?", response).passing
    assert evaluator.evaluate("When?", str(response), [BRIDGE]).passing


def _encoded(scene: Scene) -> str:
    stream = io.BytesIO()
    scene.image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


# -- a model of entailment --------------------------------------------------------------------------------------------


def _checkpoint(folder: Path, labels: Sequence[str]) -> str:
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *sorted(set(BRIDGE.lower().replace(".", " ").replace(",", " ").split())),
    ]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=32
    )
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=32, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return f"transformers:{folder}"


@pytest.mark.parametrize("labels", [("contradiction", "neutral", "entailment"), ("consistent",)])
def test_a_model_of_entailment_gives_probabilities(tmp_path: Path, labels: Sequence[str]) -> None:
    grounder = load_grounder(_checkpoint(tmp_path, labels))
    pairs = [("bridge built in 1932", BRIDGE), ("four arches", BRIDGE * 20)] * 10
    support = grounder.support(pairs)
    assert support.shape == (20,) and support.dtype == np.float32
    assert ((support > 0) & (support < 1)).all()
    assert np.allclose(support[::2], support[0], atol=1e-6), "the batch does not matter"
    assert grounder.id.startswith(f"{tmp_path.name}@")


def test_a_plugged_in_grounder_is_asked(tiny: Verifier, scene: Scene) -> None:
    class Sure:
        id = "sure"

        def support(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
            return np.array([0.97 if "1932" in statement else 0.1 for statement, _ in pairs], np.float32)

    verifier = Verifier(tiny.checks, profile=tiny.profile, grounder=Sure())
    report = verifier.verify("It went up in 1932. Painters love it.", [scene.image], passages=[BRIDGE])
    assert report.claims[0].trust == pytest.approx(0.97)
    assert report.claims[-1].trust is None


def test_bad_grounders_are_one_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such grounder; got nli; give transformers"):
        load_grounder("nli")
    with pytest.raises(ModelError, match="cannot be read"):
        load_grounder(f"transformers:{tmp_path / 'nothing'}").support([("a", "b")])
    with pytest.raises(ModelError, match="no class of entailment"):
        load_grounder(_checkpoint(tmp_path, ("bad", "good"))).support([("a", "b")])
