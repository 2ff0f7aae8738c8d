"""Short answers to questions with what, which, who, where and how: what question and answer state together."""

from __future__ import annotations

import pytest
from test_captions import named

from llamaindex_clipverify import EnglishSplitter
from llamaindex_clipverify.claims.english.short_answers import statement

SPLITTER = EnglishSplitter()
ANSWERED = [
    ("In which part of the photo is the green ladder?", "left", "attribute ladder green | position ladder left"),
    ("On what side of this image is the kettle?", "Left", "position kettle left"),
    ("At which edge of the frame do you see a swan?", "top", "position swan top"),
    ("Where is the lamp in the picture?", "right", "position lamp right"),
    ("Which side of the road is the car on?", "left", "relation car left of road"),
    ("What colour has that bench?", "red", "attribute bench red"),
    ("The blanket under the calf has what colour?", "yellow", "attribute blanket yellow | relation blanket below calf"),
    ("What color is the helmet that the man is wearing?", "Blue.", "wearing man helmet | attribute helmet blue"),
    ("What's the color of the car?", "Black", "attribute car black"),
    ("What color shirt is the man wearing?", "red", "wearing man shirt red"),
    ("What color are the walls?", "White and blue", "attribute wall white | attribute wall blue"),
    ("How high is the fence?", "tall", "size fence tall"),
    ("How many legs does the table have?", "Four", "count leg 4 | part leg dining table"),
    ("How many cars?", "6", "count car 6"),
    ("How many people are in the room?", "There are five.", "count person 5 | relation person in room"),
    ("Is the man standing or sitting?", "He's sitting on a chair.", "action man sit | relation man on chair"),
    ("What pattern does the dress have?", "Polka dots.", "pattern dress dotted"),
    ("What is the instrument to the left of the curtain?", "piano", "relation piano left of curtain"),
    ("What is the animal that is sitting on the grass called?", "horse", "action horse sit | relation horse on grass"),
    ("Which object hangs below the painting?", "clock", "relation clock below painting"),
    ("What runs around that tree trunk?", "Rope", "depth rope around tree trunk"),
    ("What surrounds the house?", "trees", "depth tree around house"),
    ("What hall is the piano in?", "dining hall", "relation piano in dining hall | scene dining hall dining hall"),
    ("What place is pictured?", "Beach", "scene beach beach"),
    ("Where was this picture taken?", "Beach", "scene beach beach"),
    ("Where is the cat lying?", "On the bed", "action cat lie | relation cat on bed"),
    ("What does the woman hold?", "bag", "action woman hold bag"),
    ("What is he holding?", "bat", "action man hold bat"),
    ("Who wears glasses?", "The man on the left", "wearing man glasses | position man left"),
    ("What's the man riding on?", "skateboard", "relation man on skateboard"),
    ("What is the cat looking at?", "bird", "action cat look bird"),
    ("What are the people standing in front of?", "A building", "depth person in front of building"),
    ("What does the man have on his back?", "backpack", "wearing man backpack"),
    ("The man is wearing what?", "suit", "wearing man suit"),
    ("What kind of hat is the man wearing?", "baseball cap", "wearing man baseball cap"),
    ("Which material is the table made of?", "glass", "material dining table glass"),
    ("What pattern is on the shirt?", "stripes", "pattern shirt striped"),
    ("What sport is being played?", "tennis", "action person play tennis"),
    ("What is written on the bus?", "City Tour", "text"),
    ("What number is on the jersey?", "23", "text"),
    ("What does this sign say?", "No parking", "text"),
    ("Which of the two dogs is brown?", "The one on the left", "position dog left | attribute dog brown"),
    ("Which animal is bigger, the cow or the dog?", "cow", "comparison cow bigger than dog"),
    ("Are there more dogs or cats?", "dogs", "comparison dog more than cat"),
    ("What color the car is?", "red", "attribute car red"),
    ("What colour would you say the car is?", "red", "attribute car red"),
    ("What the man is riding on?", "horse", "relation man on horse"),
    ("Is it day or night?", "Day", "scene day"),
    ("Is the dog black or white?", "black and white", "attribute dog black | attribute dog white"),
    ("What is the number of dogs in the picture?", "3", "count dog 3"),
    ("What is shown in the image?", "A red bus", "attribute bus red"),
    ("What is not on the table?", "cup", "relation cup on dining table NOT"),
    ("A man is shown. What is the man riding? Answer with one word.", "horse", "action man ride horse"),
]


@pytest.mark.parametrize(("question", "answer", "wanted"), ANSWERED)
def test_a_short_answer_takes_the_place_that_is_asked_for(question: str, answer: str, wanted: str) -> None:
    claims = SPLITTER.split(answer, question)
    found = [named(claim).strip() for claim in claims]
    assert not set(wanted.split(" | ")) - set(found), (found, statement(question, answer))
    assert all(answer[claim.start : claim.end] == claim.text for claim in claims)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What brand is the laptop?", "Apple"),
        ("What flavor is the cake?", "chocolate"),
        ("What is the weather like?", "A fish"),
        ("Why is the man smiling?", "A joke"),
        ("Which hand is he using?", "left"),
        ("What is under the chair?", "Nothing"),
        ("Who took this picture?", "unknown"),
    ],
)
def test_an_answer_names_no_thing_that_the_question_does_not_ask_for(question: str, answer: str) -> None:
    things = {claim.noun for claim in SPLITTER.split(answer, question)}
    assert not things & {"apple", "chocolate", "left", "nothing", "unknown"}


@pytest.mark.parametrize(
    "question", ["What?", "Which", "On which?", "What is?", "Who the", "Where", "What's", "How high is?"]
)
def test_a_question_that_breaks_off_is_harmless(question: str) -> None:
    assert isinstance(SPLITTER.split("A dog", question), list)
