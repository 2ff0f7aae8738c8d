"""Evidence: what one check says of one claim in one picture. Each check is one file in this folder."""

from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.evidence import Evidence, Stance, silent, stance_of

__all__ = ["Check", "Evidence", "Stance", "silent", "stance_of"]
