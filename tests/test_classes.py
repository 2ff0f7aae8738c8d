"""Nouns that are kinds of a detector's class: what is said of a waiter is judged on people, that he is one is not."""

from __future__ import annotations

import pytest
from PIL import Image
from test_evidence import LEFT, Given

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.verification.classes import class_of

CLASSES = ("person", "car", "dog", "bird", "boat")
TALL = (20.0, 20.0, 60.0, 150.0)


@pytest.mark.parametrize(
    ("noun", "found"),
    [("waiter", "person"), ("tennis player", "person"), ("rock climber", "person"), ("racer", "person"), ("poodle", "dog"),
     ("sparrow", None), ("record player", None), ("shaker", None), ("straight", None), ("kayak", None), ("person", None),
     ("statue", None), ("table", None), ("hot dog", None)],
)  # fmt: skip
def test_the_class_of_which_a_noun_is_a_kind(noun: str, found: str | None) -> None:
    assert class_of(noun, CLASSES) == found


def verdicts(answer: str, *seen: tuple[str, float, tuple[float, float, float, float]]) -> dict[str, str]:
    verifier = Verifier.from_defaults(detector=Given(*seen))
    report = verifier.verify(answer, [Image.new("RGB", (200, 200), "grey")])
    return {one.claim.kind: one.verdict for one in report.claims}


def test_what_a_waiter_does_is_judged_on_people_and_that_he_is_one_stays_open() -> None:
    assert verdicts("A waiter is standing.", ("person", 0.95, TALL)) == {
        "object": "unverifiable",
        "action": "supported",
    }


def test_without_people_there_is_no_waiter() -> None:
    found = verdicts("A waiter is standing.", ("dog", 0.95, LEFT))
    assert found == {"object": "contradicted", "action": "contradicted"}


def test_numbers_of_a_kind_are_not_those_of_the_class() -> None:
    assert verdicts(
        "There are two waiters.", ("person", 0.95, TALL), ("person", 0.95, (120.0, 20.0, 160.0, 150.0))
    ) == {"count": "unverifiable"}


def test_that_there_is_no_waiter_is_not_refuted_by_a_person() -> None:
    assert verdicts("There is no waiter.", ("person", 0.95, TALL)) == {"object": "unverifiable"}
