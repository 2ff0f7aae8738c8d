"""Answers over time: a log of reports, its summary by day and kind of claim, and a test for drift."""

from llamaindex_clipverify.monitoring.log import AnswerLog, Entry, read
from llamaindex_clipverify.monitoring.summary import Drift, Summary, summary

__all__ = ["AnswerLog", "Drift", "Entry", "Summary", "read", "summary"]
