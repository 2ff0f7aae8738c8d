"""The colours of clothes from the parts of a person's box, and plurals that are words of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from test_evidence import Given, claim_of

from llamaindex_clipverify import EnglishSplitter, Verifier
from llamaindex_clipverify.evidence.clothes import Clothes
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.picture import Picture

STANDING, LYING = (60, 20, 130, 230), (20, 150, 230, 220)


def dressed(head: str = "tan", upper: str = "red", lower: str = "blue", box=STANDING) -> Image.Image:
    image = Image.new("RGB", (260, 260), (120, 125, 110))
    pen, (left, top, right, bottom) = ImageDraw.Draw(image), box
    height = bottom - top
    for colour, start, end in ((head, 0, 0.15), (upper, 0.15, 0.52), (lower, 0.52, 1)):
        pen.rectangle((left + 8, top + start * height, right - 8, top + end * height), fill=colour)
    return image


def judged(text: str, image: Image.Image, *boxes: tuple[int, int, int, int], kind: str = "wearing"):
    picture = Picture.of(image)
    facts = Facts(picture=picture.id, size=picture.size)
    from llamaindex_clipverify.evidence.colour import Colour
    from llamaindex_clipverify.evidence.objects import Objects

    observe([Objects(Given(*(("person", 0.9, box) for box in boxes))), Colour(), Clothes()], [picture], [facts])
    assert not facts.failed
    return Clothes().judge(claim_of(text, kind), facts)


@pytest.mark.parametrize(("text", "stance"), [
    ("A man in a red shirt waits.", "supports"), ("A man in a blue shirt waits.", "contradicts"),
    ("A woman is wearing blue jeans.", "supports"), ("A woman is wearing red jeans.", "contradicts"),
    ("A woman is wearing a yellow hat.", "contradicts"),
])  # fmt: skip
def test_the_part_where_a_garment_is_worn_has_its_colour(text: str, stance: str) -> None:
    found = judged(text, dressed(), STANDING)
    assert found is not None and found.stance == stance and found.region == STANDING
    assert found.belief is not None and (found.belief <= 0.8 if stance == "supports" else found.belief <= 0.1)


def test_a_garment_without_wearer_is_on_anybody() -> None:
    assert judged("The shirt is red.", dressed(), STANDING, kind="attribute").stance == "supports"
    assert judged("The car is red.", dressed(), STANDING, kind="attribute") is None
    assert judged("A man wears a shirt.", dressed(), STANDING) is None, "no colour, nothing to count"


def test_one_of_several_people_may_wear_it() -> None:
    other = (160, 20, 230, 230)
    image = dressed()
    image.paste(dressed(upper="green").crop(STANDING), other[:2])
    assert judged("A man in a green shirt waits.", image, STANDING, other).stance == "supports"
    assert judged("A man in a purple shirt waits.", image, STANDING, other).stance == "contradicts"


def test_who_lies_is_too_small_or_one_of_many_refutes_nothing() -> None:
    for boxes in ((LYING,), ((60, 20, 70, 50),), (STANDING, *[(22 * k, 20, 22 * k + 50, 230) for k in range(9)])):
        found = judged("A man in a purple shirt waits.", dressed(), *boxes)
        assert found is None or found.stance != "contradicts"
    seated = judged("A woman is wearing red jeans.", dressed(), (40, 100, 140, 220))
    assert seated.stance == "silent", "no legs are seen"


def test_colours_of_clothes_are_not_judged_without_colours() -> None:
    found = judged("A man in a red shirt waits.", dressed().convert("L").convert("RGB"), STANDING)
    assert found.stance == "silent" and found.is_blind


def test_an_answer_on_clothes_is_checked_by_a_detector_of_people_alone() -> None:
    verifier = Verifier.from_defaults(detector=Given(("person", 0.9, STANDING)))
    report = verifier.verify("A man in a red shirt waits. He is wearing green trousers.", [dressed()])
    worn = {claim.claim.reference: claim for claim in report.claims if claim.claim.kind == "wearing"}
    assert worn["shirt"].verdict == "supported" and worn["trousers"].verdict == "contradicted"
    assert any("lower part of the person" in reason for reason in worn["trousers"].reasons)


@pytest.mark.parametrize("word", ["glasses", "trousers", "clothes", "sunglasses", "jeans"])
def test_some_words_are_always_plural(word: str) -> None:
    phrases = {claim.phrase for claim in EnglishSplitter().split(f"The woman wears {word}. There are {word}.")}
    assert not any(f"{word}es" in phrase for phrase in phrases) and any(word in phrase for phrase in phrases)


def test_damaged_facts_on_clothes_are_not_judged_by() -> None:
    from llamaindex_clipverify.evidence.stored import is_sound

    verifier = Verifier.from_defaults(detector=Given(("person", 0.9, STANDING), ("person", 0.9, (40, 100, 140, 220))))
    (facts,) = verifier.facts([dressed()])
    seen = facts.seen["clothes"]
    assert is_sound(facts) and np.isnan(seen["shares"]).any(), "who sits has no lower part"
    for name, value in (
        ("rows", seen["rows"] + 7),
        ("shares", seen["shares"][:, :2]),
        ("possible", "?"),
        ("rows", [0, 1]),
    ):
        damaged = replace(facts, seen={**facts.seen, "clothes": {**seen, name: value}})
        assert not is_sound(damaged), name
