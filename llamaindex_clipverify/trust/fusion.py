"""Fusion: the evidence of all checks on a claim, over all its pictures, into one trust with the share of each check.

Per picture a logistic regression adds up the features of the checks. The best picture decides: any picture may support a claim,
and a negated claim is the inverse, so all pictures must be free of the thing. The result is calibrated after this pooling, with
the number of pictures as a feature, because the maximum of four calibrated probabilities is not calibrated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL, TRANSFERABLE
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.sightings import bounded_logit
from llamaindex_clipverify.numerics import expit
from llamaindex_clipverify.trust.profile import KindModel, Profile

_SHOWN = 0.5
"""Belief in the positive claim from which one picture shows it, whatever the other pictures are."""
_ABSENT = 0.4
"""Belief in a necessary condition below which the claim is doubted without further evidence."""

Calibration = Literal["calibrated", "transferred", "uncalibrated"]
"""Where a trust comes from: the profile of these models, weights fitted with other encoders, or a detector's confidence."""
ReportCalibration = Literal["calibrated", "partly_calibrated", "transferred", "uncalibrated"]
"""The same of a whole report; *partly_calibrated* where a profile weighed only some claims, or fits only some of the models."""


@dataclass(frozen=True)
class Trust:
    """The fused belief in a claim as stated."""

    value: float | None
    """Probability 0–1; None when nothing could check the claim."""
    picture: int | None = None
    """Index, among the pictures judged, of the one with the highest belief in the positive claim."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Log-odds that each check added to the claim as stated, relative to the average claim of its kind."""
    calibration: Calibration = "uncalibrated"


UNCHECKED = Trust(None)


@dataclass(frozen=True)
class Weighable:
    """What a profile can weigh on one picture."""

    checks: frozenset[str] = frozenset()
    """The checks whose part of the profile fits models, picture and words."""
    familiarity: float = 1.0
    """0–1: how near the picture is to those of the fit; see `Profile.familiarity`."""

    def __bool__(self) -> bool:
        """Whether it can weigh any check."""
        return bool(self.checks)

    def without(self, checks: Iterable[str]) -> Weighable:
        """Return the same without some checks."""
        return replace(self, checks=self.checks.difference(checks))


def fuse(
    claim: Claim,
    evidence: Sequence[Sequence[Evidence]],
    profile: Profile | None,
    active: Sequence[Weighable],
    unfitted_detector: bool = True,
    transferred: Profile | None = None,
) -> Trust:
    """Fuse the evidence on one claim.

    Args:
        claim: The claim; evidence is on its positive form.
        evidence: For each picture, the evidence of each check.
        profile: Fitted weights, or None.
        active: For each picture, what the profile can weigh.
        unfitted_detector: Whether the detector is not the one that the profile was fitted with. The beliefs of such a detector
            are used directly, before a profile that cannot weigh it. The profile's own detector is not used outside its domain.
        transferred: Weights fitted with other encoders, on features that mean the same for all encoders; used where neither the
            profile nor an unfitted detector can judge.
    """
    if claim.words.language != "en" and claim.kind != "text":
        return UNCHECKED  # no model knows the word
    if claim.unnamed is not None:
        return UNCHECKED  # no check measures this relation or colour
    evidence = [() if any(piece.is_blind for piece in looks) else looks for looks in evidence]
    direct = UNCHECKED
    if unfitted_detector or claim.kind == "text":
        direct = _direct(claim, evidence)
    elif profile is not None and (claim.kind not in profile.kinds or claim.is_together) and all(active):
        direct = _direct(claim, [_located(looks) for looks in evidence])
    if claim.is_together or (claim.narrow and claim.kind == "count"):
        return direct  # no profile is fitted on these: an encoder that knows persons cannot count men
    return _if_decidable(claim, _weighed(claim, evidence, profile, active, direct, transferred))


def _if_decidable(claim: Claim, trust: Trust) -> Trust:
    """Return the trust, or none where a person was seen and the claim is "there is no man": that refutes nothing."""
    refuted = claim.narrow and claim.negated and trust.value is not None and trust.value < _SHOWN
    return UNCHECKED if refuted else trust


def _weighed(
    claim: Claim,
    evidence: Sequence[Sequence[Evidence]],
    profile: Profile | None,
    active: Sequence[Weighable],
    direct: Trust,
    transferred: Profile | None,
) -> Trust:
    """Return the direct trust if there is one, else that of the profile, else that of the transferred weights."""
    if direct.value is not None:
        return direct
    model = _model(profile, claim, evidence, active) if profile is not None else None
    if profile is not None and model is not None and profile.knows(claim):
        terms = [_terms(model, looks, known.checks) for looks, known in zip(evidence, active, strict=True)]
        if any(own is not None for own in terms):
            return _drawn_in(claim, _pooled(claim, model, terms, "calibrated"), model, active)
    if transferred is not None and claim.kind in transferred.kinds:
        model, encoder_checks = transferred.kinds[claim.kind], frozenset(CHECKS_BY_MODEL["encoder"])
        terms = [_terms(model, looks, encoder_checks) for looks in evidence]
        if all(own is not None for own in terms):
            return _pooled(claim, model, terms, "transferred")
    return direct


def _model(
    profile: Profile, claim: Claim, evidence: Sequence[Sequence[Evidence]], active: Sequence[Weighable]
) -> KindModel | None:
    """Return the weights for the checks that found something, for example those of the encoder alone for an unknown noun."""
    usable = frozenset[str]().union(*(known.checks for known in active))
    measured = frozenset(piece.check for looks in evidence for piece in looks if piece.features)
    return profile.model(claim.kind, usable & measured) or profile.model(claim.kind, usable)


def features_of(evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the features of one picture that belong to these very models, ``check.feature`` to value, clipped to ±12."""
    return {name: value for name, value in _features(evidence).items() if name not in TRANSFERABLE}


def standings_of(evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the features of one picture that mean the same for any encoder; form as `features_of`."""
    return {name: value for name, value in _features(evidence).items() if name in TRANSFERABLE}


def _features(evidence: Sequence[Evidence]) -> dict[str, float]:
    return {f"{piece.check}.{name}": _clipped(value) for piece in evidence for name, value in piece.features.items()}


def _terms(model: KindModel, evidence: Sequence[Evidence], active: frozenset[str]) -> dict[str, float] | None:
    """Return the log-odds that each check adds, the intercept under ""; None when no active check has a feature."""
    measured = {piece.check: piece.features for piece in evidence if piece.check in active}
    terms: dict[str, float] = {"": model.intercept}
    is_known = False
    for check, name, feature in model.by_check:
        value = measured[check].get(name) if check in measured else None
        is_known = is_known or value is not None
        term = feature.missing if value is None else feature.weight * (_clipped(value) - feature.mean)
        terms[check] = terms.get(check, 0.0) + term
    return terms if is_known else None


def _clipped(value: float) -> float:
    return min(max(float(value), -12.0), 12.0)


def _pooled(
    claim: Claim, model: KindModel, terms: Sequence[dict[str, float] | None], calibration: Calibration
) -> Trust:
    log_odds = [-inf if own is None else sum(own.values()) for own in terms]
    best = log_odds.index(max(log_odds))
    belief = model.calibrated(log_odds[best], len(terms))
    if belief < _SHOWN and None in terms:
        return UNCHECKED  # a picture that could not be judged may show it
    sign = -1.0 if claim.negated else 1.0
    shares = {check: sign * term for check, term in (terms[best] or {}).items() if check}
    return Trust(1 - belief if claim.negated else belief, best, shares, calibration)


def _drawn_in(claim: Claim, trust: Trust, model: KindModel, active: Sequence[Weighable]) -> Trust:
    """Return a trust drawn towards the share of true claims of its kind, the further the less familiar its picture is.

    The log-odds of models grow too large on pictures unlike those that they know.
    """
    share = 1.0 if trust.picture is None else active[trust.picture].familiarity
    if trust.value is None or share >= 1:
        return trust
    prior = bounded_logit(1 - model.prior if claim.negated else model.prior)
    log_odds = prior + share * (bounded_logit(trust.value) - prior)
    return replace(trust, value=expit(log_odds), shares={check: share * term for check, term in trust.shares.items()})


def _direct(claim: Claim, evidence: Sequence[Sequence[Evidence]]) -> Trust:
    """Use the beliefs that need no fitting: detector confidence, colour and geometry of detected things, words that were read."""
    beliefs = [_belief(looks) for looks in evidence]
    known = [(belief, index) for index, belief in enumerate(beliefs) if belief is not None]
    if not known:
        return UNCHECKED
    value, best = max(known)
    undecided = (looks for looks, belief in zip(evidence, beliefs, strict=True) if belief is None)
    if value < _SHOWN and any(not _is_unrelated(looks) for looks in undecided):
        return UNCHECKED
    return Trust(1 - value if claim.negated else value, best)


def _located(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence without necessary conditions that fail: of a thing that was not found, nobody knows where it is."""
    return [piece for piece in evidence if not piece.is_condition or (piece.belief or 0.0) >= _ABSENT]


def _belief(evidence: Sequence[Evidence]) -> float | None:
    """Return the belief 0–1 in the positive claim in one picture: that of its conditions times that of the claim itself."""
    conditions = [piece.belief for piece in evidence if piece.belief is not None and piece.is_condition]
    own = [piece.belief for piece in evidence if piece.belief is not None and not piece.is_condition]
    condition = min(conditions, default=1.0)
    if own:
        return condition * min(own)
    return condition if conditions and condition < _ABSENT else None


def _is_unrelated(evidence: Sequence[Evidence]) -> bool:
    return any(piece.is_unrelated for piece in evidence)
