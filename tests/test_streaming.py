"""Answers that are verified while they are written."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.testing import Scene
from llamaindex_clipverify.verification.streaming import StreamingVerifier, verify_or_explain

TEXT = "There is a yellow cup. There is a zebra in the picture. The clock is red. There is no dog. It is on a table."


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.fixture
def sources(scene: Scene) -> list[Source]:
    return [Source(picture=Picture.of(scene.image))]


def test_the_report_at_the_end_is_that_of_the_whole_answer(tiny: Verifier, sources: list[Source]):
    stream = StreamingVerifier(tiny, sources, "What is there?")
    for piece in pieces(TEXT):
        stream.add(piece)
    whole, plain = (
        stream.finish().to_dict(),
        tiny.verify(Answer(text=TEXT, sources=(*sources,), question="What is there?")),
    )
    assert whole["timings_ms"].keys() == {"observe", "judge", "total"}
    assert {**whole, "timings_ms": {}} == {**plain.to_dict(), "timings_ms": {}}


def test_each_sentence_is_verified_when_it_is_complete(tiny: Verifier, sources: list[Source]):
    stream = StreamingVerifier(tiny, sources)
    sentences = [sentence for piece in pieces(TEXT) for sentence in stream.add(piece)]
    assert [sentence.text for sentence in sentences] == [part + "." for part in TEXT[:-1].split(". ")][:4]
    assert stream.report is not None and TEXT.startswith(stream.report.answer.rstrip())
    for sentence in sentences:
        assert sentence.report.answer == sentence.text
        for checked in sentence.report.claims:
            assert sentence.text[checked.claim.start : checked.claim.end] == checked.claim.text
    assert [one.report.verdict for one in sentences] == ["supported", "supported", "contradicted", "supported"]


def test_a_claim_is_judged_once_however_long_the_answer_gets(
    tiny: Verifier, sources: list[Source], monkeypatch: pytest.MonkeyPatch
):
    judged: Counter[str] = Counter()
    check = Verifier.check

    def counted(self: Verifier, claim: Any, facts: Any, *weighable: Any) -> Any:
        judged[claim.text] += 1
        return check(self, claim, facts, *weighable)

    monkeypatch.setattr(Verifier, "check", counted)
    stream = StreamingVerifier(tiny, sources)
    for piece in pieces(TEXT):
        stream.add(piece)
    stream.finish()
    assert len(judged) >= 5 and set(judged.values()) == {1}


@pytest.mark.parametrize(("text", "note"), [(TEXT, "no picture was retrieved"), ("", "the answer is empty")])
def test_what_cannot_be_verified_is_explained(tiny: Verifier, text: str, note: str):
    stream = StreamingVerifier(tiny, [])
    assert [sentence for piece in pieces(text) for sentence in stream.add(piece)] == []
    for report in (stream.finish(), verify_or_explain(tiny, Answer(text=text))):
        assert report.notes == (note,) and report.trust is None


def test_an_unreadable_picture_does_not_break_the_stream(tiny: Verifier):
    stream = StreamingVerifier(tiny, [Source(picture=Picture.of(b"no picture"))])
    for piece in pieces(TEXT):
        stream.add(piece)
    assert "not verified: not a picture file" in stream.finish().notes[0]
