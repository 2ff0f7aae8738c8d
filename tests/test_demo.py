"""The demonstration: true answers with one known slip, and a page that holds everything."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from llamaindex_clipverify import demo
from llamaindex_clipverify.splitter import EnglishSplitter
from llamaindex_clipverify.testing import FRESH


@pytest.fixture(scope="module")
def stories() -> list[demo.Story]:
    return demo.stories()


def _truths(story: demo.Story) -> Iterator[tuple[str, bool]]:
    """Yield each claim's words and whether the scene says so; claims no scene can decide are left out."""
    for claim in EnglishSplitter().split(story.answer):
        scene = story.scenes[claim.cites or 0]
        if claim.kind == "object":
            yield claim.text, (scene.count(claim.noun) > 0) != claim.negated
        elif claim.kind == "count":
            yield claim.text, scene.count(claim.noun) == claim.number
        elif claim.kind == "attribute":
            yield claim.text, claim.colour in (scene.colours_of(claim.noun) or set())
        elif claim.kind == "relation":
            facts = {(fact.subject, fact.relation, fact.other) for fact in scene.relations()}
            yield claim.text, (claim.noun, claim.relation, claim.reference) in facts


def test_every_answer_has_exactly_one_slip(stories):
    assert len(stories) == 4
    for story in stories:
        wrong = [text for text, true in _truths(story) if not true]
        assert len(wrong) == 1, (story.answer, wrong)
        assert len(list(_truths(story))) >= 2


def test_scenes_are_fresh_and_clear_and_always_the_same(stories):
    for story, again in zip(stories, demo.stories(), strict=True):
        assert (story.answer, story.truth) == (again.answer, again.truth)
        for scene in story.scenes:
            assert scene.seed >= FRESH
            assert not scene.words
            assert all(min(demo._width(thing), demo._height(thing)) >= 64 for thing in scene.objects)


def test_two_pictures_have_a_negation_and_something_uncheckable(stories):
    claims = EnglishSplitter().split(stories[3].answer)
    assert {claim.cites for claim in claims} >= {0, 1}
    assert any(claim.negated for claim in claims)
    assert any(claim.kind == "other" for claim in claims)


def test_run_writes_pictures_page_and_json(tiny, tmp_path):
    lines, shown = [], []
    reports = demo.run(tmp_path / "new", shown.append, lines.append, tiny)
    assert len(shown) == len(reports) == 4
    assert lines[-1].endswith("report.html")
    page = (tmp_path / "new" / "report.html").read_text("utf-8")
    assert all(report.notes[0].startswith("What is really there: ") for report in reports)
    assert page.count("What is really there: ") == 4
    assert len(json.loads((tmp_path / "new" / "report.json").read_text("utf-8"))) == 4
    assert len(list((tmp_path / "new").glob("*.png"))) == 5


def test_the_slips_are_doubted_and_the_rest_is_not(tiny, tmp_path):
    """Of four known slips at most one may pass, and of the true claims at most one may be doubted."""
    reports = demo.run(tmp_path, lambda _: None, lambda _: None, tiny)
    trusts = {(report.answer, one.claim.text): one for report in reports for one in report.claims}
    truths = [(trusts[story.answer, text], true) for story in demo.stories() for text, true in _truths(story)]
    passed = [one.claim.text for one, true in truths if not true and one.verdict == "supported"]
    doubted = [one.claim.text for one, true in truths if true and one.verdict == "contradicted"]
    assert len(passed) <= 1, passed
    assert len(doubted) <= 1, doubted
    assert any(report.maps for report in reports)


def test_verb(clipverify, tiny, tmp_path, monkeypatch):
    from llamaindex_clipverify.verifier import Verifier

    monkeypatch.setattr(Verifier, "tiny", classmethod(lambda cls: tiny))
    ran = clipverify("demo", "--out", tmp_path / "d")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.splitlines()[-1] == f"The page with boxes and heat maps is {tmp_path / 'd' / 'report.html'}"
