"""Answers in the chat: pictures chosen or retrieved, the answer piece by piece, each sentence verified when it is complete."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.response.schema import StreamingResponse
from llama_index.core.schema import NodeWithScore

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.llama_index.retriever import PictureNode
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.report.sharing import without_paths
from llamaindex_clipverify.ui.session import Session, Turn
from llamaindex_clipverify.verification.verifier import Verifier

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Answering:
    """A model that answers and a verifier that checks the answers."""

    verifier: Verifier
    llm: Any
    """A LlamaIndex LLM that sees pictures."""
    index: EvidenceIndex | None = None
    """Index to retrieve pictures from when a visitor chose none."""
    top_k: int = 4
    """Number of pictures to retrieve."""

    def ask(self, session: Session, question: str) -> Iterator[Turn]:
        """Yield the turn whenever more of it is known; problems are shown in the turn and end nothing else.

        Raises:
            DataError: See `Session.begin`.
        """
        turn = session.begin(question)
        yield turn
        try:
            yield from self._answer(turn)
        except ClipVerifyError as error:
            turn.error = without_paths(str(error))
        except Exception as error:
            _logger.warning("the model failed", exc_info=True)
            turn.error = without_paths(f"the model failed: {type(error).__name__}: {error}")[:400]
        turn.done = True
        yield turn

    def _answer(self, turn: Turn) -> Iterator[Turn]:
        nodes = self._nodes(turn)
        synthesizer = LlavaSynthesizer(self.llm, streaming=True, folders=self.index.folders if self.index else ())
        response = synthesizer.synthesize(turn.question, nodes)
        pieces = response.response_gen if isinstance(response, StreamingResponse) else iter([str(response)])
        stream = self.verifier.stream([Source(picture=picture) for picture in turn.pictures], turn.question)
        for piece in pieces:
            turn.answer += piece
            if stream.add(piece):
                turn.report = stream.report
            yield turn
        if turn.answer.strip():
            turn.report = stream.finish()

    def _nodes(self, turn: Turn) -> list[NodeWithScore]:
        if turn.pictures:
            return [NodeWithScore(node=PictureNode.of(picture)) for picture in turn.pictures]
        if self.index is None:
            raise DataError("no picture is chosen", do="upload one, or choose one")
        nodes = self.index.as_retriever(self.top_k).retrieve(turn.question)
        turn.pictures = tuple(picture for node in nodes if (picture := getattr(node.node, "picture", None)) is not None)
        return nodes
