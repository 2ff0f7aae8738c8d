"""Downloaded models, named in the environment: ``make real`` runs these, or pytest -m real with the variables set.

CLIPVERIFY_REAL_ENCODER, CLIPVERIFY_REAL_DETECTOR and CLIPVERIFY_REAL_LLM name the models; CLIPVERIFY_PHOTOS the photographs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from outside import PHOTOS

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.evaluation.evaluation import evaluate, read_rows
from llamaindex_clipverify.llama_index import get_report
from llamaindex_clipverify.models.registry import load_encoder

NAMES = {name: os.environ.get(f"CLIPVERIFY_REAL_{name.upper()}", "") for name in ("encoder", "detector", "llm")}

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not NAMES["encoder"], reason="no model: set CLIPVERIFY_REAL_ENCODER"),
    pytest.mark.skipif(not (PHOTOS / "object_claims.jsonl").is_file(), reason=f"no photographs at {PHOTOS}"),
]
needs_llm = pytest.mark.skipif(not NAMES["llm"], reason="no vision model: set CLIPVERIFY_REAL_LLM")


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier.from_defaults(NAMES["encoder"], NAMES["detector"] or None, regions=4)


def test_the_encoder_ranks_captions_of_photographs() -> None:
    from llamaindex_clipverify import Picture

    encoder = load_encoder(NAMES["encoder"])
    rows = [row for row in read_rows(PHOTOS / "object_claims.jsonl") if row.label][:40]
    names = sorted({row.claim for row in rows})
    texts = encoder.encode_texts(names)
    scores = [encoder.encode_images([Picture.of(row.paths[0]).image])[0] @ texts.T for row in rows]
    ranks = [float((one > one[names.index(row.claim)]).mean()) for one, row in zip(scores, rows, strict=True)]
    assert sum(ranks) / len(ranks) < 0.3, "a true claim ranks among the first of all claims"


def test_true_claims_are_trusted_more_than_false_ones(verifier: Verifier) -> None:
    figures = evaluate(verifier, read_rows(PHOTOS / "object_claims.jsonl"), bootstrap=0).figures["overall"]
    assert figures["auroc"] > (0.9 if NAMES["detector"] else 0.7)


def test_pictures_are_found_by_what_they_show(verifier: Verifier, tmp_path: Path) -> None:
    rows = [row for row in read_rows(PHOTOS / "object_claims.jsonl") if row.label]
    index = EvidenceIndex.from_documents(
        [PHOTOS / "images"], tmp_path / "store", NAMES["encoder"], NAMES["detector"] or None, regions=4
    )
    hits = [index.search(row.claim, top_k=5) for row in rows[:20]]
    right = [
        any(Path(hit.uri).name == row.paths[0].name for hit in found) for row, found in zip(rows, hits, strict=False)
    ]
    assert sum(right) > 0.5 * len(right)


@needs_llm
def test_an_answer_of_a_vision_model_carries_a_report(verifier: Verifier, tmp_path: Path) -> None:
    index = EvidenceIndex.from_documents(
        [PHOTOS / "images"], tmp_path / "store", NAMES["encoder"], NAMES["detector"] or None, regions=4
    )
    report = get_report(index.as_query_engine(NAMES["llm"], 1).query("What is in the picture?"))
    assert report.claims and report.pictures
