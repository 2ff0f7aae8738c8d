"""Similarity: the cosine of the claim and the whole picture (CLIPScore, Hessel et al., EMNLP 2021).

It can rank pictures for a phrase. Alone it cannot tell true from false – a number without a scale – and so it never takes a
stance; the fusion may weigh it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.reference import Reference
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True)
class Similarity:
    """Raw cosine, -1 to 1; the facts are the unit vector of each whole picture."""

    texts: TextVectors
    reference: Reference | None = None
    name: str = "similarity"
    version: int = 1
    needs: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Encode the pictures in one batch: ``vector``, float32 (D,)."""
        vectors = self.texts.encoder.encode_images([picture.image for picture in pictures])
        return [{"vector": vector} for vector in vectors]

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that judging a claim takes."""
        return [] if claim.kind == "text" else [claim.phrase]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Score any claim that is a phrase or a sentence."""
        seen = facts.of(self.name)
        if seen is None or claim.kind == "text":
            return None
        text = self.texts.of([claim.phrase])[0]
        cosine = float(text @ seen["vector"])
        features = {"cosine": cosine}
        if self.reference is not None:
            features |= self.reference.standings(
                self.name, claim.phrase, {"cosine": cosine}, lambda vectors: {"cosine": vectors @ text}
            )
        reason = f"cosine {cosine:.2f} with the whole picture"
        return Evidence(self.name, "silent", cosine, reason, facts.picture, features=features)
