"""Word maps: the wrong word is found, figures add up where a method says so, offsets are those of the text."""

from __future__ import annotations

import numpy as np
import pytest
from checkpoints import save_align, save_clip, save_siglip

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.explainers.heads import watched
from llamaindex_clipverify.explainers.integrated_gradients import IntegratedGradients
from llamaindex_clipverify.explainers.swaps import replacements
from llamaindex_clipverify.explainers.words import METHODS, Part, WordMap, parts_of, word_map
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import load_encoder
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.testing.statements import likely_absent
from llamaindex_clipverify.verification.verifier import Verifier


@pytest.fixture(scope="module")
def tiny() -> ClipEncoder:
    return load_encoder("tiny")


def test_parts_are_words_and_compound_nouns_with_their_places():
    text = "Two big teddy bears sit beside the red bus."
    parts = parts_of(text)
    assert [(part.text, part.sort) for part in parts] == [
        ("Two", "number"), ("big", "word"), ("teddy bears", "noun"), ("sit", "word"), ("beside", "function"), ("the", "function"),
        ("red", "colour"), ("bus", "noun"),
    ]  # fmt: skip
    assert all(text[part.start : part.end] == part.text for part in parts)
    assert (parts[2].name, parts[2].plural) == ("teddy bear", True)


def test_replacements_keep_the_form_and_leave_the_word_itself_out():
    dogs = replacements(Part(text="dogs", start=0, end=4, sort="noun", name="dog", plural=True))
    assert "cats" in dogs and "dogs" not in dogs and "cat" not in dogs and len(dogs) > 50
    assert "red" not in replacements(Part(text="crimson", start=0, end=7, sort="colour", name="red"))
    assert replacements(Part(text="two", start=0, end=3, sort="number", name="two")) == ["one", "three", "four"]
    assert replacements(Part(text="beside", start=0, end=6, sort="function")) == []


@pytest.mark.parametrize(("method", "least"), [("swaps", 0.8), ("misalignment", 0.6), ("integrated_gradients", 0.5)])
def test_the_word_that_is_not_there_is_found(tiny, method, least):
    hits, made = 0, 0
    for seed in range(40):
        scene = draw_scene(FRESH + 70 + seed, objects=(2, 4))
        alone = [noun for noun in scene.nouns() if scene.count(noun) == 1]
        if len(alone) < 2:
            continue
        wrong = likely_absent(scene, np.random.default_rng(seed))
        text = f"a {alone[0]} next to a {wrong}" if seed % 2 else f"a {wrong} next to a {alone[0]}"
        found = word_map(tiny, tiny.encode_images([scene.image])[0], text, method).wrong
        hits += found is not None and found.text == wrong
        made += 1
    assert made > 20 and hits >= least * made


def test_integrated_gradients_add_up_to_the_difference_of_the_cosines(tiny):
    scene = draw_scene(FRESH)
    picture, text = tiny.encode_images([scene.image])[0], f"a {scene.nouns()[0]} and a {scene.nouns()[1]}"
    few, many = (IntegratedGradients(steps).score(tiny, picture, text, parts_of(text))[1] for steps in (4, 256))
    assert many < 0.01 < few
    found = word_map(tiny, picture, text, "integrated_gradients")
    assert found.delta is not None and found.delta < 0.02


@pytest.mark.parametrize("make", [save_siglip, save_align, lambda folder: save_clip("small", folder)])
def test_other_towers_have_word_maps_or_say_why_not(make, tmp_path):
    encoder = ClipEncoder(str(make(tmp_path)), device="cpu")
    picture = encoder.encode_images([draw_scene(FRESH).image])[0]
    for method in METHODS:
        if method == "misalignment" and make is save_align:
            with pytest.raises(ModelError, match="no attention of the text tower"):
                word_map(encoder, picture, "a red bus", method)
            continue
        found = word_map(encoder, picture, "a red bus beside a dog", method)
        told = [score for score in found.scores if score is not None]
        assert told and np.isfinite(told).all() and found.wrong is not None
        assert found.cosine == pytest.approx(
            float(encoder.encode_texts(["a red bus beside a dog"])[0] @ picture), abs=1e-5
        )


def test_a_causal_mask_is_noticed(tiny):
    with watched(tiny.model, ("text",)) as attentions:
        tiny.model.get_text_features(**tiny.tokens(["a red bus and a dog"]))
    weights = attentions[-1].weights
    assert len(attentions) == 3
    assert np.allclose(weights.sum(-1), 1, atol=1e-5) and float(weights.triu(1).abs().max()) == 0


def test_bad_texts_and_methods_are_one_clear_error(tiny):
    picture = tiny.encode_images([draw_scene(FRESH).image])[0]
    with pytest.raises(DataError, match="no such method for words"):
        word_map(tiny, picture, "a dog", "magic")
    with pytest.raises(DataError, match="holds no word"):
        word_map(tiny, picture, " … ")
    with pytest.raises(ModelError, match="need an encoder"):
        Verifier.from_defaults(detector="tiny").words("a dog", draw_scene(FRESH).image)


def test_a_verifier_tells_words_of_very_long_texts():
    scene = draw_scene(FRESH)
    found = Verifier.from_defaults("tiny").words("a dog and " * 60 + "a cat", scene.image, "misalignment")
    assert found.parts[-1].text == "cat" and found.scores[-1] is None and found.scores[1] is not None
    assert isinstance(found, WordMap)
