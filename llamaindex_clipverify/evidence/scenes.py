"""Scenes: does the whole picture fit the named place, weather or time better than others of its kind?

The cosine with the named one, in standard deviations above the mean over the others (zero-shot classification after Radford et
al. 2021, with a scale of its own). How often it is right on photographs was not measured: no vectors of places are published with
photographs to try them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from llamaindex_clipverify.claims.alternatives import other_scenes
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence, silent, stance_of
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, picture_vector, standing_among
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.picture import Picture

SCENES = "scenes"
"""Name of the check."""
_LEAST = 5
"""Number of other values that make a scale."""
_FITS, _FITS_NOT = 2.0, 0.5
"""Standard deviations above the others from which a scene fits, and up to which it does not."""


@dataclass(frozen=True)
class Scenes:
    """Standard deviations by which a scene fits the whole picture better than the others of its facet."""

    texts: TextVectors
    name: str = SCENES
    version: int = 1
    needs: tuple[str, ...] = (PICTURE_FACTS,)

    TRANSFERABLE: ClassVar[tuple[str, ...]] = ("standing",)
    """Features that mean the same for any encoder."""

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Add no facts: it uses the vector of the whole picture."""
        return [{} for _ in pictures]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge a place, a weather or a time; of "indoors" and "outdoors" there are no others to compare with."""
        vector = picture_vector(facts)
        if claim.kind != "scene" or vector is None:
            return None
        others = other_scenes(claim)
        if len(others) < _LEAST or claim.value in ("indoors", "outdoors"):
            return silent(self.name, f"nothing to compare “{claim.value}” with")
        texts = self.texts.of([claim.phrase, *(other.phrase for other in others)])
        if not texts.any(axis=1).all():
            return silent(self.name, "the encoder has no vector for some of the scenes")
        cosines = texts @ vector
        standing = standing_among(float(cosines[0]), cosines[1:])
        best = others[int(np.argmax(cosines[1:]))].value
        stance = stance_of(standing, _FITS, _FITS_NOT)
        reason = f"“{claim.value}” fits best" if cosines[0] >= cosines[1:].max() else f"“{best}” fits better"
        return Evidence(
            check=self.name,
            stance=stance,
            score=standing,
            reason=reason,
            picture=facts.picture,
            features={"standing": standing},
        )
