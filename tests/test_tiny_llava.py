"""The bundled LLaVA loads as what it is and knows the drawn world; figures of its own are in its card."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, LlavaForConditionalGeneration, LlavaProcessor

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.models.registry import load_llava, tiny_folder
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.testing import FRESH, NOUNS, STYLES, Scene, draw_scene

FOLDER = tiny_folder() / "llava"


@pytest.fixture(scope="module")
def llava() -> Any:
    return load_llava("tiny")


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(FRESH + 900 + place, style=STYLES[place % 2]) for place in range(48)]


def test_it_is_a_llava_of_transformers_in_half_precision_on_disk() -> None:
    model = AutoModelForImageTextToText.from_pretrained(FOLDER)
    processor = AutoProcessor.from_pretrained(FOLDER)
    assert isinstance(model, LlavaForConditionalGeneration) and isinstance(processor, LlavaProcessor)
    assert model.dtype == torch.float32
    assert (FOLDER / "model.safetensors").stat().st_size < 14e6
    assert model.config.text_config.max_position_embeddings >= 3072


def test_any_text_is_read_and_nouns_are_whole() -> None:
    tokenizer = AutoProcessor.from_pretrained(FOLDER).tokenizer
    for text in ("¿Qué? 고양이 – 🐈", "a\n\tb", "There are two red cars."):
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False).input_ids) == text
    assert all(len(tokenizer(f" {noun}", add_special_tokens=False).input_ids) <= 2 for noun in NOUNS)
    assert tokenizer.padding_side == "left" and tokenizer.pad_token != tokenizer.eos_token


def test_a_picture_is_225_tokens(llava: Any, scenes: list[Scene]) -> None:
    counts = [llava.count([("user", [*(scene.image for scene in scenes[:number]), "Hm?"])]) for number in range(4)]
    assert np.diff(counts).tolist() == [401, 401, 401], "400 for the picture and one for the line break"


def test_descriptions_name_what_is_there(llava: Any, scenes: list[Scene]) -> None:
    """Far below the measured figures (the card has them), far above chance (five in a hundred)."""
    right = wrong = missed = 0
    said = llava.generate([[("user", [scene.image, Prompts().describe])] for scene in scenes], 120)
    for scene, one in zip(scenes, said, strict=True):
        named = {claim.noun for claim in EnglishSplitter().split(one.text) if claim.noun}
        there = set(scene.nouns())
        right, wrong, missed = right + len(named & there), wrong + len(named - there), missed + len(there - named)
    assert right / (right + wrong) > 0.75
    assert right / (right + missed) > 0.6


def test_questions_over_two_pictures_in_the_synthesizers_words(llava: Any, scenes: list[Scene]) -> None:
    asked, wanted = [], []
    for first, second in zip(scenes[::2], scenes[1::2], strict=True):
        only = [noun for noun in second.nouns() if noun not in first.nouns()]
        if only:
            parts = Prompts().parts(f"Is there a {only[0]}?", [(first.image, None), (second.image, None)])
            asked.append([("user", parts)])
            wanted.append(only[0])
    said = [one.text for one in llava.generate(asked, 60)]
    yes = [text.startswith("Yes") and noun in text for text, noun in zip(said, wanted, strict=True)]
    assert np.mean(yes) > 0.6, said
    assert np.mean([text.endswith((" [1].", " [2].")) for text in said]) > 0.8
