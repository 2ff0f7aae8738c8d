"""The time to split an answer grows with its length, whatever it consists of."""

from __future__ import annotations

import gc
import time
from functools import cache

import pytest

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter

FORMS = {
    "sentences": "There is a red car on the street. ",
    "digits_and_spaces": "1 ",
    "digits": "1",
    "long_digits_and_spaces": "123 456 ",
    "digit_dots": "1.",
    "digit_commas": "1,",
    "digit_hyphens": "1-",
    "digit_colons": "1:",
    "digit_slashes": "1/",
    "citations": "[1]",
    "cited_images": "image 1 ",
    "cited_first": "first image ",
    "neither_nor": "neither nor ",
    "neither_dog_nor_cat": "neither a dog nor a cat ",
    "tabs": "\t",
    "tabs_around_words": "dog\t\t\t\t\t\t\t\t",
    "without": "without ",
    "without_dogs": "without a dog ",
    "spaces": " ",
    "spaces_between": " ",
    "newlines": "\n",
    "spaces_newlines": " \n",
    "says_quote": 'says "',
    "says_quoted": 'it says "STOP" ',
    "quotes": '"',
    "curly_quotes": "“",
    "apostrophes": "'",
    "open_apostrophes": " 'a",
    "unbalanced_quotes": 'a "dog ',
    "quoted_words": '"dog" ',
    "long_word": "a",
    "long_capitals": "A",
    "long_hyphens": "dog-",
    "long_apostrophes": "dog's",
    "underscores": "_",
    "hyphens": "-",
    "stars": "*",
    "pipes": "|",
    "backticks": "`",
    "hashes": "#",
    "angles": "<",
    "open_tags": "<a ",
    "tags": "<b>dog</b> ",
    "brackets": "(",
    "braces": '{"a": ',
    "json": '{"color": "red", "objects": ["car", "dog"]}, ',
    "commas": ", ",
    "many_commas": "a dog, ",
    "endless_and": "a dog and a cat and ",
    "endless_on": "a dog on a cat ",
    "endless_of": "a picture of ",
    "endless_is": "the dog is red ",
    "is_not": "is not ",
    "no_dogs": "no dogs or ",
    "such_as": "such as a dog ",
    "than": "more dogs than ",
    "it_is": "it is ",
    "who_wears": "who wears a hat ",
    "red_and": "red and ",
    "red_comma": "red, ",
    "red_words": "red ",
    "names": "Anna ",
    "names_of": "Bank of ",
    "is_name": "is Anna ",
    "called_names": "called Anna and ",
    "dates": "3 May 2026 ",
    "money": "$12.50 ",
    "phones": "(555) 123-4567 ",
    "phone_signs": "+1 ",
    "codes": "B12 ",
    "code_hyphens": "a1-",
    "times": "12:30 ",
    "percent": "10 % ",
    "totals": "the total is 12.50, ",
    "full_stops": ".",
    "questions": "?",
    "question_words": "Is it? ",
    "yes": "Yes ",
    "initials": "A. ",
    "one_two": "one ",
    "ones": "the red one ",
    "they_both": "they both ",
    "possessives": "the dog's ",
    "more_than_two": "more than two ",
    "left_of": "to the left of ",
    "in_the_background": "in the background, ",
    "corner": "upper left and ",
    "might": "it might be, ",
    "colons": "dog: ",
    "table": "| car | red |\n",
    "list": "- a dog\n",
    "numbered": "1. a dog\n",
    "semicolons": "a dog; ",
    "korean": "개가 있다 ",
    "emoji": "🐶",
    "accents": "é",
    "zwj": "a\u200b",
}
"""Texts that are repeated; each was once slow in some splitter, or may be."""
WRAPPED = ("spaces_between", "newlines", "spaces_newlines")
"""Forms that stand between two words."""
MOST = 20.0
"""Allowed ratio of times for ten times the length. Linear is 10, quadratic 100; the rest is noise of the machine."""
SPLITTER = EnglishSplitter()


def text_of(form: str, size: int) -> str:
    unit = FORMS[form]
    body = (unit * (size // len(unit) + 1))[:size]
    return f"A dog{body}sits here." if form in WRAPPED else body


def seconds(form: str, size: int, repeats: int) -> float:
    """Return the processor time of the fastest of several runs."""
    answer, best = text_of(form, size), float("inf")
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        SPLITTER.split(answer)
        best = min(best, time.process_time() - start)
    return best


@cache
def ordinary(size: int) -> float:
    """Return the time for an ordinary answer: forms that take less are fast enough to be measured no further."""
    SPLITTER.split(text_of("sentences", 1_000))
    return seconds("sentences", size, 5)


@pytest.mark.slow  # a ratio of times: for a quiet machine
@pytest.mark.parametrize("form", FORMS)
def test_ten_times_the_length_takes_about_ten_times_as_long(form: str) -> None:
    assert seconds(form, 10_000, 2) <= MOST * max(seconds(form, 1_000, 4), ordinary(1_000) / 2)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_very_long_answer_too(form: str) -> None:
    assert seconds(form, 100_000, 1) <= MOST * max(seconds(form, 10_000, 2), ordinary(10_000) / 2)
