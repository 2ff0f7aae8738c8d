"""Each check on facts made by hand: what it says, when it is silent, and what it must not say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.evidence.colour import COLOURS, Colour, box_colours, name_colours, possible_colours
from llamaindex_clipverify.evidence.contrast import Contrast, leads, margins
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.positions import Positions
from llamaindex_clipverify.evidence.regions import Regions, tiles
from llamaindex_clipverify.evidence.relations import Relations
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import in_order, observe
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.numerics import poisson_binomial
from llamaindex_clipverify.picture import Picture

SPLITTER = EnglishSplitter()


def claim_of(text: str, kind: str | None = None) -> Claim:
    return next(claim for claim in SPLITTER.split(text) if kind in (None, claim.kind))


class Given:
    """A detector that knows four classes and sees what it is told."""

    id = "given"
    labels: tuple[str, ...] | None = ("dog", "car", "person", "bus")

    def __init__(self, *seen: tuple[str, float, Box]) -> None:
        self.seen = seen

    def detect(self, pictures: list[Picture], labels: object = None) -> list[Detections]:
        maxima: dict[str, float] = {}
        for label, score, _ in self.seen:
            maxima[label] = max(score, maxima.get(label, 0.0))
        one = Detections(
            boxes=tuple(b for _, _, b in self.seen),
            labels=tuple(n for n, _, _ in self.seen),
            scores=tuple(s for _, s, _ in self.seen),
            maxima=maxima,
        )
        return [one for _ in pictures]


def facts_of(*seen: tuple[str, float, Box], image: Image.Image | None = None) -> tuple[Objects, Facts]:
    picture = Picture.of(image or Image.new("RGB", (200, 200), "grey"))
    objects = Objects(Given(*seen))
    facts = Facts(picture=picture.id, size=picture.size)
    observe([objects, Colour()], [picture], [facts])
    assert not facts.failed
    return objects, facts


LEFT: Box = (10, 50, 60, 100)
RIGHT: Box = (120, 50, 180, 100)


def test_objects_see_and_miss() -> None:
    objects, facts = facts_of(("dog", 0.9, LEFT))
    seen, missed = objects.judge(claim_of("There is a dog."), facts), objects.judge(claim_of("There is a car."), facts)
    assert seen and seen.stance == "supports" and seen.region == LEFT and "dog at (10, 50)–(60, 100)" in seen.reason
    assert missed and missed.stance == "contradicts" and "named car, saw none" in missed.reason


def test_a_word_outside_the_classes_is_unknown_not_absent() -> None:
    objects, facts = facts_of(("dog", 0.9, LEFT))
    for text in ("There is a giraffe.", "There is a penguin."):
        evidence = objects.judge(claim_of(text), facts)
        assert evidence and evidence.stance == "silent" and not evidence.features


def test_counts() -> None:
    objects, facts = facts_of(("dog", 0.95, LEFT), ("dog", 0.9, RIGHT), ("car", 0.9, RIGHT))
    two, three = (
        objects.judge(claim_of("There are two dogs."), facts),
        objects.judge(claim_of("There are three dogs."), facts),
    )
    assert two and two.stance == "supports" and two.score == pytest.approx(0.855)
    assert three and three.stance == "contradicts" and three.reason == "named 3 dogs, saw 2"


@pytest.mark.parametrize(
    ("pixels", "may_be", "cannot_be"),
    [
        ((150, 165, 190), {"white", "grey", "blue"}, {"red", "yellow", "black", "brown"}),  # white in the shade
        ((200, 170, 60), {"yellow", "orange"}, {"blue", "purple", "white"}),
        ((45, 40, 60), {"black", "purple"}, {"white", "yellow", "orange"}),
        ((220, 30, 40), {"red"}, {"green", "blue", "white", "black"}),
        ((110, 70, 40), {"brown", "orange"}, {"blue", "green", "white"}),
    ],
)
def test_what_a_colour_may_be_in_another_light(
    pixels: tuple[int, int, int], may_be: set[str], cannot_be: set[str]
) -> None:
    shares = dict(zip(COLOURS, possible_colours(np.array([pixels])), strict=True))
    assert {name for name in may_be if shares[name]} == may_be
    assert not any(shares[name] for name in cannot_be)


def test_a_colour_is_contradicted_only_where_no_pixel_can_be_of_it() -> None:
    image = Image.effect_noise((200, 200), 90).convert("RGB")
    ImageDraw.Draw(image).rectangle(LEFT, fill=(150, 165, 195))  # white in the shade of a blue sky
    ImageDraw.Draw(image).rectangle((0, 190, 199, 199), fill="red")  # the picture has colours
    _, facts = facts_of(("car", 0.9, LEFT), image=image)
    white, red = (Colour().judge(claim_of(f"The car is {colour}."), facts) for colour in ("white", "red"))
    assert white and white.stance == "silent" and white.belief is None and white.features["margin"] < 0
    assert red and red.stance == "contradicts" and red.belief is not None and red.belief < 0.1


def test_coloured_counts_are_not_refuted_by_a_doubtful_light() -> None:
    image = Image.effect_noise((200, 200), 90).convert("RGB")
    for box in (LEFT, RIGHT):
        ImageDraw.Draw(image).rectangle(box, fill=(150, 165, 195))
    ImageDraw.Draw(image).rectangle((0, 190, 199, 199), fill="red")
    objects, facts = facts_of(("car", 0.95, LEFT), ("car", 0.95, RIGHT), image=image)
    white, red, many = (
        objects.judge(claim_of(f"There are {text} cars."), facts) for text in ("two white", "two red", "five white")
    )
    assert white and white.stance == "silent" and white.belief is None
    assert red and red.stance == many.stance == "contradicts"


def test_gendered_counts_are_those_of_all_persons_or_none() -> None:
    objects, facts = facts_of(("person", 0.95, LEFT), ("person", 0.95, RIGHT))
    claim = claim_of("There are two men.")
    evidence = objects.judge(claim, facts)
    assert evidence and evidence.stance == "supports" and evidence.belief is not None and evidence.belief <= 0.8
    third: Box = (80, 120, 110, 190)
    for some, others in (
        (claim.swap(of_some=True), facts),
        (claim, facts_of(*objects.detector.seen, ("person", 0.9, third))[1]),
    ):
        evidence = objects.judge(some, others)
        assert evidence and evidence.stance == "silent" and "cannot tell a man" in evidence.reason
    fewer = objects.judge(claim_of("There are three men."), facts)
    assert fewer and fewer.stance == "contradicts"
    absent = objects.judge(claim_of("There is no man."), facts)
    assert absent and absent.stance == "silent"


def test_a_wider_noun_is_seen_by_its_kinds() -> None:
    objects, facts = facts_of(("dog", 0.9, LEFT), ("dog", 0.8, RIGHT))
    animal = objects.judge(claim_of("There is an animal."), facts)
    assert animal and animal.stance == "supports" and animal.reason.startswith("dog at")
    vehicle = objects.judge(claim_of("There is a vehicle."), facts)
    assert vehicle and vehicle.stance == "silent" and vehicle.score is None
    one, three = (objects.judge(claim_of(f"There {text}."), facts) for text in ("is one animal", "are three animals"))
    assert one and one.stance == "contradicts" and one.reason == "named 1, saw 2"
    assert three and three.stance == "silent"


def test_a_narrower_noun_is_neither_shown_nor_refuted() -> None:
    """Detectors overlook unusual kinds: a penguin is no sure sighting for a detector of birds."""
    objects, facts = facts_of(("dog", 0.9, LEFT))
    for noun in ("poodle", "teacher"):
        evidence = objects.judge(claim_of(f"There is a {noun}."), facts)
        assert evidence and evidence.stance == "silent" and evidence.reason == f"the detector has no class for “{noun}”"


def test_poisson_binomial_against_enumeration() -> None:
    chances = [0.9, 0.4, 0.2]
    assert [poisson_binomial(n, chances) for n in range(5)] == pytest.approx([0.048, 0.476, 0.404, 0.072, 0.0])
    assert poisson_binomial(0, []) == 1.0


def test_being_there_proves_no_colour() -> None:
    objects, facts = facts_of(("car", 0.95, LEFT))
    evidence = objects.judge(claim_of("The car is red."), facts)
    assert evidence and evidence.stance == "silent" and evidence.features["logit"] > 2


@pytest.mark.parametrize("colour", COLOURS)
def test_pure_colours_have_their_names(colour: str) -> None:
    shades = {"red": (200, 20, 30), "orange": (245, 130, 20), "yellow": (250, 220, 40), "green": (40, 150, 60), "blue": (40, 90, 210),
              "purple": (130, 50, 180), "white": (245, 245, 245), "black": (20, 20, 22), "brown": (120, 72, 30),
              "pink": (250, 150, 190), "grey": (130, 130, 130)}  # fmt: skip
    assert COLOURS[int(name_colours(np.array([shades[colour]]))[0])] == colour


def test_colour_looks_inside_the_box_and_discounts_the_ground() -> None:
    image = Image.new("RGB", (200, 200), (40, 90, 210))
    ImageDraw.Draw(image).ellipse((12, 52, 58, 98), fill=(200, 20, 30))
    shares = box_colours(Picture.of(image), LEFT)
    assert COLOURS[int(np.argmax(shares))] == "red"
    assert shares.sum() == pytest.approx(1.0)
    _, facts = facts_of(("car", 0.9, LEFT), image=image)
    red, blue = Colour().judge(claim_of("The car is red."), facts), Colour().judge(claim_of("The car is blue."), facts)
    assert red and red.stance == "supports" and "is red" in red.reason
    assert blue and blue.stance == "contradicts" and blue.features["margin"] < 0
    absent = Colour().judge(claim_of("The bus is blue."), facts)
    assert absent and absent.stance == "silent"


@pytest.mark.parametrize(
    ("text", "fur", "spot", "stance"),
    [("The dog is yellow.", (150, 90, 40), None, "silent"), ("The dog is red.", (190, 120, 50), None, "silent"),
     ("The car is yellow.", (150, 60, 40), None, "contradicts"), ("The dog is green.", (150, 90, 40), None, "contradicts"),
     ("A black and white dog is there.", (20, 20, 22), (31, 68, 36, 82), "silent"),
     ("The dog is white.", (20, 20, 22), (31, 68, 36, 82), "contradicts")],
)  # fmt: skip
def test_fur_goes_by_many_names_and_the_scarcer_of_two_colours_need_not_show_much(
    text: str, fur: tuple[int, int, int], spot: Box | None, stance: str
) -> None:
    image = Image.new("RGB", (200, 200), (40, 90, 210))
    ImageDraw.Draw(image).rectangle(LEFT, fill=fur)
    if spot:
        ImageDraw.Draw(image).rectangle(spot, fill="white")
    _, facts = facts_of(("dog", 0.9, LEFT), ("car", 0.9, LEFT), image=image)
    claim = [one for one in SPLITTER.split(text) if one.kind == "attribute"][-1]
    evidence = Colour().judge(claim, facts)
    assert evidence and evidence.stance == stance, evidence


@pytest.mark.parametrize(("width", "low", "high"), [(2, 0.0, 0.1), (5, 0.2, 0.3), (12, None, None)])
def test_the_fewer_pixels_may_be_of_a_colour_the_less_it_is_believed(
    width: int, low: float | None, high: float | None
) -> None:
    image = Image.new("RGB", (200, 200), (40, 90, 210))
    ImageDraw.Draw(image).rectangle(LEFT, fill=(200, 20, 30))
    ImageDraw.Draw(image).rectangle((31, 68, 31 + width, 82), fill=(250, 220, 40))
    _, facts = facts_of(("car", 0.9, LEFT), image=image)
    evidence = Colour().judge(claim_of("The car is yellow.", "attribute"), facts)
    assert evidence
    belief = evidence.belief
    assert belief is None if low is None or high is None else belief is not None and low <= belief <= high


@pytest.mark.parametrize(
    ("text", "supported"), [("A black and white dog is there.", True), ("The dog is white.", False)]
)
def test_of_two_colours_the_scarcer_needs_a_fifth_of_the_thing(text: str, supported: bool) -> None:
    image = Image.new("RGB", (200, 200), (40, 90, 210))
    ImageDraw.Draw(image).rectangle(LEFT, fill=(20, 20, 22))
    ImageDraw.Draw(image).rectangle((20, 60, 34, 90), fill="white")
    _, facts = facts_of(("dog", 0.9, LEFT), image=image)
    claims = [one for one in SPLITTER.split(text) if one.kind == "attribute" and one.colour == "white"]
    evidence = Colour().judge(claims[0], facts)
    assert evidence and (evidence.stance == "supports" and (evidence.belief or 0) >= 0.8) is supported, evidence


def test_a_coloured_count_counts_only_that_colour() -> None:
    image = Image.new("RGB", (200, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle(LEFT, fill=(200, 20, 30))
    draw.rectangle(RIGHT, fill=(40, 90, 210))
    objects, facts = facts_of(("car", 0.95, LEFT), ("car", 0.95, RIGHT), image=image)
    one, two = (
        objects.judge(claim_of("There is one red car."), facts),
        objects.judge(claim_of("There are two red cars."), facts),
    )
    assert one and one.stance == "supports"
    assert two and two.stance == "contradicts"


@pytest.mark.parametrize(
    ("text", "stance"),
    [("The dog is to the left of the car.", "supports"), ("The dog is to the right of the car.", "contradicts"),
     ("The car is to the right of the dog.", "supports"), ("The dog is above the car.", "silent"),
     ("The dog is next to the car.", "silent"), ("The dog is to the left of the bus.", "silent")],
)  # fmt: skip
def test_relations(text: str, stance: str) -> None:
    _, facts = facts_of(("dog", 0.9, LEFT), ("car", 0.9, RIGHT))
    evidence = Relations().judge(claim_of(text, "relation"), facts)
    assert evidence and evidence.stance == stance


def test_relations_of_disagreeing_pairs_are_silent() -> None:
    _, facts = facts_of(("dog", 0.9, (90, 50, 110, 70)), ("car", 0.9, LEFT), ("car", 0.9, RIGHT))
    evidence = Relations().judge(claim_of("The dog is to the left of the car.", "relation"), facts)
    assert evidence and evidence.stance == "silent" and "disagree" in evidence.reason


@pytest.mark.parametrize(
    ("text", "one", "two", "stance"),
    [("A dog on a car.", (20, 20, 60, 60), (10, 55, 90, 120), "supports"), ("A dog on a car.", (20, 150, 60, 190), (10, 20, 90, 80), "contradicts"),
     ("A dog inside a car.", (30, 30, 50, 50), (10, 10, 90, 90), "supports"), ("A dog below a car.", (20, 150, 60, 190), (10, 20, 90, 80), "supports"),
     ("A dog next to a car.", LEFT, (62, 50, 110, 100), "supports"), ("A dog next to a car.", (0, 0, 20, 20), (170, 170, 200, 200), "contradicts")],
)  # fmt: skip
def test_other_relations(text: str, one: Box, two: Box, stance: str) -> None:
    _, facts = facts_of(("dog", 0.9, one), ("car", 0.9, two))
    evidence = Relations().judge(claim_of(text, "relation"), facts)
    assert evidence and evidence.stance == stance


class Words:
    """An encoder of bags of words over a few words: texts and pictures (by their colour) as unit vectors."""

    id = "words"
    logit_scale = 20.0
    terms = ("red", "blue", "car", "dog", "two", "three", "bus")

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        rows = np.array(
            [[float(term in text.replace("cars", "car").split()) for term in self.terms] + [0.3] for text in texts]
        )
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def encode_images(self, images: list[Image.Image]) -> np.ndarray:
        texts = []
        for image in images:
            red, _, blue = np.asarray(image.resize((1, 1)), float)[0, 0]
            texts.append("red car" if red > 150 and blue < 120 else "blue dog" if blue > 150 else "")
        return self.encode_texts(texts)


def test_contrast_prefers_the_true_colour_and_drops_confirmed_foils() -> None:
    texts = TextVectors(Words())
    facts = Facts(picture="x", size=(10, 10), seen={"similarity": {"vector": Words().encode_texts(["red car"])[0]}})
    contrast = Contrast(texts)
    red, blue = contrast.judge(claim_of("A red car."), facts), contrast.judge(claim_of("A blue car."), facts)
    assert red and red.stance == "supports" and red.features["margin"] > 1
    assert blue and blue.stance == "contradicts" and "a red car” fits better" in blue.reason
    boxes = {"boxes": np.array([LEFT]), "labels": ["car"], "scores": np.array([0.9]), "maxima": {"car": 0.9}}
    shares = {"names": ["red", "blue"], "shares": np.array([[0.5, 0.5]])}
    both = Facts(picture="x", size=(10, 10), seen={**facts.seen, "objects": boxes, "colour": shares})
    spared = contrast.judge(claim_of("A blue car."), both)
    assert spared and "a red car" not in spared.reason


def test_the_lead_does_not_depend_on_the_number_of_foils_and_the_margin_is_to_the_best() -> None:
    for number in (1, 2, 20):
        assert leads(np.array([2.0]), np.zeros(number)) == pytest.approx([2.0])
    assert margins(np.array([2.0, 0.0]), np.array([[1.0, -1.0], [0.0, 3.0]])) == pytest.approx([1.0, -3.0])


def test_regions_find_a_small_thing() -> None:
    image = Image.new("RGB", (200, 200), "grey")
    ImageDraw.Draw(image).rectangle((150, 150, 190, 190), fill=(220, 20, 20))
    picture = Picture.of(image)
    facts = Facts(picture=picture.id, size=picture.size)
    objects, regions = Objects(Given(("car", 0.9, (150, 150, 190, 190)))), Regions(TextVectors(Words()))
    observe([regions, objects], [picture], [facts])
    assert len(facts.seen["regions"]["boxes"]) == len(facts.seen["regions"]["vectors"]) == 14
    evidence = regions.judge(claim_of("A red car."), facts)
    assert evidence and evidence.stance == "supports" and evidence.region and evidence.region[0] > 140


def test_tiles_cover_the_picture() -> None:
    covered = np.zeros((100, 150), bool)
    for left, top, right, bottom in tiles((150, 100)):
        covered[int(top) : round(bottom), int(left) : round(right)] = True
    assert covered.all()


def test_checks_are_ordered_by_need_and_a_failure_is_kept_apart() -> None:
    class Broken(Given):
        def detect(self, pictures: list[Picture], labels: object = None) -> list[Detections]:
            raise RuntimeError("out of memory")

    regions = Regions(TextVectors(Words()))
    checks = [regions, Colour(), Objects(Broken())]
    assert [check.name for check in in_order(checks)] == ["objects", "regions", "colour"]
    picture = Picture.of(Image.new("RGB", (50, 50)))
    facts = Facts(picture=picture.id, size=picture.size)
    observe(checks, [picture], [facts])
    assert facts.failed == {"objects": "RuntimeError: out of memory"}
    assert len(facts.seen["regions"]["boxes"]) == 13


def test_facts_survive_json() -> None:
    _, facts = facts_of(("dog", 0.9, LEFT))
    again = Facts.from_dict(json.loads(json.dumps(facts.to_dict())))
    assert again.made_by == facts.made_by
    assert np.array_equal(again.seen["objects"]["boxes"], facts.seen["objects"]["boxes"])


def test_foils_swap_one_word() -> None:
    assert "a blue car" in [foil.phrase for foil in foils(claim_of("A red car."))]
    assert [foil.phrase for foil in foils(claim_of("Two dogs."))] == ["three dogs", "one dog", "four dogs"]
    assert foils(claim_of("There is a dog."))[0].phrase == "a bird"
    assert foils(claim_of("I love it.")) == []
    turned = [foil.phrase for foil in foils(claim_of("The dog is left of the car.", "relation"))]
    assert turned == ["a dog to the right of a car", "a car to the left of a dog"]


@pytest.mark.parametrize(
    ("text", "box", "stance"),
    [("The dog is on the left side of the image.", LEFT, "supports"), ("The dog is on the right side of the image.", LEFT, "contradicts"),
     ("The dog is at the top of the image.", (80, 10, 120, 40), "supports"), ("The dog is in the center of the image.", (80, 80, 120, 120), "supports"),
     ("The dog is in the center of the image.", (0, 0, 40, 40), "contradicts"), ("The dog is on the left side of the image.", (75, 80, 115, 120), "silent"),
     ("The dog is in the background.", LEFT, "silent")],
)  # fmt: skip
def test_positions(text: str, box: Box, stance: str) -> None:
    _, facts = facts_of(("dog", 0.9, box))
    evidence = Positions().judge(claim_of(text, "position"), facts)
    assert evidence and evidence.stance == stance


def test_one_of_several_things_is_enough_for_a_position() -> None:
    _, facts = facts_of(("dog", 0.9, LEFT), ("dog", 0.9, RIGHT))
    for side in ("left", "right"):
        evidence = Positions().judge(claim_of(f"A dog is on the {side} side of the image.", "position"), facts)
        assert evidence and evidence.stance == "supports"


def test_a_position_of_what_is_not_seen_is_not_judged() -> None:
    _, facts = facts_of(("car", 0.9, LEFT))
    evidence = Positions().judge(claim_of("The dog is on the left side of the image.", "position"), facts)
    assert evidence and evidence.stance == "silent" and "no dog found" in evidence.reason
    assert Positions().judge(claim_of("There is a car."), facts) is None


@pytest.mark.parametrize(
    ("text", "scores", "stance"),
    [("There are several dogs.", (0.9, 0.9, 0.9), "supports"), ("There are several dogs.", (0.9, 0.9), "silent"),
     ("There are several dogs.", (0.9,), "contradicts"), ("There are several dogs.", (), "silent"),
     ("There are at least two dogs.", (0.9, 0.9), "supports"), ("There are at most one dogs.", (0.9, 0.9, 0.9), "contradicts")],
)  # fmt: skip
def test_bounds(text: str, scores: tuple[float, ...], stance: str) -> None:
    boxes = (LEFT, RIGHT, (10, 140, 60, 190))
    objects, facts = facts_of(*(("dog", score, box) for score, box in zip(scores, boxes, strict=False)))
    evidence = objects.judge(claim_of(text, "bound"), facts)
    assert evidence and evidence.stance == stance
