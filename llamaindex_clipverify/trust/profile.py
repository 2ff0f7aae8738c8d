"""A profile: fitted weights for the checks on one kind of picture, as readable JSON.

A profile is valid for the checks and models it was fitted with (`parts`), for pictures like those it was fitted on (`gate`), and
for the nouns it was fitted on (`nouns`). Outside any of these its weights are not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.boundary import files as files_
from llamaindex_clipverify.boundary.records import record
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL, has_model
from llamaindex_clipverify.evidence.domain import statistics_of
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.numerics import expit, interpolated, logit
from llamaindex_clipverify.trust.guarantee import Holdout
from llamaindex_clipverify.trust.scope import LOOKED_AT, Scope, models_of

SCHEMA = 1
TRANSFERRED = "transferred"
"""Name of the bundled profile for any encoder with reference pictures."""
COMMON_NOUNS = "common_nouns"
"""Name of the bundled profile for any encoder without them."""
_OLD_NAMES = {"alone": "single_model", "held": "holdout"}
"""Keys of profiles that were saved by earlier versions."""
_FIT_AGAIN = "fit it again with this version"


@dataclass(frozen=True)
class Cluster:
    """One Gaussian of a gate, over standardised statistics (F,)."""

    weight: float
    mean: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]
    """Cholesky factor L (F, F) of the precision, L @ L.T."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The distribution of the pictures a profile was fitted on: a Gaussian mixture over `evidence.domain` statistics."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    clusters: tuple[Cluster, ...]
    limit: float
    """Highest `surprise` that is admitted: its 99th percentile over held-out pictures of the same kind. Of the bundled models the
    98th percentile over pictures of makers left out of the fit in turn."""

    def surprise(self, statistics: Sequence[float] | Array) -> float:
        """Return the negative log-likelihood, in nats, of a picture's statistics (F,)."""
        mean, spread, means, factors, scales = self._arrays
        row = (np.asarray(statistics, np.float64) - mean) / spread
        whitened = np.einsum("kf,kfg->kg", row - means, factors)
        return -float(np.logaddexp.reduce(scales - (whitened**2).sum(axis=1) / 2))

    @cached_property
    def _arrays(self) -> tuple[Array, Array, Array, Array, Array]:
        """Mean (F,), spread (F,), clusters' means (K, F) and factors (K, F, F), and their log-scales (K,)."""
        means = np.array([one.mean for one in self.clusters])
        factors = np.array([one.factor for one in self.clusters])
        volumes = np.log(np.abs(np.diagonal(factors, axis1=1, axis2=2))).sum(axis=1)
        weights = np.log([one.weight for one in self.clusters])
        scales = weights + volumes - means.shape[1] / 2 * np.log(2 * np.pi)
        return np.array(self.mean), np.array(self.spread), means, factors, scales

    def admits(self, facts: Facts) -> bool:
        """Whether a picture is within the distribution; False when its statistics are missing."""
        statistics = statistics_of(facts)
        return statistics is not None and self.surprise(statistics) <= self.limit

    @property
    def is_sound(self) -> bool:
        """Whether all sizes agree, and weights and spreads are positive."""
        size = len(self.mean)
        return (
            0 < size == len(self.spread)
            and all(value > 0 for value in self.spread)
            and bool(self.clusters)
            and all(
                one.weight > 0
                and len(one.mean) == size == len(one.factor)
                and all(len(row) == size for row in one.factor)
                for one in self.clusters
            )
        )


@dataclass(frozen=True)
class Feature:
    """One feature of one check in the log-odds: ``weight * (value - mean)``, or ``missing`` where the check is silent."""

    weight: float
    mean: float
    missing: float


@dataclass(frozen=True, kw_only=True)
class KindModel:
    """Logistic regression for one kind of claim, and its calibration after pooling over pictures.

    The calibration is linear in the log-odds (Platt 1999), followed by a monotonic curve if there were enough labels.
    """

    intercept: float
    features: Mapping[str, Feature]
    """By ``check.feature``."""
    slope: float = 1.0
    pictures: float = 0.0
    """Weight of the logarithm of the number of pictures: the maximum over many is biased upwards."""
    offset: float = 0.0
    curve: tuple[tuple[float, float], ...] = ()
    """Knots of a rising piecewise linear curve from the linear log-odds to calibrated ones; empty for the linear ones."""
    prior: float = 0.5
    """Share of true claims in the data; used for claims that nothing could check, where a number is needed."""
    claims: int = 0
    ece: float | None = None
    """Expected calibration error (15 equal-mass bins) on held-out claims."""
    least: float = 0.0
    """Probability that is approached from above for small log-odds: above 0 where they only tell that a claim may be false."""
    most: float = 1.0
    """Probability that is approached for large log-odds: below 1 for weights that were never measured on such claims."""

    @cached_property
    def by_check(self) -> tuple[tuple[str, str, Feature], ...]:
        """The features, each with the names of its check and of itself."""
        return tuple((*name.split(".", 1), feature) for name, feature in self.features.items())  # type: ignore[misc]

    def calibrated(self, log_odds: float, pictures: int) -> float:
        """Return the probability for the highest log-odds over `pictures` pictures."""
        value = self.line(log_odds, pictures)
        if self.curve:
            value = interpolated(value, self.curve)
        return self.least + (self.most - self.least) * expit(min(max(value, -30.0), 30.0))

    def line(self, log_odds: float, pictures: int) -> float:
        """Return the linear log-odds, before the curve."""
        return self.slope * log_odds + self.pictures * log(max(pictures, 1)) + self.offset


@dataclass(frozen=True, kw_only=True)
class AnswerModel:
    """The probability that all claims of an answer are true, from their trusts.

    It lies between the minimum of the trusts, right for fully dependent claims, and their product, right for independent ones.
    """

    intercept: float
    least: float
    """Weight of the log-odds of the minimum trust."""
    product: float
    """Weight of the log-odds of the product of the trusts."""
    answers: int = 0
    """Number of answers it was fitted on, each composed of claims about one picture."""
    ece: float | None = None
    """Expected calibration error on answers about held-out pictures."""

    def trust(self, trusts: Sequence[float]) -> float:
        """Return the trust 0–1 of an answer from the trusts of its claims, at least one.

        The trust of a single claim is returned unchanged. The result is never above the minimum.
        """
        if len(trusts) == 1:
            return trusts[0]
        least, product = self.features(trusts)
        return min(expit(self.intercept + self.least * least + self.product * product), *trusts)

    @staticmethod
    def features(trusts: Sequence[float]) -> tuple[float, float]:
        """Return the log-odds of the minimum and of the product of the trusts."""
        inside = np.clip(trusts, 1e-4, 1 - 1e-4)
        least, product = float(inside.min()), float(np.clip(inside.prod(), 1e-4, 1 - 1e-4))
        return logit(least), logit(product)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A fitted profile; `save` writes it as JSON and `Profile.load` reads it."""

    name: str
    data: str
    """What it was fitted on; its figures are valid for such data only."""
    date: str
    models: Mapping[str, str]
    """Names to load it with: ``{"encoder": "tiny", "detector": "tiny"}``."""
    parts: Mapping[str, str]
    """Check to the id of the model it was fitted with; "" for checks without a model."""
    kinds: Mapping[str, KindModel]
    single_model: Mapping[str, Mapping[str, KindModel]] = field(default_factory=dict)
    """``encoder`` or ``detector`` to the models by kind that use only its checks (see `evidence.checks_by_model`)."""
    gate: Gate | None = None
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    """``encoder+detector``, ``encoder`` or ``detector`` to the scope of the pictures that these models understand. The gate
    refuses what is unlike all pictures of the fit, the scope what is more like those that the models do not understand."""
    nouns: tuple[str, ...] | None = None
    """Nouns it was fitted on; None for any noun."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of claim to the values it was fitted on, such as the verbs of actions; any value for kinds that are missing."""
    holdout: Holdout | None = None
    """Holdout-out labelled claims, from which guarantees are computed."""
    answers: AnswerModel | None = None
    """Trust of whole answers; None when there were too few."""
    weak: bool = False
    """Whether the labels were derived from captions: captions as true claims, their foils as false ones."""
    transferred: bool = False
    """Whether it was fitted with several encoders, on features that mean the same for any of them (see `evidence.reference`)."""
    real_models: str = field(default="--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt")
    """Command-line options to recommend for pictures or words outside the profile."""

    def active(self, models: Mapping[str, str]) -> frozenset[str]:
        """Return the checks whose part fits the models in use (check to model id).

        The part ``NAME@*`` fits any weights of that name, ``*`` any model.
        """
        return frozenset(check for check, part in self.parts.items() if check in models and _fits(part, models[check]))

    def admits(self, facts: Facts) -> bool:
        """Whether a picture is one of those that the profile was fitted for; any picture without scope and gate."""
        return self.familiarity(facts) > 0

    def familiarity(self, facts: Facts) -> float:
        """Return how near a picture is to those of the fit: 0 outside scope and gate, 1 well inside; 1 without scope and gate."""
        profile, found = facts.once(_FAMILIARITY, LOOKED_AT, lambda: (self, self._familiarity(facts)))
        return found if profile is self else self._familiarity(facts)

    def _familiarity(self, facts: Facts) -> float:
        if self.gate is not None and not self.gate.admits(facts):
            return 0.0
        scope = self.scopes.get(models_of(facts))
        return 1.0 if scope is None else scope.familiarity(facts)

    def rebound(self, ids: Mapping[str, str], models: Mapping[str, str]) -> Profile:
        """Return the profile bound to converted models, such as ONNX files, that were measured to agree with the originals.

        Args:
            ids: Id of the original model to the id of the converted one.
            models: Names to load the converted models by, as in `models`.
        """
        parts = {
            check: next((new for old, new in ids.items() if part != "*" and _fits(part, old)), part)
            for check, part in self.parts.items()
        }
        return replace(self, parts=parts, models={**self.models, **models})

    def knows(self, claim: Claim) -> bool:
        """Whether the profile was fitted on such claims, by kind, nouns and values; the noun of a scene is its value."""
        words = [] if claim.kind == "scene" else [noun for noun in (claim.noun, claim.reference) if noun]
        known = claim.kind not in self.values or claim.value in self.values[claim.kind]
        return claim.kind in self.kinds and known and (self.nouns is None or all(word in self.nouns for word in words))

    def model(self, kind: str, active: frozenset[str]) -> KindModel | None:
        """Return the regression for a kind of claim: that of encoder and detector, or of the only one that is active."""
        models = [model for model in CHECKS_BY_MODEL if has_model(active, model)]
        if len(models) == 1 and models[0] in self.single_model:
            return self.single_model[models[0]].get(kind)
        return self.kinds.get(kind)

    @property
    def priors(self) -> dict[str, float]:
        """The share of true claims of each kind."""
        return {kind: known.prior for kind, known in self.kinds.items()}

    def prior(self, kind: str) -> float:
        """Return the share of true claims of a kind, .5 when it is unknown."""
        return self.kinds[kind].prior if kind in self.kinds else 0.5

    def save(self, path: str | Path) -> Path:
        """Write JSON with six significant digits; return the path."""
        return files_.write_text(path, json.dumps(_short({"schema": SCHEMA, **asdict(self)}), indent=1) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Profile:
        """Read a saved profile, or a bundled one by its name.

        Raises:
            DataError: No such file, or not a profile of this schema.
        """
        name = str(path)
        bundled = files("llamaindex_clipverify.trust") / "profiles" / f"{name if _is_name(name) else '-'}.json"
        what, do = "the profile cannot be read", "give the path of a profile's JSON"
        if bundled.is_file():
            data = files_.parsed(bundled.read_text(encoding="utf-8"), what, do, path)
        else:
            data = files_.read_json(path, what, do)
        if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
            raise DataError(f"not a profile of schema {SCHEMA}", got=path, do=_FIT_AGAIN)
        renamed = {_OLD_NAMES.get(name, name): value for name, value in data.items()}
        profile = record(cls, renamed, "the profile is not whole", _FIT_AGAIN, path)
        if problem := _problem_of(profile):
            raise DataError("the profile is not whole", got=f"{path} ({problem})", do=_FIT_AGAIN)
        return profile


_FAMILIARITY = "familiarity"
"""Names the familiarity of a picture among the results kept of it."""
_LARGEST = 1e6
"""Largest size of any number in a profile."""


def _is_moderate(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_moderate, value.values()))
    if isinstance(value, (tuple, list)):
        return all(map(_is_moderate, value))
    return not isinstance(value, (int, float)) or abs(value) <= _LARGEST


def _is_name(text: str) -> bool:
    return len(text) < 100 and text.replace("-", "_").isidentifier()


def _problem_of(profile: Profile) -> str:
    """Return what of a profile's numbers cannot be; "" if all can."""
    models = [*profile.kinds.values(), *(model for kinds in profile.single_model.values() for model in kinds.values())]
    if not all(
        0 <= model.prior <= 1 and 0 <= model.least < 0.5 <= model.most <= 1 and model.slope >= 0 for model in models
    ):
        return "a prior, a slope or an outermost probability out of range"
    curves = [[across for across, _ in model.curve] for model in models if model.curve]
    ups = [[up for _, up in model.curve] for model in models if model.curve]
    if any(values != sorted(values) for values in (*curves, *ups)):
        return "a curve that does not rise"
    if not _is_moderate(asdict(profile)):
        return f"a number beyond {_LARGEST:g}"
    held = profile.holdout
    if held is not None and not (
        len(held.trusts) == len(held.labels)
        and all(0 <= trust <= 1 for trust in held.trusts)
        and set(held.labels) <= {0, 1}
        and all(0 <= step.threshold <= 1 for step in (*held.supported, *held.contradicted))
    ):
        return "held-out claims out of range"
    if not all(scope.is_sound for scope in profile.scopes.values()):
        return "a scope whose sizes do not agree"
    return "" if profile.gate is None or profile.gate.is_sound else "a gate whose sizes do not agree"


def _fits(part: str, model: str) -> bool:
    """Return whether a part is for a model: ``NAME@*`` fits a folder or file of that name, and a hub id ``OWNER/NAME``.

    It fits no ensemble that begins with it.
    """
    name = model if "+" in model else model.split("@")[0]
    return part in (model, "*") or (part.endswith("@*") and part[:-2] in (name, name.rpartition("/")[2]))


def bundled() -> list[Profile]:
    """Return the profiles that ship with the package and were fitted with named models."""
    folder = files("llamaindex_clipverify.trust") / "profiles"
    names = sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [Profile.load(name) for name in names if name not in (TRANSFERRED, COMMON_NOUNS)]


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _short(one) for key, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, (list, tuple)) else value
