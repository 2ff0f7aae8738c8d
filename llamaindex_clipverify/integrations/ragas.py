"""A ragas metric without a judge model: trust in a sample's response. The only file that imports ragas.

ragas needs an environment of its own: see docs/test-suites.md.
"""

from __future__ import annotations

import asyncio
import math
import os
from typing import Any

from llamaindex_clipverify.errors import ClipVerifyError, MissingExtraError
from llamaindex_clipverify.evaluation import answers
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

os.environ.setdefault("RAGAS_DO_NOT_TRACK", "true")
try:
    from ragas.dataset_schema import SingleTurnSample
    from ragas.metrics.base import MetricOutputType, MetricType, SingleTurnMetric
except ImportError as error:
    raise MissingExtraError("ragas", "ragas") from error


class ClipVerifyMetric(SingleTurnMetric):  # type: ignore[misc]  # ragas is in an environment of its own
    """Trust 0–1 that the claims of `response` are true of the pictures and passages in `retrieved_contexts`.

    Deterministic and local: no model is asked for a verdict. A context that is the path or the base64 text of a picture is a
    picture. What cannot be checked has the score NaN, which ragas leaves out of its means.
    """

    def __init__(self, verifier: Verifier, access: Access | None = None, name: str = "clipverify") -> None:
        """Measure with a verifier.

        Args:
            verifier: Verifies the responses.
            access: Which of the paths and URLs in the contexts may be opened. Default: none.
            name: The metric's column in ragas' tables.
        """
        columns = {"response", "retrieved_contexts", "user_input:optional"}
        super().__init__(_required_columns={MetricType.SINGLE_TURN: columns}, name=name)
        self.verifier, self.access = verifier, access or Access()
        self.output_type = MetricOutputType.CONTINUOUS

    def init(self, run_config: Any) -> None:
        """Do nothing: there is no judge model to set up."""

    def report(self, sample: SingleTurnSample) -> Report:
        """Return the whole report on a sample.

        Raises:
            ClipVerifyError: It has no response, or none that can be verified.
        """
        [row] = answers.answers_of([sample])
        return self.verifier.verify(row.answer(self.access))

    async def _single_turn_ascore(self, sample: SingleTurnSample, callbacks: Any) -> float:
        return await asyncio.to_thread(self._score, sample)

    def _score(self, sample: SingleTurnSample) -> float:
        try:
            trust = self.report(sample).trust
        except ClipVerifyError:
            return math.nan
        return math.nan if trust is None else trust
