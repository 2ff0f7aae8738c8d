"""Answers into claims: the table reads kind, text, phrase; "-" marks a negated claim, "*" an unknown noun."""

from __future__ import annotations

import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.language import language_of
from llamaindex_clipverify.claims.vocabulary import english

SPLITTER = EnglishSplitter()

CASES = {
    "A red car is next to a dog.": ["attribute red car|a red car", "relation car is next to a dog|a red car next to a dog",
                                    "object dog|a dog"],
    "There are two dogs in the picture.": ["count two dogs|two dogs"],
    "The picture shows 3 cups.": ["count 3 cups|three cups"],
    "There is exactly one bus.": ["count exactly one bus|one bus"],
    "There is no dog in the picture.": ["object- no dog|a dog"],
    "There isn't a car.": ["object- car|a car"],
    "The scene has no bus or truck.": ["object- no bus|a bus", "object- truck|a truck"],
    "The picture does not show a cat, but there is a dog.": ["object- cat|a cat", "object dog|a dog"],
    "The car is not red.": ["attribute- car is not red|a red car"],
    "The skateboard in the picture is blue.": ["attribute skateboard in the picture is blue|a blue skateboard"],
    "The dog is to the left of the car.": ["object dog|a dog", "relation dog is to the left of the car|a dog to the left of a car",
                                           "object car|a car"],
    "The car isn't above the bus.": ["object car|a car", "relation- car isn't above the bus|a car above a bus", "object bus|a bus"],
    "To the left of the bus is a dog.": ["relation To the left of the bus is a dog|a dog to the left of a bus", "object bus|a bus",
                                         "object dog|a dog"],
    "An orange is on the orange table.": ["object orange|an orange", "relation orange is on the orange table|an orange on a dining table",
                                          "attribute orange table|an orange dining table"],
    "The car is orange.": ["attribute car is orange|an orange car"],
    "A red and white bus.": ["attribute red and white bus|a red bus", "attribute red and white bus|a white bus"],
    "Two red cars are parked.": ["count Two red cars|two red cars", "state cars are parked|parked cars"],
    "A couple of dogs are running.": ["count couple of dogs|two dogs", "action* dogs are running|dogs running"],
    "A penguin is here.": ["object* penguin|a penguin"],
    "Puppies and a hot dog.": ["object Puppies|dogs", "object hot dog|a hot dog"],
    "A pair of scissors lies there.": ["object pair of scissors|scissors"],
    "It costs $9.50.": ["text $9.50|$9.50"],
    'The sign says "STOP".': ["object* sign|a sign", 'text "STOP"|"STOP"'],
    "There are 0 cups.": ["object- 0 cups|a cup"],
    "It costs $0 and 0.5 cups fit.": ["text $0|$0", "object 0.5 cups|cups"],
    "The cup is neither red nor blue.": ["attribute- cup is neither red|a red cup",
                                         "attribute- cup is neither red nor blue|a blue cup"],
    "The cup, which is yellow, is left of the clock.": ["attribute cup, which is yellow|a yellow cup",
        "relation cup, which is yellow, is left of the clock|a cup to the left of a clock", "object clock|a clock"],
    "There might be a dog.": ["other There might be a dog.|There might be a dog."],
    "1. cat\n2. <b>dog</b>": ["object cat|a cat", "object dog|a dog"],
    "A café.": ["object* café|a café"],
    "The handbag is not visible in the mirror.": ["object handbag|a handbag",
        "relation-* handbag is not visible in the mirror|a handbag in a mirror", "object* mirror|a mirror"],
    "The handbag is not visible in the picture.": ["object- handbag|a handbag"],
    "A man and a woman, both wearing hats.": ["object man|a person",
        "wearing* man and a woman, both wearing hats|a person wearing a hat", "object woman|a person",
        "wearing* woman, both wearing hats|a person wearing a hat", "object* hats|hats"],
    "The bathroom's main features are two sinks.": ["object* bathroom|a bathroom", "count two sinks|two sinks"],
    "A black cat and a fire truck.": ["attribute black cat|a black cat", "object fire truck|a truck"],
    "I love it.": ["other I love it.|I love it."],
    "What is this?": [],
    "Yes.": [],
    "": [],
}  # fmt: skip


def shown(claim: Claim) -> str:
    return f"{claim.kind}{'-' if claim.negated else ''}{'' if claim.known else '*'} {claim.text}|{claim.phrase}"


@pytest.mark.parametrize("answer", CASES)
def test_claims(answer: str) -> None:
    assert [shown(claim) for claim in SPLITTER.split(answer)] == CASES[answer]


def test_spans_are_exact() -> None:
    answer = "  A red car. There isn't a dog!\nTwo (black) cats sit near 3 cups; the bus is green."
    claims = SPLITTER.split(answer)
    assert len(claims) >= 5
    assert all(answer[claim.start : claim.end] == claim.text for claim in claims)


def test_a_second_mention_is_not_a_second_claim() -> None:
    kinds = [claim.kind for claim in SPLITTER.split("There is a car. The car is next to a dog. The car is red.")]
    assert kinds.count("object") == 2
    assert kinds.count("attribute") == 1


def test_a_cited_picture_is_noted() -> None:
    cites = [
        claim.cites for claim in SPLITTER.split("Image 2 shows a cat. In the first picture there is a dog. A bus [3].")
    ]
    assert cites == [1, 0, 2]


def test_own_nouns_join_the_vocabulary() -> None:
    words = english().with_nouns({"penguin": {"group": "animal", "synonyms": [["auk", "auks"]]}})
    claims = EnglishSplitter(words).split("Two auks.")
    assert [(claim.noun, claim.number, claim.known) for claim in claims] == [("penguin", 2, True)]
    assert "dog" in words.sisters("penguin")


@pytest.mark.parametrize(
    ("text", "code"),
    [("A red car.", "en"), ("빨간 자동차가 있습니다.", "ko"), ("Der Hund sitzt neben einem roten Auto auf der Straße.", "und"),
     ("There is a dog next to the car in this picture.", "en")],
)  # fmt: skip
def test_language(text: str, code: str) -> None:
    assert language_of(text) == code


def test_the_vocabulary_knows_the_eighty_nouns() -> None:
    words = english()
    assert len(words.plurals) == 80
    assert words.nouns["mice"] == "mouse"
    assert words.canonical("TV_Monitor".replace("_", "")) == "tv"
    assert words.plural("walrus") == "walruses"
