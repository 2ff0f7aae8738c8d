"""Contrast: does the claim fit the whole picture better than its foils, the same words with one of them swapped?

It repairs much of what raw cosine cannot do (attributes, counts), and is weak on small objects, on many objects, and on
relations, which bag-of-words encoders do not represent (Yuksekgonul et al., ICLR 2023). Foils after SugarCrepe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.foils import foils
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.reference import Reference, rank
from llamaindex_clipverify.evidence.sightings import unconfirmed
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True)
class Contrast:
    """Margin in nats: scaled cosine of the claim minus that of its best foil. Above 0 the claim fits better than any."""

    texts: TextVectors
    reference: Reference | None = None
    name: str = "contrast"
    version: int = 1
    needs: tuple[str, ...] = ("similarity",)

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """See nothing of its own: the whole-picture vector is there."""
        return [{} for _ in pictures]

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that judging a claim takes."""
        return [] if claim.noun is None else [claim.phrase, *(foil.phrase for foil in foils(claim))]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Compare with the foils that the detector and the colours do not confirm in this picture."""
        seen = facts.of("similarity")
        if seen is None or claim.noun is None:
            return None
        rivals = unconfirmed(foils(claim), facts)
        if not rivals:
            return silent(self.name, "no word to swap")
        vectors = self.texts.of([claim.phrase, *(rival.phrase for rival in rivals)])
        scores = self.texts.encoder.logit_scale * (vectors @ seen["vector"])
        margin, lead = float(margins(scores[:1], scores[1:])[0]), float(leads(scores[:1], scores[1:])[0])
        features = {"margin": margin, "lead": lead, "rank": rank(scores[0], scores[1:])}
        if self.reference is not None:
            values = {"margin": margin, "lead": lead}
            features |= self.reference.standings(self.name, claim.phrase, values, partial(self._elsewhere, claim))
        best = rivals[int(np.argmax(scores[1:]))]
        verb = "fits worse" if margin >= 0 else "fits better"
        return Evidence(
            self.name,
            stance_of(margin, 0.5, -0.5),
            margin,
            f"“{best.phrase}” {verb}",
            facts.picture,
            features=features,
        )

    def _elsewhere(self, claim: Claim, vectors: Array) -> dict[str, Array]:
        """Return margins and leads (K,) of a claim against all its foils on other pictures (K, D)."""
        scores = self.texts.encoder.logit_scale * (self.texts.of(self.phrases(claim)) @ vectors.T)
        return {"margin": margins(scores[0], scores[1:]), "lead": leads(scores[0], scores[1:])}


def margins(claim: Array, rivals: Array) -> Array:
    """Return scaled cosines (R,) minus those of the best foil, of foils (F, R) or (F,): above 0 the claim fits best of all."""
    table = rivals.reshape(len(rivals), -1)
    found: Array = claim - table.max(axis=0)
    return found


def leads(claim: Array, rivals: Array) -> Array:
    """Return scaled cosines minus the log-mean-exp over foils: how the claim stands to them all, however many there are."""
    table = rivals.reshape(len(rivals), -1)
    top = table.max(axis=0)
    found: Array = claim - top - np.log(np.add.reduce(np.exp(table - top), axis=0) / len(table))
    return found
