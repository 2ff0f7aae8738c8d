"""What the other claims of an answer tell about a claim: things that are hard to see, and things told apart by their colours."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from test_evidence import LEFT, RIGHT, Given, claim_of, facts_of

from llamaindex_clipverify import Report, Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.colour import Colour
from llamaindex_clipverify.evidence.sightings import sightings
from llamaindex_clipverify.trust.unchecked import all_true
from llamaindex_clipverify.verification.reading import Splitters


def read(text: str) -> dict[tuple[str, str | None], Claim]:
    return {(claim.kind, claim.noun): claim for claim in Splitters().read(text).claims}


@pytest.mark.parametrize(
    ("answer", "noun"),
    [
        ("There is a small bird on the roof.", "bird"),
        ("A boat can be seen in the background.", "boat"),
        ("A kite is in the sky.", "kite"),
        ("The tail of an airplane is on the left.", "airplane"),
        ("Behind the fence there is a dog.", "dog"),
        ("A boat is visible through the window.", "boat"),
        ("A bus is barely visible.", "bus"),
        ("A dog runs with a frisbee in its mouth.", "frisbee"),
        ("A child is hidden by balloons.", "person"),
        ("A horse stands in the distance.", "horse"),
        ("하늘에 새가 있고, 배경에는 배가 있다.", "boat"),
    ],
)
def test_what_is_said_to_be_hard_to_see_is_marked(answer: str, noun: str) -> None:
    assert read(answer)["object", noun].hard_to_see == (noun,)


@pytest.mark.parametrize(
    ("answer", "noun"),
    [
        ("There is a bird on the roof.", "bird"),
        ("A large dog is in the foreground.", "dog"),
        ("The wheels of the bus are yellow.", "bus"),
        ("A dog stands in front of the fence.", "dog"),
        ("No boat is in the background.", "boat"),
        ("A man has a cup in his hand.", "cup"),
        ("A horse stands on a hill. In the distance there is a house.", "horse"),
    ],
)
def test_what_is_plain_to_see_is_not(answer: str, noun: str) -> None:
    assert not any(claim.hard_to_see for (_, named), claim in read(answer).items() if named == noun)


def test_only_what_is_behind_is_hard_to_see() -> None:
    depth = read("A dog is behind the bus.")["depth", "dog"]
    assert (depth.reference, depth.hard_to_see) == ("bus", ("dog",))


def test_the_mark_is_kept_in_the_report() -> None:
    report = Verifier.from_defaults(detector=Given()).verify("A small dog.", [Image.new("RGB", (64, 64))])
    told = report.to_dict(exact=True)
    assert [claim["words"]["hard_to_see"] for claim in told["claims"]] == [["dog"]] * len(told["claims"])
    assert Report.from_dict(json.loads(json.dumps(told))).claims == report.claims


def test_barely_visible_denies_nothing() -> None:
    assert not any(claim.negated for claim in read("The bus is barely visible behind the trees.").values())


def test_things_told_apart_by_their_colours_are_some_of_their_kind() -> None:
    claims = Splitters().read("A red umbrella stands left of the blue one.").claims
    assert all(claim.of_some for claim in claims if claim.kind == "attribute")
    single = Splitters().read("A red and yellow umbrella stands there.").claims
    assert not any(claim.of_some for claim in single)


@pytest.mark.parametrize(
    ("answer", "of_some"),
    [("Two men sit on a bench.", False), ("Two men and a woman sit on a bench.", True), ("Several women stand there, and a child.", True)],
)  # fmt: skip
def test_men_beside_others_are_some_of_the_people(answer: str, of_some: bool) -> None:
    claims = Splitters().read(answer).claims
    [number] = [one for one in claims if one.kind in ("count", "bound")]
    assert number.of_some is of_some


def test_one_thing_found_refutes_no_colour_of_two() -> None:
    image = Image.new("RGB", (200, 200), "grey")
    image.paste((10, 20, 220), tuple(map(int, LEFT)))
    _, facts = facts_of(("dog", 0.9, LEFT), image=image)
    claim = claim_of("There is a red dog.", "attribute")
    alone, of_two = Colour().judge(claim, facts), Colour().judge(claim.swap(of_some=True), facts)
    assert alone is not None and of_two is not None
    assert (alone.stance, of_two.stance) == ("contradicts", "silent")


def test_a_second_box_within_the_first_is_the_same_thing() -> None:
    within = (LEFT[0] + 5, LEFT[1] + 5, LEFT[2], LEFT[3])
    tiny = (LEFT[0] + 5, LEFT[1] + 5, LEFT[0] + 25, LEFT[1] + 25)
    assert [box.box for box in sightings(facts_of(("dog", 0.9, LEFT), ("dog", 0.6, within))[1], "dog")] == [LEFT]
    for other in (RIGHT, tiny):
        assert len(sightings(facts_of(("dog", 0.9, LEFT), ("dog", 0.6, other))[1], "dog")) == 2
    assert len(sightings(facts_of(("dog", 0.9, LEFT), ("car", 0.6, within))[1])) == 2


def test_what_is_hard_to_see_and_not_seen_is_not_refuted() -> None:
    objects, facts = facts_of(("dog", 0.9, LEFT))
    plain, far = (claim_of("There is a car."), claim_of("There is a car.").swap(hard_to_see=("dog", "car")))
    refuted, silent = objects.judge(plain, facts), objects.judge(far, facts)
    assert refuted is not None and silent is not None
    assert (refuted.stance, silent.stance) == ("contradicts", "silent") and "may have been missed" in silent.reason
    seen = objects.judge(claim_of("There is a dog.").swap(hard_to_see=("dog", "car")), facts)
    assert seen is not None and seen.stance == "supports"


def test_several_claims_are_less_likely_than_the_weakest_and_likelier_than_independent_ones() -> None:
    assert all_true([0.4]) == pytest.approx(0.4)
    assert 0.9 * 0.8 * 0.5 < all_true([0.9, 0.8, 0.5]) < 0.5
    assert all_true([0.9, 0.0]) == 0
