"""A node postprocessor that ranks retrieved pictures by the question; the verifier keeps what it saw in them."""

from __future__ import annotations

from functools import partial
from typing import Any

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle

from llamaindex_clipverify.answer import Source
from llamaindex_clipverify.llama_index.access_fields import AccessFields
from llamaindex_clipverify.llama_index.response import KEY
from llamaindex_clipverify.models.registry import loadable
from llamaindex_clipverify.verification.ranking import RankedPicture, rank_by_question, require_encoder
from llamaindex_clipverify.verification.verifier import Verifier


class ClipVerifyPostprocessor(AccessFields, BaseNodePostprocessor):
    """Scores pictures by the cosine of question and picture, drops and re-ranks them; nodes without a picture follow.

    So do nodes whose picture cannot be opened or read: the report on the answer names them in its `gaps`.
    A postprocessor never sees the answer. The verifier keeps the facts of the pictures and need not observe them again. Nodes are
    not changed: those with a new score are copies. Serialises with the names of its models.
    """

    encoder: str = Field(default="", description="Name of the encoder, if no verifier is given.")
    detector: str = Field(default="", description="Name of the detector, if no verifier is given.")

    similarity_cutoff: float | None = Field(
        default=None, description="Pictures with a lower cosine (-1 to 1) are dropped."
    )
    annotate: bool = Field(
        default=False,
        description="Whether cosine and detected objects are added to the node's metadata, under `clipverify`, hidden from LLM "
        "and embedding.",
    )
    top_n: int | None = Field(default=None, description="Maximum number of pictures.")
    _verifier: Verifier = PrivateAttr()

    def __init__(self, verifier: Verifier | None = None, **options: Any) -> None:
        """Score with the encoder of a verifier, or with the one that `encoder` names.

        Raises:
            DataError: There is no encoder.
        """
        if verifier is None:
            verifier = Verifier.from_defaults(options.get("encoder") or None, options.get("detector") or None)
        require_encoder(verifier)
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
        sources = [Source.tried(partial(Source.of_node, scored, self.access)) for scored in nodes]
        if query_bundle is None or not any(source.picture is not None for source in sources):
            return nodes
        ranked = rank_by_question(self._verifier, query_bundle.query_str, sources, self.similarity_cutoff, self.top_n)
        kept = [NodeWithScore(node=self._node(nodes[one.index].node, one), score=one.cosine) for one in ranked.pictures]
        return [*kept, *(nodes[index] for index in ranked.others)]

    def _node(self, node: BaseNode, ranked: RankedPicture) -> BaseNode:
        return _annotated(node, ranked) if self.annotate else node


def _annotated(node: BaseNode, ranked: RankedPicture) -> BaseNode:
    """Return a copy of a node with the cosine and the detected objects of its picture in the metadata."""
    seen = {"cosine": round(ranked.cosine, 4), "objects": list(ranked.objects)}
    return node.model_copy(
        update={
            "metadata": {**node.metadata, KEY: seen},
            "excluded_llm_metadata_keys": [*node.excluded_llm_metadata_keys, KEY],
            "excluded_embed_metadata_keys": [*node.excluded_embed_metadata_keys, KEY],
        }
    )
