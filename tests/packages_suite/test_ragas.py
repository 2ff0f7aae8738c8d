"""ragas' own classes: its datasets are read, results are written in its form, and the metric runs in its evaluation."""

from __future__ import annotations

import asyncio
import base64
import io
import math
from pathlib import Path

import pytest
from ragas import EvaluationDataset, MultiTurnSample, SingleTurnSample, evaluate

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evaluation import answers
from llamaindex_clipverify.integrations.ragas import ClipVerifyMetric
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import FRESH, draw_scene

TRUE, FALSE, OPEN = "There is a zebra in the picture.", "There is a pizza.", "It is lovely."
"""Of the scene: a cup, a clock and a zebra."""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier.tiny()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ragas")
    draw_scene(FRESH).image.save(made / "scene.png")
    return made


def sample(said: str, picture: str) -> SingleTurnSample:
    return SingleTurnSample(user_input="What is there?", response=said, retrieved_contexts=[picture, "a passage"])


def dataset(picture: str) -> EvaluationDataset:
    return EvaluationDataset(samples=[sample(said, picture) for said in (TRUE, FALSE, OPEN)])


def test_a_dataset_is_verified_in_memory_and_from_its_files(verifier: Verifier, folder: Path) -> None:
    made = dataset("scene.png")
    made.to_jsonl(folder / "set.jsonl")
    made.to_csv(folder / "set.csv")
    access, verdicts = Access(folders=[folder]), ["supported", "contradicted", "unverifiable"]
    for rows in (answers.answers_of(made), *(answers.read(folder / f"set.{form}") for form in ("jsonl", "csv"))):
        results = answers.verify(verifier, rows, access)
        assert [one.values["verdict"] for one in results.rows] == verdicts
        assert results.rows[1].values["doubtful"] == ["pizza"] and rows[0].question == "What is there?"
        assert all(row.contexts == ("scene.png", "a passage") for row in rows)


def test_results_are_rows_that_ragas_reads(verifier: Verifier, folder: Path) -> None:
    results = answers.verify(verifier, answers.answers_of(dataset("scene.png")), Access(folders=[folder]))
    kept = [{name: row[name] for name in ("user_input", "response", "retrieved_contexts")} for row in results.to_rows()]
    again = EvaluationDataset.from_list(kept)
    assert again.to_list() == dataset("scene.png").to_list()
    results.save(folder / "results.jsonl")
    assert EvaluationDataset.from_jsonl(folder / "results.jsonl")[1].response == FALSE


def test_a_picture_as_base64_needs_no_leave(verifier: Verifier) -> None:
    file = io.BytesIO()
    draw_scene(FRESH).image.save(file, "PNG")
    metric = ClipVerifyMetric(verifier)
    assert metric.single_turn_score(sample(TRUE, base64.b64encode(file.getvalue()).decode())) > 0.5


def test_the_metric_runs_in_an_evaluation_of_ragas(verifier: Verifier, folder: Path) -> None:
    metric = ClipVerifyMetric(verifier, Access(folders=[folder]))
    result = evaluate(dataset("scene.png"), [metric], show_progress=False, raise_exceptions=True)
    true, false, unchecked = result["clipverify"]
    assert true > 0.5 > 0.1 > false and math.isnan(unchecked)
    table = result.to_pandas()
    assert list(table["clipverify"][:2]) == [true, false] and list(table["response"]) == [TRUE, FALSE, OPEN]
    report = metric.report(sample(FALSE, "scene.png"))
    assert report.trust == false and [one.said for one in report.doubtful()] == ["pizza"]
    assert asyncio.run(metric.single_turn_ascore(sample(FALSE, "scene.png"))) == false


def test_a_picture_that_may_not_be_opened_is_a_gap(verifier: Verifier, folder: Path) -> None:
    metric = ClipVerifyMetric(verifier)
    closed = sample(TRUE, str(folder / "scene.png"))
    assert math.isnan(metric.single_turn_score(closed))
    assert len(metric.report(closed).gaps) == 1


def test_what_is_no_answer_is_one_error(verifier: Verifier) -> None:
    talk = EvaluationDataset(samples=[MultiTurnSample(user_input=[])])
    with pytest.raises(DataError, match="row 1 has no answer"):
        answers.answers_of(talk)
    assert math.isnan(ClipVerifyMetric(verifier).single_turn_score(sample("", "a passage")))
