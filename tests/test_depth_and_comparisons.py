"""What is nearer, between or around, and of what there is more: by the boxes of a detector, without calibration."""

from __future__ import annotations

import pytest
from test_evidence import facts_of

from llamaindex_clipverify import EnglishSplitter
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.comparisons import Comparisons
from llamaindex_clipverify.evidence.depth import Depth
from llamaindex_clipverify.geometry import Box

NEAR, FAR = (40.0, 60.0, 120.0, 180.0), (80.0, 20.0, 190.0, 130.0)
BESIDE = (130.0, 60.0, 190.0, 180.0)


def claim_of(text: str, kind: str) -> Claim:
    [claim] = [one for one in EnglishSplitter().split(text) if one.kind == kind]
    return claim


@pytest.mark.parametrize(
    ("text", "stance"),
    [("The dog is in front of the car.", "supports"), ("The dog is behind the car.", "contradicts"),
     ("The car is behind the dog.", "supports"), ("The car is in front of the dog.", "contradicts")],
)  # fmt: skip
def test_of_two_boxes_that_overlap_the_one_with_the_lower_foot_is_nearer(text: str, stance: str) -> None:
    _, facts = facts_of(("dog", 0.9, NEAR), ("car", 0.9, FAR))
    evidence = Depth().judge(claim_of(text, "depth"), facts)
    assert evidence and evidence.stance == stance and evidence.belief is not None and 0.1 < evidence.belief < 0.9
    assert "dog" in evidence.reason and "nearer" in evidence.reason


@pytest.mark.parametrize(
    ("dog", "car"),
    [(NEAR, (130.0, 20.0, 190.0, 130.0)), (NEAR, (80.0, 60.0, 190.0, 176.0)), ((40.0, 60.0, 120.0, 200.0), (80.0, 20.0, 190.0, 199.0))],
    ids=["apart", "level", "both cut off"],
)  # fmt: skip
def test_what_boxes_do_not_tell_is_not_judged(dog: Box, car: Box) -> None:
    _, facts = facts_of(("dog", 0.9, dog), ("car", 0.9, car))
    for text in ("The dog is in front of the car.", "The dog is behind the car."):
        evidence = Depth().judge(claim_of(text, "depth"), facts)
        assert evidence and evidence.stance == "silent" and evidence.belief is None


def test_where_several_pairs_may_be_meant_nothing_is_contradicted() -> None:
    _, facts = facts_of(("dog", 0.9, (40, 60, 120, 160)), ("car", 0.9, FAR), ("car", 0.8, (20.0, 90.0, 90.0, 199.0)))
    for text in ("The dog is in front of the car.", "The dog is behind the car."):
        evidence = Depth().judge(claim_of(text, "depth"), facts)
        assert evidence and evidence.stance == "silent"


def test_between_and_around_need_things_on_either_side() -> None:
    left, middle, right = (0.0, 60.0, 50.0, 160.0), (80.0, 70.0, 120.0, 150.0), (150.0, 60.0, 200.0, 160.0)
    _, facts = facts_of(("dog", 0.9, middle), ("car", 0.9, left), ("car", 0.8, right))
    for text in ("The dog is between the cars.", "Cars are around the dog.", "The dog is surrounded by cars."):
        evidence = Depth().judge(claim_of(text, "depth"), facts)
        assert evidence and evidence.stance == "supports" and evidence.others == (left, right), text
    _, facts = facts_of(("dog", 0.9, left), ("car", 0.9, middle), ("car", 0.8, right))
    evidence = Depth().judge(claim_of("The dog is between the cars.", "depth"), facts)
    assert evidence and evidence.stance == "silent"


def test_depth_of_what_is_not_seen_is_not_judged() -> None:
    _, facts = facts_of(("dog", 0.9, NEAR))
    evidence = Depth().judge(claim_of("The dog is in front of the car.", "depth"), facts)
    assert evidence and evidence.stance == "silent" and "no car found" in evidence.reason


def _row(noun: str, number: int, top: float, score: float = 0.9) -> list[tuple[str, float, Box]]:
    return [(noun, score, (30.0 * place, top, 30.0 * place + 20, top + 20)) for place in range(number)]


@pytest.mark.parametrize(
    ("dogs", "cats", "stance"),
    [(3, 2, "supports"), (2, 2, "silent"), (2, 3, "silent"), (1, 3, "contradicts"), (3, 0, "silent"), (0, 3, "silent")],
)
def test_more_and_fewer_are_judged_where_the_numbers_leave_no_doubt(dogs: int, cats: int, stance: str) -> None:
    _, facts = facts_of(*_row("dog", dogs, 20), *_row("cat", cats, 120))
    for text in ("There are more dogs than cats.", "There are fewer cats than dogs."):
        evidence = Comparisons().judge(claim_of(text, "comparison"), facts)
        assert evidence and evidence.stance == stance, text


def test_faint_boxes_keep_a_comparison_undecided() -> None:
    _, facts = facts_of(*_row("dog", 3, 20), *_row("cat", 2, 120), *_row("cat", 2, 160, 0.15))
    evidence = Comparisons().judge(claim_of("There are more dogs than cats.", "comparison"), facts)
    assert evidence and evidence.stance == "silent" and "too close to tell" in evidence.reason


SMALL, TALL, WIDE = (20.0, 100.0, 50.0, 150.0), (70.0, 50.0, 100.0, 151.0), (110.0, 95.0, 190.0, 150.0)


@pytest.mark.parametrize(
    ("dog", "text", "stance"),
    [
        (TALL, "The dog is taller than the cat.", "supports"),
        (TALL, "The dog is shorter than the cat.", "contradicts"),
        (TALL, "The dog is larger than the cat.", "supports"),
        (WIDE, "The dog is smaller than the cat.", "contradicts"),
        (WIDE, "The dog is taller than the cat.", "silent"),
        (SMALL, "The dog is bigger than the cat.", "silent"),
    ],
)
def test_sizes_of_things_that_stand_level_are_compared(dog: Box, text: str, stance: str) -> None:
    _, facts = facts_of(("dog", 0.9, dog), ("cat", 0.9, (150.0, 100.0, 180.0, 150.0)))
    evidence = Comparisons().judge(claim_of(text, "comparison"), facts)
    assert evidence and evidence.stance == stance


@pytest.mark.parametrize("dog", [(70.0, 20.0, 100.0, 120.0), (70.0, 0.0, 100.0, 150.0)], ids=["farther", "cut off"])
def test_sizes_are_not_compared_of_things_that_may_not_be_equally_near(dog: Box) -> None:
    _, facts = facts_of(("dog", 0.9, dog), ("cat", 0.9, SMALL))
    evidence = Comparisons().judge(claim_of("The dog is taller than the cat.", "comparison"), facts)
    assert evidence and evidence.stance == "silent" and "near" in evidence.reason


def test_where_any_of_several_may_be_meant_sizes_are_compared_only_if_all_agree() -> None:
    cats = ("cat", 0.9, SMALL), ("cat", 0.8, (150.0, 45.0, 180.0, 150.0))
    _, facts = facts_of(("dog", 0.9, TALL), *cats)
    evidence = Comparisons().judge(claim_of("The dog is taller than the cat.", "comparison"), facts)
    assert evidence and evidence.stance == "silent" and "too close to tell" in evidence.reason


def test_people_are_not_compared_with_people() -> None:
    _, facts = facts_of(("person", 0.9, TALL), ("person", 0.9, SMALL))
    evidence = Comparisons().judge(claim_of("The man is taller than the woman.", "comparison"), facts)
    assert evidence and evidence.stance == "silent" and evidence.belief is None
