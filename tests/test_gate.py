"""The gate of the chat: names, other pages, headers, uploads that nobody takes, and sessions of several visitors."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.sharing import shareable, without_paths
from llamaindex_clipverify.ui.gate import Gate, tidy
from llamaindex_clipverify.ui.session import Sessions, Shown, Turn
from llamaindex_clipverify.verification.verifier import Verifier


def asked(gate: Gate, method: str = "GET", path: str = "/", **headers: str) -> tuple[int, dict[str, str]]:
    """Return status and headers of a request."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    asyncio.run(gate(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


async def page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(page, ["chat.example"], tmp_path, 1000)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "192.168.1.4", "chat.example", "CHAT.example:80"]
)
def test_own_names_and_addresses_are_served(gate: Gate, host: str) -> None:
    assert asked(gate, host=host)[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "localhost.evil.example", "", "127.0.0.1.evil.example"]
)
def test_other_names_are_refused(gate: Gate, host: str) -> None:
    assert asked(gate, host=host)[0] == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"origin": "http://localhost:1"},
    ],
)
def test_other_pages_send_nothing(gate: Gate, headers: dict[str, str]) -> None:
    assert asked(gate, "POST", "/gradio_api/upload", host="localhost:7860", **headers)[0] == 403
    assert asked(gate, "POST", "/gradio_api/upload", host="localhost:7860", origin="http://localhost:7860")[0] == 200


def test_no_frame_and_no_other_host(gate: Gate) -> None:
    _, headers = asked(gate, host="localhost")
    assert "frame-ancestors 'none'" in headers["content-security-policy"] and headers["x-frame-options"] == "DENY"


def test_uploads_that_nobody_takes_are_removed_and_limited(gate: Gate, tmp_path: Path) -> None:
    old, new = tmp_path / "a" / "old.png", tmp_path / "b" / "new.png"
    for file in (old, new):
        file.parent.mkdir()
        file.write_bytes(b"x" * 900)
    os.utime(old, (time.time() - 100, time.time() - 100))
    assert asked(gate, "POST", "/gradio_api/upload", host="localhost")[0] == 200 and not old.exists()
    (tmp_path / "c.png").write_bytes(b"x" * 900)
    assert asked(gate, "POST", "/gradio_api/upload", host="localhost")[0] == 507
    assert tidy(tmp_path) == 1800


def test_empty_visitors_do_not_drive_out_a_live_one(scene_file: Path) -> None:
    dropped: list[Any] = []
    sessions = Sessions(most=100, dropped=dropped.append)
    live = sessions.of("live")
    live.turns.append(Turn(question="What?"))
    shown = sessions.of("shown")
    shown.shown.append(Shown(Picture.of(scene_file), "a"))
    for place in range(500):
        sessions.of(f"empty {place}")
    assert sessions.of("live") is live and sessions.of("shown") is shown and len(sessions) == 100
    assert len(dropped) == 402


def test_visitors_learn_no_folders(tiny: Verifier, scene_file: Path) -> None:
    text = without_paths(f"no such picture; got {scene_file}; check /etc/x/y.json (C:\\Users\\me\\a.png)")
    assert text == "no such picture; got scene.png; check y.json (a.png)"
    report = shareable(tiny.verify("There is a yellow cup.", [scene_file]))
    assert str(scene_file.parent) not in report.to_json() and report.pictures[0].image.size and report._repr_html_()
