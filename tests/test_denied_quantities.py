"""Denials of numbers, of all of several, of places, weather and times, and *no* to a question, in both languages."""

from __future__ import annotations

import pytest

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.testing.reading import shown

ENGLISH, KOREAN = EnglishSplitter(), KoreanSplitter()


def read(text: str, question: str | None = None) -> list[str]:
    splitter = ENGLISH if text.isascii() else KOREAN
    return [shown(claim) for claim in splitter.split(text, question) if claim.kind != "other"]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("There are not three dogs.", ["count dog 3 NOT"]),
        ("There aren't two red cars.", ["count car red 2 NOT"]),
        ("There is not only one person.", ["count person 1 NOT"]),
        ("There are not at least two dogs.", ["bound dog 2 NOT"]),
        ("There are not many people.", ["bound person 3 NOT"]),
        ("There are not several dogs.", ["bound dog 3 NOT"]),
        ("There is not more than one car.", ["bound car 1"]),
        ("There are not fewer than three cups.", ["bound cup 3"]),
        ("The number of dogs is two.", ["count dog 2"]),
        ("The number of dogs is 2.", ["count dog 2"]),
        ("The number of dogs is not two.", ["count dog 2 NOT"]),
        ("There are not more dogs than cats.", ["comparison dog more than cat NOT"]),
        ("There are no more dogs than cats.", ["comparison dog more than cat NOT"]),
        ("There are not any dogs.", ["object dog NOT"]),
        ("There are scarcely any dogs.", ["object dog NOT"]),
        ("개가 세 마리가 아니다.", ["count dog 3 NOT"]),
        ("개가 두 마리 이상 있지 않다.", ["bound dog 2 NOT"]),
        ("개는 한 마리도 없다.", ["object dog NOT"]),
    ],
)
def test_a_denied_number_does_not_deny_the_thing(text: str, claims: list[str]) -> None:
    assert read(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("This photo was not taken at night.", ["scene night NOT"]),
        ("It is not a sunny day.", ["scene sunny NOT"]),
        ("The weather is not sunny.", ["scene sunny NOT"]),
        ("It isn't raining.", ["scene rainy NOT"]),
        ("The scene is not outdoors.", ["scene outdoors NOT"]),
        ("This is not a photo of a kitchen.", ["scene kitchen kitchen NOT"]),
        ("밤에 찍은 사진이 아니다.", ["scene night NOT"]),
        ("실내에서 찍지 않았다.", ["scene indoors NOT"]),
        ("부엌에서 찍은 사진이 아닙니다.", ["scene kitchen NOT"]),
        ("맑은 날이 아니다.", ["scene sunny NOT"]),
        ("흐린 날이 아니라 맑은 날이다.", ["scene cloudy NOT", "scene sunny"]),
    ],
)
def test_a_denied_scene_is_not_claimed(text: str, claims: list[str]) -> None:
    assert read(text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "Not all of the dogs are black.",
        "Not every car is parked.",
        "Not many cars are parked.",
        "The people are not all seated.",
        "It isn't true that there is a dog.",
        "It is not the case that the car is red.",
        "There is no indication that the dog is running.",
        "There used to be a dog.",
        "It does not look like it is raining.",
        "There are not enough chairs.",
        "It doesn't look like there are any dogs.",
        "At no point is the dog on the couch.",
        "In no way is the dog black.",
        "Nowhere in the image is there a dog.",
        "Not visible in the image: dogs, cats.",
        "Missing from the image are dogs and cats.",
        "개가 있다는 것은 사실이 아니다.",
    ],
)
def test_nothing_follows_from_what_is_true_of_some_or_untrue_as_a_whole(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Not one of the cars is red.", ["attribute car red NOT"]),
        ("A dog is nowhere to be seen.", ["object dog NOT"]),
        ("There is no longer a dog.", ["object dog NOT"]),
        ("The dog is neither running nor sleeping.", ["object dog", "action dog run NOT", "action dog sleep NOT"]),
        ("There aren't any people wearing red shirts.", ["object person NOT", "wearing person red shirt NOT"]),
        ("There is one dog and not two dogs.", ["count dog 1", "count dog 2 NOT"]),
        ("The pizza doesn't have any mushrooms on it.", ["object pizza", "object mushroom NOT"]),
        ("Unlike the dog, the cat is not black.", ["attribute cat black NOT"]),
        ("Hardly anyone is wearing a hat.", ["wearing person hat NOT"]),
        ("The man is not the only person in the picture.", ["object person"]),
        ("The boy is not playing with the ball.", ["object person", "action person play NOT", "object sports ball"]),
        ("The dog is out of sight.", ["object dog NOT"]),
        ("The cake hasn't been cut.", ["object cake", "state cake sliced NOT"]),
        ('간판에 "정지"라고 쓰여 있지 않다.', ["object sign", "text NOT"]),
    ],
)
def test_denials_of_other_forms(text: str, claims: list[str]) -> None:
    assert read(text) == claims


@pytest.mark.parametrize(
    ("question", "claims"),
    [
        ("Are there eight candles in this photo?", ["count candle 8 NOT"]),
        ("Are there at least two dogs?", ["bound dog 2 NOT"]),
        ("Is there only one person in the picture?", ["count person 1 NOT"]),
        ("Are there more dogs than cats?", ["comparison dog more than cat NOT"]),
        ("Is the number of dogs two?", ["count dog 2 NOT"]),
        ("Was this photo taken at night?", ["scene night NOT"]),
        ("Is it raining?", ["scene rainy NOT"]),
        ("Is the towel wet in this photo?", ["object towel", "state towel wet NOT"]),
        ("Is the boy running?", ["object person", "action person run NOT"]),
        ("Does the male nurse wear gloves?", ["object nurse", "wearing nurse glove NOT"]),
        ("Is the man's shirt blue?", ["object person", "wearing person shirt", "attribute shirt blue NOT"]),
        ("Are there any candles?", ["object candle NOT"]),
        ("Are all the people wearing helmets?", []),
        ("Are there an equal number of dogs and cats?", []),
        ("Is nobody wearing a hat?", []),
        ("Is there anyone in the boat?", ["relation person in boat NOT", "object boat"]),
        ("Is the animal in the photo a horse?", ["object animal", "object horse NOT"]),
        ("Does it look like it is raining?", []),
    ],
)
def test_no_denies_what_the_question_asks(question: str, claims: list[str]) -> None:
    assert read("No", question) == claims


@pytest.mark.parametrize(
    ("question", "answer", "claims"),
    [
        ("Is there no dog in the picture?", "Yes", ["object dog NOT"]),
        ("How many dogs are in the picture?", "None", ["object dog NOT"]),
        ("How many dogs and cats are there?", "Three", []),
        ("Is the tall building on the left?", "Yes", ["size building tall", "object building", "position building left"]),
        ("Is the dog on the couch asleep?", "Yes", ["object dog", "relation dog on couch", "object couch"]),
        ("Is this a kitchen?", "Yes", ["scene kitchen kitchen", "object kitchen"]),
        ("What color hair does the girl have?", "Brown", ["object person", "part hair brown person", "attribute hair brown"]),
        ("What shape is the clock?", "Round", ["object clock"]),
        ("What time of day is it?", "Night", ["scene night"]),
        ("What is the weather like?", "Sunny", ["scene sunny"]),
        ("모든 사람이 모자를 쓰고 있나요?", "아니요", []),
        ("개가 세 마리 있나요?", "아니요", ["count dog 3 NOT"]),
    ],
)  # fmt: skip
def test_short_answers(question: str, answer: str, claims: list[str]) -> None:
    assert read(answer, question) == claims


def test_a_denied_number_is_judged_by_the_number() -> None:
    verifier = Verifier.tiny()
    scenes = (draw_scene(FRESH + place) for place in range(60))
    scene, noun = next((one, noun) for one in scenes for noun in one.nouns() if one.count(noun) == 2)
    plural = ENGLISH.vocabulary.plural(noun)
    picture = Picture.of(scene.image)
    trusts = {
        number: verifier.verify(f"There are not {number} {plural}.", [picture]).claims[0].trust
        for number in ("two", "four")
    }
    assert trusts["two"] is not None and trusts["four"] is not None
    assert trusts["two"] < 0.4 < 0.7 < trusts["four"], (noun, trusts)
