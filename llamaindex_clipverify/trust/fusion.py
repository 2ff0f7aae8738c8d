"""Fusion: the evidence of all checks on a claim, over all its pictures, into one trust with each check's share.

Per picture a logistic regression adds up what the checks say; the best picture stands for the claim (any picture may support
it; a negated claim is the inversion of that, so all must be free of it); the result is calibrated after this pooling, with
the number of pictures as a feature, because the best of four calibrated figures is not calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.reference import STANDINGS
from llamaindex_clipverify.trust.profile import EYES, KindModel, Profile

_EVEN = 0.3
"""Exponent that reads a detector's confidence as belief: .1 becomes even odds. Detectors are tuned to be silent rather than
wrong: at a confidence of .25 YOLOv8n's false-positive rate on COCO photographs is under 1 %, its recall .7."""

_SHOWN = 0.5
"""Belief in the positive claim from which one picture shows it, whatever the others are."""

State = Literal["calibrated", "transferred", "uncalibrated"]


@dataclass(frozen=True)
class Trust:
    """The fused belief in a claim as stated."""

    value: float | None
    """Probability 0–1, None when nothing could check the claim."""
    picture: int | None = None
    """Index, among the pictures judged, of the one that speaks loudest for the positive claim."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Log-odds that each check added to the claim as stated, against the average claim of its kind."""
    state: State = "uncalibrated"


def fuse(
    claim: Claim,
    looks: Sequence[Sequence[Evidence]],
    profile: Profile | None,
    active: Sequence[frozenset[str]],
    foreign_detector: bool = True,
    transferred: Profile | None = None,
) -> Trust:
    """Fuse the evidence on one claim.

    Args:
        claim: The claim; evidence is on its positive form.
        looks: For each picture, the evidence of each check.
        profile: Fitted weights, or None.
        active: For each picture, the checks whose part of the profile fits models, picture and words.
        foreign_detector: Whether the detector is not the profile's own. What such a detector says is taken plainly, before a
            profile that cannot weigh it. The profile's own, where it is not active, is out of its domain and not asked.
        transferred: Weights fitted with other encoders, on features that mean the same for all; used where neither the profile
            nor such a detector has a word.
    """
    if claim.words.language != "en" and claim.kind != "text":
        return Trust(None)  # a word that no model reads
    plain = _plain(claim, looks) if foreign_detector or claim.kind == "text" else Trust(None)
    if claim.narrow and claim.kind == "count":
        return plain  # an encoder that was fitted on persons cannot count men
    return _as_far_as_seen(claim, _fused(claim, looks, profile, active, plain, transferred))


def _as_far_as_seen(claim: Claim, trust: Trust) -> Trust:
    """Seeing a person does not refute "there is no man": such a claim stays open."""
    return Trust(None) if claim.narrow and claim.negated and trust.value is not None and trust.value < _SHOWN else trust


def _fused(
    claim: Claim,
    looks: Sequence[Sequence[Evidence]],
    profile: Profile | None,
    active: Sequence[frozenset[str]],
    plain: Trust,
    transferred: Profile | None,
) -> Trust:
    """Return the plain trust where there is one, else what the profile makes of the evidence, else the transferred one."""
    model = profile.model(claim.kind, frozenset().union(*active)) if profile is not None else None
    if plain.value is None and profile is not None and model is not None and profile.knows(claim):
        fitted = [_weigh(model, evidence, checks) for evidence, checks in zip(looks, active, strict=True)]
        if any(one is not None for one in fitted):
            return _pooled(claim, model, fitted, "calibrated")
    if plain.value is None and transferred is not None and claim.kind in transferred.kinds:
        model, eye = transferred.kinds[claim.kind], frozenset(EYES["encoder"])
        others = [_weigh(model, evidence, eye) for evidence in looks]
        if all(one is not None for one in others):
            return _pooled(claim, model, others, "transferred")
    return plain


def features_of(evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the numbers of one picture's evidence that belong to these very models, under ``check.feature``, clipped to ±12."""
    return {name: value for name, value in _numbers(evidence).items() if name not in STANDINGS}


def standings_of(evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the numbers that mean the same whatever the encoder, as `features_of`."""
    return {name: value for name, value in _numbers(evidence).items() if name in STANDINGS}


def _numbers(evidence: Sequence[Evidence]) -> dict[str, float]:
    return {
        f"{one.check}.{name}": min(max(float(value), -12.0), 12.0)
        for one in evidence
        for name, value in one.features.items()
    }


def _weigh(model: KindModel, evidence: Sequence[Evidence], active: frozenset[str]) -> dict[str, float] | None:
    """Return the log-odds each check adds, the intercept under "", or None when no active check has a number."""
    values = {name: value for name, value in _numbers(evidence).items() if name.split(".")[0] in active}
    if not set(values) & set(model.features):
        return None
    added: dict[str, float] = {"": model.intercept}
    for name, feature in model.features.items():
        check = name.split(".")[0]
        term = feature.weight * (values[name] - feature.mean) if name in values else feature.missing
        added[check] = added.get(check, 0.0) + term
    return added


def _pooled(claim: Claim, model: KindModel, fitted: Sequence[dict[str, float] | None], state: State) -> Trust:
    sums = [-np.inf if one is None else sum(one.values()) for one in fitted]
    best = int(np.argmax(sums))
    trust = model.calibrated(sums[best], len(fitted))
    if trust < _SHOWN and None in fitted:
        return Trust(None)  # a picture that could not be judged may yet show it
    sign = -1.0 if claim.negated else 1.0
    shares = {check: sign * term for check, term in (fitted[best] or {}).items() if check}
    return Trust(1 - trust if claim.negated else trust, best, shares, state)


def _plain(claim: Claim, looks: Sequence[Sequence[Evidence]]) -> Trust:
    """Use what needs no fitting: the detector's confidence, colours and geometry where it found the thing, and what is read."""
    values = [_confidence(claim, evidence) for evidence in looks]
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    if not known:
        return Trust(None)
    value, best = max(known)
    if value < _SHOWN and any(one is None and not _blank(looks[place]) for place, one in enumerate(values)):
        return Trust(None)
    return Trust(1 - value if claim.negated else value, best)


def _blank(evidence: Sequence[Evidence]) -> bool:
    """Whether nothing is written in a picture: it cannot be the one that a claim on written words means."""
    return any("blank" in one.features for one in evidence if one.check == "written_text")


def _confidence(claim: Claim, evidence: Sequence[Evidence]) -> float | None:
    by_check = {one.check: one for one in evidence}
    if claim.kind == "text":
        read = by_check.get("written_text")
        return read.score if read is not None else None
    seen = by_check.get("objects")
    if seen is None or seen.score is None:
        return None
    if claim.kind == "count":
        return seen.score
    presence = float(seen.score**_EVEN)
    if claim.kind == "object":
        return presence
    second = by_check.get({"attribute": "colour", "relation": "relations"}.get(claim.kind, ""))
    if second is not None and second.score is not None and second.speaks:
        return presence * float(1 / (1 + np.exp(-6 * second.score)))
    return presence if presence < 0.4 else None
