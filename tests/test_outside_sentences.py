"""The splitters against sentences of the structure of outside ones; the figures are in docs/claims.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.gold import read_gold
from llamaindex_clipverify.testing.reading import agrees, read_all

DATA = Path(__file__).parent / "data"
SPLITTERS = {"en": EnglishSplitter(), "ko": KoreanSplitter()}
FLOORS = {
    ("en", False): (0.73, 0.62),
    ("en", True): (0.74, 0.69),
    ("ko", False): (0.60, 0.52),
    ("ko", True): (0.73, 0.73),
}
"""Least precision and recall by language and whether the rows were used to mend the splitter."""


def rows(language: str, seen: bool):
    return [row for row in read_gold(DATA / f"outside_{language}.jsonl") if bool(row["seen"]) == seen]


@pytest.mark.parametrize(("language", "seen"), FLOORS)
def test_outside_sentences_are_read_as_well_as_measured(language, seen):
    precision, recall = FLOORS[language, seen]
    whole = read_all(SPLITTERS[language].split, rows(language, seen)).overall.to_dict()
    assert whole["precision"] >= precision and whole["recall"] >= recall, whole
    assert whole["reversed"] <= 0.02 * whole["expected"], whole


@pytest.mark.parametrize(("language", "least", "unseen"), [("en", 400, 100), ("ko", 150, 70)])
def test_the_sentences_are_many_and_of_many_sources(language, least, unseen):
    found = read_gold(DATA / f"outside_{language}.jsonl")
    assert len(found) >= least and len({row["source"] for row in found}) >= (12 if language == "en" else 5)
    assert all(
        claim.get("noun") or claim.get("span") or claim["kind"] == "scene" for row in found for claim in row["claims"]
    )
    assert sum(not row["seen"] for row in found) >= unseen, "enough that no splitter was mended on"


def test_every_span_of_an_outside_sentence_is_exact():
    for language, splitter in SPLITTERS.items():
        for row in read_gold(DATA / f"outside_{language}.jsonl"):
            for claim in splitter.split(row["text"], row.get("question")):
                assert row["text"][claim.start : claim.end] == claim.text != ""


def claim(**words: object) -> Claim:
    return Claim(text="x", start=0, end=1, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(("gold", "found", "same"), [
    ({"kind": "object", "noun": "man"}, claim(kind="object", noun="person", narrow="man"), True),
    ({"kind": "object", "noun": "man"}, claim(kind="object", noun="person", narrow="man", negated=True), False),
    ({"kind": "attribute", "noun": "car", "colour": "red"}, claim(kind="attribute", noun="car", colour="blue"), False),
    ({"kind": "relation", "noun": "cup", "relation": "beside", "reference": "plate"},
     claim(kind="relation", noun="cup", relation="next to", reference="plate"), True),
    ({"kind": "relation", "noun": "cup", "relation": "under", "reference": "plate"},
     claim(kind="relation", noun="cup", relation="on", reference="plate"), False),
    ({"kind": "size", "noun": "dog", "value": "huge"}, claim(kind="size", noun="dog", value="big"), True),
    ({"kind": "action", "noun": "dog", "value": "running"}, claim(kind="action", noun="dog", value="run"), True),
    ({"kind": "action", "noun": "dog", "value": "chase", "reference": "cat"}, claim(kind="action", noun="dog", value="chase"), False),
    ({"kind": "count", "noun": "dog", "number": 2}, claim(kind="count", noun="dog", number=3), False),
    ({"kind": "part", "noun": "roof", "reference": "house"},
     claim(kind="relation", noun="house", relation="with", reference="roof"), True),
    ({"kind": "wearing", "noun": "man", "reference": "hat"}, claim(kind="object", noun="hat"), False),
])  # fmt: skip
def test_a_claim_is_the_one_written_down_only_if_all_its_words_are(gold, found, same):
    assert agrees(gold, found) is same
