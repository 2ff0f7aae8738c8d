"""What a sentence says is written, and when two values are the same."""

from __future__ import annotations

import pytest

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.written_claims import normalise_words, statement, statements
from llamaindex_clipverify.claims.written_values import Value, values_in


def value(text: str) -> Value:
    (found,) = values_in(text)
    return found


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("3 May 2026", "2026-05-03"),
        ("May 3rd, 2026", "05/03/26"),
        ("3 May 2026", "03.05.2026"),
        ("3 May", "2026-05-03"),
        ("May 2026", "3May2026"),
        ("$1,250.00", "1.250,00"),
        ("1250 dollars", "$1,250"),
        ("12.50", "€12.5"),
        ("12.50", "E12.50"),
        ("10.50", "lO.5O"),
        ("12.50", "12 .50"),
        ("₩12,500", "12500 won"),
        ("20 percent", "20 %"),
        ("2:30 pm", "14:30"),
        ("2:30", "2:30 pm"),
        ("9 am", "09:00"),
        ("(555) 123-4567", "555-123-4567"),
        ("INV-2031", "inv 2031".replace(" ", "-")),
        ("gate B10".split()[1], "BlO".replace("l", "1")),
    ],
)
def test_the_same_written_otherwise(one: str, two: str) -> None:
    assert value(one).same(value(two)) and value(two).same(value(one))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("12.50", "12.60"),
        ("12.50", "125.0"),
        ("1,250", "1,258"),
        ("$5", "€5"),
        ("10%", "10"),
        ("3 May 2026", "4 May 2026"),
        ("3 May 2026", "3 May 2025"),
        ("05/03/26", "05/04/26"),
        ("14:30", "4:30"),
        ("555-123-4567", "555-123-4568"),
        ("B12", "B13"),
        ("B12", "12"),
        ("3 May 2026", "2026"),
    ],
)
def test_differing_digits_sorts_and_currencies_are_never_the_same(one: str, two: str) -> None:
    assert not value(one).same(value(two)) and not value(two).same(value(one))


def test_values_of_a_line_keep_their_places_and_do_not_overlap() -> None:
    line = "Tax 10% of $12.50 on 3 May 2026 at 14:30"
    found = values_in(line)
    assert [(one.sort, line[one.start : one.end]) for one in found] == [
        ("percent", "10%"),
        ("money", "$12.50"),
        ("date", "3 May 2026"),
        ("time", "14:30"),
    ]


@pytest.mark.parametrize("text", ["13.7S", "$13.7S", "1Z.50"])
def test_a_value_half_misread_is_no_value(text: str) -> None:
    assert not [one for one in values_in(text) if one.sort in ("money", "number")]


def said(sentence: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(sentence[one.start : one.end], one.labels) for one in statements(sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The total is $13.75.", [("total is $13.75", ("total",))]),
        (
            "The receipt shows a total of $13.75 and a tax of $1.25.",
            [("total of $13.75", ("total",)), ("tax of $1.25", ("tax",))],
        ),
        ("Revenue in 2025 was 340.", [("Revenue in 2025 was 340", ("revenue", "2025"))]),
        ("Coffee costs 3.50.", [("Coffee costs 3.50", ("coffee",))]),
        ("The invoice is dated 3 May 2026.", [("3 May 2026", ())]),
        ('The sign says "STOP".', [('"STOP"', ())]),
        ("The cashier is Anna Smith.", [("cashier is Anna Smith", ("cashier",))]),
        ("The store is called Corner Cafe.", [("Corner Cafe", ())]),
        ("It is gate B12.", [("gate B12", ("gate",))]),
    ],
)
def test_what_is_said_to_be_written(sentence: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert said(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "There are 2 dogs.",
        "There are 300 people.",
        "A red car and two dogs.",
        "In image 2 there is a dog.",
        "The number of dogs is 3.",
        "About 0.5 cups fit.",
        "It is American.",
    ],
)
def test_counts_and_pictures_are_not_written(sentence: str) -> None:
    assert statements(sentence) == []


def test_a_claim_is_read_again_from_its_own_words() -> None:
    for sentence in ("The tax is 1.25.", "The cashier is Anna Smith.", 'It says "Mind the step".'):
        (claim,) = [one for one in EnglishSplitter().split(sentence) if one.kind == "text"]
        again, first = statement(claim.text), statements(sentence)[0]
        assert again is not None and first.labels == again.labels and first.words == again.words
        assert (first.value is None) == (again.value is None)
    assert statement("Corner Cafe") is not None
    assert statement("…") is None


def test_labels_and_quotations_claim_no_things() -> None:
    claims = EnglishSplitter().split('The price of the banana is 2.50. A dog holds a sign with "HOT DOG".')
    assert [(one.kind, one.noun) for one in claims if one.kind != "action"] == [
        ("text", None),
        ("object", "dog"),
        ("object", "sign"),
        ("text", None),
    ]


def test_negation_is_read() -> None:
    for sentence in ("The total is not 12.50.", "The total isn't 12.50."):
        assert [(one.kind, one.negated) for one in EnglishSplitter().split(sentence)] == [("text", True)]
    assert [one.negated for one in EnglishSplitter().split("The invoice no 4711 is here.") if one.kind == "text"] == [
        False
    ]


def test_look_alikes_are_one() -> None:
    assert normalise_words("Café ‘0PEN’ ll") == normalise_words("cafe OPEN 11")
    assert normalise_words("room 10") != normalise_words("room 12")
