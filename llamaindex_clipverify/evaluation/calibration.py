"""Fits a profile: collects the evidence of all checks on labelled claims and fits the weights to it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.evaluation.evaluation import Row
from llamaindex_clipverify.evidence.domain import DOMAIN_FACTS, statistics_of
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.trust.fitting import (
    LEAST,
    Example,
    fit_answers,
    fit_gate,
    fit_kinds,
    fit_single_models,
    fit_small,
    hold_out,
)
from llamaindex_clipverify.trust.fusion import features_of
from llamaindex_clipverify.trust.profile import Gate, Profile
from llamaindex_clipverify.verification.verifier import Verifier

_AT_ONCE = 64
Progress = Callable[[int, int], None]
"""Progress callback: called with (claims done, claims in total)."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A claim and whether it is true of any of its pictures."""

    pictures: tuple[Path, ...]
    claim: Claim
    label: int
    """1 if the claim as stated, negation included, is true."""
    group: str
    """Claims of a group depend on each other and are never split."""


def from_rows(rows: Iterable[Row], splitter: Splitter) -> list[Labelled]:
    """Return the claims of labelled rows; a false row of several claims is left out: which of them is false is not known."""
    found = []
    for row in rows:
        claims = [claim for claim in splitter.split(row.claim) if claim.kind != "other"]
        if row.label or len(claims) == 1:
            found += [Labelled(pictures=row.paths, claim=claim, label=row.label, group=row.group) for claim in claims]
    return found


def from_captions(captions: Mapping[Path, Sequence[str]], splitter: Splitter, seed: int = 0) -> list[Labelled]:
    """Return what captions say as true claims, and as many foils of it as false ones: weak labels.

    A foil with a noun that another caption of the picture names is left out. What captions do not mention may still be there:
    some of the false ones are true.

    Args:
        captions: Captions of each picture.
        splitter: Splits the captions into claims.
        seed: Random seed for the choice of foils.
    """
    found: list[Labelled] = []
    for path, texts in captions.items():
        claims = {claim.phrase: claim for text in texts for claim in splitter.split(text) if claim.noun}
        named = {noun for claim in claims.values() for noun in (claim.noun, claim.reference)}
        rng = np.random.default_rng((seed, *path.name.encode()))
        for claim in claims.values():
            others = [
                foil for foil in foils(claim)
                if foil.phrase not in claims and (foil.noun == claim.noun or claim.kind == "relation" or foil.noun not in named)
            ]  # fmt: skip
            if not claim.negated and others:
                wrong = others[int(rng.integers(len(others)))]
                found += [
                    Labelled(pictures=(path,), claim=one, label=label, group=str(path))
                    for one, label in ((claim, 1), (wrong, 0))
                ]
    return found


def fit(
    verifier: Verifier,
    claims: Sequence[Labelled],
    name: str,
    *,
    data: str = "",
    models: Mapping[str, str] | None = None,
    weak: bool = False,
    small: bool = False,
    progress: Progress | None = None,
) -> tuple[Profile, list[str]]:
    """Return the profile of a verifier's models on labelled claims, and the pictures that could not be read.

    Half of the pictures fit the weights, a quarter the calibration after pooling, and a quarter is kept for figures and
    guarantees.

    Args:
        verifier: The verifier whose checks are fitted; its own profile is not used.
        claims: Claims with labels.
        name: Name of the profile.
        data: What the claims are about; their numbers are put before it.
        models: Names that `Verifier.from_profile` loads the models by.
        weak: Whether the labels were derived from captions.
        small: Whether all pictures fit the weights, because there are too few to be split: no guarantee can be drawn then.
        progress: Progress callback: called with (claims done, claims in total).

    Raises:
        DataError: No kind of claim has enough claims.
    """
    examples, seen, errors = look(verifier, claims, progress)
    about = f"{len(examples):,} claims on {len(seen):,} pictures{f' of {data}' if data else ''}"
    profile = profile_of(verifier, examples, seen.values(), name, about, models or {}, small=small)
    return replace(profile, weak=weak), [f"{path}: {error}" for path, error in errors.items()]


def profile_of(
    verifier: Verifier,
    examples: Sequence[Example],
    facts: Iterable[Facts],
    name: str,
    data: str,
    models: Mapping[str, str],
    *,
    small: bool = False,
) -> Profile:
    """Return the profile of a verifier's models on examples that are looked at already; arguments as `fit`.

    Raises:
        DataError: No kind of claim has enough examples.
    """
    kinds = fit_small(examples) if small else fit_kinds(examples)
    return Profile(
        name=name,
        data=data,
        date=datetime.date.today().isoformat(),
        models=dict(models),
        parts={check.name: check.model for check in verifier.checks if check.name != DOMAIN_FACTS},
        kinds=kinds,
        single_model={} if small else fit_single_models(examples),
        gate=_gate(facts),
        holdout=None if small else hold_out(examples, kinds),
        answers=None if small else fit_answers(examples, kinds),
    )


def look(
    verifier: Verifier, claims: Sequence[Labelled], progress: Progress | None = None
) -> tuple[list[Example], dict[Path, Facts], dict[Path, PictureError]]:
    """Return what the checks say of each claim whose pictures can be read, what they saw, and the errors of the others."""
    seen: dict[Path, Facts] = {}
    errors: dict[Path, PictureError] = {}
    examples: list[Example] = []
    for start in range(0, len(claims), _AT_ONCE):
        part = claims[start : start + _AT_ONCE]
        _look(verifier, [path for one in part for path in one.pictures], seen, errors)
        examples += [_example(verifier, one, seen) for one in part if all(path in seen for path in one.pictures)]
        if progress is not None:
            progress(start + len(part), len(claims))
    return examples, seen, errors


def _look(verifier: Verifier, paths: Sequence[Path], seen: dict[Path, Facts], errors: dict[Path, PictureError]) -> None:
    for path in dict.fromkeys(paths):
        if path not in seen and path not in errors:
            try:
                seen[path] = verifier.facts([Picture.of(path)])[0]
            except PictureError as error:
                errors[path] = error


def _example(verifier: Verifier, one: Labelled, seen: Mapping[Path, Facts]) -> Example:
    positive = one.claim.swap(negated=False)
    looks = tuple(features_of(verifier.evidence(positive, seen[path])) for path in one.pictures)
    return Example(
        kind=one.claim.kind,
        looks=looks,
        label=one.label ^ one.claim.negated,
        group=one.group,
        negated=one.claim.negated,
    )


def _gate(facts: Iterable[Facts]) -> Gate | None:
    statistics = [found for known in facts if (found := statistics_of(known)) is not None]
    return fit_gate(np.stack(statistics)) if len(statistics) >= LEAST else None
