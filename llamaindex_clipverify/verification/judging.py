"""Judging: from claims and the facts of pictures to evidence, trust, verdicts and the report. It sees facts, never pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from llamaindex_clipverify.answer import Answer, sentences
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.checks_by_model import has_model
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.passages import grounded
from llamaindex_clipverify.evidence.sightings import SEEN, confidence, detector_saw
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.protocols import Detector, Grounder
from llamaindex_clipverify.report.report import CheckedClaim, ObjectAgreement, Report
from llamaindex_clipverify.trust.fusion import UNCHECKED, Calibration, ReportCalibration, Trust, Weighable, fuse
from llamaindex_clipverify.trust.profile import Profile
from llamaindex_clipverify.trust.verdict import Policy, Verdict
from llamaindex_clipverify.verification import typography
from llamaindex_clipverify.verification.agreement import object_agreement
from llamaindex_clipverify.verification.classes import as_class
from llamaindex_clipverify.verification.implied import as_place, presences
from llamaindex_clipverify.verification.notes import report_notes, unfitted, unreadable, why_unverifiable
from llamaindex_clipverify.verification.reading import Reading

Checked = tuple[CheckedClaim, Trust]
Active = Sequence[Weighable]
"""What the profile can weigh, for each picture; see `Judge.active`."""
_WEAKEST_FIRST: tuple[Calibration, ...] = ("uncalibrated", "transferred", "calibrated")


@dataclass(frozen=True)
class Judge:
    """Judges claims with a set of checks, fitted weights and thresholds. It sees facts, never pixels."""

    checks: tuple[Check, ...]
    profile: Profile | None
    transferred: Profile | None
    policy: Policy
    classes: tuple[str, ...] | None
    """The detector's classes; None without a detector, or for any noun."""

    def check(self, claim: Claim, facts: Sequence[Facts], weighable: Active | None = None) -> Checked:
        """Return a claim with its verdict and evidence, and its trust; `weighable` are the active checks, if known already."""
        if not facts:
            return _unverifiable(claim, "no picture was given")
        if claim.cites is not None and claim.cites < len(facts):
            facts = [facts[claim.cites]]
            weighable = [weighable[claim.cites]] if weighable is not None else None
        subject = self._detectable(claim, facts)
        evidence = [self.evidence(subject, known) for known in facts]
        active = list(weighable) if weighable is not None else [self.active(known) for known in facts]
        trust = self._fuse(subject, evidence, active)
        lines = typography.deciding_lines(
            subject,
            facts,
            self.policy.verdict(trust.value),
            lambda others: self._verdict(subject, others, active),
        )
        for index, line in lines.items():
            evidence[index] = typography.withdrawn(evidence[index], line)
            active[index] = active[index].without(typography.AFFECTED)
        if lines:
            trust = self._fuse(subject, evidence, active)
        picture = trust.picture if trust.picture is not None else next(iter(lines), 0)
        if len(facts) > 1 and self.policy.verdict(trust.value) == "contradicted":
            picture, trust = self._shown(subject, facts, evidence, active, trust)
        if trust.value is None and not lines:
            place = as_place(claim)
            if place is not None:
                return self._as(claim, place, facts, active)
            missing = self._missing(claim, facts, active)
            if missing is not None:
                return missing
        return self._checked(claim, active, trust, evidence[picture], list(lines.values())), trust

    def _shown(
        self,
        claim: Claim,
        facts: Sequence[Facts],
        evidence: Sequence[Sequence[Evidence]],
        active: Active,
        trust: Trust,
    ) -> tuple[int, Trust]:
        """Return the picture that explains a contradicted claim, one that shows the thing, and the trust with its shares."""
        seen = [confidence(known, claim.noun) or 0.0 if claim.noun else 0.0 for known in facts]
        best = max(range(len(facts)), key=lambda place: seen[place])
        if claim.negated or claim.kind == "object" or seen[best] < SEEN or best == trust.picture:
            return trust.picture or 0, trust
        there = self._fuse(claim, [evidence[best]], [active[best]])
        return best, replace(trust, picture=best, shares=there.shares)

    def _as(self, claim: Claim, other: Claim, facts: Sequence[Facts], active: Active) -> Checked:
        """Return a claim with trust and evidence of another one that states the same."""
        evidence = [self.evidence(other, known) for known in facts]
        trust = self._fuse(other, evidence, active)
        return self._checked(claim, active, trust, evidence[trust.picture or 0], []), trust

    def _missing(self, claim: Claim, facts: Sequence[Facts], active: Active) -> Checked | None:
        """Return the claim as contradicted if one of the things that it is about is not there; see `implied`."""
        whole = [claim] if claim.kind == "object" and not claim.negated else []
        for presence in (*whole, *presences(claim)):
            subject = self._as_class(self._detectable(presence, facts))
            if subject is claim:
                continue
            evidence = [self.evidence(subject, known) for known in facts]
            trust = self._fuse(subject, evidence, active)
            if self.policy.verdict(trust.value) == "contradicted":
                checked = self._checked(claim, active, trust, evidence[trust.picture or 0], [])
                return replace(
                    checked, note=Message("there is no {noun} of which it could be true", noun=subject.noun)
                ), trust
        return None

    def _checked(
        self, claim: Claim, active: Active, trust: Trust, evidence: Sequence[Evidence], lines: list[str]
    ) -> CheckedClaim:
        verdict = self.policy.verdict(trust.value)
        note = ""
        if trust.value is None and lines:
            note = typography.reason(lines[0])
        elif trust.value is None:
            note = why_unverifiable(claim, evidence, self.profile, active)
        elif verdict == "unverifiable":
            note = "the evidence is undecided"
        stated = tuple(piece.inverted() if claim.negated else piece for piece in evidence)
        return CheckedClaim(
            claim=claim,
            trust=trust.value,
            verdict=verdict,
            calibration=trust.calibration,
            evidence=stated,
            shares=trust.shares,
            note=note,
        )

    def trust(self, claim: Claim, facts: Sequence[Facts]) -> Trust:
        """Return the trust in a claim, without the guard against typographic attacks."""
        subject = self._detectable(claim, facts)
        evidence = [self.evidence(subject, known) for known in facts]
        active = [self.active(known) for known in facts]
        trust = self._fuse(subject, evidence, active)
        missing = self._missing(claim, facts, active) if trust.value is None else None
        return trust if missing is None else missing[1]

    def evidence(self, claim: Claim, facts: Facts) -> list[Evidence]:
        """Return the evidence of each check on the positive form of a claim in one picture; a failed check is shown as failed."""
        pieces: list[Evidence] = []
        for check in self.checks:
            if (reason := facts.failed.get(check.name)) is not None:
                pieces.append(_failed(check, reason, facts))
                continue
            try:
                piece = check.judge(claim, facts)
            except Exception as error:  # noqa: BLE001 - a failed check is shown, never averaged
                piece = _failed(check, f"{type(error).__name__}: {error}", facts)
            if piece is not None:
                pieces.append(piece)
        return pieces

    def active(self, facts: Facts) -> Weighable:
        """Return what the profile can weigh on this picture; nothing outside the profile's domain."""
        familiarity = 0.0 if self.profile is None else self.profile.familiarity(facts)
        return Weighable(self.fitted if familiarity > 0 else frozenset(), familiarity)

    @cached_property
    def models(self) -> dict[str, str]:
        """Check to the id of its model."""
        return {check.name: check.model for check in self.checks}

    @cached_property
    def fitted(self) -> frozenset[str]:
        """The checks whose models the profile was fitted with."""
        return frozenset() if self.profile is None else self.profile.active(self.models)

    @property
    def has_unfitted_detector(self) -> bool:
        """Whether the detector, if any, is not the one that the profile was fitted with."""
        return not has_model(self.fitted, "detector")

    @property
    def has_fitted_encoder(self) -> bool:
        """Whether the profile was fitted with the encoder."""
        return has_model(self.fitted, "encoder")

    def transferred_for(self, kind: str) -> Profile | None:
        """Return the transferred weights; None if the profile knows this encoder, and the kind of claim or a few nouns only."""
        if self.profile is None or not self.has_fitted_encoder:
            return self.transferred
        return None if kind in self.profile.kinds or self.profile.nouns is not None else self.transferred

    def _fuse(self, claim: Claim, evidence: Sequence[Sequence[Evidence]], active: Active) -> Trust:
        transferred = self.transferred_for(claim.kind)
        return fuse(claim, evidence, self.profile, active, self.has_unfitted_detector, transferred)

    def _verdict(self, claim: Claim, facts: Sequence[Facts], active: Active) -> Verdict:
        evidence = [self.evidence(claim, known) for known in facts]
        return self.policy.verdict(self._fuse(claim, evidence, active).value)

    def _as_class(self, claim: Claim) -> Claim:
        """Return the claim about the detector's classes of which its nouns are kinds; see `classes`."""
        return claim if self.classes is None else as_class(claim, self.classes)

    def _detectable(self, claim: Claim, facts: Sequence[Facts]) -> Claim:
        """Return the claim about the kind that the detector sees, for a noun such as *animal* that is not one of its classes."""
        if claim.kind != "object":
            return self._as_class(claim)
        if claim.noun is None or self.classes is None or claim.noun in self.classes:
            return claim
        kinds = claim.words.kinds(claim.noun, self.classes)
        seen = {kind: max((confidence(known, kind) or 0.0 for known in facts), default=0.0) for kind in kinds}
        best = max(seen, key=lambda kind: seen[kind], default=None)
        return claim.swap(noun=best, known=True) if best is not None and seen[best] >= SEEN else claim


def _failed(check: Check, reason: str, facts: Facts) -> Evidence:
    return Evidence(check=check.name, stance="failed", reason=reason, picture=facts.picture)


def _unverifiable(claim: Claim, note: str) -> tuple[CheckedClaim, Trust]:
    return CheckedClaim(claim=claim, trust=None, verdict="unverifiable", note=note), UNCHECKED


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
