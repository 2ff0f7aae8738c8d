"""Arize Phoenix on this machine: our spans reach it, its client reads them, and its page shows them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import browsing, missing
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from phoenix.client import Client

from llamaindex_clipverify import EvidenceIndex, Verifier, tracing
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.testing import FRESH, draw_scene

PROJECT, QUESTION = "shop", "What is on the table?"
ANSWER = "There is a cup. The clock is red. There is a giraffe."
"""Of a picture with a cup, a yellow clock and a zebra."""


def free_ports(number: int) -> list[int]:
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in opened]
    for one in opened:
        one.close()
    return ports


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Phoenix with an empty database."""
    folder = tmp_path_factory.mktemp("phoenix")
    port, grpc = free_ports(2)
    own = {"WORKING_DIR": folder, "HOST": "127.0.0.1", "PORT": port, "GRPC_PORT": grpc, "TELEMETRY_ENABLED": "false"}
    env = {**os.environ, **{f"PHOENIX_{name}": str(value) for name, value in own.items()}}
    with (folder / "log").open("wb") as log:
        program = Path(sys.executable).with_name("phoenix")
        running = subprocess.Popen([program, "serve"], env=env, stdout=log, stderr=log)
        try:
            _wait(running, f"http://127.0.0.1:{port}/healthz", folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            if isinstance(provider := trace.get_tracer_provider(), TracerProvider):
                provider.shutdown()  # before nobody listens any more
            running.terminate()
            running.wait(30)


def _wait(running: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(300):
        assert running.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def report(phoenix: str, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What was verified, searched and explained while spans were sent."""
    folder = tmp_path_factory.mktemp("traced")
    draw_scene(FRESH).image.save(folder / "table.png")
    tracing.export_to(f"{phoenix}/v1/traces", PROJECT)
    index = EvidenceIndex.from_documents([folder / "table.png"], folder / "store", "tiny", "tiny")
    verifier = Verifier.tiny()
    with trace.get_tracer("shop").start_as_current_span("question") as span:
        span.set_attributes({"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER})
        [hit] = index.search(QUESTION, top_k=1)
        made = verifier.verify(ANSWER, [hit.picture], question=QUESTION)
        verifier.explain(made)
    trace.get_tracer_provider().force_flush()
    return made


@pytest.fixture(scope="module")
def spans(phoenix: str, report: Report) -> dict[str, dict[str, Any]]:
    """What Phoenix holds, by name: spans are written into its database a moment after they came."""
    client = Client(base_url=phoenix)
    for _ in range(60):
        found = client.spans.get_spans(project_identifier=PROJECT, limit=50)
        if len(found) >= 6:
            return {one["name"]: dict(one) for one in found}
        time.sleep(1)
    raise AssertionError([one["name"] for one in found])


def test_phoenix_has_every_step_below_its_caller(spans: dict[str, dict[str, Any]]) -> None:
    kinds = {name: one["span_kind"] for name, one in spans.items()}
    assert kinds == {
        "question": "CHAIN", "clipverify.retrieve": "RETRIEVER", "clipverify.verify": "CHAIN",
        "clipverify.look": "CHAIN", "clipverify.judge": "EVALUATOR", "clipverify.explain": "CHAIN",
    }  # fmt: skip
    ids = {one["context"]["span_id"]: name for name, one in spans.items()}
    above = {name: ids.get(one["parent_id"]) for name, one in spans.items()}
    assert above["clipverify.look"] == above["clipverify.judge"] == "clipverify.verify"
    assert {above[f"clipverify.{name}"] for name in ("retrieve", "verify", "explain")} == {"question"}


def test_phoenix_has_the_figures_of_the_report(spans: dict[str, dict[str, Any]], report: Report) -> None:
    held = spans["clipverify.judge"]["attributes"]
    assert held["input.value"] == QUESTION and held["output.value"] == ANSWER
    assert held["clipverify.trust"] == pytest.approx(report.trust)
    assert held["clipverify.coverage"] == report.coverage == 1.0 and held["clipverify.verdict"] == "contradicted"
    assert list(held["clipverify.doubtful"]) == [one.said for one in report.doubtful()] == ["giraffe", "clock is red"]
    kinds = {"object": {"supported": 1, "contradicted": 1}, "attribute": {"contradicted": 1}}
    assert json.loads(held["clipverify.kinds"]) == kinds
    models = {name.removeprefix("clipverify.model."): value for name, value in held.items() if ".model." in name}
    assert models == dict(report.models) and models["objects"].startswith("yolo@")


def test_phoenix_shows_retrieved_pictures_by_name(spans: dict[str, dict[str, Any]]) -> None:
    held = spans["clipverify.retrieve"]["attributes"]
    assert held["retrieval.documents.0.document.content"] == "table.png"
    assert -1 <= held["retrieval.documents.0.document.score"] <= 1


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_the_page_of_phoenix_shows_a_judgement(phoenix: str, spans: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """With CLIPVERIFY_PHOENIX_PICTURE=FILE.png, the page is photographed for the documentation."""
    [project] = [one for one in Client(base_url=phoenix).projects.list() if one["name"] == PROJECT]
    judged = spans["clipverify.judge"]
    page = (
        f"{phoenix}/projects/{project['id']}/traces/{judged['context']['trace_id']}?selectedSpanNodeId={judged['id']}"
    )
    with browsing() as browser:
        browser.size(1500, 1080)
        browser.open(page)
        browser.wait_for('[role="tab"]', 120)
        find = "return [...document.querySelectorAll('[role=tab]')].find(one => one.innerText.trim() === 'Attributes')"
        for _ in range(120):
            if browser.run(find):
                break
            time.sleep(0.5)
        browser.run(f"({find.replace('return ', '() => ')})().click()")
        text = ""
        for _ in range(60):
            text = browser.run("return document.body.innerText")
            if "giraffe" in text and "coverage" in text:
                break
            time.sleep(0.5)
        json_form = (
            "[...document.querySelectorAll('[role=radio], button')].find(one => one.innerText.trim() === 'JSON')"
        )
        browser.run(f"{json_form}.click()")
        time.sleep(2)
        browser.photograph(Path(os.environ.get("CLIPVERIFY_PHOENIX_PICTURE", tmp_path / "phoenix.png")))
    for shown in ("clipverify.judge", "evaluator", "giraffe", "contradicted", "coverage", "trust", "yolo@"):
        assert shown in text, text[:3000]
