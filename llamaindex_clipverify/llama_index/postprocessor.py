"""A node postprocessor: how well each retrieved picture fits the question, and a first look at it for the verifier."""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.sightings import sightings
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.registry import loadable
from llamaindex_clipverify.node_pictures import picture_in
from llamaindex_clipverify.verification.verifier import Verifier

KEY = "clipverify"
"""Of a node's metadata: what was seen in its picture."""


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
    annotate: bool = Field(
        default=False,
        description="Whether a picture's node carries what was seen in it, under `clipverify` in its metadata, where no language "
        "model and no embedding sees it.",
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
        scored = []
        for place, one in zip(shown, facts, strict=True):
            seen = one.of("similarity")
            if seen is not None:
                cosine = float(seen["vector"] @ question)
                node = _annotated(nodes[place].node, one, cosine) if self.annotate else nodes[place].node
                scored.append(NodeWithScore(node=node, score=cosine))
        kept = [one for one in scored if self.similarity_cutoff is None or (one.score or 0.0) >= self.similarity_cutoff]
        ranked = sorted(kept, key=lambda one: -(one.score or 0.0))[: self.top_n]
        return [*ranked, *(node for place, node in enumerate(nodes) if pictures[place] is None)]


def _annotated(node: BaseNode, facts: Facts, cosine: float) -> BaseNode:
    """Return a copy of a node with what was seen in its picture: the cosine with the question, and the detector's things."""
    seen = {"cosine": round(cosine, 4), "objects": sorted({one.label for one in sightings(facts)})}
    return node.model_copy(
        update={
            "metadata": {**node.metadata, KEY: seen},
            "excluded_llm_metadata_keys": [*node.excluded_llm_metadata_keys, KEY],
            "excluded_embed_metadata_keys": [*node.excluded_embed_metadata_keys, KEY],
        }
    )
