"""Which words of an answer the pictures do not support, how sure that is, and why."""

__version__ = "0.1.0"
