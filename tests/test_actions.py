"""What the boxes of people and things tell of actions: the shape of a person, contact, and gear."""

from __future__ import annotations

import pytest
from PIL import Image
from test_evidence import Given

from llamaindex_clipverify import EnglishSplitter
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.actions import Actions
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.picture import Picture

TALL, SLIM, LOW = (20.0, 20.0, 60.0, 112.0), (20.0, 20.0, 60.0, 150.0), (20.0, 60.0, 100.0, 150.0)
LABELS = (
    "person",
    "dog",
    "bicycle",
    "skis",
    "snowboard",
    "sports ball",
    "cup",
    "car",
    "tennis racket",
    "horse",
    "chair",
)


class Seeing(Given):
    """The same with the classes of actions."""

    labels = LABELS


def judged(text: str, *seen: tuple[str, float, Box], labels: tuple[str, ...] = LABELS) -> Evidence | None:
    detector = Seeing(*seen)
    detector.labels = labels
    picture = Picture.of(Image.new("RGB", (200, 200), "grey"))
    facts = Facts(picture=picture.id, size=picture.size)
    observe([Objects(detector)], [picture], [facts])
    return Actions(detector).judge(action(text), facts)


def action(text: str) -> Claim:
    [claim] = [one for one in EnglishSplitter().split(text) if one.kind == "action"]
    return claim


@pytest.mark.parametrize(
    ("text", "box", "stance"),
    [("A man is standing.", TALL, "supports"), ("A woman stands in a room.", SLIM, "supports"), ("A man is standing.", LOW, "silent"),
     ("A man is sitting.", LOW, "supports"), ("A man is sitting.", SLIM, "contradicts"), ("A man is sitting.", TALL, "silent"),
     ("A child is lying on the floor.", SLIM, "contradicts"), ("A child is lying on the floor.", LOW, "silent"),
     ("A man is kneeling.", LOW, "silent")],
)  # fmt: skip
def test_the_shape_of_a_person_tells_standing_from_sitting(text: str, box: Box, stance: str) -> None:
    evidence = judged(text, ("person", 0.9, box))
    assert evidence and evidence.stance == stance
    assert (evidence.region == box) == (stance != "silent")


def test_who_touches_a_seat_may_sit() -> None:
    for score, stance in ((0.8, "supports"), (0.3, "silent")):
        evidence = judged("A man is sitting.", ("person", 0.9, TALL), ("chair", score, (30.0, 80.0, 90.0, 150.0)))
        assert evidence and evidence.stance == stance
    standing = judged("A man is standing.", ("person", 0.9, TALL), ("chair", 0.8, (30.0, 80.0, 90.0, 150.0)))
    assert standing and standing.stance == "supports"


def test_a_shape_alone_raises_doubts_about_sitting_but_no_verdict() -> None:
    evidence = judged("A man is sitting.", ("person", 0.9, SLIM))
    assert evidence and evidence.belief and 0.2 < evidence.belief < 0.5


@pytest.mark.parametrize(
    "other",
    [("person", 0.9, (100.0, 60.0, 180.0, 150.0)), ("person", 0.4, (100.0, 20.0, 140.0, 150.0))],
    ids=["low", "faint"],
)
def test_where_people_differ_or_are_faint_no_posture_is_judged(other: tuple[str, float, Box]) -> None:
    for text in ("A man is standing.", "A man is sitting."):
        evidence = judged(text, ("person", 0.9, SLIM), other)
        assert evidence and evidence.stance == "silent" and evidence.reason


def test_who_is_cut_off_by_the_lower_border_may_stand() -> None:
    evidence = judged("A man is sitting.", ("person", 0.9, (20.0, 110.0, 100.0, 199.0)))
    assert evidence and evidence.stance == "silent"


@pytest.mark.parametrize(
    "text", ["A man is walking.", "A man is running.", "A man is smiling.", "A dog is sitting.", "A dog is standing."]
)
def test_what_a_shape_does_not_tell_is_left_to_others(text: str) -> None:
    assert judged(text, ("person", 0.9, SLIM), ("dog", 0.9, SLIM)) is None


@pytest.mark.parametrize(
    ("text", "thing", "stance"),
    [("A man is holding a cup.", ("cup", 0.8, (50.0, 60.0, 70.0, 80.0)), "supports"),
     ("A man is holding a cup.", ("cup", 0.8, (150.0, 60.0, 170.0, 80.0)), "silent"),
     ("A man is riding a bicycle.", ("bicycle", 0.8, (10.0, 80.0, 90.0, 160.0)), "supports"),
     ("A man is riding a bicycle.", ("bicycle", 0.8, (120.0, 80.0, 190.0, 160.0)), "contradicts"),
     ("A man is riding a bicycle.", ("bicycle", 0.4, (120.0, 80.0, 190.0, 160.0)), "silent"),
     ("A man is riding a bicycle.", ("car", 0.8, (10.0, 80.0, 90.0, 160.0)), "silent")],
)  # fmt: skip
def test_what_is_held_or_ridden_touches_whoever_does_it(text: str, thing: tuple[str, float, Box], stance: str) -> None:
    evidence = judged(text, ("person", 0.9, TALL), thing)
    assert evidence and evidence.stance == stance


@pytest.mark.parametrize("text", ["A man is looking at a cup.", "A man is painting a car.", "A man is throwing a cup."])
def test_contact_says_nothing_of_actions_at_a_distance(text: str) -> None:
    assert judged(text, ("person", 0.9, TALL), ("cup", 0.9, TALL), ("car", 0.9, TALL)) is None


@pytest.mark.parametrize(
    ("text", "seen", "stance"),
    [("A man is skiing.", [("skis", 0.6, (20.0, 100.0, 90.0, 120.0))], "supports"),
     ("A man is skiing.", [("snowboard", 0.6, (20.0, 100.0, 90.0, 120.0))], "supports"),
     ("A man is skiing.", [], "contradicts"), ("A man is skiing.", [("skis", 0.15, (20.0, 100.0, 90.0, 120.0))], "silent"),
     ("A man is cycling.", [("bicycle", 0.6, (20.0, 80.0, 90.0, 160.0))], "supports"),
     ("People play soccer.", [("sports ball", 0.6, (40.0, 100.0, 50.0, 110.0))], "supports"),
     ("People play soccer.", [("sports ball", 0.6, (150.0, 10.0, 160.0, 20.0))], "supports"),
     ("People play baseball.", [("sports ball", 0.6, (150.0, 10.0, 160.0, 20.0))], "supports"),
     ("A man throws a ball.", [("sports ball", 0.6, (150.0, 10.0, 160.0, 20.0))], None),
     ("People play soccer.", [], "silent"),
     ("A man plays tennis.", [("tennis racket", 0.6, (50.0, 40.0, 70.0, 60.0))], "supports")],
)  # fmt: skip
def test_gear_tells_what_people_do(text: str, seen: list[tuple[str, float, Box]], stance: str | None) -> None:
    evidence = judged(text, ("person", 0.9, TALL), *seen)
    assert (evidence.stance if evidence else None) == stance


def test_gear_without_a_class_is_not_missed() -> None:
    evidence = judged("A man is skiing.", ("person", 0.9, TALL), labels=("person", "snowboard"))
    assert evidence and evidence.stance == "silent"


def test_a_person_who_waves_has_no_need_of_a_surfboard() -> None:
    assert judged("A man is waving.", ("person", 0.9, TALL)) is None


def test_what_people_who_are_not_seen_do_is_not_judged_here() -> None:
    evidence = judged("A man is skiing.", ("dog", 0.9, TALL))
    assert evidence and evidence.stance == "silent" and "no person found" in evidence.reason
