"""From checked claims to the report: passages, calibration, agreement on objects, and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llamaindex_clipverify.answer import Answer, sentences
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.passages import grounded
from llamaindex_clipverify.evidence.sightings import detector_saw
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Detector, Grounder
from llamaindex_clipverify.report.report import CheckedClaim, ObjectAgreement, Report
from llamaindex_clipverify.trust.fusion import UNCHECKED, Calibration, ReportCalibration, Trust, Weighable
from llamaindex_clipverify.verification.agreement import object_agreement
from llamaindex_clipverify.verification.judging import Active, Checked, Judge
from llamaindex_clipverify.verification.notes import report_notes, unfitted, unreadable
from llamaindex_clipverify.verification.reading import Reading

_WEAKEST_FIRST: tuple[Calibration, ...] = ("uncalibrated", "transferred", "calibrated")


@dataclass(frozen=True)
class Assembly:
    """Checks the claims of an answer and puts the report together."""

    judge: Judge
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages that are read."""
    grounder: Grounder
    detector: Detector | None

    def report(
        self,
        answer: Answer,
        reading: Reading,
        facts: Sequence[Facts],
        check: Callable[[Claim, Sequence[Facts], Active], Checked],
    ) -> Report:
        """Return the report on an answer.

        Args:
            answer: The answer.
            reading: Its claims.
            facts: Of each of its pictures.
            check: Checks one claim.
        """
        active = [self.judge.active(known) for known in facts]
        checked = self._checked(answer, reading, facts, active, check)
        profile = self.judge.profile
        return Report(
            answer=answer.text,
            claims=tuple(claim for claim, _ in checked),
            unread=reading.unread,
            question=answer.question,
            language=reading.language,
            calibration=self._calibration([trust for _, trust in checked]),
            profile=profile.name if profile else None,
            object_agreement=self._agreement(reading, facts, active),
            pictures=answer.pictures,
            models={check: model for check, model in self.judge.models.items() if model},
            notes=self._notes(reading, facts, active, checked),
            policy=self.judge.policy,
            answers=profile.answers if profile else None,
        )

    def _checked(
        self,
        answer: Answer,
        reading: Reading,
        facts: Sequence[Facts],
        active: Active,
        check: Callable[[Claim, Sequence[Facts], Active], Checked],
    ) -> list[Checked]:
        if not reading.supported:
            note = unreadable(reading.language, self.languages)
            return [
                (CheckedClaim(claim=claim, trust=None, verdict="unverifiable", note=note), UNCHECKED)
                for claim in reading.claims
            ]
        checked = [check(claim, facts, active) for claim in reading.claims]
        if not answer.passages:
            return checked
        spans = sentences(answer.text)
        return [self._in_passages(one, answer, spans) if one[1].value is None else one for one in checked]

    def _in_passages(self, unchecked: Checked, answer: Answer, spans: Sequence[tuple[int, int]]) -> Checked:
        """Return a claim that no picture could check, supported if a passage supports its whole sentence."""
        claim, policy = unchecked[0].claim, self.judge.policy
        begin, end = next((span for span in spans if span[0] <= claim.start < span[1]), (claim.start, claim.end))
        support = grounded(answer.text[begin:end], answer.passages, self.grounder)
        if support is None:
            return unchecked
        covered = policy.alpha is None
        supported = CheckedClaim(
            claim=claim,
            trust=support.score,
            verdict="supported" if covered else "unverifiable",
            evidence=(*unchecked[0].evidence, support),
            note="" if covered else "no guarantee covers passages",
        )
        return supported, Trust(support.score)

    def _calibration(self, trusts: Sequence[Trust]) -> ReportCalibration:
        """Return the weakest state of the trusts; *partly_calibrated* if only some are, or the profile fits only some models."""
        states = {trust.calibration for trust in trusts if trust.value is not None}
        if "calibrated" in states and (len(states) > 1 or unfitted(self.judge)):
            return "partly_calibrated"
        return next((state for state in _WEAKEST_FIRST if state in states), "uncalibrated")

    def _agreement(self, reading: Reading, facts: Sequence[Facts], active: Active) -> ObjectAgreement:
        if self.detector is None or not any(map(self._boxes_count, facts, active)):
            return ObjectAgreement()
        return object_agreement(reading.claims if reading.supported else (), facts, self.detector.labels)

    def _boxes_count(self, facts: Facts, known: Weighable) -> bool:
        """Whether the detector's boxes may be used: those of the profile's own detector only within its domain."""
        return detector_saw(facts) and (self.judge.has_unfitted_detector or bool(known))

    def _notes(
        self, reading: Reading, facts: Sequence[Facts], active: Active, checked: Sequence[Checked]
    ) -> tuple[str, ...]:
        notes = report_notes(self.judge, facts, active, checked, self.detector is not None)
        if reading.supported:
            return tuple(notes)
        why = Message("nothing was checked: {why}", why=unreadable(reading.language, self.languages))
        return (why, *notes)
