"""Attaches a report to any LlamaIndex response, whole or streaming, and changes a doubtful answer if asked to.

The report is stored in ``response.metadata["clipverify"]`` as plain JSON; `get_report` reads it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from llama_index.core.base.response.schema import AsyncStreamingResponse, StreamingResponse
from llama_index.core.instrumentation.events import BaseEvent
from llama_index_instrumentation import get_dispatcher

from llamaindex_clipverify.answer import sources_of
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.llama_index.response import attach, nodes_of
from llamaindex_clipverify.node_pictures import NO_ACCESS, Access
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.report.revision import revise
from llamaindex_clipverify.verification.streaming import VerifiedSentence, on_sources
from llamaindex_clipverify.verification.verifier import Verifier

dispatcher = get_dispatcher(__name__)

OnDoubt = Literal["annotate", "abstain", "revise"]
ABSTAINED = "I cannot answer this from the pictures with confidence."
NOTHING_CHECKED = "Nothing of the answer could be verified on the pictures."


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
class Verification:
    """How responses are verified."""

    verifier: Verifier
    on_doubt: OnDoubt | None = None
    """None leaves the text unchanged; ``annotate`` appends the doubtful claims; ``abstain`` replaces a doubtful answer and
    ``revise`` removes what the pictures contradict: both hold a stream back until it is verified."""
    access: Access = NO_ACCESS
    """Which paths and URLs in nodes may be opened."""
    min_coverage: float = 0.0
    """Share 0–1 of an answer's claims, in words, below which it is doubtful as a whole; see `Report.coverage`."""
    fail_open: bool = False
    """Whether ``abstain`` and ``revise`` let an answer through that could not be verified at all."""

    def __post_init__(self) -> None:
        """Check the options."""
        Requirement(min_coverage=self.min_coverage)
        if self.on_doubt is not None and self.on_doubt not in get_args(OnDoubt):
            do = f"give None or one of {', '.join(get_args(OnDoubt))}"
            raise DataError("no such way to treat a doubtful answer", got=repr(self.on_doubt), do=do)

    @property
    def holds_back(self) -> bool:
        """Whether a stream yields nothing before it is verified."""
        return self.on_doubt in ("abstain", "revise")

    # -- a whole answer -----------------------------------------------------------------------------------------------

    def of(self, response: Any, question: str | None, report: Report | None = None) -> Any:
        """Return a response with the report in its metadata; a stream is verified while it runs.

        Args:
            response: Of an engine, a chat engine or an agent.
            question: Kept in the report.
            report: The report on this response, if it is known already.
        """
        if isinstance(response, AsyncStreamingResponse):
            response.response_gen = self.awatched(response, response.response_gen, question)
        elif isinstance(response, StreamingResponse):
            response.response_gen = self.watched(response, response.response_gen, question)
        else:
            self._settle(response, report or self.report(response, question))
        return response

    async def aof(self, response: Any, question: str | None, report: Report | None = None) -> Any:
        """Verify as `of`, in a worker thread."""
        if isinstance(response, (StreamingResponse, AsyncStreamingResponse)):
            return self.of(response, question)
        return await asyncio.to_thread(self.of, response, question, report)

    @dispatcher.span
    def report(self, response: Any, question: str | None) -> Report:
        """Return the report on a whole response; the notes say what kept it from being verified."""
        return on_sources(self.verifier, str(response), sources_of(nodes_of(response), self.access), question)

    def _settle(self, response: Any, report: Report) -> None:
        self._attach(response, report)
        if self.on_doubt is not None and isinstance(getattr(response, "response", None), str):
            response.response = self._shown(str(response), report)

    def _attach(self, response: Any, report: Report) -> None:
        attach(response, report)
        dispatcher.event(ClipVerifyEndEvent(report=report.to_dict()))

    def _shown(self, text: str, report: Report) -> str:
        """Return the text to show instead of an answer."""
        doubtful, little = bool(report.doubtful()), self._little(report)
        if self.holds_back and report.trust is None and not self.fail_open and text.strip():
            return (ABSTAINED if self.on_doubt == "abstain" else NOTHING_CHECKED) + little
        if self.on_doubt == "revise":
            shown = revise(report, self.verifier.splitter_of(report.language)).text if doubtful else text
            return shown + little
        shown = ABSTAINED if self.on_doubt == "abstain" and (doubtful or little) else text
        return shown + annotation(report) + little

    def _little(self, report: Report) -> str:
        """Return that too little of an answer was checked, as a paragraph to append; "" if enough was."""
        if report.coverage >= self.min_coverage:
            return ""
        return f"\n\nOnly {report.coverage:.0%} of this answer could be checked on the pictures."

    # -- a stream -----------------------------------------------------------------------------------------------------

    def watched(self, response: Any, pieces: Iterable[str], question: str | None) -> Generator[str, None, None]:
        """Yield the pieces of a stream; each sentence is verified when it is complete, and the whole answer at the end."""
        stream = _Stream(self, response, question)
        for piece in pieces:
            stream.add(piece)
            if not self.holds_back:
                yield piece
        yield from stream.finish()

    async def awatched(
        self, response: Any, pieces: AsyncIterable[str], question: str | None
    ) -> AsyncGenerator[str, None]:
        """Yield as `watched`; sentences are verified in a worker thread."""
        stream = await asyncio.to_thread(_Stream, self, response, question)
        async for piece in pieces:
            await asyncio.to_thread(stream.add, piece)
            if not self.holds_back:
                yield piece
        for piece in await asyncio.to_thread(stream.finish):
            yield piece


class _Stream:
    """A streaming response under verification."""

    def __init__(self, how: Verification, response: Any, question: str | None) -> None:
        self.how, self.response = how, response
        self.verifier = how.verifier.stream(sources_of(nodes_of(response), how.access), question)

    def add(self, piece: str) -> None:
        """Take a piece of the answer; verified sentences are reported as events."""
        for sentence in self.verifier.add(piece):
            dispatcher.event(_sentence_event(sentence))

    def finish(self) -> list[str]:
        """Attach the report and return the text that is still to be shown."""
        text = self.verifier.text
        report = self.verifier.finish()
        self.how._attach(self.response, report)
        if self.how.on_doubt is None:
            return []
        shown = self.how._shown(text, report)
        rest = shown if self.how.holds_back else shown[len(text) :]
        return [rest] if rest else []


def _sentence_event(sentence: VerifiedSentence) -> ClipVerifySentenceEvent:
    return ClipVerifySentenceEvent(sentence=sentence.text, report=sentence.report.to_dict())


def share_contradicted(report: Report) -> float | None:
    """Return the share of contradicted claims among those checked; None when none was."""
    checked = [claim for claim in report.claims if claim.trust is not None]
    return sum(claim.verdict == "contradicted" for claim in checked) / len(checked) if checked else None


def annotation(report: Report) -> str:
    """Return the doubtful claims as a paragraph to append; "" if there are none."""
    doubts = [f"“{claim.claim.text}” ({number(claim.trust)})" for claim in report.doubtful()]
    return f"\n\nNot supported by the pictures: {'; '.join(doubts)}." if doubts else ""
