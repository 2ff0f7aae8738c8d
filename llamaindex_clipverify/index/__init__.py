"""The evidence index: pictures, their regions and facts in Chroma, searched by text or picture."""

from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Entry, Hit

__all__ = ["Entry", "EvidenceIndex", "Hit"]
