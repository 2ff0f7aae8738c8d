"""The service on loopback: a real uvicorn in a thread, or the command in a process of its own."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from warm import WarmProcess, warm

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.boundary.tls import Certificate
from llamaindex_clipverify.serving.app import make_app
from llamaindex_clipverify.serving.keys import Keys
from llamaindex_clipverify.serving.logs import Log
from llamaindex_clipverify.serving.server import Server, address_of, bound
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.testing import FRESH, draw_scene

KEY = "a-key-of-tests-0123456789"


def scenes_indexed(tmp_path_factory: pytest.TempPathFactory) -> EvidenceIndex:
    """Return an index of three drawn scenes, with the bundled models."""
    folder = tmp_path_factory.mktemp("indexed")
    for place in range(3):
        draw_scene(FRESH + place).image.save(folder / f"{place}.png")
    return EvidenceIndex.from_documents([folder], tmp_path_factory.mktemp("store"), "tiny", "tiny")


@dataclass
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running service."""

    url: str
    log: io.StringIO = field(default_factory=io.StringIO)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log, of requests that have ended."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request; a dictionary goes as JSON."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        if isinstance(body, (dict, list)):
            given.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(f"{self.url}{path}", data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, dict(error.headers), error.read())


@contextmanager
def served(
    service: Service,
    *,
    keys: Keys | None = None,
    names: tuple[str, ...] = (),
    answers: bool = False,
    certificate: Certificate | None = None,
) -> Iterator[Served]:
    """Serve in a thread; the models are those of the service."""
    made = bound("127.0.0.1", 0)
    running = Served(address_of(made, "127.0.0.1", secure=certificate is not None))
    app = make_app(service, keys=keys or Keys({}), names=names, log=Log(running.log, answers=answers))
    started = threading.Event()
    server = Server(app, started=started.set, certificate=certificate, grace=2)
    thread = threading.Thread(target=server.serve_on, args=(made,), daemon=True)
    thread.start()
    assert started.wait(60)
    for _ in range(600):
        if service.ready:
            break
        time.sleep(0.1)
    assert service.ready, running.log.getvalue()
    try:
        yield running
    finally:
        server.should_exit = True
        thread.join(60)


@contextmanager
def command(*arguments: object, **environment: str) -> Iterator[tuple[WarmProcess, Served]]:
    """Run ``clipverify serve`` in a process of its own until it answers."""
    given = ("serve", *arguments, *(() if "--port" in arguments else ("--port", "0")))
    process = warm().start("from llamaindex_clipverify.cli import run; run()", given, env={**os.environ, **environment})
    try:
        line = process.stdout.readline()
        assert line.startswith("serving: "), line + process.stderr.read()
        running = Served(line.split()[1])
        for _ in range(1200):
            if running.ask("GET", "/ready").status == 200:
                break
            time.sleep(0.1)
        yield process, running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def png(image: Any) -> bytes:
    """Return an image as the bytes of a PNG."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def without_times(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a report without what differs from run to run, and with the names of its pictures alone."""
    pictures = [{**one, "uri": one["uri"] and Path(one["uri"]).name} for one in report["pictures"]]
    return {**{key: value for key, value in report.items() if key != "timings_ms"}, "pictures": pictures}
