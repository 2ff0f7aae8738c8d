"""Text claims leave the claims about the thing that bears the text; numbers that count nothing, tables and JSON."""

from __future__ import annotations

import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.layout import plain
from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.errors import DataError

SPLITTER = EnglishSplitter()


def claims(answer: str, *kinds: str) -> list[Claim]:
    return [claim for claim in SPLITTER.split(answer) if claim.kind in kinds]


def quoted(answer: str) -> list[str]:
    return [claim.text for claim in claims(answer, "text")]


@pytest.mark.parametrize(
    ("answer", "kind", "noun", "other"),
    [
        ('A red "X" sign is on the truck.', "attribute", "sign", "red"),
        ('A red "X" sign is on the truck.', "relation", "sign", "truck"),
        ('The jar labeled "Sugar" is on the shelf.', "relation", "jar", "shelf"),
        ('A woman is holding a sign that says "STOP" next to a red car.', "relation", "sign", "car"),
        ('A woman is holding a sign that says "STOP" next to a red car.', "action", "person", "sign"),
        ('A man is reading a book titled "War and Peace".', "action", "person", "book"),
        ('The dog is wearing a shirt with "I love NY" printed on it.', "wearing", "dog", "shirt"),
        ('The white bus with "Happy Holidays" on its side is parked on the street.', "attribute", "bus", "white"),
        ("The red car costs $5,000.", "attribute", "car", "red"),
        ("A red bus number 13406 is on the street.", "attribute", "bus", "red"),
        ("The house at 1200 Main Street has a red door.", "attribute", "door", "red"),
    ],
)
def test_claims_about_the_thing_that_bears_the_words_stay(answer: str, kind: str, noun: str, other: str) -> None:
    found = [(claim.noun, claim.colour if kind == "attribute" else claim.reference) for claim in claims(answer, kind)]
    assert (noun, other) in found


def test_nothing_in_a_quotation_is_a_thing_or_a_link() -> None:
    answer = 'The sign says "NO DOGS AT ANY TIME ON THE BEACH".'
    assert [(claim.kind, claim.noun) for claim in SPLITTER.split(answer)] == [("object", "sign"), ("text", None)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('A dog with the caption "monday".', 'caption "monday"'),
        ("A dog on a floor with the caption monday just monday", "caption monday just monday"),
        ("A sign that reads Sparta.", "Sparta"),
        ('A red truck with the letters "AIA".', '"AIA"'),
        ('The bottle is labelled "X".', 'bottle is labelled "X"'),
        ("The label reads 5 kg.", "5 kg"),
        ("A woman is wearing number 13406.", "13406"),
    ],
)
def test_what_is_said_to_be_written_is_a_text(answer: str, text: str) -> None:
    (found,) = quoted(answer)
    assert text in found or found in text


@pytest.mark.parametrize(
    "answer",
    ["The 3rd car is red.", "The bottle (1 kg) is on the table.", "The house at 1200 Main Street has a door.", "The box is at 54, 69.",
     "A 10-year-old boy is riding a bike.", "A 2 year old is smiling.", "A 4x4 truck is parked on the grass.",
     "A 3.5 mm plug is on the table.", "A 3.5mm plug is on the table.", "It is 50/50 and open 24/7.", "He is 6 feet tall.",
     'The man is holding a "3.5mm plug" in green.', 'A so-called "selfie" of a man.'],
)  # fmt: skip
def test_ordinals_measures_ages_and_idioms_are_neither_counts_nor_texts(answer: str) -> None:
    assert claims(answer, "text", "count", "bound") == []


def test_inexact_and_worded_numbers() -> None:
    assert [(one.noun, one.at_least) for one in claims("There are 20+ magnets.", "bound")] == [("magnet", 20)]
    assert [one.number for one in claims("Half a dozen dogs are in the bowl.", "count")] == [6]
    assert [one.text for one in claims("A 2 year old is smiling.", "action")] == ["2 year old is smiling"]


@pytest.mark.parametrize("prefix", ["Answer: Yes, ", "**Answer:** ", "Caption: ", "Final answer: ", "Description: "])
def test_a_prefix_is_no_claim(prefix: str) -> None:
    found = SPLITTER.split(prefix + "there is a dog in the room.")
    assert {claim.kind for claim in found} <= {"object", "relation", "scene"} and found[0].noun == "dog"


def test_json_is_read_as_statements() -> None:
    answer = (
        '```json\n{"color": "red", "objects": ["Car", "dog"], "cups": 2, "found": [{"name": "bus", "count": 3}]}\n```'
    )
    found = SPLITTER.split(answer)
    assert not [claim for claim in found if claim.kind == "text"]
    assert {claim.noun for claim in found if claim.kind == "object"} >= {"car", "dog", "bus"}
    assert [(claim.noun, claim.number) for claim in found if claim.kind == "count"] == [("cup", 2)]
    assert all(answer[claim.start : claim.end] == claim.text for claim in found)


def test_tables_are_read_as_statements() -> None:
    answer = "| Object | Color |\n|---|---|\n| Car | Red |\n| dog | brown |\n"
    found = [(claim.kind, claim.noun, claim.colour) for claim in SPLITTER.split(answer)]
    assert found == [("attribute", "car", "red"), ("attribute", "dog", "brown")]


@pytest.mark.parametrize(
    "answer", ['{"a": [1, "b|c"]}', "| a | b |\n|--|--|\n| c | d |", "**Answer:** <b>dog</b>", "[1][1]", "{", "A | B"]
)
def test_markup_is_replaced_by_as_many_spaces(answer: str) -> None:
    assert len(plain(answer)) == len(answer)


def test_a_long_sentence_is_read_in_pieces() -> None:
    answer = "There is " + "a red car, a dog and a cat, " * 100 + "and a bus."
    found = list(sentences(answer))
    assert len(found) > 1 and all(len(one.words) <= 400 for one in found)
    assert "".join(answer[one.start : one.end] for one in found) == answer
    assert all(answer[: one.start].endswith((", ", "and ")) for one in found[1:])
    assert len([one for one in SPLITTER.split(answer) if one.colour == "red"]) == 100


def test_a_word_without_end_and_an_answer_without_end() -> None:
    assert SPLITTER.split("There is a dog and a " + "1" * 10_000)[0].noun == "dog"
    with pytest.raises(DataError, match="too long to be read; got 200001 characters; give at most 200000"):
        SPLITTER.split("a" * 200_001)
