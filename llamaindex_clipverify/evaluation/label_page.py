"""A page on a loopback address that shows a picture and a claim, and takes y or n: for `clipverify label --browser`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Lock

from llamaindex_clipverify.evaluation.labelling import Candidate, Ledger

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>clipverify label</title><style>
body{font:18px system-ui,sans-serif;margin:1rem auto;max-width:42rem;padding:0 1rem;color-scheme:light dark}
img{max-width:100%;max-height:60vh;display:block;margin:auto}p{font-size:1.4rem;text-align:center}
form{display:flex;gap:.5rem;justify-content:center}button{font:inherit;padding:.6rem 1.4rem}</style>
<body>BODY<script>addEventListener("keydown",e=>{const b=document.querySelector(`button[value="${e.key.toLowerCase()}"]`);
if(b&&!e.ctrlKey&&!e.metaKey&&!e.altKey){e.preventDefault();b.click()}})</script></body></html>"""


class _Asking:
    """State of the page: the claims to label and the current position."""

    def __init__(self, asked: Sequence[Candidate], ledger: Ledger) -> None:
        self.asked, self.ledger = asked, ledger
        self.place, self.stopped = 0, not asked
        self.lock = Lock()

    def answer(self, place: int, key: str) -> None:
        """Take a key for the claim at a place; one that was answered already is left alone."""
        with self.lock:
            if self.stopped or place != self.place:
                return
            if key == "q":
                self.stopped = True
                return
            if key in ("y", "n"):
                self.ledger.add(self.asked[place], key == "y")
            self.place += 1
            self.stopped = self.place == len(self.asked)

    def body(self) -> str:
        """Return the page's content."""
        if self.stopped:
            return f"<p>{len(self.ledger)} claims labelled. You can close this page.</p>"
        buttons = "".join(
            f'<button name="key" value="{key}">{word}</button>'
            for key, word in (("y", "Yes (y)"), ("n", "No (n)"), ("s", "Skip (s)"), ("q", "Stop (q)"))
        )
        return (
            f'<img src="/picture/{self.place}" alt="the picture"><p>{escape(self.asked[self.place].text)}</p>'
            f'<form method="post" action="/"><input type="hidden" name="place" value="{self.place}">{buttons}</form>'
            f"<p><small>{self.place + 1} of {len(self.asked)}</small></p>"
        )


def serve(asked: Sequence[Candidate], ledger: Ledger, port: int, ready: Callable[[str], None]) -> None:
    """Ask for labels in a browser until all claims are labelled or q is pressed.

    Args:
        asked: The claims to label; only their pictures are served.
        ledger: Stores the labels.
        port: Port of the page. 0: any free port.
        ready: Callback, called with the address.
    """
    asking = _Asking(asked, ledger)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(asking))
    server.timeout = 0.2
    ready(f"http://127.0.0.1:{server.server_port}/")
    with server:
        while not asking.stopped:
            server.handle_request()
        server.handle_request()  # the page that says so


def _handler(asking: _Asking) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Serves the page, its picture, and takes the keys; refuses what another site sends."""

        def do_GET(self) -> None:
            """Send the page or one of the pictures."""
            if self.path == "/":
                self._send(_PAGE.replace("BODY", asking.body()).encode(), "text/html; charset=utf-8")
            elif (
                self.path.startswith("/picture/") and self.path[9:].isdigit() and int(self.path[9:]) < len(asking.asked)
            ):
                self._send(_jpeg(asking.asked[int(self.path[9:])]), "image/jpeg")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            """Take a key."""
            own = f"http://{self.headers.get('Host')}"
            if self.headers.get("Origin", own) != own or not str(self.headers.get("Host")).startswith("127.0.0.1:"):
                self.send_error(403)
                return
            from urllib.parse import parse_qs

            sent = parse_qs(
                self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1000)).decode("ascii", "replace")
            )
            place = sent.get("place", [""])[0]
            if place.isdigit():
                asking.answer(int(place), sent.get("key", [""])[0])
            self.send_response(303)
            self.send_header("Location", "/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _jpeg(one: Candidate) -> bytes:
    picture = one.picture.image.copy()
    one.picture.forget()
    picture.thumbnail((1200, 1200))
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=88)
    return stream.getvalue()
