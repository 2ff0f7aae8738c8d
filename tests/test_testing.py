"""The drawn world says what is true of it: labels are checked against the objects, boxes and colours against the pixels."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.testing import COLOURS, FRESH, NOUNS, STYLES, art, draw_scene, register_style, statements
from llamaindex_clipverify.testing.__main__ import balanced, main, write_scenes
from llamaindex_clipverify.testing.art import RGB, sprite_image, sprites
from llamaindex_clipverify.testing.themes import THEMES, companions

SCENES = [draw_scene(FRESH + 500_000 + seed) for seed in range(60)]
ROWS = [(scene, row) for scene in SCENES for row in scene.claims(scene.seed)]


def of_kind(kind):
    return [(scene, row["claim"].rstrip("."), row["label"]) for scene, row in ROWS if row["kind"] == kind]


def named(claim):
    """The nouns a claim names, in the order of the sentence; longer names first, so that *hot dog* is no *dog*."""
    words = english()
    forms = {form: noun for noun in NOUNS for form in (noun, words.plural(noun))}
    pattern = r"\b(" + "|".join(sorted(map(re.escape, forms), key=len, reverse=True)) + r")\b"
    return [forms[found] for found in re.findall(pattern, claim.lower())]


def test_sixty_coco_nouns_and_eight_colours():
    assert len(NOUNS) == len(set(NOUNS)) == 60
    assert NOUNS[0] == "person"
    assert NOUNS[-1] == "toothbrush"
    assert COLOURS == ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")
    assert set(NOUNS) <= set(english().plurals)


@pytest.mark.parametrize("style", STYLES)
def test_every_noun_has_art_in_each_style(style):
    assert all(sprites(style)[noun] for noun in NOUNS)
    for pieces in sprites(style).values():
        for piece in pieces:
            art = sprite_image(piece, "red")
            assert max(art.size) == 120
            assert np.asarray(art)[..., 3].mean() > 20
            assert piece.colour is None or (piece.colour in COLOURS and not piece.tintable)


def test_unknown_style_says_which_there_are():
    with pytest.raises(ValueError, match=r"'crayon'; choose one of noto, twemoji"):
        draw_scene(1, style="crayon")


@pytest.fixture
def crayon(tmp_path, monkeypatch):
    """A further style with art of three nouns: squares, one of which takes a tint."""
    monkeypatch.setattr(art, "_REGISTERED", {})
    nouns = ("cup", "dog", "car")
    atlas, masks = Image.new("RGBA", (360, 120)), Image.new("1", (360, 120))
    rows = []
    for place, noun in enumerate(nouns):
        atlas.paste((200, 30 * place, 90, 255), (120 * place, 0, 120 * place + 120, 120))
        rows.append(
            {"noun": noun, "box": [120 * place, 0, 120 * place + 120, 120], "tint": noun == "car", "colour": None}
        )
    masks.paste(1, (240, 0, 360, 120))
    atlas.save(tmp_path / "crayon.png")
    masks.save(tmp_path / "crayon-tint.png")
    (tmp_path / "sprites.json").write_text(json.dumps({"crayon": rows}))
    yield tmp_path, set(nouns)
    art.sprites.cache_clear()


def test_a_registered_style_is_drawn_with_the_nouns_it_has(crayon):
    folder, nouns = crayon
    register_style("crayon", folder)
    scenes = [draw_scene(FRESH + seed, style="crayon", objects=(1, 9)) for seed in range(25)]
    assert {thing.noun for scene in scenes for thing in scene.objects} == nouns
    assert {thing.colour for scene in scenes for thing in scene.objects if thing.noun == "car"} >= {"red", "green"}
    assert all(thing.colour is None for scene in scenes for thing in scene.objects if thing.noun != "car")
    assert {draw_scene(FRESH + seed).style for seed in range(25)} == set(STYLES)


def test_a_style_that_is_shipped_or_not_whole_is_not_registered(crayon):
    folder, _ = crayon
    with pytest.raises(ValueError, match="'noto' comes with the package"):
        register_style("noto", folder)
    (folder / "crayon-tint.png").unlink()
    with pytest.raises(ValueError, match=r"no style 'crayon' in .*: crayon-tint.png missing"):
        register_style("crayon", folder)
    with pytest.raises(ValueError, match="'crayon'"):
        draw_scene(1, style="crayon")


def test_themes_cover_every_noun_and_name_no_other():
    assert {noun for theme in THEMES.values() for noun in theme} == set(NOUNS)
    assert "stop sign" in companions("traffic light")
    assert "car" not in companions("car")


def test_a_seed_is_a_scene():
    first, second = draw_scene(FRESH + 3), draw_scene(FRESH + 3)
    assert first.objects == second.objects
    assert first.image.tobytes() == second.image.tobytes()
    assert first.claims(5) == second.claims(5)
    assert first.captions(5) == second.captions(5)
    assert draw_scene(FRESH + 4).image.tobytes() != first.image.tobytes()


def test_style_number_and_size_are_as_asked():
    for seed in range(6):
        for style in STYLES:
            scene = draw_scene(FRESH + seed, style=style, objects=(2, 3), size=400)
            assert scene.style == style
            assert scene.image.size == (400, 400)
            assert scene.image.mode == "RGB"
            assert 2 <= len(scene.objects) <= 3
    sizes = {scene.image.size for scene in SCENES}
    assert len(sizes) > 5
    assert all(384 <= side <= 512 for size in sizes for side in size)
    assert {scene.style for scene in SCENES} == set(STYLES)
    assert {len(scene.objects) for scene in SCENES} == {1, 2, 3, 4, 5, 6}


def test_boxes_are_inside_and_of_fair_size():
    for scene in SCENES:
        for thing in scene.objects:
            x0, y0, x1, y1 = thing.box
            assert 0 <= x0 < x1 <= scene.image.width
            assert 0 <= y0 < y1 <= scene.image.height
            assert 20 <= max(x1 - x0, y1 - y0) <= 320


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("colour", COLOURS)
def test_tinted_art_has_the_colour_it_is_given(style, colour):
    for noun in ("car", "bus", "cup", "umbrella", "chair", "book"):
        piece = next(piece for piece in sprites(style)[noun] if piece.tintable)
        plain, other = (
            np.asarray(sprite_image(piece, c), dtype=float) for c in (colour, "red" if colour != "red" else "blue")
        )
        changed = (np.abs(plain - other).sum(axis=2) > 0) & (plain[..., 3] > 200)
        assert changed.mean() > 0.1
        middle = np.median(plain[changed][:, :3], axis=0)
        nearest = min(RGB, key=lambda name: float(np.abs(np.array(RGB[name]) - middle).sum()))
        assert nearest == colour, noun


def test_the_picture_shows_the_colour_in_the_box():
    checked = 0
    for seed in range(160):
        scene = draw_scene(FRESH + seed, objects=(1, 1), size=384)
        (thing,) = scene.objects
        if thing.colour is None or thing.noun not in ("car", "cup", "couch", "backpack", "handbag", "bowl"):
            continue
        pixels = np.asarray(scene.image.crop(thing.box), dtype=float).reshape(-1, 3)
        lights = [np.array(RGB[thing.colour]) * light for light in (0.75, 0.85, 0.95, 1.05)]
        near = np.min([np.abs(pixels - light).max(axis=1) for light in lights], axis=0) < 36
        assert near.mean() > 0.15, (seed, thing)
        checked += 1
    assert checked >= 4


def test_every_kind_has_as_many_true_as_false_claims():
    for kind in statements.KINDS:
        labels = [label for _, _, label in of_kind(kind)]
        assert len(labels) >= 60
        assert sum(labels) * 2 == len(labels)
    assert {frozenset(row) for _, row in ROWS} == {frozenset({"claim", "label", "kind"})}


def test_object_and_negation_labels_follow_from_the_objects():
    for scene, claim, label in of_kind("object"):
        assert label == (named(claim)[0] in scene.nouns()), claim
    for scene, claim, label in of_kind("negation"):
        assert label == (named(claim)[0] not in scene.nouns()), claim


def test_attribute_labels_follow_from_the_objects_and_colourless_nouns_are_left_alone():
    for scene, claim, label in of_kind("attribute"):
        said = [
            (noun, colour)
            for noun in scene.nouns()
            for colour in COLOURS
            if re.search(rf"\b{colour} {noun}\b|^the {noun}( in the picture)? (is|are) {colour}$", claim.lower())
        ]
        (noun, colour) = said[0]
        assert len(said) == 1
        assert scene.colours_of(noun), claim
        assert label == (colour in scene.colours_of(noun)), claim


def test_counts_are_exact_and_false_ones_off_by_one():
    numbers = english().numbers
    for scene, claim, label in of_kind("count"):
        (number,) = [
            numbers.get(word) or int(word) for word in claim.lower().split() if word in numbers or word.isdigit()
        ]
        have = scene.count(named(claim)[0])
        assert label == (number == have), claim
        assert abs(number - have) <= 1
        assert number >= 1


def test_relations_hold_with_a_margin_and_only_between_single_objects():
    ways = {"left": (0, 1), "right": (0, -1), "above": (1, 1), "over": (1, 1)}
    for scene, claim, label in of_kind("relation"):
        subject, other = named(claim)
        assert scene.count(subject) == scene.count(other) == 1
        first, second = (next(t for t in scene.objects if t.noun == noun) for noun in (subject, other))
        axis, sign = next((way for word, way in ways.items() if re.search(rf"\b{word}\b", claim)), (1, -1))
        away = sign * (second.centre[axis] - first.centre[axis])
        assert abs(away) >= 0.16 * scene.image.size[axis]
        assert label == (away > 0), claim


def test_captions_name_what_is_there_and_what_is_written():
    for scene in SCENES:
        captions = scene.captions(1)
        assert len(captions) >= len(scene.nouns())
        for caption in captions:
            if not any(word in caption for word in scene.words):
                assert set(named(caption)) <= set(scene.nouns()) | {"orange"}, caption
        assert all(any(word in caption for caption in captions) for word in scene.words)
    written = [scene for scene in map(draw_scene, range(FRESH, FRESH + 120)) if scene.words]
    assert 5 <= len(written) <= 30
    assert all(word.lower() not in scene.nouns() for scene in written for word in scene.words)


def test_the_grammar_of_claims():
    assert statements.object_claim("airplane", "There is {a}.") == "There is an airplane."
    assert statements.object_claim("scissors", "There is {a} in the picture.") == "There are scissors in the picture."
    assert statements.attribute_claim("skis", "red", "The {noun} is {colour}.") == "The skis are red."
    assert statements.attribute_claim("car", "orange", "{A_colour} {noun} is visible.") == "An orange car is visible."
    assert statements.count_claim("person", 3, "{N} {things} are visible.") == "Three people are visible."


def test_the_command_writes_rows_the_evaluation_reads(tmp_path):
    main(["--scenes", "24", "--out", str(tmp_path), "--balanced"])
    rows = [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text().splitlines()]
    assert {row["kind"] for row in rows} == set(statements.KINDS)
    kinds = [(row["kind"], row["label"]) for row in rows]
    assert len({kinds.count(key) for key in kinds}) == 1
    for row in rows:
        assert set(row) == {"images", "claim", "label", "kind", "group"}
        assert row["group"].startswith("scene-1000")
        assert Image.open(tmp_path / row["images"][0]).mode == "RGB"


def test_styles_alternate_and_a_sample_keeps_the_order(tmp_path):
    rows = write_scenes(tmp_path, range(FRESH, FRESH + 6), jpeg=True)
    assert len(list(tmp_path.glob("*.jpg"))) == 6
    kept = balanced(rows)
    assert [row for row in rows if row in kept] == kept


def test_korean_sentences_are_read_as_the_claims_they_were_made_of() -> None:
    from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
    from llamaindex_clipverify.claims.korean import KoreanSplitter
    from llamaindex_clipverify.testing.korean import korean_sentence

    reader, rng, made = KoreanSplitter(), np.random.default_rng(0), 0
    for seed in range(FRESH + 840_000, FRESH + 840_020):
        scene = draw_scene(seed)
        for row in scene.claims(seed):
            for claim in EnglishSplitter().split(str(row["claim"])):
                said = korean_sentence(claim.swap(negated=False), claim.negated, rng)
                if said is None:
                    continue
                made += 1
                read = [one for one in reader.split(said) if one.kind == claim.kind]
                assert [
                    (one.noun, one.colour, one.number, one.relation, one.reference, one.negated) for one in read
                ] == [(claim.noun, claim.colour, claim.number, claim.relation, claim.reference, claim.negated)], said
    assert made > 150
