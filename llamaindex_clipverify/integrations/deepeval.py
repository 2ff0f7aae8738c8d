"""A deepeval metric without a judge model: trust in a test case's answer. The only file that imports deepeval.

deepeval needs an environment of its own: see docs/test-suites.md.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.errors import ClipVerifyError, MissingExtraError
from llamaindex_clipverify.llama_index.evaluation import feedback
from llamaindex_clipverify.node_pictures import Access, decoded
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.verifier import Verifier

os.environ.setdefault("DEEPEVAL_TELEMETRY_OPT_OUT", "YES")
try:
    from deepeval.metrics import BaseMetric
    from deepeval.test_case import LLMTestCase, MLLMImage
    from deepeval.utils import convert_to_multi_modal_array
except ImportError as error:
    raise MissingExtraError("deepeval", "deepeval") from error


class ClipVerifyMetric(BaseMetric):  # type: ignore[misc]  # deepeval is in an environment of its own
    """Trust 0–1 that the actual output's claims are true of the pictures in `retrieval_context`, `context` and `input`.

    Deterministic and local: no model is asked for a verdict. What cannot be checked does not pass, and says why. After `measure`,
    `report` is the whole report.
    """

    _required_params: Sequence[Any] = ()

    def __init__(
        self,
        verifier: Verifier,
        threshold: float = 0.5,
        *,
        include_reason: bool = True,
        strict_mode: bool = False,
        async_mode: bool = True,
        verbose_mode: bool = False,
        min_coverage: float = 0.0,
        allow_unverified: bool = False,
        allow_urls: bool = False,
    ) -> None:
        """Measure with a verifier.

        Args:
            verifier: Verifies the answers.
            threshold: Trust from which a test case passes.
            include_reason: Whether `reason` lists the doubtful claims.
            strict_mode: Whether a single doubtful claim fails: the score is 1 or 0.
            async_mode: Whether deepeval runs it in a worker thread.
            verbose_mode: Passed to deepeval.
            min_coverage: Share 0–1 of the answer's words that must have been checked for a test case to pass.
            allow_unverified: Whether an answer that nothing could check passes.
            allow_urls: Whether pictures given by URL may be fetched; local ones were read by `MLLMImage` itself.
        """
        self.verifier, self.threshold = verifier, 1.0 if strict_mode else threshold
        self.include_reason, self.strict_mode = include_reason, strict_mode
        self.async_mode, self.verbose_mode = async_mode, verbose_mode
        self.needed = Requirement(min_trust=0.0, min_coverage=min_coverage)
        self.allow_unverified, self.access = allow_unverified, Access(allow_urls=allow_urls)
        self.report: Report | None = None

    @property
    def __name__(self) -> str:
        """The metric's name in deepeval's tables."""
        return "ClipVerify"

    def measure(self, test_case: LLMTestCase, *args: Any, **kwargs: Any) -> float:
        """Verify the test case's answer and return the score."""
        self.report, self.error, self.skipped = None, None, False
        texts, _ = _parted([test_case.actual_output])
        passages, images = _parted([*(test_case.retrieval_context or ()), *(test_case.context or ())])
        question, shown = _parted([test_case.input])
        text = " ".join(texts)
        if not text:
            return self._unverified("the answer is empty")
        try:
            sources = [
                *(Source.tried(partial(_source, image, self.access)) for image in (*images, *shown)),
                *(Source.tried(partial(Source, text=passage)) for passage in passages),
            ]
            self.report = self.verifier.verify(Answer.on_sources(text, sources, " ".join(question)))
        except ClipVerifyError as problem:
            return self._unverified(str(problem))
        if self.report.trust is None:
            return self._unverified("; ".join(self.report.notes) or "nothing could be checked on the pictures")
        self.score = float(not self.report.doubtful()) if self.strict_mode else self.report.trust
        self.score_breakdown = {claim.claim.text: claim.trust for claim in self.report.claims}
        self.reason = feedback(self.report) if self.include_reason else None
        self.success = self.score >= self.threshold and not self.needed.problem(self.report)
        return self.score

    def _unverified(self, why: str) -> float:
        self.score, self.reason, self.score_breakdown = 0.0, f"not verified: {why}", {}
        self.success = self.skipped = self.allow_unverified
        return self.score

    async def a_measure(self, test_case: LLMTestCase, *args: Any, **kwargs: Any) -> float:
        """Measure in a worker thread."""
        return await asyncio.to_thread(self.measure, test_case)

    def is_successful(self) -> bool:
        """Whether the last test case passed."""
        return bool(self.success)


def _parted(texts: Iterable[Any]) -> tuple[list[str], list[MLLMImage]]:
    """Return the words and the pictures of deepeval's strings, in which pictures are marks."""
    pieces = list(_pieces(texts))
    return [piece.strip() for piece in pieces if isinstance(piece, str) and piece.strip()], [
        piece for piece in pieces if isinstance(piece, MLLMImage)
    ]


def _pieces(texts: Iterable[Any]) -> Iterator[Any]:
    for text in texts:
        yield from convert_to_multi_modal_array(str(getattr(text, "context", text) or ""))


def _source(image: MLLMImage, access: Access) -> Source:
    if image.dataBase64:
        return Source(picture=Picture.of(decoded(image.dataBase64)))
    return Source(picture=access.picture_of_url(str(image.url)))
