"""MHaluBench: claims out of answers and captions of vision models (Chen et al., ACL 2024, arXiv 2402.03190)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.evaluation.evaluation import Row

_LABELS = {"non-hallucination": 1, "hallucination": 0}


def rows(path: Path, images: Path) -> Iterator[Row]:
    """Yield a row for each claim of each answer's ``claim_list``; only the names of the pictures are kept of their paths."""
    for one in json.loads(files.text(path)):
        name = Path(one["image_path"]).name
        for claim in one["claim_list"]:
            yield Row(
                images=(name,),
                claim=claim["claim"],
                label=_LABELS[claim["label"]],
                kind=one.get("type", "claim"),
                group=name,
                folder=images,
            )
