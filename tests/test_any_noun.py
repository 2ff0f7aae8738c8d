"""Any noun gets a box: an open-vocabulary detector is asked for the nouns of a claim when it is judged.

The detector knows the truth of drawn scenes, under nouns that the vocabulary does not have.
"""

from __future__ import annotations

import pickle

import pytest
import transformers

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.evidence.looks import asked_for
from llamaindex_clipverify.facts.memory import DiskMemory
from llamaindex_clipverify.index import EvidenceIndex
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, draw_scene

OTHER = {"cup": "goblet", "clock": "sundial", "car": "buggy", "dog": "okapi", "chair": "hammock", "book": "scroll"}
"""Nouns of drawn scenes to nouns of no list."""
SCENES = [
    scene for seed in range(40) if (scene := draw_scene(FRESH + seed)).nouns() and set(scene.nouns()) & set(OTHER)
]


class Truth:
    """Finds what is drawn, under the nouns of `OTHER`; counts how often it is asked."""

    labels = None

    def __init__(self) -> None:
        self.id = "truth"
        self.scenes = {Picture.of(scene.image).id: scene for scene in SCENES}
        self.asked: list[list[str]] = []

    def detect(self, pictures, labels=None):
        self.asked.append(list(labels or ()))
        return [self._found(self.scenes.get(picture.id), set(labels or ())) for picture in pictures]

    @staticmethod
    def _found(scene, labels):
        things = [(OTHER.get(one.noun, one.noun), one) for one in (scene.objects if scene else ())]
        found = [(name, one) for name, one in things if name in labels]
        return Detections(
            boxes=tuple(tuple(map(float, one.box)) for _, one in found),
            labels=tuple(name for name, _ in found),
            scores=tuple(0.9 for _ in found),
            maxima={name: 0.9 for name, _ in found},
        )


def test_the_nouns_are_of_no_list():
    assert not set(OTHER.values()) & set(english().plurals) and len(SCENES) > 10


def test_things_of_any_noun_are_found_and_missed_rightly():
    verifier = Verifier.from_defaults(detector=Truth())
    for scene in SCENES:
        there = {OTHER[noun] for noun in scene.nouns() if noun in OTHER}
        answer = " ".join(f"There is a {noun}." for noun in sorted(OTHER.values()))
        report = verifier.verify(answer, [scene.image])
        said = {claim.claim.noun: claim.verdict for claim in report.claims}
        assert said == {noun: "supported" if noun in there else "contradicted" for noun in OTHER.values()}


def test_colours_of_any_noun_are_judged_by_its_box():
    verifier = Verifier.from_defaults(detector=Truth())
    right = wrong = 0
    for scene in SCENES:
        for thing in scene.objects:
            if thing.noun in OTHER and thing.colour and scene.count(thing.noun) == 1:
                report = verifier.verify(f"The {OTHER[thing.noun]} is {thing.colour}.", [scene.image])
                right += report.verdict == "supported"
                wrong += report.verdict == "contradicted"
    assert right >= 8 and wrong <= right / 8, (right, wrong)


def test_every_box_of_a_noun_asked_for_later_has_its_colours_and_patterns():
    verifier = Verifier.from_defaults(detector=Truth())
    for scene in SCENES[:6]:
        verifier.verify("There is a goblet. There is a lorry.", [scene.image])
        [facts] = verifier.facts([scene.image])
        rows = len(facts.seen["objects"]["boxes"])
        assert len(facts.seen["colour"]["shares"]) == len(facts.seen["patterns"]["odds"]) == rows
        verdict = verifier.verify("The striped goblet is there.", [scene.image]).claims
        assert not any(piece.stance == "failed" for claim in verdict for piece in claim.evidence)


def test_positions_and_relations_of_any_noun_are_judged_by_boxes():
    verifier = Verifier.from_defaults(detector=Truth())
    verdicts = []
    for scene in SCENES:
        for one in scene.objects:
            left = [other for other in scene.objects if other.centre[0] - one.centre[0] > scene.image.width / 3]
            for other in left:
                if scene.count(one.noun) == scene.count(other.noun) == 1 and {one.noun, other.noun} & set(OTHER):
                    names = [OTHER.get(thing.noun, thing.noun) for thing in (one, other)]
                    report = verifier.verify(f"The {names[0]} is to the left of the {names[1]}.", [scene.image])
                    verdicts += [claim.verdict for claim in report.claims if claim.claim.kind == "relation"]
    assert len(verdicts) >= 5 and verdicts.count("supported") >= 0.8 * len(verdicts), verdicts


def test_a_noun_is_asked_for_once_and_all_nouns_of_an_answer_together():
    detector = Truth()
    verifier = Verifier.from_defaults(detector=detector)
    for _ in range(2):
        verifier.verify("There is a goblet. The goblet is left of the okapi.", [SCENES[0].image])
    assert detector.asked == [sorted(english().plurals), ["goblet", "okapi"]]
    assert verifier.facts([SCENES[0].image])[0].seen["objects"]["asked"].count("goblet") == 1


def test_answers_outlive_the_process_and_a_verifier_can_be_pickled(tmp_path):
    verifier = Verifier.from_defaults(detector=Truth(), memory=DiskMemory(tmp_path / "facts.sqlite3"))
    verifier.verify("There is a goblet.", [SCENES[0].image])
    detector = Truth()
    later = Verifier.from_defaults(detector=detector, memory=DiskMemory(tmp_path / "facts.sqlite3"))
    later.verify("There is a goblet.", [SCENES[0].image])
    assert detector.asked == []
    assert pickle.loads(pickle.dumps(verifier)).verify("There is a goblet.", [SCENES[0].image]).trust is not None


def test_pictures_of_an_index_are_opened_again_and_what_is_gone_stays_unasked(tmp_path):
    scene = next(one for one in SCENES if "cup" in one.nouns())
    file = tmp_path / "pictures" / "scene.png"
    file.parent.mkdir()
    scene.image.save(file)
    detector = Truth()
    detector.scenes[Picture.of(file).id] = scene
    index = EvidenceIndex.from_documents([file.parent], tmp_path / "store", "tiny", detector=detector)
    report = index.verifier.verify("There is a goblet.", [file])
    assert report.verdict == "supported"
    facts = index.verifier.facts([file])
    assert "goblet" in asked_for(facts[0])


def test_what_only_facts_stand_for_is_unverifiable_with_a_reason():
    verifier = Verifier.from_defaults(detector=Truth())
    facts = verifier.facts([SCENES[0].image])
    other = Verifier.from_defaults(detector=Truth())
    claim = other.splitter.split("There is a goblet.")[0]
    checked, trust = other.check(claim, facts)
    assert trust.value is None and "not at hand" in checked.note


@pytest.mark.parametrize("answer", ["It is sunny.", "컵이 있다."])
def test_claims_that_no_box_can_judge_ask_nothing(answer):
    detector = Truth()
    Verifier.from_defaults(detector=detector).verify(answer, [SCENES[0].image])
    assert len(detector.asked) == 1


def test_a_detector_that_fails_on_the_words_leaves_the_noun_unasked():
    class Failing(Truth):
        def detect(self, pictures, labels=None):
            if labels == ["goblet"]:
                raise RuntimeError("too many tokens")
            return super().detect(pictures, labels)

    report = Verifier.from_defaults(detector=Failing()).verify("There is a goblet.", [SCENES[0].image])
    assert report.claims[0].trust is None and "not asked" in report.claims[0].note


def owlv2(folder):
    """Save an OWLv2 with small random weights and the tokenizer of the bundled CLIP."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(tiny_folder() / "clip"))
    tokenizer.model_max_length = 16
    ids = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad")}
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.Owlv2Config(
        text_config={**small, **ids, "vocab_size": len(tokenizer) + 10, "max_position_embeddings": 16},
        vision_config={**small, "image_size": 64, "patch_size": 16}, projection_dim=32,
    )  # fmt: skip
    transformers.Owlv2ForObjectDetection(config).save_pretrained(folder)
    pixels = transformers.Owlv2ImageProcessor(size={"height": 64, "width": 64})
    transformers.Owlv2Processor(image_processor=pixels, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def test_a_real_open_vocabulary_architecture_is_asked_for_new_nouns(tmp_path):
    verifier = Verifier.from_defaults(detector=f"transformers:{owlv2(tmp_path / 'owlv2')}")
    report = verifier.verify("There is a goblet. The goblet is red.", [SCENES[0].image])
    (facts,) = verifier.facts([SCENES[0].image])
    seen = facts.seen["objects"]
    assert "goblet" in seen["asked"] and "goblet" in seen["maxima"]
    assert len(seen["boxes"]) == len(seen["labels"]) == len(facts.seen["colour"]["shares"])
    assert report.claims[0].trust is not None
