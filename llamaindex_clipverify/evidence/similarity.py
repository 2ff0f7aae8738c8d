"""Similarity: the cosine of the claim and the whole picture (CLIPScore, Hessel et al., EMNLP 2021).

It ranks pictures for a phrase. The cosine alone cannot tell true from false, because it has no scale, so this check never
takes a stance; the fusion may weigh its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.wording import noun_phrase
from llamaindex_clipverify.evidence.common_nouns import STANDING, standing
from llamaindex_clipverify.evidence.evidence import Evidence, silent
from llamaindex_clipverify.evidence.reference import Reference, standardised
from llamaindex_clipverify.evidence.text_vectors import TextVectors, is_known
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, picture_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.models.encoding import image_vectors
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True)
class Similarity:
    """Raw cosine, -1 to 1; the facts are the unit vector of each whole picture."""

    texts: TextVectors
    reference: Reference | None = None
    name: str = PICTURE_FACTS
    version: int = 1
    needs: tuple[str, ...] = ()

    TRANSFERABLE: ClassVar[tuple[str, ...]] = (*standardised("cosine"), STANDING)
    """Features that mean the same for any encoder."""

    @property
    def model(self) -> str:
        """Id of the encoder."""
        return self.texts.encoder.id

    def with_reference(self, reference: Reference) -> Similarity:
        """Return the check with reference pictures."""
        return replace(self, reference=reference)

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Encode the pictures in one batch: ``vector``, float32 (D,)."""
        vectors = image_vectors(self.texts.encoder, [picture.image for picture in pictures])
        return [{"vector": vector} for vector in vectors]

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that `judge` compares."""
        if claim.kind == "text":
            return []
        return [claim.phrase, _thing(claim)] if claim.kind == "object" else [claim.phrase]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Score any claim that is a phrase or a sentence."""
        vector = picture_vector(facts)
        if vector is None or claim.kind == "text":
            return None
        text, thing = self.texts.of([claim.phrase, _thing(claim)])
        standings = {}
        if claim.kind == "object" and is_known(thing):
            standings[STANDING] = standing(self.texts, facts, float(thing @ vector))
        if not is_known(text):
            without = silent(self.name, Message("the encoder has no vector for “{phrase}”", phrase=claim.phrase))
            return replace(without, picture=facts.picture, features=standings)
        cosine = float(text @ vector)
        features = {"cosine": cosine, **standings}
        if self.reference is not None:
            features |= self.reference.standings(
                self.name, claim.phrase, {"cosine": cosine}, lambda vectors: {"cosine": vectors @ text}
            )
        return Evidence(
            check=self.name,
            stance="silent",
            score=cosine,
            reason=Message("cosine {cosine:.2f} with the whole picture", cosine=cosine),
            picture=facts.picture,
            features=features,
        )


def _thing(claim: Claim) -> str:
    """Return the thing of an object claim in the form of the common nouns, "a dog" for "dogs"; of other claims the phrase."""
    if claim.kind != "object" or claim.noun is None:
        return claim.phrase
    return noun_phrase(claim.words, claim.noun)
