"""Answering in the chat: pictures chosen or retrieved, the answer piece by piece, each sentence verified when it is complete."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.response.schema import StreamingResponse
from llama_index.core.schema import ImageNode, NodeWithScore

from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.llama_index.verification import SENTENCE
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.ui.session import Session, Turn
from llamaindex_clipverify.verification.verifier import Verifier


@dataclass
class Answering:
    """Who answers and who verifies."""

    verifier: Verifier
    llm: Any
    """A LlamaIndex LLM that sees pictures."""
    index: EvidenceIndex | None = None
    """Where pictures are retrieved from when a visitor chose none."""
    top_k: int = 4

    def ask(self, session: Session, question: str) -> Iterator[Turn]:
        """Yield the turn whenever more of it is known; what goes wrong is told in it, and loses nothing.

        Raises:
            DataError: See `Session.begin`.
        """
        turn = session.begin(question)
        yield turn
        try:
            yield from self._answer(turn)
            turn.report = self._verified(turn, turn.answer)
        except ClipVerifyError as error:
            turn.error = str(error)
        except Exception as error:  # noqa: BLE001 - a model may fail in any way, and the conversation goes on
            turn.error = f"the model failed: {type(error).__name__}: {error}"[:400]
        turn.done = True
        yield turn

    def _answer(self, turn: Turn) -> Iterator[Turn]:
        nodes = self._nodes(turn)
        synthesizer = LlavaSynthesizer(self.llm, streaming=True, folders=self.index.folders if self.index else ())
        response = synthesizer.synthesize(turn.question, nodes)
        pieces = response.response_gen if isinstance(response, StreamingResponse) else iter([str(response)])
        verified = 0
        for piece in pieces:
            turn.answer += piece
            ends = [match.end() for match in SENTENCE.finditer(turn.answer) if match.end() > verified]
            if ends:
                verified = ends[-1]
                turn.report = self._verified(turn, turn.answer[:verified])
            yield turn

    def _nodes(self, turn: Turn) -> list[NodeWithScore]:
        if turn.pictures:
            return [NodeWithScore(node=_node(picture)) for picture in turn.pictures]
        if self.index is None:
            raise DataError("no picture is chosen", do="upload one, or choose one")
        nodes = self.index.as_retriever(self.top_k).retrieve(turn.question)
        turn.pictures = tuple(picture for one in nodes if (picture := getattr(one.node, "picture", None)) is not None)
        return nodes

    def _verified(self, turn: Turn, text: str) -> Report | None:
        if not text.strip():
            return None
        if not turn.pictures:
            return self.verifier.unverified(text, turn.question, "no picture was found")
        return self.verifier.verify(text, turn.pictures, turn.question)


def _node(picture: Picture) -> ImageNode:
    data, _ = picture.encoded()
    return ImageNode(image=base64.b64encode(data).decode("ascii"))
