"""OpenTelemetry spans of what is done: retrieve, look, judge, explain; attributes in OpenInference's names.

Nothing is recorded, and nothing imported, until a tracer provider is set: by the application (``opentelemetry.trace``), or by
`export_to`. OpenInference's environment variables ``OPENINFERENCE_HIDE_INPUTS`` and ``OPENINFERENCE_HIDE_OUTPUTS`` (true) keep
questions and answers out of the spans.

Source of the names: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from llamaindex_clipverify.errors import DataError, MissingExtraError

Kind = Literal["CHAIN", "RETRIEVER", "EVALUATOR"]
"""OpenInference's kind of a span."""
_NAME = "llamaindex_clipverify"
_HIDDEN = {"input.value": "OPENINFERENCE_HIDE_INPUTS", "output.value": "OPENINFERENCE_HIDE_OUTPUTS"}


class Span:
    """A span under way; one that is not recorded drops its attributes."""

    def __init__(self, recorded: Any = None) -> None:
        """Wrap a span of OpenTelemetry, or nothing."""
        self._recorded = recorded

    @property
    def is_recorded(self) -> bool:
        """Whether anybody looks: attributes that cost time are made only then."""
        return self._recorded is not None and bool(self._recorded.is_recording())

    def set(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes; None is left out, mappings and mixed lists become JSON."""
        if not self.is_recorded:
            return
        for name, value in attributes.items():
            if value is not None and not _is_hidden(name):
                self._recorded.set_attribute(name, _attribute(value))


_OFF = Span()


@contextmanager
def span(name: str, kind: Kind) -> Iterator[Span]:
    """Yield a span that ends with the block, a child of the current one."""
    api = sys.modules.get("opentelemetry.trace")
    if api is None:  # nobody can have set a provider
        yield _OFF
        return
    with api.get_tracer(_NAME).start_as_current_span(f"clipverify.{name}") as recorded:
        made = Span(recorded)
        made.set({"openinference.span.kind": kind})
        yield made


def export_to(url: str, service: str = "clipverify") -> None:
    """Send spans to a collector by OTLP over HTTP: Arize Phoenix, Langfuse, Jaeger, Grafana Tempo.

    Call it once, at the start of a program that sets no tracer provider itself. Headers such as keys come from the standard
    variable ``OTEL_EXPORTER_OTLP_HEADERS``.

    Args:
        url: Address of the collector's traces, such as ``http://localhost:6006/v1/traces``.
        service: Name of the program in the traces; in Phoenix that of the project.

    Raises:
        DataError: The URL is none.
        MissingExtraError: The extra ``traces`` is not installed.
    """
    if not url.startswith(("http://", "https://")):
        raise DataError("no address of a collector", got=url, do="give one like http://localhost:6006/v1/traces")
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise MissingExtraError("opentelemetry-sdk", "traces") from error
    named = {"service.name": service, "openinference.project.name": service}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    trace.set_tracer_provider(provider)


def _is_hidden(name: str) -> bool:
    variable = _HIDDEN.get(name)
    return variable is not None and os.environ.get(variable, "").strip().lower() in ("1", "true")


def _attribute(value: Any) -> Any:
    """Return a value in a form that spans hold: text, number, or a list of texts."""
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Sequence) and all(isinstance(one, str) for one in value):
        return list(value)
    return json.dumps(value, ensure_ascii=False)
