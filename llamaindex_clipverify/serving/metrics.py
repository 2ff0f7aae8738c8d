"""Metrics in the format of Prometheus; the only file that imports its client."""

from __future__ import annotations

from collections.abc import Callable

from llamaindex_clipverify.errors import MissingExtraError
from llamaindex_clipverify.report.report import Report

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
except ImportError as missing:
    raise MissingExtraError("prometheus-client", "serve") from missing

__all__ = ["CONTENT_TYPE", "Metrics"]

_SECONDS = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.4, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The metrics of one service, in a registry of its own."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "clipverify_requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "clipverify_request_seconds",
            "Seconds of a request, by route.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.answers = Counter("clipverify_answers", "Verified answers by verdict.", ["verdict"], registry=registry)
        self.claims = Counter("clipverify_claims", "Checked claims by verdict.", ["verdict"], registry=registry)
        self.batches = Histogram("clipverify_batch_size", "Answers in a batch.", buckets=_SIZES, registry=registry)
        self.under_way = Gauge("clipverify_requests_under_way", "Requests under way.", registry=registry)
        self.waiting = Gauge("clipverify_answers_waiting", "Answers that wait for a batch.", registry=registry)

    def count_waiting(self, waiting: Callable[[], int]) -> None:
        """Ask for the number of waiting answers whenever metrics are read."""
        self.waiting.set_function(waiting)

    def count_report(self, report: Report) -> None:
        """Count an answer and its claims."""
        self.answers.labels(report.verdict).inc()
        for claim in report.claims:
            self.claims.labels(claim.verdict).inc()

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics."""
        made: bytes = generate_latest(self.registry)
        return made
