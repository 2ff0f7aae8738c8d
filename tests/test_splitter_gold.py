"""The splitters against claims that a person wrote down, and on what real models wrote about photographs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from outside import PHOTOS, require

from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.gold import read_gold, score

DATA = Path(__file__).parent / "data"
SPLITTERS = {"en": EnglishSplitter(), "ko": KoreanSplitter()}
FLOORS = {
    ("en", False): {"all": (0.96, 0.96), "object": (0.96, 0.96), "attribute": (0.97, 0.93), "count": (0.97, 0.95),
                    "relation": (0.92, 0.93), "action": (0.92, 0.92), "text": (1, 1), "other": (0.9, 0.95)},
    ("en", True): {"all": (0.92, 0.9)},
    ("ko", False): {"all": (0.95, 0.95), "object": (0.93, 0.95), "attribute": (0.95, 0.95), "count": (0.95, 0.9), "relation": (0.95, 0.95)},
    ("ko", True): {"all": (0.9, 0.9)},
}  # fmt: skip
"""Least precision and recall by language and whether only held-out rows count; the figures are in benchmarks/results/splitting.json."""


@pytest.mark.parametrize(("language", "held_out"), FLOORS)
def test_claims_are_read_as_written_down(language, held_out):
    rows = [row for row in read_gold(DATA / f"claims_{language}.jsonl") if row.get("held_out") or not held_out]
    done = score(SPLITTERS[language], rows)
    tallies = {**done.kinds, "all": done.overall}
    for kind, (precision, recall) in FLOORS[language, held_out].items():
        assert tallies[kind].precision >= precision, (kind, done.misread)
        assert tallies[kind].recall >= recall, (kind, done.misread)
    assert tallies["all"].exact >= 0.97 * tallies["all"].right


@pytest.mark.parametrize(("language", "least"), [("en", 200), ("ko", 50)])
def test_the_gold_set_is_well_formed(language, least):
    rows = read_gold(DATA / f"claims_{language}.jsonl")
    assert len({row["text"] for row in rows}) == len(rows) >= least
    for row in rows:
        for claim in row["claims"]:
            assert claim["kind"] == "other" or claim["span"] in row["text"]


@pytest.mark.parametrize("language", SPLITTERS)
def test_every_span_is_exact(language):
    for row in read_gold(DATA / f"claims_{language}.jsonl"):
        for claim in SPLITTERS[language].split(row["text"]):
            assert row["text"][claim.start : claim.end] == claim.text != ""


@pytest.mark.parametrize("name", ["model_answers", "model_answers_text"])
def test_most_sentences_of_real_answers_hold_a_claim(name):
    path = PHOTOS / f"{name}.jsonl"
    require(path)
    splitter, stated, read = SPLITTERS["en"], 0, 0
    for line in path.read_text("utf-8").splitlines():
        answer = json.loads(line)["answer"]
        claims = splitter.split(answer)
        assert all(answer[claim.start : claim.end] == claim.text for claim in claims)
        for sentence in sentences(answer):
            stated += 1
            read += any(claim.kind != "other" and sentence.start <= claim.start < sentence.end for claim in claims)
    assert read >= 0.8 * stated
