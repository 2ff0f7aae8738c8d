"""A claim about a thing is false where the thing is not there; wider nouns; plain numbers."""

from __future__ import annotations

import pytest
from test_evidence import LEFT, RIGHT, Given, claim_of, facts_of

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evidence.colour import Colour
from llamaindex_clipverify.evidence.positions import Positions
from llamaindex_clipverify.evidence.relations import Relations
from llamaindex_clipverify.report.report import CheckedClaim
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.implied import presences


def checked(answer: str, kind: str, *seen: tuple[str, float, tuple[int, int, int, int]]) -> CheckedClaim:
    report = Verifier.from_defaults(detector=Given(*seen)).verify(answer, [draw_scene(FRESH).image])
    return next(claim for claim in report.claims if claim.claim.kind == kind)


@pytest.mark.parametrize(("answer", "kind"), [
    ("The bus on the left is yellow.", "position"), ("The bus is yellow.", "attribute"), ("A woman is riding a bus.", "action"),
    ("The open bus waits.", "state"), ("The bus is made of wood.", "material"), ("A dog is behind the bus.", "depth"),
    ("The dog is on the bus.", "relation"), ("There are several buses.", "bound"), ("The wheels of the bus are black.", "part"),
    ("The bus is striped.", "pattern"), ("There are four buses.", "count"), ("The dog is taller than the bus.", "comparison"),
])  # fmt: skip
def test_nothing_is_true_of_a_thing_that_is_not_there(answer: str, kind: str) -> None:
    claim = checked(answer, kind, ("dog", 0.9, LEFT), ("person", 0.9, RIGHT))
    assert claim.verdict == "contradicted" and claim.trust is not None and claim.trust < 0.2
    assert any("saw none" in reason or "saw 0" in reason for reason in claim.reasons)


@pytest.mark.parametrize("answer", ["The open dog waits.", "The dog is made of wood.", "A person is washing a dog."])
def test_what_is_there_proves_nothing_that_is_said_of_it(answer: str) -> None:
    report = Verifier.from_defaults(detector=Given(("dog", 0.95, LEFT), ("person", 0.95, RIGHT))).verify(
        answer, [draw_scene(FRESH).image]
    )
    claim = next(claim for claim in report.claims if claim.claim.kind in ("state", "material", "action"))
    assert claim.verdict == "unverifiable" and claim.trust is None


@pytest.mark.parametrize(
    "answer", ["The dog is not behind the bus.", "No dog is on a bus.", "The dog is not made of wood."]
)
def test_a_denial_implies_no_presence(answer: str) -> None:
    report = Verifier.from_defaults(detector=Given()).verify(answer, [draw_scene(FRESH).image])
    assert all(claim.verdict != "contradicted" for claim in report.claims if claim.claim.negated)
    assert all(not presences(claim.claim) for claim in report.claims if claim.claim.negated)


def test_an_undecided_presence_decides_nothing() -> None:
    assert checked("The open bus waits.", "state", ("bus", 0.2, LEFT)).verdict == "unverifiable"
    assert checked("The open giraffe waits.", "state").trust is None  # not one of the detector's classes


def test_a_doubtful_presence_makes_what_is_said_of_it_doubtful() -> None:
    bus, yellow = (
        checked("There is a bus.", "object", ("bus", 0.08, LEFT)),
        ("The open bus waits.", "state", ("bus", 0.08, LEFT)),
    )
    said = checked(*yellow)
    assert bus.trust is not None and 0.2 < bus.trust < 0.5
    assert said.trust == bus.trust and said.verdict == "unverifiable" and "in doubt" in said.note


def test_a_wider_noun_is_where_its_kinds_are_and_they_refute_nothing() -> None:
    _, facts = facts_of(("dog", 0.9, LEFT), ("bus", 0.9, RIGHT))
    left = Positions().judge(claim_of("An animal is on the left.", "position"), facts)
    right = Positions().judge(claim_of("An animal is on the right.", "position"), facts)
    assert left and left.stance == "supports" and right and right.stance == "silent"
    assert "there may be others" in right.reason
    relation = Relations().judge(claim_of("The animal is left of the vehicle.", "relation"), facts)
    wrong = Relations().judge(claim_of("The animal is right of the vehicle.", "relation"), facts)
    assert relation and relation.stance == "supports" and wrong and wrong.stance == "silent"
    red = Colour().judge(claim_of("The animal is red.", "attribute"), facts)
    assert red is None or red.stance != "contradicts"
    named = Positions().judge(claim_of("A dog is on the right.", "position"), facts)
    assert named and named.stance == "contradicts"


@pytest.mark.parametrize(("answer", "scores", "stance", "decides"), [
    ("There are two dogs.", (0.8, 0.6), "supports", True),
    ("There are three dogs.", (0.8, 0.6), "contradicts", False),  # the third may be too small
    ("There are five dogs.", (0.9, 0.9), "contradicts", True),
    ("There are five dogs.", (0.9, 0.4), "contradicts", False),  # what is faint may be several
    ("There are two dogs.", (0.8, 0.3), "silent", False),
    ("There is one dog.", (0.9, 0.9), "contradicts", True),
])  # fmt: skip
def test_a_number_is_plain_where_every_box_is_clear(answer, scores, stance, decides) -> None:
    objects, facts = facts_of(*(("dog", score, box) for score, box in zip(scores, (LEFT, RIGHT), strict=True)))
    found = objects.judge(claim_of(answer, "count"), facts)
    assert found is not None and (found.belief is not None) == decides
    assert not decides or found.stance == stance
    assert not decides or (found.belief >= 0.85 if stance == "supports" else found.belief <= 0.2)


def test_things_that_touch_are_together_and_others_may_be() -> None:
    beside, around = (130, 60, 170, 95), (20, 60, 50, 90)
    held = checked("A person with a dog waits.", "relation", ("person", 0.9, RIGHT), ("dog", 0.9, beside))
    assert held.verdict == "supported" and held.trust is not None and held.trust > 0.8
    assert "touches" in held.reasons[0]
    apart = checked("A person with a dog waits.", "relation", ("person", 0.9, RIGHT), ("dog", 0.9, around))
    assert apart.verdict == "unverifiable" and apart.trust is None
    assert checked("A person without a dog waits.", "object", ("person", 0.9, RIGHT), ("dog", 0.9, beside)).trust
