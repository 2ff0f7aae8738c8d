"""Attaching a report to any LlamaIndex response: at once, or while it streams, and what to do in doubt.

The report lies in ``response.metadata["clipverify"]`` as plain JSON and is read back by `get_report`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from llama_index.core.base.response.schema import AsyncStreamingResponse, StreamingResponse
from llama_index.core.instrumentation.events import BaseEvent
from llama_index_instrumentation import get_dispatcher

from llamaindex_clipverify.answer import SENTENCE_END
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.llama_index.response import attach, nodes_of, pictures_of
from llamaindex_clipverify.node_pictures import passages_in
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report, number
from llamaindex_clipverify.report.revision import revise
from llamaindex_clipverify.verification.verifier import Verifier

dispatcher = get_dispatcher(__name__)

OnDoubt = Literal["annotate", "abstain", "revise"]
Folders = Sequence[str | Path] | Callable[[], Sequence[str | Path]]
SENTENCE = re.compile(rf"{SENTENCE_END}|\n")
ABSTAINED = "I cannot answer this from the pictures with confidence."


class ClipVerifySentenceEvent(BaseEvent):
    """A sentence of a streaming answer was verified."""

    sentence: str
    report: dict[str, Any]
    """See `Report.to_dict`."""

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name of the event."""
        return "ClipVerifySentenceEvent"


class ClipVerifyEndEvent(BaseEvent):
    """An answer was verified."""

    report: dict[str, Any]
    """See `Report.to_dict`."""

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name of the event."""
        return "ClipVerifyEndEvent"


@dataclass(frozen=True)
class Sources:
    """What an answer may rest on."""

    pictures: tuple[Picture, ...] = ()
    passages: tuple[str, ...] = ()
    refused: str | None = None
    """Why the pictures may not be opened, if so."""


@dataclass(frozen=True)
class Verification:
    """How responses are verified."""

    verifier: Verifier
    on_doubt: OnDoubt | None = None
    """None leaves the text alone; ``annotate`` appends the doubts; ``abstain`` and ``revise`` hold the text back until it is
    verified, and then replace a doubtful answer, or leave out of it what the pictures contradict."""
    folders: Folders = ()
    """Paths in nodes are opened only inside these; or a function that returns them."""
    allow_urls: bool = False

    @property
    def held_back(self) -> bool:
        """Whether a stream says nothing before it is verified."""
        return self.on_doubt in ("abstain", "revise")

    def of(self, response: Any, question: str | None) -> Any:
        """Verify a response, or a stream while it runs, and return it with the report in its metadata."""
        if isinstance(response, AsyncStreamingResponse):
            response.response_gen = self.awatched(response, response.response_gen, question)
        elif isinstance(response, StreamingResponse):
            response.response_gen = self.watched(response, response.response_gen, question)
        else:
            self._settle(response, question)
        return response

    def doubts(self, response: Any, question: str | None) -> list[str]:
        """Return what the pictures contradict in a response that is not a stream."""
        report = self._seen(response, question)
        return [] if report is None else [one.claim.text for one in report.doubtful()]

    def better(self, first: Any, second: Any, question: str | None) -> Any:
        """Return the response with the smaller share of contradicted claims; the first when they are alike."""
        shares = [_contradicted(self._seen(response, question)) for response in (first, second)]
        return second if shares[1] is not None and (shares[0] is None or shares[1] < shares[0]) else first

    def _seen(self, response: Any, question: str | None) -> Report | None:
        if isinstance(response, (StreamingResponse, AsyncStreamingResponse)):
            return None
        return self._verified(str(response), self.sources(response.source_nodes), question)

    async def aof(self, response: Any, question: str | None) -> Any:
        """Verify in a worker thread; a stream is watched while it runs."""
        if isinstance(response, (StreamingResponse, AsyncStreamingResponse)):
            return self.of(response, question)
        await asyncio.to_thread(self._settle, response, question)
        return response

    # -- a whole answer -----------------------------------------------------------------------------------------------

    @dispatcher.span
    def report(self, text: str, sources: Sources, question: str | None) -> Report:
        """Return the report on a text; whatever keeps it from being verified is told in the report's notes."""
        if not text.strip():
            return Report(text, (), question, notes=("the answer is empty",))
        if not sources.pictures and not sources.passages:
            return self.verifier.unverified(text, question, "no picture was retrieved")
        try:
            return self.verifier.verify(text, sources.pictures, question, sources.passages)
        except ClipVerifyError as error:
            return self.verifier.unverified(text, question, f"not verified: {error}")

    def sources(self, nodes: Any) -> Sources:
        """Return what an answer may rest on; where pictures may not be opened, nothing, and why."""
        roots = self.folders() if callable(self.folders) else self.folders
        try:
            return Sources(tuple(pictures_of(nodes, roots, self.allow_urls)), tuple(passages_in(nodes)))
        except ClipVerifyError as error:
            return Sources(refused=f"not verified: {error}")

    def _verified(self, text: str, sources: Sources, question: str | None) -> Report:
        """Return the report on a text and its sources."""
        report = self.report(text, sources, question)
        return replace(report, notes=(sources.refused,)) if sources.refused else report

    def _settle(self, response: Any, question: str | None) -> None:
        text = str(response)
        report = self._verified(text, self.sources(nodes_of(response)), question)
        self._attach(response, report)
        if self.on_doubt is not None and isinstance(getattr(response, "response", None), str):
            response.response = self._decided(text, report)

    def _attach(self, response: Any, report: Report) -> None:
        attach(response, report)
        dispatcher.event(ClipVerifyEndEvent(report=report.to_dict()))

    def _decided(self, text: str, report: Report) -> str:
        if self.on_doubt == "annotate":
            return text + annotation(report)
        if self.on_doubt == "revise":
            return revise(report, self.verifier.splitter_of(report.language)).text if report.doubtful() else text
        return ABSTAINED + annotation(report) if report.doubtful() else text

    # -- a stream -----------------------------------------------------------------------------------------------------

    def watched(self, response: Any, pieces: Iterable[str], question: str | None) -> Generator[str, None, None]:
        """Yield the pieces of a stream; each sentence is verified when it is complete, and the whole at the end."""
        watch = _Watch(self, response, question)
        for piece in pieces:
            watch.hear(piece)
            if not self.held_back:
                yield piece
        yield from watch.end()

    async def awatched(
        self, response: Any, pieces: AsyncIterable[str], question: str | None
    ) -> AsyncGenerator[str, None]:
        """Yield the pieces of a stream, as `watched`; the event loop goes on while sentences are verified."""
        watch = _Watch(self, response, question)
        async for piece in pieces:
            await asyncio.to_thread(watch.hear, piece)
            if not self.held_back:
                yield piece
        for piece in await asyncio.to_thread(watch.end):
            yield piece


class _Watch:
    """A stream under way: verifies each sentence when it is complete, and the whole at the end."""

    def __init__(self, how: Verification, response: Any, question: str | None) -> None:
        self.how, self.response, self.question = how, response, question
        self.text, self.verified = "", 0
        self.found = how.sources(nodes_of(response))

    def hear(self, piece: str) -> None:
        """Take a piece of the answer."""
        self.text += piece
        for match in SENTENCE.finditer(self.text, self.verified):
            sentence = self.text[self.verified : match.end()].strip()
            self.verified = match.end()
            if sentence and self.found.pictures:
                report = self.how.report(sentence, self.found, self.question)
                dispatcher.event(ClipVerifySentenceEvent(sentence=sentence, report=report.to_dict()))

    def end(self) -> list[str]:
        """Attach the report and return what is still to be said."""
        report = self.how._verified(self.text, self.found, self.question)
        self.how._attach(self.response, report)
        if self.how.on_doubt is None:
            return []
        said = self.how._decided(self.text, report)
        rest = said if self.how.held_back else said[len(self.text) :]
        return [rest] if rest else []


def _contradicted(report: Report | None) -> float | None:
    """Return the share of contradicted claims among those checked; None when none was."""
    checked = [one for one in report.claims if one.trust is not None] if report is not None else []
    return sum(one.verdict == "contradicted" for one in checked) / len(checked) if checked else None


def annotation(report: Report) -> str:
    """Return the doubts as a paragraph to append, or nothing."""
    doubts = [f"“{one.claim.text}” ({number(one.trust)})" for one in report.doubtful()]
    return f"\n\nNot supported by the pictures: {'; '.join(doubts)}." if doubts else ""
