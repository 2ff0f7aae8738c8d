"""The protocol of a check: one way of knowing, one file in this folder."""

from __future__ import annotations

from typing import Protocol

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.observation import Observer


class Check(Observer, Protocol):
    """One way of knowing. `observe` sees pixels, once per picture; `judge` sees facts and claims, and is cheap."""

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Return its evidence on the positive form of one claim in one picture; None when the check is not made for it."""
        ...
