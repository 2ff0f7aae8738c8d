"""Real photographs, where they are at hand: name their folder by CLIPVERIFY_PHOTOS and a YOLOv8n by CLIPVERIFY_YOLO."""

from __future__ import annotations

import pytest
from outside import PHOTOS, YOLO

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evaluation.evaluation import Evaluation, evaluate, read_rows
from llamaindex_clipverify.models.registry import tiny_folder

needs_photos = pytest.mark.skipif(
    not (PHOTOS / "object_claims.jsonl").is_file(), reason=f"no photographs at {PHOTOS}; set CLIPVERIFY_PHOTOS"
)
needs_yolo = pytest.mark.skipif(not YOLO.is_file(), reason=f"no YOLOv8n at {YOLO}; set CLIPVERIFY_YOLO")


@needs_photos
def test_the_tiny_models_say_nothing_of_photographs(tiny: Verifier) -> None:
    done = evaluate(tiny, read_rows(PHOTOS / "object_claims.jsonl"), bootstrap=0)
    assert len(done.rows) == 228
    assert sum(one.trust is not None for one in done.rows) <= 0.04 * len(done.rows)
    report = tiny.verify("There is a dog.", [done.rows[0].row.paths[0]])
    assert "for photographs use real models" in str(report)


@pytest.fixture(scope="module")
def mixed() -> Evaluation:
    verifier = Verifier.from_defaults(encoder=str(tiny_folder() / "clip"), detector=str(YOLO), regions=4)
    return evaluate(verifier, read_rows(PHOTOS / "object_claims.jsonl"), bootstrap=200)


@needs_photos
@needs_yolo
def test_an_encoder_out_of_its_domain_does_no_harm(mixed: Evaluation) -> None:
    figures = mixed.figures["overall"]
    assert figures["coverage"] == 1.0
    assert figures["auroc"] > 0.95
    assert figures["baselines"]["detector"]["trust_minus_this_interval"][1] >= 0


@needs_photos
@needs_yolo
def test_colours_are_seen_on_photographs_without_an_encoder() -> None:
    done = evaluate(Verifier.from_defaults(detector=str(YOLO)), read_rows(PHOTOS / "caption_claims.jsonl"), bootstrap=0)
    assert done.figures["kinds"]["attribute"]["auroc"] > 0.7


@needs_photos
@needs_yolo
def test_a_report_on_a_photograph() -> None:
    row = read_rows(PHOTOS / "object_claims.jsonl")[1]
    report = Verifier.from_defaults(detector=str(YOLO)).verify(
        "There is a person. There is a penguin.", list(row.paths)
    )
    person, penguin = report.claims
    assert person.verdict == "supported" and person.region is not None
    assert penguin.trust is None and "has no class for “penguin”" in penguin.note
    assert (report.calibration, report.profile) == ("calibrated", "photographs")
