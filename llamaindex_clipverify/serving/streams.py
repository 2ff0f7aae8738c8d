"""A growing answer over HTTP: lines of JSON come in, server-sent events go out, at the same time.

The first line has the pictures, each further one a piece of the answer. As soon as a sentence is complete its report is sent, and
at the end the report on the whole answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.boundary.requests import Receive
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.remote.problems import problem_of
from llamaindex_clipverify.remote.wire import event_bytes
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.sharing import shareable
from llamaindex_clipverify.serving.forms import PicturesForm, VerifyForm, read
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.verification.streaming import StreamingVerifier, sentence_ends

COMMENT = b": \n\n"


class StreamHead(PicturesForm):
    """The first line of a stream: what is known before the answer."""

    question: str | None = Field(None, description="The question.")
    passages: list[str] = Field(default_factory=list, description="As for verifying.")
    so_far: bool = Field(False, description="Whether each event has the report on the answer so far, too.")


class Piece(BaseModel):
    """A further line of a stream: a piece of the answer."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(description="The next characters of the answer.")
    last: bool = Field(False, description="Whether it is the last piece; the end of the body says so as well.")


class Lines:
    """The lines of a body, as they come."""

    def __init__(self, receive: Receive) -> None:
        """Read from a request; its door limits size and time."""
        self._receive = receive
        self._rest = b""
        self._ended = False

    async def next(self) -> bytes | None:
        """Return the next line that is not blank; None at the end of the body."""
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if found or self._ended:
                self._rest = rest
                if line.strip():
                    return line
                if self._ended and not rest:
                    return None
                continue
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the caller has left")
            self._rest += message.get("body", b"")
            self._ended = not message.get("more_body", False)


def parsed(line: bytes) -> Any:
    """Return what a line of JSON holds.

    Raises:
        DataError: It is no JSON.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError("a line of the stream is no JSON", got=line[:80], do="send one object in each line") from error


async def pieces_of(lines: Lines) -> AsyncIterator[str]:
    """Yield the pieces of an answer in lines.

    Raises:
        DataError: A line is none.
    """
    while (line := await lines.next()) is not None:
        piece = read(Piece, parsed(line))
        yield piece.text
        if piece.last:
            return


async def sentences_of(form: VerifyForm) -> AsyncIterator[str]:
    """Yield the sentences of an answer that is complete already."""
    start = 0
    for end in sentence_ends(form.answer, 0):
        yield form.answer[start : end.end + 1]  # with the space that ends it
        start = end.end + 1
    yield form.answer[start:]


class Stream:
    """One growing answer."""

    def __init__(self, service: Service, verifier: StreamingVerifier, head: StreamHead, pool: Executor) -> None:
        """Verify in the threads of a pool."""
        self.service, self.verifier, self.head, self.pool = service, verifier, head, pool
        self.report: Report | None = None

    async def events(self, pieces: AsyncIterator[str], request_id: str) -> AsyncIterator[bytes]:
        """Yield events as bytes: ``sentence`` for each complete one, ``report`` at the end, or ``problem``."""
        yield COMMENT
        try:
            async for piece in pieces:
                for sent in await self._in_thread(self._added, piece):
                    yield sent
            yield await self._in_thread(self._finished)
        except ClipVerifyError as error:
            yield event_bytes("problem", problem_of(error, request_id))

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    def _added(self, piece: str) -> list[bytes]:
        texts.checked(self.verifier.text + piece, "the answer", self.service.limits.answer)
        found = []
        for sentence in self.verifier.add(piece):
            data = {"text": sentence.text, "report": self._dict(sentence.report)}
            if self.head.so_far and self.verifier.report is not None:
                data["so_far"] = self._dict(self.verifier.report)
            found.append(event_bytes("sentence", data))
        return found

    def _finished(self) -> bytes:
        self.report = shareable(self.verifier.finish())
        return event_bytes("report", {"report": self.report.to_dict(exact=self.head.exact)})

    def _dict(self, report: Report) -> dict[str, Any]:
        return shareable(report).to_dict(exact=self.head.exact)
