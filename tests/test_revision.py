"""What an answer loses when it is revised, and what it keeps to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llamaindex_clipverify import EnglishSplitter, Policy, Report, Verifier
from llamaindex_clipverify.answer import sentences
from llamaindex_clipverify.report.report import CheckedClaim
from llamaindex_clipverify.report.revision import MARK, NOTHING_LEFT, revise
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.profile import AnswerModel

SPLITTER = EnglishSplitter()


def _report(answer: str, doubted: set[str], unchecked: set[str] = frozenset()) -> Report:
    """Make a report in which the claims about some nouns are contradicted, and of some nothing is known."""
    policy, claims = Policy(), []
    for claim in SPLITTER.split(answer):
        known = claim.noun is not None and claim.noun not in unchecked
        trust = None if not known else 0.05 if claim.noun in doubted else 0.95
        claims.append(CheckedClaim(claim=claim, trust=trust, verdict=policy.verdict(trust)))
    return Report(answer=answer, claims=tuple(claims))


@pytest.mark.parametrize(
    ("answer", "doubted", "left"),
    [
        ("There is a cat. There is a dog.", {"dog"}, "There is a cat."),
        ("There is a dog [1]. There is a cat [2].", {"dog"}, "There is a cat [2]."),
        ("- A cat.\n- A dog.\n- A bus.", {"dog"}, "- A cat.\n- A bus."),
        ("There is a cat and a dog.", {"dog"}, "There is a cat."),
        ("There is a dog and a cat.", {"dog"}, "There is a cat."),
        ("There is a cat, a dog and a bus.", {"dog"}, "There is a cat and a bus."),
        ("There is a cat, a dog, and two buses.", {"bus"}, "There is a cat, a dog."),
        ("There is a cat. How lovely!", {"dog"}, "There is a cat. How lovely!"),
        ("The picture shows a red car. It costs $2.50 today. There is a dog.", {"dog"},
         "The picture shows a red car. It costs $2.50 today."),
        ("There is a dog.", {"dog"}, NOTHING_LEFT),
    ],
)  # fmt: skip
def test_what_is_doubted_goes_and_the_rest_stays(answer: str, doubted: set[str], left: str) -> None:
    found = revise(_report(answer, doubted), SPLITTER)
    assert found.text == left
    assert not found.softened
    assert found.changed == (left != answer)


def test_what_cannot_be_cut_out_is_marked() -> None:
    answer = "A cat is to the left of a dog."
    report = _report(answer, set())
    doubted = [
        replace(one, trust=0.05, verdict="contradicted") if one.claim.kind == "relation" else one
        for one in report.claims
    ]
    found = revise(replace(report, claims=tuple(doubted)), SPLITTER)
    assert found.text.count(MARK) == 1
    assert found.text.replace(MARK, "") == answer
    assert found.softened == ("cat is to the left of a dog",)


def test_sentences_end_where_people_end_them() -> None:
    text = "It is 2.5 m. A cat [1]. A dog! [2] Well?\nA bus"
    assert [text[begin:end] for begin, end in sentences(text)] == [
        "It is 2.5 m.",
        "A cat [1].",
        "A dog! [2]",
        "Well?",
        "A bus",
    ]


def test_a_revised_answer_is_trusted(tiny: Verifier) -> None:
    scene = draw_scene(FRESH + 77)
    there = scene.nouns()[0]
    absent = [noun for noun in ("zebra", "toilet", "pizza", "kite") if noun not in scene.nouns()][:2]
    said = " ".join(f"There is a {noun}." for noun in (absent[0], there, absent[1]))
    report = tiny.verify(said, [scene.image])
    assert len(report.doubtful()) == 2
    found = revise(report, tiny.splitter)
    assert found.text == f"There is a {there}."
    after = tiny.verify(found.text, [scene.image])
    assert after.trust is not None and report.trust is not None
    assert after.trust > 0.5 > report.trust


def test_trust_of_an_answer_lies_between_product_and_least() -> None:
    model = AnswerModel(intercept=0.0, least=0.5, product=0.5)
    assert model.trust([0.3]) == 0.3
    trusts = [0.9, 0.8, 0.7]
    assert 0.9 * 0.8 * 0.7 < model.trust(trusts) < 0.7
    assert AnswerModel(intercept=0.0, least=1.0, product=0.0).trust(trusts) == pytest.approx(0.7)
    assert AnswerModel(intercept=0.0, least=0.0, product=1.0).trust(trusts) == pytest.approx(0.504)
    report = replace(_report("There is a cat. There is a dog.", {"dog"}), answers=model)
    assert report.least_trust == 0.05
    assert report.trust is not None and 0.95 * 0.05 < report.trust < 0.05
    again = Report.from_dict(report.to_dict())
    assert again.trust == pytest.approx(report.trust)
