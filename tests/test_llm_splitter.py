"""A model reads the answer: what it may get wrong, told by a double whose outputs are written by hand."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from llama_index.core.bridge.pydantic import Field
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.llama_index import LLMSplitter
from llamaindex_clipverify.llama_index.splitter import find
from llamaindex_clipverify.testing import Scene

ANSWER = "A red car is next to two dogs. No cat is there. The sign says “STOP”. It is lovely."
GOOD = [
    {"words": "red car", "kind": "attribute", "noun": "Car", "colour": "red"},
    {"words": "car is next to two dogs", "kind": "relation", "noun": "car", "relation": "next to", "reference": "dogs"},
    {"words": "two dogs", "kind": "count", "noun": "dogs", "number": 2},
    {"words": "No cat", "kind": "object", "noun": "cat", "negated": True},
    {"words": "“STOP”", "kind": "text"},
    {"words": "It is lovely", "kind": "other"},
]


class Scripted(CustomLLM):
    """Says one thing, or raises it; keeps what it was asked."""

    said: Any
    asked: list[str] = Field(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.asked.append(prompt)
        if isinstance(self.said, Exception):
            raise self.said
        return CompletionResponse(text=self.said)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise NotImplementedError


def lines(rows: list[dict[str, object]]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def test_good_output_becomes_claims_with_exact_spans():
    splitter = LLMSplitter(llm=Scripted(said=lines(GOOD)))
    reading = splitter.read(ANSWER)
    assert (reading.dropped, reading.note) == (0, "")
    assert [claim.kind for claim in reading.claims] == [row["kind"] for row in GOOD]
    assert all(ANSWER[claim.start : claim.end] == claim.text for claim in reading.claims)
    phrases = [claim.phrase for claim in reading.claims[:4]]
    assert phrases == ["a red car", "a car next to a dog", "two dogs", "a cat"]
    assert [claim.negated for claim in reading.claims] == [False, False, False, True, False, False]
    assert splitter.llm.asked[0].endswith(ANSWER)


@pytest.mark.parametrize("wrap", ["```json\n{}\n```", "Here they are:\n{}\nThat is all.", '{}\n{{"words": "red'])
def test_talk_fences_and_a_cut_off_line_do_no_harm(wrap):
    reading = LLMSplitter(llm=Scripted(said=wrap.format(lines(GOOD)))).read(ANSWER)
    assert len(reading.claims) == len(GOOD) and not reading.note


def test_a_json_list_is_read_too():
    said = "```json\n" + json.dumps(GOOD) + "\n```"
    assert len(LLMSplitter(llm=Scripted(said=said)).read(ANSWER).claims) == len(GOOD)


@pytest.mark.parametrize(
    "bad",
    [{"words": "a blue bus", "kind": "object", "noun": "bus"}, {"words": "red car", "kind": "colour", "noun": "car"},
     {"words": 3, "kind": "object"}, {"kind": "object", "noun": "car"}, {"words": "  ", "kind": "other"},
     {"words": "red car", "kind": ["object"]}],
)  # fmt: skip
def test_what_stands_not_in_the_answer_or_is_no_claim_is_dropped_and_counted(bad):
    reading = LLMSplitter(llm=Scripted(said=lines([*GOOD, bad]))).read(ANSWER)
    assert (len(reading.claims), reading.dropped) == (len(GOOD), 1)


@pytest.mark.parametrize(
    "row",
    [{"words": "red car", "kind": "attribute", "noun": "car", "colour": "shiny"}, {"words": "two dogs", "kind": "count", "noun": "dog"},
     {"words": "two dogs", "kind": "count", "noun": "dog", "number": "2"}, {"words": "two dogs", "kind": "count", "noun": "dog", "number": True},
     {"words": "car is next to two dogs", "kind": "relation", "noun": "car", "relation": "behind", "reference": "dog"}],
)  # fmt: skip
def test_a_claim_without_the_words_of_its_kind_is_nothing_to_check(row):
    claim = LLMSplitter(llm=Scripted(said=lines([row]))).read(ANSWER).claims[0]
    assert (claim.kind, claim.noun) == ("other", None)


def test_zero_of_a_thing_is_its_absence():
    row = {"words": "No cat", "kind": "count", "noun": "cat", "number": 0}
    claim = LLMSplitter(llm=Scripted(said=lines([row]))).read(ANSWER).claims[0]
    assert (claim.kind, claim.negated, claim.number) == ("object", True, None)


@pytest.mark.parametrize(
    ("said", "why"),
    [("I cannot do that.", "no JSON"), ("", "no JSON"), ("[1, 2]", "no JSON"), (RuntimeError("down"), "RuntimeError: down"),
     (lines([{"words": "a blue bus", "kind": "object", "noun": "bus"}]), "none of them in the answer")],
)  # fmt: skip
def test_useless_output_is_replaced_by_the_rules_with_a_note(said, why, caplog):
    splitter = LLMSplitter(llm=Scripted(said=said))
    assert why in splitter.read(ANSWER).note
    with caplog.at_level(logging.WARNING):
        assert splitter.split(ANSWER) == EnglishSplitter().split(ANSWER)
    assert "the rules read the answer instead" in caplog.text


def test_an_empty_answer_asks_nobody():
    splitter = LLMSplitter(llm=Scripted(said="", asked=[]))
    assert splitter.split("  ") == [] and splitter.llm.asked == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("red car", "red car"), ("Red Car", "red car"), ("red  car", "red car"), ("redd car", "red car"), ("two dog", "two dogs"),
     ("blue bus", None), ("", None), ("re", None)],
)  # fmt: skip
def test_words_are_found_exactly_or_where_they_are_nearly_the_same(words, found):
    span = find(ANSWER, words)
    assert (span and ANSWER[slice(*span)]) == found


def test_two_places_that_are_alike_are_no_place():
    assert find("a red cat, a red cap", "a red caz") is None
    assert find("The Dog and the dog", "THE DOG") is None


def test_the_verifier_takes_it(tiny: Verifier, scene: Scene):
    rows = [{"words": "Gelbe Tasse", "kind": "attribute", "noun": "cup", "colour": "yellow"}]
    report = Verifier.tiny(splitter=LLMSplitter(llm=Scripted(said=lines(rows)))).verify("Gelbe Tasse", [scene.image])
    assert report.claims[0].verdict == "supported"
