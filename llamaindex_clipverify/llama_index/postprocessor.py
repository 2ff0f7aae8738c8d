"""A node postprocessor: how well each retrieved picture fits the question, and a first look at it for the verifier."""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.models.table import loadable
from llamaindex_clipverify.source import picture_in
from llamaindex_clipverify.verifier import Verifier


class ClipVerifyPostprocessor(BaseNodePostprocessor):
    """Scores pictures by the cosine of question and picture, drops and re-ranks; nodes without a picture keep their places.

    A postprocessor never sees the answer. What it saw in the pictures stays with the verifier, which need not look again.
    Nodes are never changed: those with a new score are new. Serialises with the names of its models.
    """

    encoder: str = Field(default="", description="Name of the encoder, to make a verifier of where none is given.")
    detector: str = Field(default="", description="Name of the detector, if any.")

    similarity_cutoff: float | None = Field(
        default=None, description="Pictures with a lower cosine (-1 to 1) are dropped."
    )
    top_n: int | None = Field(default=None, description="Most pictures to keep.")
    folders: list[str] = Field(default_factory=list, description="Paths in nodes are opened only inside these folders.")
    allow_urls: bool = Field(default=False, description="Whether URLs in nodes may be fetched.")
    _verifier: Verifier = PrivateAttr()

    def __init__(self, verifier: Verifier | None = None, **options: Any) -> None:
        """Score with the encoder of a verifier, or with the one that `encoder` names.

        Raises:
            DataError: There is no encoder.
        """
        if verifier is None:
            verifier = Verifier.from_defaults(options.get("encoder") or None, options.get("detector") or None)
        if verifier.encoder is None:
            raise DataError(
                "scoring needs an encoder", got="a verifier without one", do="give encoder= to the verifier"
            )
        names = {"encoder": loadable(verifier.encoder), "detector": loadable(verifier.detector)}
        super().__init__(**{**names, **options})
        self._verifier = verifier

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        pictures = [picture_in(scored.node, self.folders, self.allow_urls) for scored in nodes]
        shown = [place for place, picture in enumerate(pictures) if picture is not None]
        if query_bundle is None or not shown:
            return nodes
        encoder = self._verifier.encoder
        assert encoder is not None
        facts = self._verifier.facts([pictures[place] for place in shown])
        question = encoder.encode_texts([query_bundle.query_str])[0]
        scored = [
            NodeWithScore(node=nodes[place].node, score=float(seen["vector"] @ question))
            for place, one in zip(shown, facts, strict=True)
            if (seen := one.of("similarity")) is not None
        ]
        kept = [one for one in scored if self.similarity_cutoff is None or (one.score or 0.0) >= self.similarity_cutoff]
        ranked = sorted(kept, key=lambda one: -(one.score or 0.0))[: self.top_n]
        return [*ranked, *(node for place, node in enumerate(nodes) if pictures[place] is None)]
