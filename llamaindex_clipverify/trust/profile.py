"""A profile: how much each check may be trusted on one kind of picture, as readable JSON.

It belongs to the checks and models it was fitted with (`parts`), to the pictures it was fitted on (`gate`), and to the words it
was fitted on (`nouns`). Outside any of these it weighs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.trust.guarantee import Held

SCHEMA = 1
EYES: Mapping[str, tuple[str, ...]] = {
    "encoder": ("similarity", "contrast", "regions"),
    "detector": ("objects", "colour", "relations"),
}
"""What sees, and the checks behind it; the first of them is there whenever the eye is."""
TRANSFERRED = "transferred"
"""The bundled profile of no encoder in particular."""
_FIT_AGAIN = "fit it again with this version"


@dataclass(frozen=True)
class Cluster:
    """One Gaussian of a gate, over standardised statistics (F,)."""

    weight: float
    mean: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]
    """Cholesky factor L (F, F) of the precision, L @ L.T."""


@dataclass(frozen=True)
class Gate:
    """The pictures a profile was fitted on: a Gaussian mixture over their plain statistics (see `evidence.domain`)."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    clusters: tuple[Cluster, ...]
    limit: float
    """99th percentile of the surprise of held-out pictures of the same kind."""

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
        """Whether a picture looks like those; one whose statistics are missing does not."""
        seen = facts.of("domain")
        return seen is not None and self.surprise(seen["statistics"]) <= self.limit

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Gate:
        """Read the gate of a profile's JSON."""
        clusters = tuple(
            Cluster(one["weight"], tuple(one["mean"]), tuple(tuple(row) for row in one["factor"]))
            for one in data["clusters"]
        )
        return cls(tuple(data["mean"]), tuple(data["spread"]), clusters, data["limit"])


@dataclass(frozen=True)
class Feature:
    """One number of one check in the log-odds: ``weight * (value - mean)``, or ``missing`` where the check is silent."""

    weight: float
    mean: float
    missing: float


@dataclass(frozen=True)
class KindModel:
    """Logistic regression for one kind of claim, and its calibration after pooling over pictures.

    A line through the log-odds (Platt 1999), and where there are labels enough a curve on top of it.
    """

    intercept: float
    features: Mapping[str, Feature]
    """By ``check.feature``."""
    slope: float = 1.0
    pictures: float = 0.0
    """Weight of the log of the number of pictures: the best of many looks better than it is."""
    offset: float = 0.0
    curve: tuple[tuple[float, float], ...] = ()
    """Knots of a rising piecewise linear curve from the line's log-odds to calibrated ones; none for the line as it is."""
    prior: float = 0.5
    """Share of true claims in the data: the trust of a claim that nothing could check, where a number is needed."""
    claims: int = 0
    ece: float | None = None
    """Expected calibration error (15 equal-mass bins) on claims that nothing was fitted on."""

    def calibrated(self, log_odds: float, pictures: int) -> float:
        """Return the trust of the best of `pictures` pictures' log-odds."""
        value = self.line(log_odds, pictures)
        if self.curve:
            across, up = zip(*self.curve, strict=True)
            beyond = value - float(np.clip(value, across[0], across[-1]))
            value = float(np.interp(value, across, up)) + beyond
        return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))

    def line(self, log_odds: float, pictures: int) -> float:
        """Return the log-odds after pooling, before the curve."""
        return float(self.slope * log_odds + self.pictures * np.log(max(pictures, 1)) + self.offset)


@dataclass(frozen=True)
class AnswerModel:
    """The chance that all claims of an answer are true, from their trusts: between the least of them and their product.

    Claims of an answer depend on each other: of independent ones the product would be right, of wholly dependent ones the least.
    """

    intercept: float
    least: float
    """Weight of the log-odds of the least trust."""
    product: float
    """Weight of the log-odds of the product of the trusts."""
    answers: int = 0
    """Answers it was fitted on, put together of claims about one picture."""
    ece: float | None = None
    """Expected calibration error on answers about other pictures."""

    def trust(self, trusts: Sequence[float]) -> float:
        """Return the trust 0–1 of an answer with these trusts of its claims, which are at least one; of one it is its own.

        It is never above the least of them: that all are true is no likelier than that one is.
        """
        if len(trusts) == 1:
            return trusts[0]
        least, product = self.features(trusts)
        together = float(1 / (1 + np.exp(-(self.intercept + self.least * least + self.product * product))))
        return min(together, *trusts)

    @staticmethod
    def features(trusts: Sequence[float]) -> tuple[float, float]:
        """Return the log-odds of the least trust and of the product of all."""
        inside = np.clip(trusts, 1e-4, 1 - 1e-4)
        least, product = float(inside.min()), float(np.clip(inside.prod(), 1e-4, 1 - 1e-4))
        return float(np.log(least / (1 - least))), float(np.log(product / (1 - product)))


@dataclass(frozen=True)
class Profile:
    """A fitted profile; `Profile.load` and `save` are its JSON."""

    name: str
    data: str
    """What it was fitted on: the guarantee of any figure ends there."""
    date: str
    models: Mapping[str, str]
    """Names to load it with: ``{"encoder": "tiny", "detector": "tiny"}``."""
    parts: Mapping[str, str]
    """Check to the model id it was fitted with ("" for checks without a model)."""
    kinds: Mapping[str, KindModel]
    alone: Mapping[str, Mapping[str, KindModel]] = field(default_factory=dict)
    """Eye to the models by kind for when it is the only one that may be trusted (see `EYES`)."""
    gate: Gate | None = None
    nouns: tuple[str, ...] | None = None
    """Nouns it was fitted on; None when any."""
    held: Held | None = None
    """Labelled claims that nothing was fitted on: what a guarantee is drawn from."""
    answers: AnswerModel | None = None
    """Trust of whole answers; None when too few were to be had."""
    weak: bool = False
    """Whether the labels were derived instead of given: captions taken for true, foils of them for false."""
    transferred: bool = False
    """Whether it was fitted with several encoders, on features that mean the same for any (see `evidence.reference`)."""
    real_models: str = field(default="--encoder openai/clip-vit-base-patch32 --detector yolov8n.pt")
    """What to name instead on pictures or words it does not know."""

    def active(self, models: Mapping[str, str]) -> frozenset[str]:
        """Return the checks whose part fits the models in use.

        A part of ``NAME@*`` fits any weights of that name, one of ``*`` any model.
        """
        return frozenset(check for check, part in self.parts.items() if check in models and _fits(part, models[check]))

    def carried(self, ids: Mapping[str, str], models: Mapping[str, str]) -> Profile:
        """Return the profile for the same weights in another form, where a measurement showed that they see the same.

        Args:
            ids: Model id that parts were fitted with to the id of the other form.
            models: Names to load the other forms by, as in `models`.
        """
        parts = {
            check: next((new for old, new in ids.items() if part != "*" and _fits(part, old)), part)
            for check, part in self.parts.items()
        }
        return replace(self, parts=parts, models={**self.models, **models})

    def knows(self, claim: Claim) -> bool:
        """Whether the claim's nouns are among those it was fitted on."""
        words = [noun for noun in (claim.noun, claim.reference) if noun]
        return claim.kind in self.kinds and (self.nouns is None or all(word in self.nouns for word in words))

    def model(self, kind: str, active: frozenset[str]) -> KindModel | None:
        """Return the model of a kind for the checks that are active: of both eyes, or of the one that is left."""
        open_eyes = [eye for eye, checks in EYES.items() if checks[0] in active]
        if len(open_eyes) == 1 and open_eyes[0] in self.alone:
            return self.alone[open_eyes[0]].get(kind)
        return self.kinds.get(kind)

    def prior(self, kind: str) -> float:
        """Return the prior of a kind, .5 when it has none."""
        return self.kinds[kind].prior if kind in self.kinds else 0.5

    def save(self, path: str | Path) -> Path:
        """Write JSON; numbers keep six significant digits."""
        target = Path(path)
        target.write_text(json.dumps(_short({"schema": SCHEMA, **asdict(self)}), indent=1) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | Path) -> Profile:
        """Read what `save` wrote, or a bundled profile by its name.

        Raises:
            DataError: No such file, or not a profile of this schema.
        """
        bundled = files("llamaindex_clipverify.trust") / "profiles" / f"{path}.json"
        source = bundled if bundled.is_file() else Path(path)
        try:
            data = json.loads(source.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                "the profile cannot be read", got=f"{path} ({error})", do="give the path of a profile's JSON"
            ) from error
        if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
            raise DataError(f"not a profile of schema {SCHEMA}", got=path, do=_FIT_AGAIN)
        try:
            return cls._of(data)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("the profile is not whole", got=f"{path} ({error!r})", do=_FIT_AGAIN) from error

    @classmethod
    def _of(cls, data: dict[str, Any]) -> Profile:
        kinds = _models(data["kinds"])
        alone = {eye: _models(models) for eye, models in data.get("alone", {}).items()}
        gate = Gate.from_dict(data["gate"]) if data.get("gate") else None
        nouns = tuple(data["nouns"]) if data.get("nouns") is not None else None
        held = Held.from_dict(data["held"]) if data.get("held") else None
        answers = AnswerModel(**data["answers"]) if data.get("answers") else None
        read = {"kinds": kinds, "alone": alone, "gate": gate, "nouns": nouns, "held": held, "answers": answers}
        return cls(**{**data, **read})


def _fits(part: str, model: str) -> bool:
    return part in (model, "*") or (part.endswith("@*") and model.split("@")[0] == part[:-2])


def _models(data: Mapping[str, Any]) -> dict[str, KindModel]:
    return {
        kind: KindModel(
            **{
                **one,
                "features": {name: Feature(**row) for name, row in one["features"].items()},
                "curve": tuple((float(across), float(up)) for across, up in one.get("curve", ())),
            }
        )
        for kind, one in data.items()
    }


def bundled() -> list[Profile]:
    """Return the profiles that ship with the package and belong to models."""
    folder = files("llamaindex_clipverify.trust") / "profiles"
    names = sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [Profile.load(name) for name in names if name != TRANSFERRED]


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _short(one) for key, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, (list, tuple)) else value
