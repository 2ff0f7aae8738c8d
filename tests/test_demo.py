"""The demonstration: a retrieval whose answers are told apart, answers with a planted slip, and a page that holds everything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from llamaindex_clipverify import demo
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.demo import gallery, planted
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.truth import truth_of


@pytest.fixture(scope="module")
def stories() -> list[planted.Story]:
    return planted.stories()


def _truths(story: planted.Story) -> list[tuple[str, bool]]:
    """Return each claim's words and whether the scene says so; claims no scene can decide are left out."""
    found = [(claim.text, truth_of(claim, story.scenes)) for claim in EnglishSplitter().split(story.answer)]
    return [(text, truth) for text, truth in found if truth is not None]


def test_every_answer_has_exactly_one_slip(stories):
    assert len(stories) == 5
    for story in stories:
        wrong = [text for text, true in _truths(story) if not true]
        assert len(wrong) == 1, (story.answer, wrong)
        assert len(_truths(story)) >= 2


def test_scenes_are_fresh_and_clear_and_always_the_same(stories):
    for story, again in zip(stories, planted.stories(), strict=True):
        assert (story.answer, story.truth) == (again.answer, again.truth)
        for scene in story.scenes:
            assert scene.seed >= FRESH
            assert not scene.words
            assert all(min(planted._width(thing), planted._height(thing)) >= 64 for thing in scene.objects)


def test_two_pictures_have_a_negation_and_something_uncheckable(stories):
    claims = EnglishSplitter().split(stories[3].answer)
    assert {claim.cites for claim in claims} >= {0, 1}
    assert any(claim.negated for claim in claims)
    assert any(claim.kind == "other" for claim in claims)


def test_one_answer_is_about_an_action_and_a_place(stories):
    kinds = {claim.kind for claim in EnglishSplitter().split(stories[4].answer)}
    assert kinds >= {"action", "scene", "object"}


# -- the whole of it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """What one run left behind."""

    reports: list[Report]
    printed: list[Report]
    lines: list[str]
    folder: Path


@pytest.fixture(scope="module")
def shown(tiny, tmp_path_factory) -> Shown:
    lines, printed, folder = [], [], tmp_path_factory.mktemp("demo") / "new"
    reports = demo.run(folder, printed.append, lines.append, tiny)
    return Shown(reports, printed, lines, folder)


def test_a_true_and_a_hallucinated_answer_are_told_apart(shown):
    false, true = shown.printed
    assert true.notes[0].startswith("True, by the ground truth: ") and true.verdict == "supported" and true.trust > 0.6
    assert false.notes[0].startswith("What is really there: ") and false.verdict == "contradicted" and false.trust < 0.4
    assert true.maps and false.maps
    assert all(report.answer in "\n".join(shown.lines) for report in shown.printed)
    (line,) = [line for line in shown.lines if "By the ground truth" in line]
    of, caught, doubted, true_ones = (int(number) for number in re.findall(r"\d+", line.replace(".5", "")))
    assert caught >= 0.7 * of > 0 and doubted <= 0.3 * true_ones


def test_the_planted_slips_are_doubted_and_the_rest_is_not(shown):
    """Of five known slips at most one may pass, and of the true claims at most one may be doubted."""
    trusts = {(report.answer, one.claim.text): one for report in shown.reports for one in report.claims}
    truths = [(trusts[story.answer, text], true) for story in planted.stories() for text, true in _truths(story)]
    passed = [one.claim.text for one, true in truths if not true and one.verdict == "supported"]
    doubted = [one.claim.text for one, true in truths if true and one.verdict == "contradicted"]
    assert len(passed) <= 1, passed
    assert len(doubted) <= 1, doubted


def test_it_writes_pictures_page_and_json(shown):
    page = (shown.folder / "report.html").read_text("utf-8")
    assert len(shown.reports) == 7 and page.count("What is really there: ") == 6
    rows = json.loads((shown.folder / "report.json").read_text("utf-8"))
    assert len(rows) == 7 + gallery.SCENES
    assert len(list((shown.folder / "pictures").glob("*.png"))) == gallery.SCENES + 6
    assert shown.lines[-1].strip() == f"The page with boxes and heat maps is {shown.folder / 'report.html'}"


def test_the_verb_runs_again_where_it_has_run(clipverify, tiny, shown, monkeypatch):
    from llamaindex_clipverify.verification.verifier import Verifier

    monkeypatch.setattr(Verifier, "tiny", classmethod(lambda cls: tiny))
    monkeypatch.setattr(gallery, "SCENES", 4)
    ran = clipverify("demo", "--out", shown.folder)
    assert ran.code == 0
    assert "clipverify:" not in ran.err
    assert ran.out.splitlines()[0].startswith(f"4 drawn pictures are in a Chroma index, {shown.folder / 'store'}")
