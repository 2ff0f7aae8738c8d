"""Answers in the chat: of models about pictures, piece by piece, or pasted. Each sentence is verified when it is complete."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.response.schema import StreamingResponse
from llama_index.core.schema import NodeWithScore

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.llama_index.retriever import PictureNode
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.ui.problems import problem
from llamaindex_clipverify.ui.session import Reply, Session, Turn
from llamaindex_clipverify.verification.verifier import Verifier

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Answering:
    """Models that answer and a verifier that checks the answers."""

    verifier: Verifier
    llms: Mapping[str, Any] = field(default_factory=dict)
    """LlamaIndex LLMs that see pictures, by the names shown. None: only pasted answers are verified. Several answer in turn."""
    index: EvidenceIndex | None = None
    """Index to retrieve pictures from when a visitor chose none."""
    top_k: int = 4
    """Number of pictures to retrieve."""

    def ask(self, session: Session, question: str, pasted: str = "") -> Iterator[Turn]:
        """Yield the turn whenever more of it is known; problems are shown in it and end nothing else.

        Args:
            session: Of the visitor.
            question: Asked of every model.
            pasted: An answer of another model, to be compared with those.

        Raises:
            DataError: See `Session.begin`; or there is no model.
        """
        if not self.llms:
            raise DataError("no model answers here", do="paste an answer")
        replies = [Reply(by="", text=pasted.strip())] if pasted.strip() else []
        turn = session.begin(question, *replies, *(Reply(by=name) for name in self.llms))
        yield from self._complete(turn)

    def check(self, session: Session, answer: str, question: str = "") -> Iterator[Turn]:
        """Yield the turn of an answer that the visitor pasted, before and after it is verified. No model is asked.

        Raises:
            DataError: See `Session.begin`; or the answer is empty.
        """
        if not answer.strip():
            raise DataError("the answer is empty", do="paste one")
        yield from self._complete(session.begin(question, Reply(by="", text=answer.strip())))

    def _complete(self, turn: Turn) -> Iterator[Turn]:
        yield turn
        try:
            for reply in turn.replies:
                yield from self._reply(turn, reply)
                yield turn
            turn.look_at_worst()
        finally:
            for reply in turn.replies:
                reply.done = True
        yield turn

    def _reply(self, turn: Turn, reply: Reply) -> Iterator[Turn]:
        try:
            nodes = self._nodes(turn)
            if reply.by:
                yield from self._written(turn, reply, nodes)
            else:
                stream = self.verifier.stream([Source(picture=picture) for picture in turn.pictures], turn.question)
                stream.add(reply.text)
                reply.report = stream.finish()
        except Exception as error:
            if not isinstance(error, ClipVerifyError):
                _logger.warning("the model failed", exc_info=True)
            reply.error = problem(error)
        reply.done = True

    def _written(self, turn: Turn, reply: Reply, nodes: list[NodeWithScore]) -> Iterator[Turn]:
        folders = self.index.folders if self.index else ()
        synthesizer = LlavaSynthesizer(self.llms[reply.by], streaming=True, folders=folders)
        response = synthesizer.synthesize(turn.question, nodes)
        pieces = response.response_gen if isinstance(response, StreamingResponse) else iter([str(response)])
        stream = self.verifier.stream([Source(picture=picture) for picture in turn.pictures], turn.question)
        for piece in pieces:
            reply.text += piece
            if stream.add(piece):
                reply.report = stream.report
            yield turn
        if reply.text.strip():
            reply.report = stream.finish()

    def _nodes(self, turn: Turn) -> list[NodeWithScore]:
        if turn.pictures:
            return [NodeWithScore(node=PictureNode.of(picture)) for picture in turn.pictures]
        if self.index is None:
            raise DataError("no picture is chosen", do="add one, or choose one")
        nodes = self.index.as_retriever(self.top_k).retrieve(turn.question or turn.replies[0].text)
        turn.pictures = tuple(picture for node in nodes if (picture := getattr(node.node, "picture", None)) is not None)
        return nodes
