"""Contrast: does the claim fit the whole picture better than its foils, the same words with one of them swapped?

It repairs much of what the raw cosine cannot do (attributes, counts). It is weak on small objects, on many objects, and on
relations, which bag-of-words encoders do not represent (Yuksekgonul et al., ICLR 2023). Foils after SugarCrepe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.evidence.check import AddsNoFacts
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.reference import Reference, standardised
from llamaindex_clipverify.evidence.sightings import unconfirmed
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, picture_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.numerics import log_mean_exp


@dataclass(frozen=True)
class Contrast(AddsNoFacts):
    """Margin in nats: scaled cosine of the claim minus that of its best foil. Above 0 the claim fits better than any foil."""

    texts: TextVectors
    reference: Reference | None = None
    name: str = "contrast"
    version: int = 1
    needs: tuple[str, ...] = (PICTURE_FACTS,)

    TRANSFERABLE: ClassVar[tuple[str, ...]] = (*standardised("margin", "lead"), "rank")
    """Features that mean the same for any encoder."""

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def with_reference(self, reference: Reference) -> Contrast:
        """Return the check with reference pictures."""
        return replace(self, reference=reference)

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that `judge` compares."""
        return [] if claim.noun is None else [claim.phrase, *(foil.phrase for foil in foils(claim))]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Compare the claim with those foils that detector and colours do not confirm in this picture."""
        vector = picture_vector(facts)
        swapped = foils(claim)
        if vector is None or claim.noun is None or not swapped:
            return None
        rivals = unconfirmed(swapped, facts)
        if not rivals:
            return silent(self.name, "no word to swap")
        vectors = self.texts.of([claim.phrase, *(rival.phrase for rival in rivals)])
        own, *others = (self.texts.encoder.logit_scale * (vectors @ vector)).tolist()
        strongest = max(others)  # for a dozen numbers Python is several times faster than numpy
        mean = math.fsum(math.exp(other - strongest) for other in others) / len(others)
        margin, lead = own - strongest, own - strongest - math.log(mean)
        features = {"margin": margin, "lead": lead, "rank": sum(other < own for other in others) / len(others)}
        if self.reference is not None:
            values = {"margin": margin, "lead": lead}
            features |= self.reference.standings(self.name, claim.phrase, values, partial(self._on_others, claim))
        best = rivals[others.index(strongest)]
        return Evidence(
            check=self.name,
            stance=stance_of(margin, 0.5, -0.5),
            score=margin,
            reason=Message("“{phrase}” fits worse" if margin >= 0 else "“{phrase}” fits better", phrase=best.phrase),
            picture=facts.picture,
            features=features,
        )

    def _on_others(self, claim: Claim, vectors: Array) -> dict[str, Array]:
        """Return margins and leads (K,) of a claim against all its foils on other pictures (K, D)."""
        scores = self.texts.encoder.logit_scale * (self.texts.of(self.phrases(claim)) @ vectors.T)
        return {"margin": margins(scores[0], scores[1:]), "lead": leads(scores[0], scores[1:])}


def margins(claim: Array, rivals: Array) -> Array:
    """Return scaled cosines (R,) minus those of the best foil; `rivals` is (F, R) or (F,)."""
    table = rivals.reshape(len(rivals), -1)
    above_best: Array = claim - table.max(axis=0)
    return above_best


def leads(claim: Array, rivals: Array, strongest: Array | None = None) -> Array:
    """Return scaled cosines (R,) minus the log-mean-exp over foils, which does not grow with their number.

    `strongest` (R,) are those of the best foils, if known.
    """
    table = rivals.reshape(len(rivals), -1)
    above_mean: Array = claim - log_mean_exp(table, strongest)
    return above_mean
