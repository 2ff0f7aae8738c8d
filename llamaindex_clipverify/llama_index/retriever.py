"""A LlamaIndex retriever over an `EvidenceIndex`: pictures by text or picture, then passages from another retriever."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle

from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Hit
from llamaindex_clipverify.picture import Picture


class PictureNode(ImageNode):
    """An image node that keeps its `Picture`: nothing is encoded, decoded or opened on the way to model and verifier."""

    _picture: Picture | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, picture: Picture) -> PictureNode:
        """Make a node of a picture."""
        node = cls()
        node._picture = picture
        return node

    @property
    def picture(self) -> Picture | None:
        """The picture; None in a copy that was serialised."""
        return self._picture


class IndexedImageNode(PictureNode):
    """A retrieved picture that keeps its record: verifying it opens no file."""

    _hit: Hit | None = PrivateAttr(default=None)

    @property
    def hit(self) -> Hit | None:
        """The record, with the region that matched; None in a copy that was serialised."""
        return self._hit


class ClipVerifyRetriever(BaseRetriever):
    """Pictures first, best first, then passages in their own order.

    A picture's score is the cosine of query and picture, -1 to 1, comparable within one encoder only; passages keep the
    scores of their retriever. The query bundle is never changed.
    """

    def __init__(
        self,
        index: EvidenceIndex,
        similarity_top_k: int = 4,
        *,
        passages: BaseRetriever | None = None,
        where: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Retrieve from an index.

        Args:
            index: The index to search.
            similarity_top_k: Maximum number of pictures.
            passages: A text retriever; its nodes follow the pictures.
            where: Chroma metadata filter on the pictures.
            **options: Passed to ``BaseRetriever``.
        """
        super().__init__(**options)
        self.index, self.similarity_top_k = index, similarity_top_k
        self.passages, self.where = passages, where

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        texts = self.passages.retrieve(query_bundle.query_str) if self.passages is not None else []
        return [*self._pictures(query_bundle), *texts]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = asyncio.to_thread(self._pictures, query_bundle)
        if self.passages is None:
            return await found
        pictures, texts = await asyncio.gather(found, self.passages.aretrieve(query_bundle.query_str))
        return [*pictures, *texts]

    def _pictures(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self.index.search(
            query_bundle.query_str or None, query_bundle.image_path, self.similarity_top_k, self.where
        )
        return [_node(hit) for hit in hits]


def _node(hit: Hit) -> NodeWithScore:
    node = IndexedImageNode(id_=hit.id, text=hit.caption, image_path=hit.uri, extra_info=dict(hit.metadata))
    node._hit, node._picture = hit, hit.picture
    return NodeWithScore(node=node, score=hit.score)
