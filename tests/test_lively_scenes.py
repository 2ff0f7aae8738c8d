"""Scenes where people act, things have patterns and states, and a place is drawn: their words are read, their truth is right."""

import hashlib

import numpy as np
import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.testing import COLOURS, FRESH, NOUNS, STYLES, SceneObject, draw_scene
from llamaindex_clipverify.testing import lively as life
from llamaindex_clipverify.testing.art import lively_sprites, sprite_image, sprites
from llamaindex_clipverify.testing.patterns import PATTERNS, pattern_mask, second_tone
from llamaindex_clipverify.testing.places import any_place, place_picture
from llamaindex_clipverify.testing.scenes import Scene
from llamaindex_clipverify.testing.statements import KINDS, LIVELY_KINDS
from llamaindex_clipverify.testing.truth import truth_of

SCENES = [draw_scene(FRESH + 510_000 + seed, lively=True) for seed in range(60)]
RNG = np.random.default_rng(0)


def claim(text, kind):
    return next(found for found in EnglishSplitter().split(text) if found.kind == kind)


def scene_of(*objects, place="", unclaimed=()):
    image = SCENES[0].image
    return Scene(image=image, objects=objects, words=(), style="noto", seed=0, place=place, unclaimed=unclaimed)


def person(action):
    return SceneObject("person", None, (0, 0, 10, 20), action=action)


def test_scenes_that_are_not_lively_are_as_they_were():
    """The digest was taken before lively scenes existed: pixels, objects, claims and captions of 25 scenes."""
    digest = hashlib.sha256()
    for seed in range(FRESH, FRESH + 25):
        scene = draw_scene(seed)
        digest.update(scene.image.tobytes())
        told = [(thing.noun, thing.colour, thing.box) for thing in scene.objects]
        digest.update(repr((told, scene.words, scene.claims(seed), scene.captions(seed))).encode())
        assert not scene.place
        assert all(thing.action is thing.pattern is thing.state is None for thing in scene.objects)
    assert digest.hexdigest() == "a7d52d0da39f90c74896956163348511242dc8a28b90c56605ffacbaf076bfb6"


def test_a_seed_is_a_lively_scene():
    first, second = (draw_scene(FRESH + 4, lively=True) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.objects == second.objects
    assert first.claims(1) == second.claims(1)


def test_lively_scenes_have_all_of_it():
    things = [thing for scene in SCENES for thing in scene.objects]
    assert {thing.pattern for thing in things} >= {*PATTERNS, "plain", None}
    assert {thing.state for thing in things} == {"open", "closed", None}
    assert len({thing.action for thing in things if thing.noun == "person"}) > 8
    assert all(thing.action is None for thing in things if thing.noun != "person")
    assert {scene.place for scene in SCENES} == {"", *life.PLACES}


@pytest.mark.parametrize("style", STYLES)
def test_the_shipped_styles_have_art_of_every_action(style):
    people = lively_sprites(style)["person"]
    assert {piece.action for piece in people} == {*life.ACTIONS, "stand"}
    assert people[: len(sprites(style)["person"])] == sprites(style)["person"]
    for piece in people:
        assert np.asarray(sprite_image(piece, None))[..., 3].mean() > 20
    for noun, states in life.STATES.items():
        assert {piece.state for piece in sprites(style)[noun]} == set(states)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_covers_part_of_the_tinted_area_alone(pattern):
    mask = np.zeros((120, 90), dtype=bool)
    mask[20:100, 10:80] = True
    painted = pattern_mask(mask, pattern)
    assert 0.2 < painted[mask].mean() < 0.6
    assert not painted[~mask].any()
    assert not pattern_mask(np.zeros((20, 20), dtype=bool), pattern).any()


@pytest.mark.parametrize("colour", COLOURS)
def test_a_patterned_thing_keeps_its_colour(colour):
    piece = next(piece for piece in sprites("noto")["cup"] if piece.tintable)
    plain, striped = (np.asarray(sprite_image(piece, colour, 1, pattern), dtype=float) for pattern in (None, "striped"))
    changed = np.abs(plain - striped).sum(axis=2) > 60
    share = changed.sum() / (plain[..., 3] > 100).sum()
    assert 0.15 < share < 0.6
    assert second_tone(colour, (40, 104, 226)) != (40, 104, 226)


def test_every_place_is_painted_and_looks_unlike_the_others():
    size = (200, 150)
    means = {
        place: np.asarray(place_picture(np.random.default_rng(1), size, place)).mean(axis=(0, 1))
        for place in life.PLACES
    }
    assert all(place_picture(np.random.default_rng(2), size, place).size == size for place in life.PLACES)
    assert {any_place(np.random.default_rng(seed)) for seed in range(80)} == set(life.PLACES)
    places = list(life.PLACES)
    assert min(np.abs(means[a] - means[b]).sum() for a in places for b in places if a != b) > 8


@pytest.mark.parametrize("action", life.ACTIONS)
@pytest.mark.parametrize("template", life.ACTION)
def test_sentences_on_actions_are_read_as_actions(action, template):
    for phrase in life.ACTIONS[action].phrases:
        found = claim(template.format(doing=phrase), "action")
        assert found.noun == "person"
        assert truth_of(found, [scene_of(person(action))]) is True
        assert truth_of(found, [scene_of(person("walk" if action != "walk" else "swim"))]) is False


@pytest.mark.parametrize("place", life.PLACES)
def test_sentences_on_places_are_read_as_scenes(place):
    other = next(name for name in life.PLACES if name != place)
    for sentence in life.PLACES[place]:
        found = claim(sentence, "scene")
        assert found.value == place
        assert truth_of(found, [scene_of(person("run"), place=place)]) is True
        assert truth_of(found, [scene_of(person("run"), place=other)]) is False
        assert truth_of(found, [scene_of(person("run"))]) is None


@pytest.mark.parametrize("template", life.SAID_OF)
def test_sentences_on_patterns_and_states_are_read_as_such(template):
    for noun in ("umbrella", "skis", "cell phone"):
        for pattern in PATTERNS:
            found = claim(life.described_claim(noun, pattern, template), "pattern")
            assert (found.noun, found.value) == (noun, pattern)
            assert truth_of(found, [scene_of(SceneObject(noun, "red", (0, 0, 9, 9), pattern=pattern))]) is True
            assert truth_of(found, [scene_of(SceneObject(noun, "red", (0, 0, 9, 9), pattern="plain"))]) is False
    for noun, states in life.STATES.items():
        found = claim(life.described_claim(noun, states[0], template), "state")
        assert truth_of(found, [scene_of(SceneObject(noun, None, (0, 0, 9, 9), state=states[0]))]) is True
        assert truth_of(found, [scene_of(SceneObject(noun, None, (0, 0, 9, 9), state=states[1]))]) is False
        assert truth_of(found, [scene_of(SceneObject(noun, None, (0, 0, 9, 9)))]) is None


def test_every_kind_has_as_many_true_as_false_rows():
    rows = [row for scene in SCENES for row in scene.claims(scene.seed)]
    for kind in (*KINDS, *LIVELY_KINDS):
        labels = [row["label"] for row in rows if row["kind"] == kind]
        assert sum(labels) * 2 == len(labels) >= 8, kind


def test_labels_agree_with_the_truth_of_the_claims_they_are_read_as():
    splitter, checked = EnglishSplitter(), 0
    for scene in SCENES:
        for row in scene.claims(scene.seed):
            for found in splitter.split(row["claim"]):
                if found.kind == row["kind"] and row["kind"] in LIVELY_KINDS:
                    assert truth_of(found, [scene]) is bool(row["label"]), row
                    checked += 1
    assert checked > 150


def test_what_is_part_of_another_thing_is_neither_claimed_nor_denied():
    cyclist = scene_of(person("cycle"), unclaimed=("bicycle",))
    for seed in range(60):
        told = [row["claim"] for row in cyclist.claims(seed) if row["kind"] in ("object", "negation", "count")]
        assert not any("bicycle" in text for text in told)
    assert truth_of(Claim(text="", start=0, end=0, kind="object", noun="bicycle"), [cyclist]) is None
    assert truth_of(Claim(text="", start=0, end=0, kind="count", noun="bicycle", number=1), [cyclist]) is None
    assert truth_of(claim("The person is riding a horse.", "action"), [cyclist]) is False
    assert truth_of(claim("The person is eating.", "action"), [cyclist]) is None
    assert set(NOUNS) >= {action.shows for action in life.ACTIONS.values() if action.shows}
