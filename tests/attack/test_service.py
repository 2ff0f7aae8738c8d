"""The service: every address of /v1 with bodies that are mutated, cut, slow, endless or of another kind, and raw HTTP."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from attacking import Attacks

from llamaindex_clipverify import Answer, Picture, Verifier
from llamaindex_clipverify.errors import ClipVerifyError, ServerError
from llamaindex_clipverify.remote.problems import error_of
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.testing import FRESH, draw_scene

sys.path.insert(0, str(Path(__file__).parents[1]))
from altered import variants
from faults import FaultServer, serving
from services import Reply, Served, command, png, scenes_indexed, served

LIMITS = Limits(body=300_000, answer=2_000, pictures=3, passages=2, seconds=10.0, idle_seconds=1.0, rate=0)
ANSWER = "There is a yellow cup."
_BUSY = (503, 504)
"""Statuses of a server that has too much to do."""


@pytest.fixture(scope="module")
def scene_bytes() -> bytes:
    return png(draw_scene(FRESH).image)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    index = scenes_indexed(tmp_path_factory)
    with served(Service(index.verifier, index, LIMITS)) as one:
        one.known = [hit.id for hit in index.hits()]  # type: ignore[attr-defined]
        yield one
        assert one.ask("GET", "/health").status == 200
        failed = [line for line in one.lines if line.get("event") == "failed"]
        assert not failed, f"something failed that nothing foresaw: {failed[:10]}"


def told(reply: Reply, sent: str = "\0") -> Reply:
    """Return an answer; a problem of the documented form is raised as the error that a client makes of it.

    Args:
        reply: The answer.
        sent: A path that the caller has named; no other one may be told.
    """
    assert b"Traceback" not in reply.body and b"/tmp/" not in reply.body.replace(sent.encode(), b""), reply.body[-300:]
    if reply.status < 400:
        return reply
    assert reply.status < 500 or reply.status in _BUSY, (reply.status, reply.body[:300])
    assert reply.headers["content-type"] == "application/problem+json", reply.body[:300]
    raise error_of(reply.status, reply.body)


def forms(known: list[str], picture: bytes) -> dict[str, dict[str, Any]]:
    """Return a good body for every address that takes one."""
    named = [{"id": known[0]}]
    sent = [{"data": base64.b64encode(picture).decode(), "name": "scene.png"}]
    return {
        "/v1/verify": {"answer": ANSWER, "pictures": named, "question": "What?", "passages": ["A cup."], "partial": True},
        "/v1/verify/stream": {"answer": ANSWER, "pictures": named, "question": "What?", "passages": ["A cup."], "exact": True},
        "/v1/explain": {"answer": ANSWER, "pictures": named, "claims": [0], "methods": ["attention"]},
        "/v1/maps": {"texts": ["a cup"], "pictures": named, "method": "attention"},
        "/v1/fits": {"text": "a cup", "pictures": named},
        "/v1/search": {"text": "a cup", "top_k": 2, "where": {"trip": 7}, "pictures": []},
        "/v1/pictures": {"pictures": sent, "captions": ["a scene"], "metadata": {"trip": 7}},
    }  # fmt: skip


def test_altered_forms(attacks: Attacks, running: Served, scene_bytes: bytes) -> None:
    for path, form in forms(running.known, scene_bytes).items():  # type: ignore[attr-defined]
        assert told(running.ask("POST", path, form)).status in (200, 201)
        for name, changed in variants(form):
            body = json.dumps(changed).encode()
            attacks.run(
                f"{path} {name}",
                lambda path=path, body=body: told(running.ask("POST", path, body, Content_Type="application/json")),
            )


def _bodies(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are no good JSON of a form."""
    chance = random.Random(7)
    for size in (0, 1, len(good) // 2, len(good) - 1):
        yield f"cut {size}", good[:size]
    for number in range(12):
        data = bytearray(good)
        for _ in range(1 + number % 4):
            data[chance.randrange(min(len(data), 400))] = chance.randrange(256)
        yield f"bytes {number}", bytes(data)
    deep = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    yield from {
        "deep": deep, "deep report": b'{"report":' + b"[" * 400 + b"]" * 400 + b',"pictures":[]}', "brackets": b"[" * 100_000,
        "number": b'{"answer":' + b"9" * 5000 + b"}", "nan": b'{"answer":"A cup.","top_k":NaN,"metadata":{"a":Infinity}}', "null": b"null",
        "utf-16": good.decode().encode("utf-16"), "utf-32": good.decode().encode("utf-32"), "bom": b"\xef\xbb\xbf" + good, "noise": os.urandom(5000),
        "keys": b'{"answer":"A cup.","answer":4}', "many keys": json.dumps({str(n): n for n in range(20_000)}).encode(), "nul": b"\0" * 1000,
        "surrogates": rb'{"answer":"A cup \ud800.","text":"\udfff","texts":["\ud800"],"question":"\udc00","passages":["\ud800"]}', "spaces": b" " * 200_000,
        "many pictures": json.dumps({"answer": "A cup.", "pictures": [{"id": "0" * 64}] * 3000}).encode(), "too large": good + b" " * 400_000,
    }.items()  # fmt: skip


_KINDS = (
    "application/json", "application/json; charset=utf-7", "text/plain", "", "application/x-www-form-urlencoded",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", f"multipart/form-data; boundary={'x' * 300}",
    "application/x-ndjson", "application/json\u00e9", "*/*", "multipart/mixed; boundary=x",
)  # fmt: skip


def test_bodies_of_every_kind(attacks: Attacks, running: Served, scene_bytes: bytes) -> None:
    for place, (path, form) in enumerate(forms(running.known, scene_bytes).items()):  # type: ignore[attr-defined]
        for number, (name, body) in enumerate(_bodies(json.dumps(form).encode())):
            kinds = {_KINDS[0], _KINDS[(place + number) % len(_KINDS)]}
            for kind in kinds:
                attacks.run(
                    f"{path} {name} {kind[:40]!r}",
                    lambda path=path, body=body, kind=kind: told(running.ask("POST", path, body, Content_Type=kind)),
                )


def test_multipart_forms(attacks: Attacks, running: Served, scene_bytes: bytes) -> None:
    def part(head: str, value: bytes) -> bytes:
        return (
            b"--x\r\nContent-Disposition: form-data; "
            + head.encode("utf-8", "surrogateescape")
            + b"\r\n\r\n"
            + value
            + b"\r\n"
        )

    answer = part('name="answer"', b"A cup.")
    heads = [
        'name="picture"; filename="a.png"', 'name="picture"; filename="../../etc/passwd"', 'name="picture"; filename=""', 'name="picture"; filename="\x00"',
        'name="picture"; filename="a\x1b[31m\u202e.png"', f'name="picture"; filename="{"a" * 5000}"', 'name="report"; filename="a"', 'name=""',
        'filename="a.png"', 'name="report"', 'name="where"', 'name="metadata"', 'name="top_k"', 'name="claims"', 'name="claim"', 'name="passage"', 'name="text"',
        'name="answer"; filename="a"', "name", f'name="{"n" * 5000}"', "name*=utf-8''picture; filename*=utf-8''%2e%2e%2fa.png", 'name="pictures"', 'name="exact"',
    ]  # fmt: skip
    values = {
        "png": scene_bytes, "empty": b"", "noise": os.urandom(300), "nan": b"NaN", "deep": b"[" * 5000, "path": b"/etc/passwd", "id": b"0" * 64,
        "url": b"http://127.0.0.1:1/a.png", "text": b"\xff\xfe\xed\xa0\x80",
    }  # fmt: skip
    paths = list(forms(running.known, scene_bytes))  # type: ignore[attr-defined]
    for number, head in enumerate(heads):
        for place, (name, value) in enumerate(values.items()):
            path = paths[(number + place) % len(paths)]
            body = answer + part(head, value) + (b"--x--\r\n" if (number + place) % 5 else b"")
            attacks.run(
                f"{path} {head[:40]!r} {name}",
                lambda path=path, body=body: told(
                    running.ask("POST", path, body, Content_Type="multipart/form-data; boundary=x")
                ),
            )
    many = b"".join(part('name="passage"', b"a") for _ in range(2000)) + b"--x--\r\n"
    attacks.run(
        "2,000 fields",
        lambda: told(running.ask("POST", "/v1/verify", many, Content_Type="multipart/form-data; boundary=x")),
    )


def test_ids_and_paths(attacks: Attacks, outside: Path, running: Served) -> None:
    (outside.parent / "a.png").write_bytes(b"secret")
    os.link(outside.parent / "a.png", outside / "a.png")
    path_sent = str(outside / "a.png")
    names = [
        "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//....//etc/passwd", "..\\..\\a", "%00", "%0d%0aSet-Cookie:%20a=b", "0" * 64, "A" * 64,
        "0" * 63, "0" * 10_000, "%ff%fe", "%c0%ae%c0%ae/", "\u00e9", str(outside / "a.png"), f"file://{outside}/a.png", "~", "*", "?id=1", "#", "%25252e",
        "http://127.0.0.1:1/a.png", "0" * 64 + "/..", "0" * 64 + "%0a", "\u0660" * 64, "[]", "{content}", "null",
    ]  # fmt: skip
    for name in names:
        quoted = name.encode("ascii", "backslashreplace").decode()
        attacks.run(
            f"GET {quoted[:40]}", lambda quoted=quoted: told(running.ask("GET", f"/v1/pictures/{quoted}"), path_sent)
        )
        for path in ("/v1/verify", "/v1/fits", "/v1/search"):
            body = {**({"answer": ANSWER} if path == "/v1/verify" else {"text": "a cup"}), "pictures": [{"id": name}]}
            attacks.run(
                f"{path} {quoted[:40]}", lambda path=path, body=body: told(running.ask("POST", path, body), path_sent)
            )


# -- raw HTTP -----------------------------------------------------------------------------------------------------------


def _piece(caller: socket.socket) -> bytes:
    try:
        return caller.recv(1 << 16)
    except TimeoutError:
        caller.shutdown(socket.SHUT_WR)
        caller.settimeout(10.0)
        return caller.recv(1 << 16)


def _raw(running: Served, data: bytes) -> Reply | None:
    """Send bytes on a connection of its own and return the answer, None if the server hung up.

    The connection is half-closed only in cases where the server waits for more.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", running.port), timeout=1.0) as caller:
        try:
            caller.sendall(data)
            while piece := _piece(caller):
                received += piece
                head, _, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                if length and len(body) >= int(length[1]):
                    break
        except ConnectionError:
            return None
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert "set-cookie" not in headers and "x-evil" not in headers, headers
    return Reply(int(first.split()[1]), headers, body)


def test_raw_requests(attacks: Attacks, running: Served) -> None:
    good = json.dumps({"answer": ANSWER, "passages": ["A cup."]}).encode()
    head = b"Host: localhost\r\nContent-Type: application/json\r\n"
    size = f"Content-Length: {len(good)}\r\n".encode()
    post = b"POST /v1/verify HTTP/1.1\r\n"
    requests = {
        "good": post + head + size + b"\r\n" + good, "no host": post + head[17:] + size + b"\r\n" + good, "two hosts": post + b"Host: evil\r\n" + head + size + b"\r\n" + good,
        "host with port": post + head.replace(b"localhost", b"localhost:99999999") + size + b"\r\n" + good, "host of dots": post + head.replace(b"localhost", b"..") + size + b"\r\n" + good,
        "host of bytes": post + head.replace(b"localhost", b"\xff\xfe") + size + b"\r\n" + good, "rebound": post + head.replace(b"localhost", b"evil.example") + size + b"\r\n" + good,
        "two lengths": post + head + size + b"Content-Length: 3\r\n\r\n" + good, "negative": post + head + b"Content-Length: -1\r\n\r\n" + good, "length of words": post + head + b"Content-Length: ten\r\n\r\n" + good,
        "arabic length": post + head + "Content-Length: ١٠\r\n\r\n".encode() + good, "both": post + head + size + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "long length": post + head + b"Content-Length: 99\r\n\r\n" + good,
        "smuggled": post + head + size + b"\r\n" + good + b"GET /v1/pictures/../../etc/passwd HTTP/1.1\r\nHost: evil\r\n\r\n", "bad chunk": post + head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "negative chunk": post + head + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "huge chunk": post + head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "gzip": post + head + b"Content-Encoding: gzip\r\n" + size + b"\r\n" + good,
        "id": post + head + b"X-Request-Id: a\x00b\r\n" + size + b"\r\n" + good, "injected id": post + head + b"X-Request-Id: a%0d%0aX-Evil: 1\r\n" + size + b"\r\n" + good, "folded": post + head + b"X-Request-Id: a\r\n X-Evil: 1\r\n" + size + b"\r\n" + good,
        "key of bytes": post + head + b"Authorization: Bearer \xff\xfe\r\n" + size + b"\r\n" + good, "key of words": post + head + b"Authorization: a b c d\r\n" + size + b"\r\n" + good, "accept": b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nAccept: " + b"a/b;" * 9000 + b"\r\n\r\n",
        "large head": b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "many heads": b"GET /v1 HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5000 + b"\r\n", "long path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "no version": b"GET /v1\r\n\r\n", "version 9": b"GET /v1 HTTP/9.9\r\nHost: localhost\r\n\r\n", "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "noise": os.urandom(2000), "newlines": b"\r\n" * 5000,
        "absolute": b"GET http://evil.example/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "connect": b"CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "trace": b"TRACE /v1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "upgrade": b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: YQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "bytes": b"GET /v1/pictures/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", "nul": b"GET /v1/pictures/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", "origin": post + head + b"Origin: \xff\r\n" + size + b"\r\n" + good, "cut": post + head[:20],
        "stream of noise": post.replace(b"verify ", b"verify/stream ") + head.replace(b"json", b"x-ndjson") + b"Transfer-Encoding: chunked\r\n\r\n5\r\n\xff\xfe\xfd\n{\r\n0\r\n\r\n",
        "stream without end": post.replace(b"verify ", b"verify/stream ") + head.replace(b"json", b"x-ndjson") + b"Content-Length: 100\r\n\r\n" + b'{"passages": ["A cup."]}\n{"text": "A c',
    }  # fmt: skip
    assert len(requests) >= 40

    def asked(name: str, data: bytes) -> None:
        reply = _raw(running, data)
        if reply is None:
            raise ServerError("the server hung up", got=name)
        if reply.status == 400 and reply.headers.get("content-type", "").startswith("text/plain"):
            raise ServerError("no HTTP", got=name)  # of the server below the app, which no request has reached
        told(reply)

    assert _raw(running, requests["good"]).status == 200
    for name, data in requests.items():
        attacks.run(name, lambda name=name, data=data: asked(name, data), 20)
        assert running.ask("GET", "/health").status == 200


def test_slow_and_broken_callers(attacks: Attacks, running: Served) -> None:
    """Each opens twenty connections that stay, send nothing more, or leave; others are answered meanwhile."""
    starts = {
        "nothing": b"", "half a head": b"POST /v1/verify HTTP/1.1\r\nHost:", "no body": b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n",
        "half a stream": b'POST /v1/verify/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n{"passages": ["A cup."]}\n\r\n',
    }  # fmt: skip
    for name, start in starts.items():
        held = [socket.create_connection(("127.0.0.1", running.port), timeout=20) for _ in range(20)]
        for caller in held:
            caller.sendall(start)
        for path, form in forms(running.known, b"").items():  # type: ignore[attr-defined]
            if path not in ("/v1/pictures", "/v1/explain", "/v1/maps"):
                attacks.run(f"{name} {path}", lambda path=path, form=form: told(running.ask("POST", path, form)))
        for number, caller in enumerate(held):
            if number % 2:
                caller.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )  # a reset in place of an end
            caller.close()
        attacks.run(f"{name} after", lambda: told(running.ask("GET", "/v1")))


def test_many_at_once(attacks: Attacks, running: Served, scene_bytes: bytes) -> None:
    """Good and bad requests of sixteen callers: good ones get the same report as alone."""
    every = forms(running.known, scene_bytes)  # type: ignore[attr-defined]
    alone = json.loads(told(running.ask("POST", "/v1/verify", every["/v1/verify"])).body)["claims"]
    bad = [
        b"{",
        b"[" * 5000,
        b"\xff" * 1000,
        json.dumps({"answer": 4}).encode(),
        json.dumps({"answer": "A", "pictures": [{"data": "AAAA"}]}).encode(),
    ]

    def ask(place: int) -> Callable[[], Any]:
        def good() -> None:
            assert json.loads(told(running.ask("POST", "/v1/verify", every["/v1/verify"])).body)["claims"] == alone

        path = list(every)[place % len(every)]
        return (
            good
            if place % 3 == 0
            else lambda: told(running.ask("POST", path, bad[place % len(bad)], Content_Type="application/json"))
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda place: attacks.run(f"caller {place}", ask(place)), range(160)))
    assert attacks.came["read"] >= 50, attacks.came


# -- the client -----------------------------------------------------------------------------------------------------------


def _uses(verifier: Verifier, picture: bytes) -> dict[str, Callable[[], Any]]:
    return {
        "verify": lambda: verifier.verify(ANSWER, [picture]), "batch": lambda: verifier.verify_batch([Answer.of(ANSWER, [picture])] * 3),
        "fits": lambda: verifier.fits("a cup", [Picture.of(picture)]), "search": lambda: verifier.index.search("a cup"),
        "stream": lambda: list(verifier.verify_stream([ANSWER], [picture])), "about": lambda: verifier.map_methods,
    }  # fmt: skip


def _keep_asking(attacks: Attacks, name: str, verifier: Verifier, picture: bytes) -> None:
    for place in range(30):
        attacks.run(f"{name} {place}", lambda: verifier.verify(ANSWER, [picture]))


def test_a_server_that_is_killed_under_its_client_and_started_again(
    attacks: Attacks, scene_bytes: bytes, free_port: int
) -> None:
    for turn in range(2):
        with command("--models", "tiny", "--port", free_port, "--no-key") as (process, one):
            verifier = Verifier.remote(one.url, timeout=60)
            before = verifier.verify(ANSWER, [scene_bytes]).to_dict()["claims"]
            asked = threading.Thread(target=_keep_asking, args=(attacks, f"killed {turn}", verifier, scene_bytes))
            asked.start()
            process.kill()
            asked.join(120)
            assert not asked.is_alive()
        for name, use in _uses(verifier, scene_bytes).items():
            attacks.run(f"{name} while it is down", use)
    assert attacks.came["refused"] >= 12, attacks.came
    with command("--models", "tiny", "--port", free_port, "--no-key"):
        assert verifier.verify(ANSWER, [scene_bytes]).to_dict()["claims"] == before


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a server that is no good answers."""
    raw = {
        "empty": b"", "noise": os.urandom(2000), "html": b"<html>", "list": b"[]", "number": b"1", "deep": b"[" * 100_000, "nan": b'{"trust": NaN}', "half": b'{"claims": [',
        "report": b'{"schema": 2, "answer": 5, "claims": {}, "pictures": 3}', "surrogate": rb'{"schema": 2, "answer": "\ud800"}', "digits": b'{"schema": ' + b"9" * 5000 + b"}",
        "fits": b'{"fits": [[1, "a"], {"score": "x"}]}', "hits": b'{"hits": [{"id": "../../etc/passwd", "score": NaN}]}', "event": b'event: report\ndata: {"report": 5}\n\n', "long event": b"data: " + b"x" * 200_000,
    }  # fmt: skip
    for name, data in raw.items():
        yield name, {"raw": data}
    for code in (100, 204, 206, 301, 307, 400, 401, 403, 404, 408, 413, 418, 421, 429, 500, 502, 503, 504, 599, 999):
        problem = {"title": "a\x1b[31m\nb", "error": "SystemExit", "detail": "no", "got": ["/etc"], "do": None}
        yield f"status {code}", {"status": code, "body": problem}
    yield "hang", {"hang": True}
    for how in ("blanks", "line", "body"):
        yield f"endless {how}", {"endless": how}


def test_a_server_that_is_none(attacks: Attacks, scene_bytes: bytes) -> None:
    """Whatever answers in its place, the client raises one typed error within its time limit."""

    def ask(server: FaultServer, use: str, step: dict[str, Any]) -> None:
        server.will(step)
        try:
            _uses(Verifier.remote(server.url, timeout=1.0), scene_bytes)[use]()
        except ClipVerifyError as error:
            said = str(error)
            if "\x1b" in said or "/etc/passwd" in said:
                raise AssertionError(said) from error
            raise

    for name, step in _steps():
        with serving() as server:
            for use in (
                _uses(Verifier.remote(server.url), scene_bytes)
                if not name.startswith(("hang", "endless"))
                else ("verify", "stream")
            ):
                attacks.run(f"{use} {name}", lambda server=server, use=use, step=step: ask(server, use, step), 20)
            server.released.set()
