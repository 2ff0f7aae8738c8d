"""A server on 127.0.0.1 that answers chat completions as it is told to: well, late, wrongly, or in part."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

ANSWER = "A zebra stands here."
USAGE = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
RETRY = {"retry-after": "0.02"}
"""Makes retries quick."""


def status(code: int, message: str = "no", **headers: str) -> dict[str, Any]:
    """Return a step that fails with a status."""
    return {"status": code, "body": {"error": {"message": message}}, "headers": {**RETRY, **headers}}


def said(**message: Any) -> dict[str, Any]:
    """Return a step that answers with a message."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ANSWER, **message}}
    return {
        "body": {
            "id": "1",
            "created": 1,
            "model": "m",
            "object": "chat.completion",
            "choices": [choice],
            "usage": USAGE,
        }
    }


class FaultServer(ThreadingHTTPServer):
    """Takes one step for each request, the last one for ever; `requests` holds what arrived."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps: list[dict[str, Any]] = [said()]
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.released = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def will(self, *steps: dict[str, Any]) -> None:
        """Set the next steps."""
        self.steps = list(steps)

    def step(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Note a request and return what to do."""
        with self._lock:
            self.paths.append(path)
            self.requests.append(body)
            self.headers.append(headers)
            return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    def pictures(self) -> list[Image.Image]:
        """Return the pictures of the last request."""
        content = self.requests[-1]["messages"][-1]["content"]
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        assert all(url.startswith("data:image/png;base64,") for url in urls)
        return [Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))) for url in urls]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultServer

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.loads(sent) if self.headers.get("content-type") == "application/json" else {}
        step = self.server.step(self.path, body, dict(self.headers))
        if step.get("endless"):
            self._endless(step["endless"])
        elif step.get("hang"):
            self.server.released.wait(60)
            self.close_connection = True
        elif body.get("stream") and "status" not in step and "raw" not in step:
            self._stream(step)
        else:
            data = step["raw"] if "raw" in step else json.dumps(step["body"]).encode()
            self._send(step.get("status", 200), data, step.get("headers", {}))

    do_GET = do_POST  # noqa: N815

    def _send(self, code: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, step: dict[str, Any]) -> None:
        """Send the answer in pieces; `cut` ends the connection in the middle, in one way or the other."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        chunked = step.get("cut") == "broken"
        if chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in _chunks(step):
            data = f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n".encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if chunked else data)
            self.wfile.flush()
        if step.get("cut") == "hang":
            self.server.released.wait(60)
        self.close_connection = True

    def _endless(self, how: str) -> None:
        """Send something that never ends: blanks of a stream, pieces of it, one line, or a body."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if how != "body" else "application/json")
        self.send_header("connection", "close")
        self.end_headers()
        head = {"id": "1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
        piece = {**head, "choices": [{"index": 0, "delta": {"content": "word " * 50}, "finish_reason": None}]}
        data = {
            "blanks": b": still there\n\n" * 2000,
            "pieces": b"data: " + json.dumps(piece).encode() + b"\n\n",
            "line": b"x" * 65536,
            "body": b" " * 65536,
        }[how]
        self.close_connection = True
        while not self.server.released.is_set():
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _chunks(step: dict[str, Any]) -> Iterator[dict[str, Any] | str]:
    message = step["body"]["choices"][0]["message"] if step["body"].get("choices") else {}
    head = {"id": "1", "created": 1, "model": "m", "object": "chat.completion.chunk"}

    def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}]}

    yield {**head, "choices": []}
    yield chunk()
    if message.get("reasoning"):
        yield chunk(reasoning=message["reasoning"])
    words = (message.get("content") or "").split(" ")
    for place, word in enumerate(words):
        if step.get("cut") and place == len(words) // 2:
            return
        if step.get("garbled") and place == len(words) // 2:
            yield "{no json"
        yield chunk(content=word if place == 0 else f" {word}") if word else chunk()
    yield chunk(finish="stop")
    yield {**head, "choices": [], "usage": step["body"].get("usage")}
    yield "[DONE]"


@contextmanager
def serving() -> Iterator[FaultServer]:
    """Run a server for a while."""
    server = FaultServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
