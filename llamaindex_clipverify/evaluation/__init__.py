"""Evaluation on labelled claims, calibration of profiles, labelling, and readers of published data sets."""

from llamaindex_clipverify.evaluation.evaluation import Evaluation, Judged, Row, evaluate, read_rows

__all__ = ["Evaluation", "Judged", "Row", "evaluate", "read_rows"]
