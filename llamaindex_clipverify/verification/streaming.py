"""Verification of an answer while it is being written: each sentence when it is complete, the whole answer at the end."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from llamaindex_clipverify.answer import SENTENCE_END, Answer, Source
from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import ClipVerifyError, VerificationError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.judging import Active, Checked
from llamaindex_clipverify.verification.looking import Looked
from llamaindex_clipverify.verification.verifier import Verifier

_END = re.compile(rf"{SENTENCE_END}|\n")


@dataclass(frozen=True)
class VerifiedSentence:
    """A sentence of a streamed answer, verified."""

    text: str
    report: Report
    """On the sentence alone; claims count characters from its start."""


@dataclass(frozen=True)
class SentenceEnd:
    """A sentence that is complete, by its place in the answer."""

    start: int
    end: int
    says_something: bool


def sentence_ends(text: str, start: int) -> list[SentenceEnd]:
    """Return the sentences of a growing answer that are complete, from a place on."""
    ends = [start, *(match.end() for match in _END.finditer(text, start))]
    return [SentenceEnd(one, two, bool(text[one:two].strip())) for one, two in pairwise(ends)]


class StreamingVerifier:
    """Verifies a growing answer. Pictures are observed once, and every claim is judged once, however long the answer gets.

    Problems never interrupt a stream: the report says in its notes why an answer was not verified.
    """

    def __init__(self, verifier: Verifier, sources: Sequence[Source], question: str | None = None) -> None:
        """Verify against some sources; without pictures and passages, reports say that nothing was retrieved."""
        self.verifier = verifier
        self.sources = tuple(sources)
        self.question = question
        self.text = ""
        self.report: Report | None = None
        """On as much of the answer as is verified; None before the first complete sentence."""
        self._verified = 0
        self._looked: Looked | None = None
        self._checked: dict[Claim, Checked] = {}
        self._observing = self._judging = 0.0

    def add(self, piece: str) -> list[VerifiedSentence]:
        """Take the next piece of the answer and return the sentences that are now complete."""
        self.text += piece
        sentences = []
        for sentence in sentence_ends(self.text, self._verified):
            self._verified = sentence.end
            if sentence.says_something and any(source.picture for source in self.sources):
                self.report = self._verify(self.text[: sentence.end])
                sentences.append(self._sentence(sentence.start, sentence.end))
        return sentences

    def finish(self) -> Report:
        """Return the report on the whole answer."""
        report = self._verify(self.text)
        seconds = {"observe": self._observing, "judge": self._judging, "total": self._observing + self._judging}
        self.report = replace(report, timings_ms={step: 1000 * value for step, value in seconds.items()})
        return self.report

    def _sentence(self, start: int, end: int) -> VerifiedSentence:
        """Return the report on the part from `start` to `end`, from claims that are judged already."""
        assert self.report is not None
        begin = start + len(self.text[start:end]) - len(self.text[start:end].lstrip())
        text = self.text[begin:end].rstrip()
        claims = [checked for checked in self.report.claims if begin <= checked.claim.start < end]
        shifted = tuple(
            replace(
                checked, claim=replace(checked.claim, start=checked.claim.start - begin, end=checked.claim.end - begin)
            )
            for checked in claims
        )
        missed = tuple((one - begin, two - begin) for one, two in self.report.unread if begin <= one < end)
        return VerifiedSentence(text, replace(self.report, answer=text, claims=shifted, unread=missed))

    def _verify(self, text: str) -> Report:
        started = time.perf_counter()
        try:
            with telling(VerificationError, "the answer cannot be verified"):
                answer = Answer(text=text, sources=self.sources, question=self.question, is_partial=True)
                if problem := why_not_verifiable(answer):
                    return unverified(self.verifier, text, self.question, problem, answer.gaps)
                if self._looked is None:
                    self._looked = self.verifier.look(answer)
                    self._observing = time.perf_counter() - started
                judged = time.perf_counter()
                looked = replace(self._looked, answer=replace(self._looked.answer, text=text))
                report = looked.noted(self.verifier.report(looked.answer, looked.facts, self._check))
                self._judging += time.perf_counter() - judged
                return report
        except ClipVerifyError as error:
            return unverified(self.verifier, text, self.question, _problem(error))

    def _check(self, claim: Claim, facts: Sequence[Facts], weighable: Active) -> Checked:
        if claim not in self._checked:
            self._checked[claim] = self.verifier.check(claim, facts, weighable)
        return self._checked[claim]


def verify_or_explain(verifier: Verifier, answer: Answer) -> Report:
    """Return the report on an answer; if it cannot be verified, the report's notes say why."""
    problem = why_not_verifiable(answer)
    if problem:
        return unverified(verifier, answer.text, answer.question, problem, answer.gaps)
    try:
        return verifier.verify(answer)
    except ClipVerifyError as error:
        return unverified(verifier, answer.text, answer.question, _problem(error), answer.gaps)


def on_sources(verifier: Verifier, text: str, sources: Sequence[Source], question: str | None = None) -> Report:
    """Return the report on an answer and sources that were read by `Source.tried`; whatever prevents it stands in the notes."""
    try:
        return verify_or_explain(verifier, Answer.on_sources(text, sources, question))
    except ClipVerifyError as error:  # no text, or too long
        return unverified(verifier, text, question, _problem(error))


def why_not_verifiable(answer: Answer) -> str:
    """Return why an answer cannot be verified at all; "" when it can be tried."""
    if not answer.text.strip():
        return "the answer is empty"
    if answer.pictures or answer.passages:
        return ""
    return _problem(answer.gaps[0]) if answer.gaps else "no picture was retrieved"


def _problem(error: ClipVerifyError) -> Message:
    return Message("not verified: {error}", error=error.message)


def unverified(
    verifier: Verifier, text: str, question: str | None, problem: str, gaps: Sequence[ClipVerifyError] = ()
) -> Report:
    """Return the report on an answer that cannot be verified; without claims where its text cannot even be read."""
    missed = tuple(gap.message for gap in gaps)
    try:
        with telling(VerificationError, "the answer cannot be read"):
            if texts.checked(text, "the answer").strip():
                return replace(verifier.unverified(text, question, problem), gaps=missed)
    except ClipVerifyError as error:
        problem = _problem(error)
    asked = question and texts.shown(question)
    return Report(answer=texts.shown(text), claims=(), question=asked, notes=(problem,), gaps=missed)
