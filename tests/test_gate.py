"""The doors of the chat: names, other pages, headers, limits of uploads, odd requests, and sessions of several visitors."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from llamaindex_clipverify.errors import ServiceError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.sharing import shareable, without_paths
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.app import Page
from llamaindex_clipverify.ui.gate import Gate
from llamaindex_clipverify.ui.places import Places
from llamaindex_clipverify.ui.session import Limits, Shown, Turn
from llamaindex_clipverify.ui.sessions import Sessions
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
def gate() -> Gate:
    return Gate(page, ["chat.example"])


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
    assert asked(gate, "POST", "/pictures", host="localhost:7860", **headers)[0] == 403
    assert asked(gate, "POST", "/pictures", host="localhost:7860", origin="http://localhost:7860")[0] == 200


def test_no_frame_and_no_other_host(gate: Gate) -> None:
    _, headers = asked(gate, host="localhost")
    assert "frame-ancestors 'none'" in headers["content-security-policy"] and headers["x-frame-options"] == "DENY"


def test_uploads_are_limited_in_size_and_in_all(tiny: Verifier, scene_file: Path) -> None:
    data = scene_file.read_bytes()
    made = Page(Answering(verifier=tiny), "", Limits(file=len(data), total=2 * len(data) - 1))
    client = TestClient(made.gated(), base_url="http://localhost")

    def upload(sent: bytes, tab: str = "a" * 32) -> tuple[int, dict[str, Any]]:
        told = client.post("/pictures", content=sent, headers={"X-Tab": tab, "X-Name": "a%20b.png"})
        return told.status_code, told.json()

    status, told = upload(data)
    assert status == 200 and "problem" not in told and 'title="a b.png"' in told["parts"]["pictures"]
    status, told = upload(data, "b" * 32)
    assert status == 507 and "no room" in told["problem"] and len(made.sessions.of("a" * 32).shown) == 1
    made.sessions.drop("a" * 32)
    status, told = upload(data + b"x", "b" * 32)
    assert status == 200 and "the file is too large; got a b.png" in told["problem"]
    assert "not a picture" in upload(b"no")[1]["problem"] and upload(data, "no tab")[0] == 400
    assert made._arriving == 0


def test_requests_that_make_no_sense_are_problems(tiny: Verifier) -> None:
    client = TestClient(Page(Answering(verifier=tiny), "").gated(), base_url="http://localhost")
    head = {"X-Tab": "a" * 32}
    for path, sent in (
        ("do/pick", b"[]"),
        ("do/pick", b"{"),
        ("do/nothing", b"{}"),
        ("export/exe", b""),
        ("export/json", b""),
    ):
        told = client.post(f"/{path}", content=sent, headers=head)
        assert told.status_code in (400, 404) and told.json()["problem"], path
    for path in ("thumb/x", "thumb/..%2f..%2fetc%2fpasswd", f"thumb/{'0' * 64}", "nowhere"):
        assert client.get(f"/{path}").status_code == 404
    for given in ({"place": "0"}, {"place": True}, {"place": -1}, {"place": 10**9}, {}):
        for action in ("pick", "remove", "prepare", "look", "map"):
            assert client.post(f"/do/{action}", json=given, headers=head).status_code == 200


def test_the_page_names_no_other_host_and_runs_its_own_script_only(tiny: Verifier) -> None:
    client = TestClient(Page(Answering(verifier=tiny), "").gated(), base_url="http://localhost")
    for path in ("/", "/chat.js", "/chat.css"):
        told = client.get(path)
        assert told.status_code == 200 and not re.search(r"(?:https?:)?//\w", told.text), path
    shown = client.get("/").text
    assert "style=" not in shown and re.findall(r"<script[^>]*>", shown) == ['<script src="chat.js" defer>']
    policy = client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy


def test_work_is_limited_and_so_is_waiting() -> None:
    places = Places(at_once=1, waiting=1)
    order: list[str] = []
    with places.taken():
        waiting = threading.Thread(target=lambda: _work(places, order))
        waiting.start()
        while places._inside < 2:
            time.sleep(0.01)
        with pytest.raises(ServiceError, match="the chat is busy; try again in a moment"), places.taken():
            pass
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]
    with places.taken():
        pass


def _work(places: Places, order: list[str]) -> None:
    with places.taken():
        order.append("second")


def test_a_tab_whose_browser_was_killed_is_forgotten() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    alive, dead = sessions.of("alive"), sessions.of("dead")
    for now[0] in (1800.0, 3500.0, 3700.0):
        assert sessions.of("alive") is alive
    assert len(sessions) == 1 and sessions.of("dead") is not dead


def test_a_tab_that_is_loaded_again_is_not_forgotten() -> None:
    sessions = Sessions(grace=0.2)
    back, gone = sessions.of("back"), sessions.of("gone")
    for tab in ("back", "gone", "unknown"):
        sessions.leave(tab)
    assert sessions.of("back") is back
    time.sleep(0.5)
    assert sessions.of("back") is back and sessions.of("gone") is not gone


def test_empty_visitors_do_not_drive_out_a_live_one(scene_file: Path) -> None:
    sessions = Sessions(most=100)
    live = sessions.of("live")
    live.turns.append(Turn(question="What?"))
    shown = sessions.of("shown")
    shown.shown.append(Shown(Picture.of(scene_file), "a"))
    for place in range(500):
        sessions.of(f"empty {place}")
    assert sessions.of("live") is live and sessions.of("shown") is shown and len(sessions) == 100


def test_visitors_learn_no_folders(tiny: Verifier, scene_file: Path) -> None:
    text = without_paths(f"no such picture; got {scene_file}; check /etc/x/y.json (C:\\Users\\me\\a.png)")
    assert text == "no such picture; got scene.png; check y.json (a.png)"
    report = shareable(tiny.verify("There is a yellow cup.", [scene_file]))
    assert str(scene_file.parent) not in report.to_json() and report.pictures[0].image.size and report._repr_html_()
