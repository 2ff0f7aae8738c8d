"""The rules for attachment: one pass over a sentence from left to right, without a model."""

from llamaindex_clipverify.claims.english.attachment.parser import RuleParser as RuleParser
