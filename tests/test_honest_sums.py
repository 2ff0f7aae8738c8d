"""Trust, verdict and coverage of answers of which only a part was checked."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest

from llamaindex_clipverify import Policy
from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.report.spans import pieces
from llamaindex_clipverify.trust.fusion import Weighable, fuse
from llamaindex_clipverify.trust.profile import Profile
from llamaindex_clipverify.trust.unchecked import DEPENDENCE, FALSE_RATES, truth
from llamaindex_clipverify.trust.verdict import combined

ANSWER = "The airplane is on top of the terminal building."


def checked(text: str, trust: float | None, kind: Kind = "object", answer: str = ANSWER) -> CheckedClaim:
    start = answer.index(text)
    claim = Claim(text=text, start=start, end=start + len(text), kind=kind)
    return CheckedClaim(claim=claim, trust=trust, verdict=Policy().verdict(trust))


def report_of(*claims: CheckedClaim, answer: str = ANSWER, policy: Policy | None = None) -> Report:
    return Report(answer=answer, claims=claims, policy=policy or Policy())


AIRPLANE = checked("airplane", 0.97)
RELATION = checked("airplane is on top of the terminal building", None, "relation")


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), "unverifiable"),
        (("unverifiable",), "unverifiable"),
        (("supported", "supported"), "supported"),
        (("supported", "unverifiable"), "partly_checked"),
        (("supported", "unverifiable", "contradicted"), "contradicted"),
        (("unverifiable", "contradicted"), "contradicted"),
    ],
)
def test_an_answer_is_supported_only_if_every_claim_is(verdicts, expected):
    assert combined(verdicts) == expected


def test_an_airplane_does_not_make_the_relation_true():
    report = report_of(AIRPLANE, RELATION)
    assert report.verdict == "partly_checked"
    assert report.checked_trust == 0.97
    assert report.trust == pytest.approx(0.97 * (1 - FALSE_RATES["relation"]) ** DEPENDENCE)
    assert "partly checked" in str(report) and "not decided: “airplane is on top" in report.to_markdown()


def test_trust_falls_with_every_claim_that_nothing_checked():
    trusts = [report_of(AIRPLANE, *[RELATION] * number).trust for number in range(12)]
    assert trusts == sorted(trusts, reverse=True) and trusts[0] == 0.97 and trusts[8] < 0.4
    assert report_of(RELATION, RELATION).trust is None, "a rate alone is no evidence"


def test_a_policy_sets_the_rates():
    sure, unsure = Policy(unchecked={"relation": 0.0}), Policy(unchecked={"relation": 0.5})
    assert report_of(AIRPLANE, RELATION, policy=sure).trust == 0.97
    assert report_of(AIRPLANE, RELATION, policy=unsure).trust == pytest.approx(0.97 * 0.5**DEPENDENCE)
    assert report_of(AIRPLANE, RELATION).at(unsure).trust == report_of(AIRPLANE, RELATION, policy=unsure).trust
    for wrong in ({"relation": 1.0}, {"relation": -0.1}, {"colour": 0.5}):
        with pytest.raises(DataError, match="unchecked maps kinds"):
            Policy(unchecked=wrong)


def test_every_kind_has_a_rate():
    from typing import get_args

    assert set(FALSE_RATES) == set(get_args(Kind))
    assert truth([]) == 1.0 and truth(["object"] * 1000) < 1e-9


def test_coverage_counts_words():
    report = report_of(AIRPLANE, RELATION)
    assert report.coverage == pytest.approx(1 / 8), "one of the eight words of the claims"
    assert report_of(AIRPLANE).coverage == 1.0
    assert report_of().coverage == report_of(RELATION).coverage == 0.0


def test_an_adjective_that_nothing_checked_is_not_green():
    answer = "A red wooden car."
    red = checked("red wooden car", 0.9, "attribute", answer)
    wooden = checked("wooden car", None, "material", answer)
    states = {piece.text: piece.state for piece in pieces(report_of(red, wooden, answer=answer)) if piece.claims}
    assert states == {"red ": "supported", "wooden car": "unverifiable"}


def test_the_requirement_names_what_is_missing():
    report = report_of(AIRPLANE, RELATION)
    assert Requirement().problem(report) == ""
    assert "coverage 12% is below 50%" in Requirement(min_coverage=0.5).problem(report)
    assert "trust 0.85 is below 0.90" in Requirement(min_trust=0.9).problem(report)
    assert "nothing" in Requirement().problem(report_of(RELATION))
    assert Requirement(allow_unverified=True, min_coverage=1.0).problem(report_of(RELATION)) == ""
    for wrong in ({"min_coverage": 1.5}, {"min_trust": -1}):
        with pytest.raises(DataError, match="lies between 0 and 1"):
            Requirement(**wrong)


def test_reports_of_the_earlier_schema_are_read():
    report = report_of(AIRPLANE, RELATION, policy=Policy(unchecked={"relation": 0.3}))
    data = json.loads(report.to_json())
    assert (data["schema"], data["verdict"]) == (2, "partly_checked")
    again = Report.from_dict(data)
    assert again.trust == pytest.approx(report.trust, abs=1e-3) and again.policy == report.policy
    earlier = {**data, "schema": 1, "policy": {"supported": 0.6, "contradicted": 0.4}}
    assert Report.from_dict(earlier).verdict == "partly_checked"
    with pytest.raises(DataError, match="not a report of schema"):
        Report.from_dict({**data, "schema": 3})


def test_answers_of_a_report_replace_claims_and_keep_the_sum():
    report = report_of(AIRPLANE, RELATION)
    assert replace(report, claims=(AIRPLANE,)).verdict == "supported"


def test_a_kind_without_a_fitted_model_is_judged_from_boxes_but_never_from_what_was_not_seen():
    profile, active = Profile.load("photographs"), [Weighable(frozenset({"objects", "positions"}))]
    claim = Claim(text="left", start=0, end=4, kind="position", noun="dog", value="left")
    seen = Evidence(check="objects", stance="silent", belief=0.97, is_condition=True)
    unseen = replace(seen, belief=0.02)
    left = Evidence(check="positions", stance="supports", belief=0.9)
    trust = fuse(claim, [[seen, left]], profile, active, unfitted_detector=False)
    assert trust.value == pytest.approx(0.9 * 0.97) and trust.calibration == "uncalibrated"
    assert fuse(claim, [[unseen]], profile, active, unfitted_detector=False).value is None
    assert fuse(claim, [[seen, left]], profile, [Weighable()], unfitted_detector=False).value is None, (
        "outside the domain"
    )


@pytest.mark.parametrize(
    ("answer", "missed"),
    [
        ("There is a dog in the picture.", []),
        ("There are at least two red cups.", []),
        ("Yes, there is a cat.", []),
        ("The image shows a red car parked on the street.", []),
        ("All the airplanes are high up in the air.", ["high up in the air"]),
        ("The airplane on the left side is the closest one to the camera.", ["closest one to the camera"]),
        ("There is a dog. It is a lovely scene.", []),
    ],
)
def test_words_that_are_in_no_claim_are_named(answer, missed):
    splitter = EnglishSplitter()
    assert [answer[start:end] for start, end in splitter.unread(answer, splitter.split(answer))] == missed


@pytest.mark.parametrize(
    ("answer", "missed"),
    [
        ("벤치 위에 개가 있습니다.", []),
        ("빨간 우산 두 개가 있고 개는 없다.", []),
        ("사진에는 고양이 한 마리가 있습니다.", []),
        ("가랑판 모자를 쓴 아이가 있다.", ["가랑판"]),
        ("출시 일정과 함께 개가 있다.", ["출시 일정과"]),
    ],
)
def test_korean_words_that_are_in_no_claim_are_named(answer, missed):
    splitter = KoreanSplitter()
    for text in (answer, unicodedata.normalize("NFD", answer)):
        found = [text[start:end] for start, end in splitter.unread(text, splitter.split(text))]
        assert [unicodedata.normalize("NFC", one) for one in found] == missed


def test_what_was_not_read_is_not_supported():
    answer = "All the airplanes are high up in the air."
    there = checked("airplanes", 0.97, answer=answer)
    report = replace(report_of(there, answer=answer), unread=((22, 40),))
    assert (report.verdict, report.checked_trust) == ("partly_checked", 0.97)
    assert report.trust == pytest.approx(0.97 * (1 - FALSE_RATES["other"]) ** DEPENDENCE)
    assert report.coverage == pytest.approx(1 / 6)
    assert "not read: “high up in the air”" in report.to_markdown()
    assert Report.from_dict(json.loads(report.to_json())).unread == report.unread
