"""HAT: 400 machine captions of COCO val2014 with hallucinated words marked (Petryk et al., NAACL 2024, arXiv 2404.02904)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.evaluation.evaluation import Row


def rows(path: Path, images: Path) -> Iterator[Row]:
    """Yield a row for each caption, false if any of its words is hallucinated."""
    for one in json.loads(files.text(path)):
        wrong = any(flag for _, flag in one["grounding"])
        name = one["image_path"]
        yield Row(images=(name,), claim=one["caption"], label=int(not wrong), kind="caption", group=name, folder=images)
