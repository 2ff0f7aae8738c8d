"""Regions: the contrast on detector boxes and tiles; the best region counts.

It helps with small objects, many objects and busy backgrounds, where one vector for the whole picture is not enough (crops
with CLIP: ReCLIP, Subramanian et al., ACL 2022). It cannot count, and it cannot see relations between regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.foils import foils, other_nouns
from llamaindex_clipverify.evidence.contrast import leads, margins
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.reference import Reference, rank, standardised
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS, sightings, unconfirmed, where
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import REGION_FACTS, region_vectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.geometry import Array, Box, overlap
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.encoding import image_vectors
from llamaindex_clipverify.picture import Picture

_MARGIN = 0.08
"""Boxes are widened by this share of their size: a tight crop cuts the outline off."""


@dataclass(frozen=True)
class Regions:
    """Best margin in nats over the regions. `budget` regions a picture: boxes first, then tiles from coarse to fine."""

    texts: TextVectors
    budget: int = 16
    reference: Reference | None = None
    name: str = REGION_FACTS
    version: int = 2
    needs: tuple[str, ...] = (DETECTOR_FACTS,)

    TRANSFERABLE: ClassVar[tuple[str, ...]] = (*standardised("margin", "lead", "cosine"), "rank", "agreement")
    """Features that mean the same for any encoder."""

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def with_reference(self, reference: Reference) -> Regions:
        """Return the check with reference pictures."""
        return replace(self, reference=reference)

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Encode all regions of all pictures in one batch: ``boxes`` (R, 4) xyxy, ``vectors`` (R, D), ``labels``.

        A label is what the detector sees in the region, "" for a tile.
        """
        regions = [self._regions(facts) for facts in known]
        boxes = [[box for box, _ in own] for own in regions]
        crops = [picture.crop(box) for picture, own in zip(pictures, boxes, strict=True) for box in own]
        vectors = image_vectors(self.texts.encoder, crops)
        ends = np.cumsum([len(own) for own in boxes])[:-1]
        parts = np.split(vectors, ends)
        return [
            {
                "boxes": np.array([box for box, _ in own], np.float32),
                "vectors": part,
                "labels": [label for _, label in own],
            }
            for own, part in zip(regions, parts, strict=True)
        ]

    def _regions(self, facts: Facts) -> list[tuple[Box, str]]:
        boxes = [(_widened(sighting.box, facts.size), sighting.label) for sighting in sightings(facts, floor=0.15)]
        return [*boxes[: max(self.budget - 4, 1)], *((box, "") for box in tiles(facts.size))][: self.budget]

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that `judge` compares."""
        if claim.kind not in ("object", "attribute") or claim.noun is None:
            return []
        singular, rivals = _compared(claim)
        return [singular.phrase, *(rival.phrase for rival in rivals)]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Score objects and attributes in every region; an attribute only where the noun itself fits."""
        regions = region_vectors(facts)
        if regions is None or claim.kind not in ("object", "attribute") or claim.noun is None:
            return None
        if not len(regions):
            return silent(self.name, "no region")
        singular, all_rivals = _compared(claim)
        rivals = (unconfirmed(all_rivals, facts) if claim.kind == "object" else all_rivals) or all_rivals
        claimed, others = self._scores(singular, rivals, regions.vectors)
        strongest = np.maximum.reduce(others, axis=0)
        scores = claimed - strongest
        best = int(scores.argmax())
        margin = float(scores[best])
        box: Box = tuple(float(edge) for edge in regions.boxes[best])  # type: ignore[assignment]
        stance = stance_of(margin, 0.5, -0.5)
        features = {
            "margin": margin,
            "lead": float(leads(claimed, others, strongest).max()),
            "cosine": float(claimed.max() / self.texts.encoder.logit_scale),
            "rank": rank(claimed[best], others[:, best]),
        }
        boxes = sightings(facts, claim.noun)
        if boxes:
            features["agreement"] = max(overlap(box, sighting.box) for sighting in boxes)
        if self.reference is not None:
            values = {name: features[name] for name in ("margin", "lead", "cosine")}
            features |= self.reference.standings(
                self.name, singular.phrase, values, partial(self._on_others, singular, all_rivals), per_region=True
            )
        return Evidence(
            check=self.name,
            stance=stance,
            score=margin,
            reason=Message(
                _TOLD.get(stance, "“{phrase}” may fit at {where}"), phrase=singular.phrase, where=where(box)
            ),
            picture=facts.picture,
            region=box if stance == "supports" else None,
            features=features,
        )

    def _on_others(self, claim: Claim, rivals: list[Claim], vectors: Array) -> dict[str, Array]:
        """Return margins, leads and cosines (K,) of a claim on other regions (K, D)."""
        claimed, others = self._scores(claim, rivals, vectors)
        cosines: Array = claimed / self.texts.encoder.logit_scale
        return {"margin": margins(claimed, others), "lead": leads(claimed, others), "cosine": cosines}

    def _scores(self, claim: Claim, rivals: list[Claim], vectors: Array) -> tuple[Array, Array]:
        """Return the scaled cosines of the claim (R,) and of its foils (F, R) with every region."""
        texts = self.texts.of([claim.phrase, *(rival.phrase for rival in rivals)])
        scaled = self.texts.encoder.logit_scale * (texts @ vectors.T)
        return scaled[0], scaled[1:]


_TOLD = {
    "supports": "“{phrase}” fits at {where}",
    "contradicts": "“{phrase}” fits nowhere; best try at {where}",
}


@lru_cache(1024)
def _compared(claim: Claim) -> tuple[Claim, list[Claim]]:
    """Return the claim about a single thing, and its rivals: a region shows one thing at a time."""
    singular = claim.swap(plural=False)
    return singular, foils(singular) + (other_nouns(singular)[:6] if claim.kind == "attribute" else [])


def tiles(size: tuple[int, int]) -> list[Box]:
    """Return four overlapping quarters (60 % of each side), then nine ninths (45 %)."""
    width, height = size
    return [
        (left * width, top * height, (left + part) * width, (top + part) * height)
        for part, steps in ((0.6, 2), (0.45, 3))
        for top in np.linspace(0, 1 - part, steps)
        for left in np.linspace(0, 1 - part, steps)
    ]


def _widened(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    across, down = _MARGIN * (right - left), _MARGIN * (bottom - top)
    width, height = size
    return (max(left - across, 0), max(top - down, 0), min(right + across, width), min(bottom + down, height))
