"""Ranks retrieved pictures by their cosine with the question, for the postprocessors of several frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.picture import Picture
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
    pictures: Sequence[Picture | None],
    cutoff: float | None = None,
    top_n: int | None = None,
) -> list[RankedPicture]:
    """Return the pictures to keep, best first; the verifier keeps their facts.

    Args:
        verifier: A verifier with an encoder.
        question: The query.
        pictures: Pictures; None for sources that are none, which are left out.
        cutoff: Pictures with a lower cosine are dropped. Default: none is.
        top_n: Maximum number of pictures. Default: all.

    Raises:
        DataError: The verifier has no encoder.
        PictureError: A picture cannot be read.
    """
    require_encoder(verifier)
    given = [(index, picture) for index, picture in enumerate(pictures) if picture is not None]
    fits = verifier.fits(question, [picture for _, picture in given])
    ranked = [
        RankedPicture(index=index, cosine=fit.cosine, objects=fit.objects)
        for (index, _), fit in zip(given, fits, strict=True)
        if fit is not None
    ]
    kept = [picture for picture in ranked if cutoff is None or picture.cosine >= cutoff]
    return sorted(kept, key=lambda picture: -picture.cosine)[:top_n]
