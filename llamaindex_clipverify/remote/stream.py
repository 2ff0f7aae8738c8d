"""A growing answer, verified by a server: pieces are sent as they come, and the verdicts of complete sentences are read."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ClipVerifyError, ResponseError, VerificationError
from llamaindex_clipverify.remote.pictures import Sending
from llamaindex_clipverify.remote.problems import error_in, error_of
from llamaindex_clipverify.remote.wire import Event, events_in
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.streaming import (
    StreamingVerifier,
    VerifiedSentence,
    sentence_ends,
    unverified,
    why_not_verifiable,
)

if TYPE_CHECKING:
    from llamaindex_clipverify.remote.verifier import RemoteVerifier

_MOST_EVENT = 64 * 2**20
"""Maximum size of an event in bytes."""
_BROKEN = "verify the whole answer again"


class RemoteStream(StreamingVerifier):
    """A `StreamingVerifier` whose claims are judged by a server. Pictures are sent once, with the first complete sentence."""

    def __init__(self, verifier: RemoteVerifier, sources: Sequence[Source], question: str | None = None) -> None:
        """Verify against some sources; see `StreamingVerifier`."""
        super().__init__(verifier, sources, question)
        self._remote = verifier
        self._open: http.client.HTTPConnection | None = None
        self._events: Iterator[Event] = iter(())
        self._sending = Sending(())
        self._unsent = ""
        self._problem: ClipVerifyError | None = None

    def add(self, piece: str) -> list[VerifiedSentence]:
        """Take the next piece of the answer and return the sentences that are now complete."""
        self.text += piece
        self._unsent += piece
        ends = sentence_ends(self.text, self._verified)
        if not ends:
            return []
        self._verified = ends[-1].end
        try:
            self._send(self._unsent)
            expected = sum(end.says_something for end in ends) if self._sending.sent else 0
            found = [self._next("sentence") for _ in range(expected)]
        except ClipVerifyError as error:
            self._fail(error)
            return []
        sentences = [self._sentence_of(data) for data in found]
        if found:
            self.report = self._sending.report(found[-1]["so_far"])
        return sentences

    def finish(self) -> Report:
        """Return the report on the whole answer."""
        self.report = self._finished()
        return self.report

    def _finished(self) -> Report:
        answer = Answer(text=self.text, sources=self.sources, question=self.question, is_partial=True)
        if self._problem is None and (why := why_not_verifiable(answer)):
            return unverified(self.verifier, self.text, self.question, why)
        try:
            if self._problem is not None:
                raise self._problem
            with telling(VerificationError, "the answer cannot be verified"):
                if self._open is None:  # no sentence was complete before the end
                    return self.verifier.verify(answer)
                self._send(self._unsent, last=True)
                return self._with_gaps(self._sending.report(self._next("report")["report"]))
        except ClipVerifyError as error:
            return unverified(self.verifier, self.text, self.question, f"not verified: {error}")
        finally:
            self._close()

    # -- sending ------------------------------------------------------------------------------------------------------

    def _send(self, text: str, *, last: bool = False) -> None:
        if self._problem is not None:
            raise self._problem
        texts.checked(self.text, "the answer")
        if self._open is None:
            self._begin()
        self._unsent = ""
        self._write({"text": text, **({"last": True} if last else {})})

    def _begin(self) -> None:
        """Open a connection and send what is known before the answer."""
        given = [source.picture for source in self.sources if source.picture is not None]
        self._sending = Sending.of(given, self._remote.url)
        passages = [source.text for source in self.sources if source.is_passage]
        if self._sending.problems and not (self._sending.sent or passages):
            raise self._sending.problems[0]
        pictures: list[dict[str, Any]] = []
        for sent in self._sending.sent:
            known = {"id": sent.content} if sent.data is None else _inline(sent.data, sent.picture.name)
            pictures.append(known)
        self._open = self._remote.connection.open("/v1/verify/stream", "application/x-ndjson")
        head = {"question": self.question, "passages": passages, "pictures": pictures, "exact": True, "so_far": True}
        self._write(head)
        self._events = self._read()

    def _write(self, line: Mapping[str, Any]) -> None:
        assert self._open is not None
        data = json.dumps(line).encode() + b"\n"
        try:
            with self._remote.connection.telling():
                self._open.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        except ClipVerifyError:
            self._next("report")  # a refusal says more than a broken connection
            raise

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> Iterator[Event]:
        assert self._open is not None
        answer = self._open.getresponse()
        if answer.status != 200:
            raise error_of(answer.status, answer.read(1 << 20))
        yield from events_in(_lines(answer), _MOST_EVENT)

    def _next(self, name: str) -> Mapping[str, Any]:
        """Return the data of the next event, which must have that name."""
        with self._remote.connection.telling():
            try:
                event = next(self._events, None)
            except ValueError as error:
                raise ResponseError("an event of the server cannot be read", got=error, do=_BROKEN) from error
        if event is None:
            raise ResponseError("the server's stream ended early", do=_BROKEN)
        if event.name == "problem" and isinstance(event.data, Mapping):
            raise error_in(event.data)
        if event.name != name or not isinstance(event.data, Mapping):
            raise ResponseError(
                "an event that was not expected", got=event.name, do="use the same version here and there"
            )
        return event.data

    def _sentence_of(self, data: Mapping[str, Any]) -> VerifiedSentence:
        return VerifiedSentence(str(data.get("text", "")), self._with_gaps(self._sending.report(data.get("report"))))

    def _with_gaps(self, report: Report) -> Report:
        from llamaindex_clipverify.remote.verifier import with_gaps

        gaps = [source.problem for source in self.sources if source.problem is not None]
        return with_gaps(report, [str(gap) for gap in (*gaps, *self._sending.problems)])

    def _fail(self, error: ClipVerifyError) -> None:
        self._problem = error
        self.report = unverified(self.verifier, self.text, self.question, f"not verified: {error}")
        self._close()

    def _close(self) -> None:
        if self._open is not None:
            with suppress(OSError):
                self._open.close()


def _inline(data: bytes, name: str) -> dict[str, Any]:
    return {"data": base64.b64encode(data).decode("ascii"), "name": name}


def _lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while line := answer.readline(_MOST_EVENT + 1):
        yield line
