"""The chat as a web page, in Starlette. Pictures and conversations are kept in memory: nothing is written to the disk."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote

from llamaindex_clipverify.boundary.requests import App
from llamaindex_clipverify.errors import ClipVerifyError, DataError, MissingExtraError, PictureError
from llamaindex_clipverify.explainers import SHOWN
from llamaindex_clipverify.languages import NAMES, Language, language, preferred
from llamaindex_clipverify.ui.actions import Actions, Parts
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.browsing import Browsing
from llamaindex_clipverify.ui.gate import Gate
from llamaindex_clipverify.ui.markup import Looks, Markup, chat_script, chat_style
from llamaindex_clipverify.ui.problems import problem
from llamaindex_clipverify.ui.session import Limits, Session
from llamaindex_clipverify.ui.sessions import Sessions

try:
    from starlette.applications import Starlette
    from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
    from starlette.routing import Route
except ImportError as error:
    raise MissingExtraError("starlette", "ui") from error

_TAB = re.compile(r"[0-9a-f]{32}")
_MOST_JSON = 200_000
"""Bytes of a request that is no picture."""


class Page:
    """The page of the chat, and its addresses."""

    def __init__(
        self,
        answering: Answering,
        title: str,
        limits: Limits | None = None,
        samples: bool = False,
        language: str | None = None,
    ) -> None:
        """Make a page.

        Args:
            answering: Answers and verifies.
            title: Text below the heading: models and pictures in use.
            limits: Limits for each visitor.
            samples: Whether to offer drawn scenes, for the bundled models.
            language: ISO 639-1 code. Default: that which the browser prefers.
        """
        self.limits, self.language = limits or Limits(), language
        self.sessions = Sessions(self.limits)
        self.browsing = Browsing(answering.index) if answering.index is not None else None
        looks = Looks(
            title=title,
            models=tuple(answering.llms),
            methods=_methods(answering),
            has_index=answering.index is not None,
            samples=samples,
            limits=self.limits,
        )
        self.actions = Actions(answering, looks, self.browsing)
        self._arriving = 0
        routes = [
            Route("/", self._page),
            Route("/chat.css", partial(_static, chat_style, "text/css")),
            Route("/chat.js", partial(_static, chat_script, "text/javascript")),
            Route("/thumb/{content}", self._thumbnail),
            Route("/pictures", self._upload, methods=["POST"]),
            Route("/ask", self._ask, methods=["POST"]),
            Route("/export/{suffix}", self._export, methods=["POST"]),
            Route("/stay", self._stay, methods=["POST"]),
            Route("/leave/{tab}", self._leave, methods=["POST"]),
            Route("/do/{action}", self._do, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes, exception_handlers={ClipVerifyError: self._problem})

    # -- addresses ----------------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        chosen = language(self._code(request))
        return HTMLResponse(
            await run_in_threadpool(Markup(self.actions.looks, chosen).page, Session(limits=self.limits))
        )

    async def _thumbnail(self, request: Request) -> Response:
        try:
            data = (
                await run_in_threadpool(self.browsing.thumbnail, request.path_params["content"])
                if self.browsing
                else None
            )
        except PictureError:
            data = None
        return Response(data or b"", 200 if data else 404, media_type="image/jpeg")

    async def _upload(self, request: Request) -> Response:
        session, name = self._session(request), unquote(request.headers.get("x-name", ""))
        size = int(request.headers.get("content-length", "0") or 0)
        if self.sessions.size + self._arriving + size > self.limits.total:
            full = self._language(request)("the chat has no room for more pictures; remove some, or try again later")
            return JSONResponse({"problem": full}, 507)
        self._arriving += size
        try:
            data = await _body(request, self.limits.file + 1)
            return JSONResponse(
                await run_in_threadpool(self.actions.upload, session, name, data, self._language(request))
            )
        finally:
            self._arriving -= size

    async def _do(self, request: Request) -> Response:
        action = self.actions.named(request.path_params["action"])
        if action is None:
            return JSONResponse({"problem": "no such action"}, 404)
        given = _parsed(await _body(request, _MOST_JSON))
        parts = await run_in_threadpool(action, self._session(request), given, self._language(request))
        return JSONResponse(parts)

    async def _ask(self, request: Request) -> Response:
        given = _parsed(await _body(request, _MOST_JSON))
        growing = self.actions.ask(self._session(request), given, self._language(request))
        return StreamingResponse(_lines(growing), media_type="application/x-ndjson")

    async def _export(self, request: Request) -> Response:
        suffix = f".{request.path_params['suffix']}"
        if suffix not in (".html", ".json"):
            return JSONResponse({"problem": "no such form"}, 404)
        text = await run_in_threadpool(self.actions.export, self._session(request), suffix, self._language(request))
        return Response(text, media_type="application/octet-stream")

    async def _problem(self, request: Request, error: Exception) -> Response:
        return JSONResponse({"problem": self._language(request).say(problem(error))}, 400)

    async def _stay(self, request: Request) -> Response:
        self._session(request)
        return Response(status_code=204)

    async def _leave(self, request: Request) -> Response:
        self.sessions.leave(request.path_params["tab"])
        return Response(status_code=204)

    def _session(self, request: Request) -> Session:
        tab = request.headers.get("x-tab", "")
        if not _TAB.fullmatch(tab):
            raise DataError("the page is not known", do="reload it")
        session = self.sessions.of(tab)
        if session.method is None and not session.turns and self.actions.looks.methods:
            session.method = self.actions.looks.methods[0]
        return session

    def _code(self, request: Request) -> str:
        asked = request.query_params.get("lang") or request.headers.get("x-lang") or self.language or ""
        return asked if asked in NAMES else preferred(request.headers.get("accept-language", ""))

    def _language(self, request: Request) -> Language:
        return language(self._code(request))

    # -- serving ------------------------------------------------------------------------------------------------------

    def gated(self, hosts: Sequence[str] = ()) -> App:
        """Return the page as an ASGI app that answers to these names, to addresses and to ``localhost``."""
        return Gate(self.app, hosts)

    def launch(
        self,
        host: str = "127.0.0.1",
        port: int = 7860,
        *,
        wait: bool = True,
        allow_hosts: Sequence[str] = (),
        started: Callable[[str], None] | None = None,
    ) -> str:
        """Serve the page until it is interrupted, and return its address.

        Args:
            host: Address to bind. Default: this machine alone.
            port: 0 for any that is free.
            wait: Whether to return only when it is over; else `close` ends it.
            allow_hosts: Names by which visitors may reach it; addresses and ``localhost`` always work.
            started: Called with the address when it answers.

        Raises:
            DataError: The port is taken.
        """
        from llamaindex_clipverify.serving.server import Server, address_of, bound

        made = bound(host, port)
        address = address_of(made, host)
        self._server = Server(self.gated((host, *allow_hosts)), started=partial(started, address) if started else None)
        if wait:
            self._server.serve_on(made)
        else:
            self._thread = threading.Thread(target=self._server.serve_on, args=[made], daemon=True)
            self._thread.start()
        return address

    def close(self) -> None:
        """Stop serving; every picture and conversation is forgotten."""
        if hasattr(self, "_server"):
            self._server.should_exit = True
            self._thread.join(30)
        self.sessions = Sessions(self.limits)


def _methods(answering: Answering) -> tuple[str, ...]:
    try:
        allowed = answering.verifier.map_methods
    except ClipVerifyError:
        return ()
    return tuple(name for name in SHOWN if name in allowed)


async def _static(text: Any, kind: str, request: Request) -> Response:
    return Response(text(), media_type=kind)


async def _body(request: Request, most: int) -> bytes:
    """Return the body of a request, at most `most` bytes of it; the rest is not kept."""
    kept, size = [], 0
    async for part in request.stream():
        if size < most:
            kept.append(part[: most - size])
        size += len(part)
    return b"".join(kept)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise DataError("the request is not understood", do="reload the page")
    return given


async def _lines(parts: Iterator[Parts]) -> AsyncIterator[bytes]:
    async for one in iterate_in_threadpool(parts):
        yield json.dumps(one).encode() + b"\n"
