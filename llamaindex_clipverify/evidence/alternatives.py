"""Alternatives: does a picture fit an action, scene, material, pattern, state or garment better than others of its kind?

The cosine with the claim, in standard deviations above the mean over its alternatives (zero-shot classification after Radford et
al. 2021, with a scale of its own), and the lead over the best of them. Scenes are compared on the whole picture; what is said of
a thing also on the detector's boxes of that thing, the best of which counts. How often it is right on photographs was not
measured: no vectors of such phrases are published with photographs to try them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from llamaindex_clipverify.claims.alternatives import KINDS, alternatives
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.reference import Reference
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, picture_vector, region_vectors, standing_among
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box
from llamaindex_clipverify.message import Message

ALTERNATIVES = "alternatives"
"""Name of the check."""
_LEAST = 5
"""Number of alternatives that make a scale."""
_FITS, _FITS_NOT = 2.0, 0.5
"""Standard deviations above the alternatives from which a claim fits, and up to which it does not."""
_LEADS = 0.5
"""Lead in nats from which one of few alternatives fits."""


@dataclass(frozen=True)
class Alternatives(AddsNoFacts):
    """Standard deviations by which a claim fits better than its alternatives, on the whole picture or the best box."""

    texts: TextVectors
    name: str = ALTERNATIVES
    version: int = 1
    needs: tuple[str, ...] = (PICTURE_FACTS,)

    TRANSFERABLE: ClassVar[tuple[str, ...]] = ("standing",)
    """Features that mean the same for any encoder."""

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def with_reference(self, reference: Reference) -> Alternatives:
        """Return the check itself: its alternatives are its scale."""
        return self

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that `judge` compares."""
        compared = _compared(claim) if claim.kind in KINDS else ()
        return [one.phrase for one in compared] if len(compared) > 1 else []

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge kinds of claim that have alternatives."""
        if claim.kind not in KINDS:
            return None
        vector, compared = picture_vector(facts), _compared(claim)
        if vector is None or len(compared) == 1:
            return None
        texts = self.texts.of([one.phrase for one in compared])
        if not texts.any(axis=1).all():
            return silent(self.name, "the encoder has no vector for some of the alternatives")
        boxes, vectors = _where_to_look(claim, facts, vector)
        cosines = texts @ vectors.T
        leads = self.texts.encoder.logit_scale * (cosines[0] - cosines[1:].max(axis=0))
        best = int(np.argmax(leads))
        features = {"lead": float(leads[best])}
        stance = stance_of(float(leads[best]), _LEADS, -_LEADS)
        if len(compared) > _LEAST:
            features["standing"] = standing_among(float(cosines[0, best]), cosines[1:, best])
            stance = stance_of(features["standing"], _FITS, _FITS_NOT)
        rival = compared[1 + int(np.argmax(cosines[1:, best]))]
        is_best = leads[best] >= 0
        shown = _said(compared[0] if is_best else rival)
        reason = Message("“{phrase}” fits best" if is_best else "“{phrase}” fits better", phrase=shown)
        return Evidence(
            check=self.name,
            stance=stance,
            score=features.get("standing", features["lead"]),
            reason=reason,
            picture=facts.picture,
            region=boxes[best],
            features=features,
        )


@lru_cache(1024)
def _compared(claim: Claim) -> list[Claim]:
    """Return the claim about one thing, because a box shows one at a time, and its alternatives."""
    single = claim.swap(plural=False, narrow=None, negated=False)
    return [single, *alternatives(single)]


def _said(claim: Claim) -> str:
    return str(claim.value) if claim.kind == "scene" else claim.phrase


def _where_to_look(claim: Claim, facts: Facts, vector: Array) -> tuple[list[Box | None], Array]:
    """Return the boxes of the claim's thing and their vectors (N, D); without any, the whole picture."""
    regions = region_vectors(facts) if claim.kind != "scene" else None
    rows = [] if regions is None else [row for row, label in enumerate(regions.labels) if label == claim.noun]
    if regions is None or not rows:
        return [None], vector[None]
    boxes: list[Box | None] = [tuple(float(edge) for edge in regions.boxes[row]) for row in rows]  # type: ignore[misc]
    return boxes, regions.vectors[rows]
