"""The addresses of the service, in FastAPI; the only file that imports it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

from llamaindex_clipverify import __version__
from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.boundary.requests import App
from llamaindex_clipverify.errors import ClipVerifyError, DataError, MissingExtraError, ServerError
from llamaindex_clipverify.remote.problems import Refused
from llamaindex_clipverify.remote.wire import map_to_dict
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.serving import forms
from llamaindex_clipverify.serving.batches import Batches
from llamaindex_clipverify.serving.bodies import form_of, kind_of, wanted_of
from llamaindex_clipverify.serving.door import EXCHANGE, STREAM, Door, problem_answer
from llamaindex_clipverify.serving.drawn import explained, png_of
from llamaindex_clipverify.serving.given import GivenPicture
from llamaindex_clipverify.serving.keys import Keys
from llamaindex_clipverify.serving.logs import Log
from llamaindex_clipverify.serving.metrics import CONTENT_TYPE, Metrics
from llamaindex_clipverify.serving.openapi import body_of, describe, problems
from llamaindex_clipverify.serving.reading import Reader
from llamaindex_clipverify.serving.responses import EventStream, dumped, of_bytes, of_hits, of_json
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.serving.streams import Lines, Stream, StreamHead, parsed, pieces_of, sentences_of
from llamaindex_clipverify.verification.reading import Reading

try:
    import python_multipart  # noqa: F401 - Starlette reads multipart forms with it
    from fastapi import FastAPI, Query, Request, Response
    from fastapi.exceptions import HTTPException, RequestValidationError
    from starlette.exceptions import HTTPException as StarletteHTTPException
except ImportError as missing:
    raise MissingExtraError("fastapi", "serve") from missing

_THREADS = 8
"""Threads for everything but verifying: heat maps, searches, streams."""


def make_app(
    service: Service,
    *,
    keys: Keys,
    names: tuple[str, ...] = (),
    log: Log | None = None,
    failed: Callable[[ClipVerifyError], None] | None = None,
) -> App:
    """Return the service as an ASGI app.

    Args:
        service: What is served.
        keys: Who may ask.
        names: Names by which the server may be reached, besides its addresses and ``localhost``.
        log: Default: to stderr.
        failed: Called when the models cannot be loaded.
    """
    metrics, log = Metrics(), log or Log()
    made = _Addresses(service, metrics, log, failed)
    return Door(made.app, keys=keys, names=names, limits=service.limits, log=log, metrics=metrics)


class _Addresses:
    """The app with its queue and its threads."""

    def __init__(
        self, service: Service, metrics: Metrics, log: Log, failed: Callable[[ClipVerifyError], None] | None
    ) -> None:
        self.service, self.metrics, self.log, self.failed = service, metrics, log, failed
        limits = service.limits
        self.pool = ThreadPoolExecutor(_THREADS, "clipverify-work")
        self.reader: Reader | None = None
        self.batches = Batches(
            service.verify_batch,
            most=limits.batch,
            gather=limits.gather,
            waiting=limits.concurrent,
            observe=metrics.batches.observe,
            read=self._read if service.reads_by_itself else None,
        )
        metrics.count_waiting(lambda: len(self.batches))
        self.app = FastAPI(
            title="clipverify",
            version=__version__,
            description="Which words of an answer the pictures do not support, how sure that is, and why.",
            docs_url=None,
            redoc_url=None,
            lifespan=self._lifespan,
        )
        self.app.add_exception_handler(ClipVerifyError, self._problem)
        self.app.add_exception_handler(StarletteHTTPException, self._problem)
        self.app.add_exception_handler(RequestValidationError, self._problem)
        self._about_itself()
        self._verifying()
        self._explaining()
        self._pictures()
        describe(self.app)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        self.reader = Reader() if self.service.reads_by_itself else None
        warming = asyncio.create_task(self._warm_up())
        yield
        warming.cancel()
        if self.reader is not None:
            self.reader.close()
        await self.batches.close()
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.log.write("stopped")

    async def _warm_up(self) -> None:
        try:
            await self._in_thread(self.service.warm_up)
        except ClipVerifyError as error:
            self.log.write("failed", error=str(error))
            if self.failed is not None:
                self.failed(error)
            return
        self.log.write("ready")

    async def _read(self, answers: Sequence[Answer]) -> Sequence[Reading | None]:
        return [None] * len(answers) if self.reader is None else await self.reader.read(answers)

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    async def _problem(self, request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException | StarletteHTTPException):
            do = "see /openapi.json for the addresses and their forms"
            error = Refused(error.status_code, str(error.detail).lower(), got=request.url.path, do=do)
        if isinstance(error, RequestValidationError):
            error = _invalid(error)
        assert isinstance(error, ClipVerifyError)
        status, headers, body = problem_answer(error, request.scope[EXCHANGE].id)
        return Response(body, status, headers)

    # -- about itself -------------------------------------------------------------------------------------------------

    def _about_itself(self) -> None:
        app, service = self.app, self.service

        @app.get("/health", summary="Whether the process answers", tags=["state"])
        async def health() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/ready", summary="Whether the models are loaded", tags=["state"], responses=problems(503))
        async def ready() -> dict[str, str]:
            if not service.ready:
                raise ServerError("the models are not loaded yet", do="ask again in a second")
            return {"status": "ready"}

        @app.get("/metrics", summary="Metrics in the format of Prometheus", tags=["state"])
        async def metrics() -> Response:
            return Response(self.metrics.text(), media_type=CONTENT_TYPE)

        @app.get("/v1", summary="Models, thresholds, methods and limits of the service", tags=["state"])
        async def about() -> Response:
            return of_json(asdict(await self._in_thread(service.about)))

    # -- verifying ----------------------------------------------------------------------------------------------------

    def _verifying(self) -> None:
        app, service = self.app, self.service

        @app.post(
            "/v1/verify",
            summary="The report on an answer",
            tags=["verify"],
            responses={200: {"model": forms.ReportOut}, **problems(401, 413, 415, 422, 429, 503, 504)},
            openapi_extra=body_of(forms.VerifyForm),
        )
        async def verify(request: Request) -> Response:
            with self.batches.arriving():
                form = await form_of(request, self.service.limits, forms.VerifyForm)
                answer = await self._answer(form)
            said = request.scope[EXCHANGE].said
            return of_bytes(await self.batches.verify(answer, lambda report: self._written(report, form.exact, said)))

        @app.post(
            STREAM,
            summary="Verdicts of a growing answer, sentence by sentence",
            description="Server-sent events: `sentence` with its text and report as soon as one is complete, `report` at "
            "the end, "
            "`problem` if it fails. Send a form with the whole answer, or lines of JSON while it is written: the first line "
            'has pictures, passages and question, each further one a piece, `{"text": "…"}`.',
            tags=["verify"],
            responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 413, 415, 422, 429, 503, 504)},
            openapi_extra=body_of(forms.VerifyForm, lines=StreamHead),
        )
        async def stream(request: Request) -> Response:
            return await self._stream(request)

        @app.post(
            "/v1/fits",
            summary="How well pictures fit a text",
            tags=["verify"],
            responses=problems(401, 413, 415, 422, 429, 503, 504),
            openapi_extra=body_of(forms.FitsForm),
        )
        async def fits(request: Request) -> Response:
            form = await form_of(request, self.service.limits, forms.FitsForm)
            found = await self._in_thread(service.fits, form.text, form.given)
            return of_json({"fits": [None if one is None else asdict(one) for one in found]})

    async def _answer(self, form: forms.VerifyForm) -> Any:
        def made() -> Any:
            return self.service.answer(
                form.answer, form.given, question=form.question, passages=form.passages, partial=form.partial
            )

        return made() if self.service.knows(form.given) else await self._in_thread(made)

    def _written(self, report: Report, exact: bool, said: dict[str, Any]) -> bytes:
        """Return a report as JSON, and note it for log and metrics; called in a thread."""
        self.metrics.count_report(report)
        said |= {"verdict": report.verdict, "trust": report.trust, "claims": len(report.claims)}
        if self.log.answers:
            said["answer"] = report.answer
        return dumped(report.to_dict(exact=exact))

    async def _stream(self, request: Request) -> Response:
        exchange = request.scope[EXCHANGE]
        if kind_of(request) == "application/x-ndjson":
            lines = Lines(request.receive)
            head = forms.read(StreamHead, parsed(await lines.next() or b""))
            pieces = pieces_of(lines)
        else:
            form = await form_of(request, self.service.limits, forms.VerifyForm)
            self.service.check_length(form.answer)
            head = StreamHead(question=form.question, passages=form.passages, exact=form.exact, so_far=False)
            head.with_uploads(form.given)
            pieces = sentences_of(form)
        verifier = await self._in_thread(self.service.stream, head.given, head.passages, head.question)
        growing = Stream(self.service, verifier, head, self.pool)

        async def events() -> AsyncIterator[bytes]:
            async for event in growing.events(pieces, exchange.id):
                yield event
            if growing.report is not None:
                self._written(growing.report, False, exchange.said)

        return EventStream(events())

    # -- heat maps ----------------------------------------------------------------------------------------------------

    def _explaining(self) -> None:
        app, service = self.app, self.service

        @app.post(
            "/v1/explain",
            summary="Heat maps of the claims of an answer",
            description="By the Accept header: `application/json` the maps, `text/html` the report as a page, `image/png` "
            "the map of one claim.",
            tags=["explain"],
            responses={
                200: {"content": {"application/json": {}, "text/html": {}, "image/png": {}}},
                **problems(401, 413, 415, 422, 429, 501, 503, 504),
            },
            openapi_extra=body_of(forms.ExplainForm),
        )
        async def explain(request: Request) -> Response:
            form = await form_of(request, self.service.limits, forms.ExplainForm)
            wanted = wanted_of(request, "application/json", "text/html", "image/png")
            return of_bytes(await self._in_thread(explained, service, form, wanted), wanted)

        @app.post(
            "/v1/maps",
            summary="Heat maps of texts on one picture",
            description="By the Accept header: `application/json` all maps, `image/png` the first one.",
            tags=["explain"],
            responses={
                200: {"content": {"application/json": {}, "image/png": {}}},
                **problems(401, 413, 415, 422, 429, 501, 503, 504),
            },
            openapi_extra=body_of(forms.MapsForm),
        )
        async def maps(request: Request) -> Response:
            form = await form_of(request, self.service.limits, forms.MapsForm)
            wanted = wanted_of(request, "application/json", "image/png")
            picture, drawn = await self._in_thread(service.maps, form.texts, form.given, form.method)
            if wanted == "image/png":
                return of_bytes(await self._in_thread(png_of, picture, drawn[0]), wanted)
            return of_bytes(await self._in_thread(lambda: dumped({"maps": list(map(map_to_dict, drawn))})))

    # -- pictures -----------------------------------------------------------------------------------------------------

    def _pictures(self) -> None:
        app, service = self.app, self.service

        @app.post(
            "/v1/search",
            summary="The pictures of the index nearest to a text or a picture",
            tags=["index"],
            responses=problems(401, 404, 413, 415, 422, 429, 503, 504),
            openapi_extra=body_of(forms.SearchForm),
        )
        async def search(request: Request) -> Response:
            form = await form_of(request, self.service.limits, forms.SearchForm)
            hits = await self._in_thread(service.search, form.text, form.given, form.top_k, form.where)
            return of_hits(hits)

        @app.get(
            "/v1/pictures",
            summary="A part of the index, in its order",
            tags=["index"],
            responses=problems(401, 404, 422, 429, 503, 504),
        )
        async def listed(
            start: Annotated[int, Query(ge=0, le=10**9)] = 0, count: Annotated[int, Query(ge=1, le=100)] = 24
        ) -> Response:
            return of_hits(await self._in_thread(service.listed, start, count))

        @app.post(
            "/v1/pictures",
            summary="Add pictures to the index",
            tags=["index"],
            responses=problems(401, 403, 404, 413, 415, 422, 429, 503, 504),
            openapi_extra=body_of(forms.AddForm),
            status_code=201,
        )
        async def add(request: Request) -> Response:
            form = await form_of(request, self.service.limits, forms.AddForm)
            ids, new = await self._in_thread(service.add, form.given, form.captions, form.metadata)
            return of_bytes(dumped({"ids": ids, "new": new}), status=201)

        @app.get(
            "/v1/pictures/{content}",
            summary="A picture of the index by its id",
            tags=["index"],
            responses={200: {"content": {"image/*": {}}}, **problems(401, 404, 422, 429)},
        )
        async def picture(content: str) -> Response:
            data, suffix = await self._in_thread(lambda: service.file(GivenPicture.named(content)))
            return of_bytes(data, f"image/{suffix.lstrip('.').replace('jpg', 'jpeg')}")


def _invalid(error: RequestValidationError) -> DataError:
    """Return what is wrong with the first parameter of an address."""
    first = error.errors()[0]
    name = str(first["loc"][-1])
    return DataError(f"not a value of {name}", got=first["input"], do=f"see /openapi.json: {first['msg']}")
