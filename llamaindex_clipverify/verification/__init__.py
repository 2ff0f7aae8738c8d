"""Verification: from an answer and its pictures to a report."""

from llamaindex_clipverify.verification.verifier import Verifier

__all__ = ["Verifier"]
