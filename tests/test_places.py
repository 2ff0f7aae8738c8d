"""Places by the things in them, and that a thing is in such a place."""

from __future__ import annotations

import pytest
from PIL import Image
from test_evidence import Given

from llamaindex_clipverify import EnglishSplitter, Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.places import Places
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.picture import Picture

HERE: Box = (10, 50, 60, 100)


class Seeing(Given):
    """The same with the classes of places."""

    labels = ("person", "toilet", "oven", "bed", "car", "traffic light", "airplane", "cow", "sink", "couch")


def facts_of(*seen: tuple[str, float, Box]) -> Facts:
    picture = Picture.of(Image.new("RGB", (200, 200), "grey"))
    facts = Facts(picture=picture.id, size=picture.size)
    observe([Objects(Seeing(*seen))], [picture], [facts])
    return facts


def judged(text: str, kind: str, *seen: tuple[str, float, Box]) -> Evidence | None:
    return Places().judge(claim_of(text, kind), facts_of(*seen))


def claim_of(text: str, kind: str) -> Claim:
    [claim] = [one for one in EnglishSplitter().split(text) if one.kind == kind]
    return claim


@pytest.mark.parametrize(
    ("text", "thing", "stance"),
    [("The scene takes place in a bathroom.", "toilet", "supports"), ("The scene takes place in a kitchen.", "oven", "supports"),
     ("The scene takes place in a kitchen.", "toilet", "contradicts"), ("The scene takes place in a kitchen.", "car", "contradicts"),
     ("The scene takes place on a street.", "car", "supports"), ("The scene takes place on a street.", "toilet", "silent"),
     ("The scene takes place on a street.", "couch", "silent"), ("The scene takes place at an airport.", "airplane", "supports"),
     ("The scene takes place on a farm.", "cow", "supports"), ("The scene takes place on a beach.", "car", "silent"),
     ("The scene takes place in a kitchen.", "person", "silent")],
)  # fmt: skip
def test_things_tell_of_places(text: str, thing: str, stance: str) -> None:
    evidence = judged(text, "scene", (thing, 0.9, HERE))
    assert evidence and evidence.stance == stance
    if stance != "silent":
        assert thing in evidence.reason and evidence.region == HERE


def test_two_fixtures_of_rooms_contradict_a_place_outdoors() -> None:
    evidence = judged("The scene takes place on a street.", "scene", ("toilet", 0.9, HERE), ("sink", 0.9, HERE))
    assert evidence and evidence.stance == "contradicts"


def test_a_room_from_which_a_car_is_seen_is_still_a_room() -> None:
    for other in ("sink", "bed"):
        evidence = judged("The scene takes place in a bedroom.", "scene", ("car", 0.9, HERE), (other, 0.3, HERE))
        assert evidence and evidence.stance == "silent"


def test_faint_things_tell_nothing() -> None:
    for thing in ("toilet", "car"):
        evidence = judged("The scene takes place in a bathroom.", "scene", (thing, 0.4, HERE))
        assert evidence and evidence.stance == "silent"


@pytest.mark.parametrize("text", ["The scene takes place in a church.", "It is a sunny day.", "It is night."])
def test_other_scenes_are_left_to_an_encoder(text: str) -> None:
    assert judged(text, "scene", ("car", 0.9, HERE)) is None


@pytest.mark.parametrize(
    ("text", "seen", "stance"),
    [("A man is in a bathroom.", ["person", "toilet"], "supports"), ("A man is in a bathroom.", ["toilet"], "silent"),
     ("A man is in a bathroom.", ["person", "car"], "contradicts"), ("A man is on the street.", ["person", "traffic light"], "supports")],
)  # fmt: skip
def test_what_is_seen_in_a_place_is_in_that_place(text: str, seen: list[str], stance: str) -> None:
    evidence = judged(text, "relation", *((thing, 0.9, HERE) for thing in seen))
    assert evidence and evidence.stance == stance


def test_a_place_that_is_named_as_a_thing_is_judged_as_a_place() -> None:
    verifier = Verifier.from_defaults(detector=Seeing(("person", 0.95, HERE), ("toilet", 0.95, HERE)))
    picture = Image.new("RGB", (200, 200), "grey")
    verdicts = {
        place: {one.verdict for one in verifier.verify(f"A man is in a {place}.", [picture]).claims}
        for place in ("bathroom", "kitchen")
    }
    assert verdicts["bathroom"] == {"supported"} and "contradicted" in verdicts["kitchen"]


def test_a_thing_in_another_is_supported_where_they_touch() -> None:
    verifier = Verifier.from_defaults(detector=Seeing(("person", 0.95, HERE), ("car", 0.95, (0, 40, 150, 120))))
    report = verifier.verify("A man is in a car.", [Image.new("RGB", (200, 200), "grey")])
    assert [one.verdict for one in report.claims if one.claim.kind == "relation"] == ["supported"]
