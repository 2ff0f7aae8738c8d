"""A LlamaIndex ingestion step that indexes the pictures of nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, TransformComponent

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.evidence.vectors import picture_vector
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.node_pictures import ANY_PATH, carries_picture, picture_in


class ClipVerifyIngestion(TransformComponent):
    """Indexes the picture of every node; nodes without a picture are returned unchanged.

    Nodes with a picture get its vector as embedding, so that a vector store after this step needs no embedding model. Nodes
    with an unreadable picture get none; `skipped` lists them.
    """

    _index: EvidenceIndex = PrivateAttr()
    _skipped: list[tuple[str, str]] = PrivateAttr(default_factory=list)

    def __init__(self, index: EvidenceIndex, **options: Any) -> None:
        """Index into `index`."""
        super().__init__(**options)
        self._index = index

    @classmethod
    def class_name(cls) -> str:
        """Return the stable name for serialisation."""
        return "ClipVerifyIngestion"

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """Names of the pictures that could not be read, and why."""
        return list(self._skipped)

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Index the pictures among nodes and return all nodes."""
        pictured = []
        for node in (one for one in nodes if carries_picture(one)):
            try:
                _ = picture_in(node, ANY_PATH)
                pictured.append(node)
            except PictureError as error:
                self._skipped.append((node.node_id, str(error)))
        added = self._index.add(pictured)
        self._skipped += added.skipped
        facts = self._index.facts(list(dict.fromkeys(added.ids)))
        for node, content in zip(pictured, added.places, strict=True):
            if content is not None:
                vector = picture_vector(facts[content])
                node.embedding = None if vector is None else vector.tolist()
        return nodes

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Index in a worker thread."""
        return await asyncio.to_thread(self, nodes, **kwargs)
