"""Ranks retrieved pictures by their cosine with the question, for the postprocessors of several frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.verification.verifier import Verifier


@dataclass(frozen=True, kw_only=True)
class RankedPicture:
    """A picture that is kept."""

    index: int
    """Position among the pictures given."""
    cosine: float
    """Cosine with the question, -1 to 1; comparable within one encoder only."""
    objects: tuple[str, ...] = ()
    """What the detector sees in it, in alphabetical order."""


@dataclass(frozen=True)
class Ranking:
    """Sources in their new order, by their position among those given."""

    pictures: tuple[RankedPicture, ...]
    """Pictures, best first."""
    others: tuple[int, ...]
    """Passages, and pictures that could not be read: a later verification names those as gaps."""


def require_encoder(verifier: Verifier) -> None:
    """Check that a verifier can rank.

    Raises:
        DataError: It has no encoder.
    """
    if not verifier.has_encoder:
        raise DataError("scoring needs an encoder", got="a verifier without one", do="give encoder= to the verifier")


def rank_by_question(
    verifier: Verifier,
    question: str,
    sources: Sequence[Source],
    cutoff: float | None = None,
    top_n: int | None = None,
) -> Ranking:
    """Return the pictures to keep, best first, and the sources to keep as they are; the verifier remembers the facts.

    Args:
        verifier: A verifier with an encoder.
        question: The query.
        sources: What was retrieved; read them with `Source.tried`.
        cutoff: Pictures with a lower cosine are dropped. Default: none is.
        top_n: Maximum number of pictures. Default: all.

    Raises:
        DataError: The verifier has no encoder.
    """
    require_encoder(verifier)
    given = [(index, source.picture) for index, source in enumerate(sources) if source.picture is not None]
    fits = verifier.fits(texts.checked(question, "the question"), [picture for _, picture in given])
    ranked = [
        RankedPicture(index=index, cosine=fit.cosine, objects=fit.objects)
        for (index, _), fit in zip(given, fits, strict=True)
        if fit is not None
    ]
    kept = [picture for picture in ranked if cutoff is None or picture.cosine >= cutoff]
    unread = [index for (index, _), fit in zip(given, fits, strict=True) if fit is None]
    others = [index for index, source in enumerate(sources) if source.picture is None]
    return Ranking(tuple(sorted(kept, key=lambda picture: -picture.cosine)[:top_n]), tuple(sorted([*others, *unread])))
