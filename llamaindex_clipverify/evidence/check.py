"""The protocol of a check: one way of knowing, one file in this folder. Nothing to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import Observer
from llamaindex_clipverify.picture import Picture

if TYPE_CHECKING:
    from llamaindex_clipverify.evidence.reference import Reference
    from llamaindex_clipverify.evidence.text_vectors import TextVectors


class Check(Observer, Protocol):
    """One way of knowing: `observe` sees pixels, once per picture; `judge` sees facts and a claim, and is cheap."""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Return the evidence on the positive form of a claim in one picture; None when the check is not made for it."""
        ...


class AddsNoFacts:
    """The `observe` of checks that judge by the facts of others: a shortcut, not something that a check must inherit."""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Add no facts."""
        return [{} for _ in pictures]


@runtime_checkable
class EncoderCheck(Check, Protocol):
    """A check that compares texts with picture vectors of an encoder."""

    @property
    def texts(self) -> TextVectors:
        """Text vectors of the encoder."""
        ...

    def phrases(self, claim: Claim) -> list[str]:
        """Return the texts that `judge` compares, so that the texts of many claims are encoded in one batch."""
        ...

    def with_reference(self, reference: Reference) -> Self:
        """Return the check with reference pictures, which its scores are standardised against."""
        ...
