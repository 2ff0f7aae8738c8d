"""Entailment models through transformers: does a passage entail a statement?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from llamaindex_clipverify.errors import ModelError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.identity import identity
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.pretrained import from_pretrained

_AT_ONCE = 16


class TransformersGrounder(Portable):
    """A `Grounder` on any sequence classifier with an entailment class, or with one output for consistency."""

    def __init__(self, name: str, device: str | None = None) -> None:
        """Store a hub id or folder; weights are read on first use."""
        self.name = name
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._lock = RLock()

    @cached_property
    def id(self) -> str:
        """See `identity`."""
        return identity(self.name)

    @cached_property
    def model(self) -> Any:
        """The transformers model."""
        return self._read(AutoModelForSequenceClassification).eval().to(self.device)

    @cached_property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        return self._read(AutoTokenizer)

    def support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return the entailment probability of each pair of statement and passage; long passages are cut at the end."""
        with self._lock, torch.inference_mode():
            parts = [self._support(pairs[start : start + _AT_ONCE]) for start in range(0, len(pairs), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        statements, passages = zip(*pairs, strict=True)
        most = min(
            int(self.tokenizer.model_max_length), int(getattr(self.model.config, "max_position_embeddings", 512))
        )
        tokens = self.tokenizer(
            list(passages),
            list(statements),
            padding=True,
            truncation="only_first",
            max_length=most,
            return_tensors="pt",
        )
        logits = self.model(**tokens.to(self.device)).logits.float()
        odds = logits.sigmoid()[:, 0] if logits.shape[1] == 1 else logits.softmax(dim=-1)[:, self._entailment]
        found: Array = odds.cpu().numpy().astype(np.float32)
        return found

    @cached_property
    def _entailment(self) -> int:
        """Return the entailment class: the one whose name begins with *entail*."""
        names = {int(place): str(name).lower() for place, name in self.model.config.id2label.items()}
        found = [place for place, name in names.items() if name.startswith("entail")]
        if len(found) != 1:
            do = "take one trained for natural language inference, or with a single output"
            raise ModelError("the model has no class of entailment", got=sorted(names.values()), do=do)
        return found[0]

    def _read(self, kind: Any) -> Any:
        return from_pretrained(kind, self.name, what="the grounder cannot be read", do="give a hub id or a folder")
