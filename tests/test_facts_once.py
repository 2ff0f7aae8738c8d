"""Results that are worked out once for a picture, and copies of claims with other words."""

from __future__ import annotations

import pickle

import pytest
from test_evidence import facts_of

from llamaindex_clipverify import EnglishSplitter
from llamaindex_clipverify.evidence.sightings import sightings
from llamaindex_clipverify.facts.facts import Facts


def test_work_is_done_again_only_when_its_facts_change() -> None:
    facts, calls = Facts(picture="p", size=(9, 9), seen={"objects": {"n": 1}, "colour": {"n": 5}}), []

    def work() -> int:
        calls.append(1)
        return int(facts.seen["objects"]["n"])

    assert [facts.once("n", ("objects",), work) for _ in range(3)] == [1, 1, 1] and len(calls) == 1
    facts.seen["colour"] = {"n": 6}
    assert facts.once("n", ("objects",), work) == 1 and len(calls) == 1
    facts.seen["objects"] = {"n": 2}
    assert facts.once("n", ("objects",), work) == 2 and len(calls) == 2
    del facts.seen["objects"]
    assert facts.once("n", ("objects",), lambda: "none") == "none"


def test_results_are_few_and_do_not_travel() -> None:
    facts = Facts(picture="p", size=(9, 9))
    for key in range(1000):
        assert facts.once(key, (), lambda: key * 2) == key * 2  # noqa: B023
    assert len(facts._results) <= 256
    assert pickle.loads(pickle.dumps(facts))._results == {} and pickle.loads(pickle.dumps(facts)) == facts
    assert "_results" not in facts.to_dict()


def test_sightings_are_a_list_of_ones_own() -> None:
    _, facts = facts_of(("dog", 0.9, (0, 0, 50, 50)))
    sightings(facts, "dog").clear()
    assert len(sightings(facts, "dog")) == 1


def test_a_claim_with_other_words_is_a_new_claim() -> None:
    [claim] = EnglishSplitter().split("There is a red car.")
    assert claim.phrase == "a red car"
    blue = claim.swap(colour="blue")
    assert blue.phrase == "a blue car" and claim.phrase == "a red car" and blue != claim
    assert blue.swap(colour="red") == claim and hash(blue.swap(colour="red")) == hash(claim)
    with pytest.raises(TypeError, match="hue"):
        claim.swap(hue="blue")
