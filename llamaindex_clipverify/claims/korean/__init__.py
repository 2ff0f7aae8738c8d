"""The Korean splitter: answers in Korean into claims about English nouns."""

from llamaindex_clipverify.claims.korean.splitter import KoreanSplitter
from llamaindex_clipverify.claims.korean.words import korean, korean_words

__all__ = ["KoreanSplitter", "korean", "korean_words"]
