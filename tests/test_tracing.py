"""Spans of OpenTelemetry: what is recorded, and that nothing is without a provider. In processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from warm import warm

from llamaindex_clipverify import tracing
from llamaindex_clipverify.errors import DataError

pytest.importorskip("opentelemetry.sdk", reason="needs the extra [traces]")

_RECORDED = """
import json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.testing import FRESH, draw_scene
draw_scene(FRESH).image.save("scene.png")
index = EvidenceIndex.from_documents(["scene.png"], "store", "tiny", "tiny")
verifier = Verifier.tiny()
with trace.get_tracer("app").start_as_current_span("question"):
    hits = index.search("a cup", top_k=1)
    report = verifier.verify("There is a giraffe.", [hits[0].uri], question="What is there?")
    verifier.explain(report)
names = {span.context.span_id: span.name for span in spans.get_finished_spans()}
print(json.dumps([[span.name, names.get(span.parent.span_id) if span.parent else None, dict(span.attributes)]
                  for span in spans.get_finished_spans()]))
"""


def _run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str | None, dict]]:
    folder = tmp_path_factory.mktemp("traced")
    ran = warm().run(_RECORDED, cwd=folder, env={**os.environ, "OPENINFERENCE_HIDE_INPUTS": ""})
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    return {name: (parent, attributes) for name, parent, attributes in found}


def test_each_step_is_a_span_of_its_kind_below_its_caller(spans):
    parents = {name: parent for name, (parent, _) in spans.items()}
    assert parents["clipverify.retrieve"] == parents["clipverify.verify"] == parents["clipverify.explain"] == "question"
    assert parents["clipverify.judge"] == parents["clipverify.look"] == "clipverify.verify"
    kinds = {name: attributes.get("openinference.span.kind") for name, (_, attributes) in spans.items()}
    assert kinds["clipverify.retrieve"] == "RETRIEVER" and kinds["clipverify.judge"] == "EVALUATOR"


def test_a_judgement_has_the_figures_of_its_report(spans):
    _, judged = spans["clipverify.judge"]
    assert judged["input.value"] == "What is there?" and judged["output.value"] == "There is a giraffe."
    assert judged["clipverify.verdict"] == "contradicted" and judged["clipverify.trust"] < 0.5
    assert list(judged["clipverify.doubtful"]) == ["giraffe"]
    assert json.loads(judged["clipverify.kinds"]) == {"object": {"contradicted": 1}}
    assert judged["clipverify.model.objects"] and judged["clipverify.calibration"] == "calibrated"


def test_retrieved_pictures_have_id_and_score(spans):
    _, found = spans["clipverify.retrieve"]
    assert found["input.value"] == "a cup" and found["retrieval.documents.0.document.id"]
    assert -1 <= found["retrieval.documents.0.document.score"] <= 1


def test_hidden_texts_are_not_recorded(monkeypatch):
    class Recorded:
        def __init__(self) -> None:
            self.values = {}

        def is_recording(self) -> bool:
            return True

        def set_attribute(self, name, value) -> None:
            self.values[name] = value

    recorded = Recorded()
    monkeypatch.setenv("OPENINFERENCE_HIDE_OUTPUTS", "true")
    tracing.Span(recorded).set({"input.value": "q", "output.value": "secret", "n": 1, "none": None, "d": {"a": 1}})
    assert recorded.values == {"input.value": "q", "n": 1, "d": '{"a": 1}'}


def test_without_a_provider_nothing_is_imported(tmp_path):
    code = (
        "import sys\nfrom llamaindex_clipverify import tracing\n"
        "with tracing.span('x', 'CHAIN') as span:\n    span.set({'a': 1})\n    print(span.is_recorded, 'opentelemetry' in sys.modules)"
    )
    assert _run(code, tmp_path) == "False False"


def test_an_address_that_is_none_is_one_error():
    with pytest.raises(DataError, match="no address of a collector; got phoenix"):
        tracing.export_to("phoenix")


class _Collector(BaseHTTPRequestHandler):
    received: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).received.append((self.path, headers, self.rfile.read(int(headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("path", "given", "headers"),
    [
        ("/v1/traces", "", {}),
        ("/api/public/otel/v1/traces", "Authorization=Basic%20cGstbGY6c2stbGY=,x-langfuse-ingestion-version=4",
         {"authorization": "Basic cGstbGY6c2stbGY=", "x-langfuse-ingestion-version": "4"}),
    ],
    ids=["plain", "langfuse"],
)  # fmt: skip
def test_spans_reach_a_collector_over_http(tmp_path, monkeypatch, path, given, headers):
    """The second has the path and the headers of Langfuse: user and password of HTTP's basic form."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", given)
    monkeypatch.setattr(_Collector, "received", [])
    server = HTTPServer(("127.0.0.1", 0), _Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = (
        f"from llamaindex_clipverify import tracing\ntracing.export_to('http://127.0.0.1:{server.server_port}{path}', 'bot')\n"
        "with tracing.span('look', 'CHAIN') as span:\n    span.set({'clipverify.pictures': 2})\n"
        "from opentelemetry import trace\ntrace.get_tracer_provider().shutdown()\nprint('done')"
    )
    _run(code, tmp_path)
    server.shutdown()
    server.server_close()
    asked, sent, body = _Collector.received[0]
    assert asked == path and sent["content-type"] == "application/x-protobuf" and headers.items() <= sent.items()
    assert all(text in body for text in (b"clipverify.look", b"service.name", b"openinference.project.name", b"bot"))
