"""What is a kind of what, foils of nouns that only WordNet has, and the nouns that users add."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.claims.korean import KoreanSplitter, korean
from llamaindex_clipverify.claims.language import language_of
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet

WORDS = english()


@pytest.mark.parametrize(
    ("noun", "some", "none"),
    [("animal", {"dog", "bird", "cow"}, {"teddy bear", "mouse", "person"}), ("vehicle", {"car", "bus", "train", "boat"}, {"skateboard"}),
     ("furniture", {"chair", "bed", "couch"}, {"toilet"}), ("fruit", {"apple", "orange", "banana"}, {"carrot"}),
     ("vegetable", {"broccoli", "carrot"}, {"apple"}), ("appliance", {"toaster", "refrigerator"}, {"laptop"}),
     ("dog", set(), {"dog", "hot dog"}), ("blorple", set(), {"dog"})],
)  # fmt: skip
def test_kinds(noun, some, none):
    kinds = set(WORDS.kinds(noun))
    assert some <= kinds and not none & kinds
    assert not some or kinds


def test_kinds_among_the_classes_of_a_detector():
    assert WORDS.kinds("animal", ("dog", "car")) == ("dog",)
    assert not WORDS.exhausted("animal", ("dog",))
    assert WORDS.related("poodle", "dog") and not WORDS.related("coffee table", "dining table")


def test_a_users_noun_is_a_kind_of_its_group():
    words = english().with_nouns({"blorp": {"group": "animal"}})
    assert "blorp" in words.kinds("animal") and "blorp" not in words.kinds("vehicle")


def test_foils_of_the_eighty_nouns_are_those_the_profiles_were_fitted_with():
    """A change here makes the bundled profiles wrong: fit them anew."""
    kept = json.loads((Path(__file__).parent / "data" / "foils.json").read_text("utf-8"))
    splitter = EnglishSplitter()
    assert len(kept) == 80
    for noun, expected in kept.items():
        (claim,) = [one for one in splitter.split(f"There is a {noun}.") if one.kind == "object"]
        assert [foil.noun for foil in foils(claim)] == expected


def test_foils_of_other_nouns_are_their_sisters_and_never_their_kin():
    penguin, poodle, animal = EnglishSplitter().split("A penguin. A poodle. An animal.")
    assert {"pelican", "puffin"} <= {foil.noun for foil in foils(penguin)}
    assert "dog" not in {foil.noun for foil in foils(poodle)}
    assert not {"dog", "bird"} & {foil.noun for foil in foils(animal)} and len(foils(animal)) >= 8
    assert WORDS.related("penguin", "bird") and "bird" not in {foil.noun for foil in foils(penguin)}


@pytest.mark.parametrize("noun", sorted(WORDS.plurals))
def test_every_noun_takes_every_colour_and_a_number(noun):
    splitter = EnglishSplitter()
    for colour in sorted(set(WORDS.colours.values())):
        (claim,) = splitter.split(f"There is a {colour} {noun}.")
        assert (claim.kind, claim.noun, claim.colour, claim.known) == ("attribute", noun, colour, True)
    (claim,) = splitter.split(f"There are five {WORDS.plural(noun)} in the picture.")
    assert (claim.kind, claim.noun, claim.number) == ("count", noun, 5)
    (claim,) = splitter.split(f"There is no {noun}.")
    assert (claim.kind, claim.noun, claim.negated) == ("object", noun, True)


def test_every_surface_form_is_read_as_its_noun():
    splitter = EnglishSplitter()
    for form, noun in WORDS.nouns.items():
        claims = splitter.split(f"I can see {form} here.")
        assert [claim.noun for claim in claims] == [noun], form


def test_what_says_more_than_its_noun_is_kept_beside_it():
    claims = EnglishSplitter().split("Two men, a kitten, a person and a fire truck.")
    assert [(claim.noun, claim.narrow) for claim in claims] == [
        ("person", "man"), ("cat", "kitten"), ("person", None), ("truck", "fire truck")
    ]  # fmt: skip


def test_irregular_plurals():
    assert [WORDS.plural(noun) for noun in ("leaf", "mouse", "walrus", "foot")] == [
        "leaves",
        "mice",
        "walruses",
        "feet",
    ]
    assert wordnet().singular("leaves") == "leaf" and wordnet().singular("violins") == "violin"


def test_the_licence_lies_beside_the_data():
    folder = Path(__file__).parents[1] / "llamaindex_clipverify" / "claims" / "words"
    assert "Princeton University" in (folder / "LICENSE.wordnet").read_text("utf-8")
    assert (folder / "wordnet.json").stat().st_size < 600 * 1024


@pytest.mark.parametrize("noun", sorted(set(korean().nouns.values())))
def test_every_korean_form_is_read_as_its_english_noun(noun):
    splitter = KoreanSplitter()
    for form in (form for form, name in korean().nouns.items() if name == noun):
        for text in (f"{form}이 있다.", f"{form}가 있습니다.", f"빨간 {form}", f"{form} 세 개"):
            (claim,) = splitter.split(text)
            assert (claim.noun, claim.known, claim.words.language) == (noun, True, "en"), text
            assert claim.phrase.isascii()


def test_korean_knows_the_eighty_nouns():
    assert set(korean().nouns.values()) == set(english().plurals)
    assert language_of("고양이 두 마리") == "ko"


def test_own_korean_nouns_are_said_in_english():
    words = korean().with_nouns({"penguin": {"group": "animal", "synonyms": [["펭귄", "펭귄"]]}})
    (claim,) = KoreanSplitter(words).split("펭귄 두 마리가 있다.")
    assert (claim.noun, claim.number, claim.known, claim.phrase) == ("penguin", 2, True, "two penguins")
    assert "dog" in {foil.noun for foil in foils(claim.swap(kind="object"))}
