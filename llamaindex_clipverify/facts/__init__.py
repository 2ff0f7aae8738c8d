"""Facts: what the checks saw in a picture before any claim was known, and where facts are kept."""

from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import DiskMemory, Memory
from llamaindex_clipverify.facts.observation import Observer, observe

__all__ = ["DiskMemory", "Facts", "Memory", "Observer", "observe"]
