"""Judging: from claims and the facts of pictures to evidence, trust and verdicts. It sees facts, never pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.checks_by_model import has_model
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.sightings import SEEN, confidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.report.report import CheckedClaim
from llamaindex_clipverify.trust.fusion import UNCHECKED, Trust, Weighable, fuse
from llamaindex_clipverify.trust.profile import Profile
from llamaindex_clipverify.trust.verdict import Policy, Verdict
from llamaindex_clipverify.verification import typography
from llamaindex_clipverify.verification.classes import as_class
from llamaindex_clipverify.verification.implied import as_place, presences
from llamaindex_clipverify.verification.notes import why_unverifiable

Checked = tuple[CheckedClaim, Trust]
Active = Sequence[Weighable]
"""What the profile can weigh, for each picture; see `Judge.active`."""
_EVEN = 0.5
"""Trust in the presence of a thing below which it is in doubt."""


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
        checked = self._checked(claim, active, trust, evidence[picture], list(lines.values()))
        wider = self._as_class(claim)
        if trust.value is None and claim.kind == "object" and wider is not claim:
            note = Message("no check can tell a {narrow} from another {noun}", narrow=claim.noun, noun=wider.noun)
            return replace(checked, note=note), trust
        return checked, trust

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
        """Return the claim as contradicted if one of the things that it is about is not there, as doubted if that is doubtful.

        A claim is at most as likely as that its thing is there; see `implied`.
        """
        whole = [claim] if claim.kind == "object" and not claim.negated else []
        doubted: list[tuple[Trust, Claim, list[Evidence]]] = []
        for presence in (*whole, *presences(claim)):
            subject = self._as_class(self._detectable(presence, facts))
            if subject is claim:
                continue
            evidence = [self.evidence(subject, known) for known in facts]
            trust = self._fuse(subject, evidence, active)
            contradicted = self.policy.verdict(trust.value) == "contradicted"
            if trust.value is not None and (contradicted or trust.value < _EVEN):
                doubted.append((trust, subject, evidence[trust.picture or 0]))
            if contradicted:
                break
        if not doubted:
            return None
        trust, subject, shown = min(doubted, key=lambda one: one[0].value or 0.0)
        checked = self._checked(claim, active, trust, shown, [])
        missing = checked.verdict == "contradicted"
        told = "there is no {noun} of which it could be true" if missing else "whether there is a {noun} is in doubt"
        return replace(checked, note=Message(told, noun=subject.noun)), trust

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
