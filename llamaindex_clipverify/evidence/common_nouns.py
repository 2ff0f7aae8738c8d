"""Common nouns: a scale for the cosines of one picture, without reference pictures.

A cosine alone has no scale: encoders differ, and so do pictures, because a busy one fits all nouns a little. Standardised by the
mean and the standard deviation of the same picture's cosines with some hundreds of common nouns, it means the same for any
encoder and any picture. The nouns (claims/words/common_nouns.txt) were chosen before anything was measured with them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wording import noun_phrase
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import PICTURE_FACTS, mean_and_spread, picture_vector
from llamaindex_clipverify.facts.facts import Facts

STANDING = "cosine_among_nouns"
"""Name of the feature."""


@lru_cache
def common_phrases() -> tuple[str, ...]:
    """Return the common nouns, each with its article: "a dog"."""
    path = files("llamaindex_clipverify.claims") / "words" / "common_nouns.txt"
    return tuple(noun_phrase(english(), noun) for noun in path.read_text(encoding="utf-8").split("\n") if noun)


def standing(texts: TextVectors, facts: Facts, cosine: float) -> float:
    """Return how many standard deviations a cosine is above the mean cosine of common nouns.

    Args:
        texts: Text vectors of the encoder; those of the nouns are encoded once, on first use.
        facts: Of a picture that the encoder has seen; its cosines with the nouns are computed once.
        cosine: Of the picture with a phrase.
    """

    def scale() -> tuple[float, float]:
        return mean_and_spread(texts.of(common_phrases()) @ picture_vector(facts))

    mean, spread = facts.once((STANDING, texts.encoder.id), (PICTURE_FACTS,), scale)
    return (cosine - mean) / spread
