"""SugarCrepe: a caption and one made false in a word, about COCO val2017 (Hsieh et al., NeurIPS 2023, arXiv 2306.14610)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.evaluation.evaluation import Row


def rows(path: Path, images: Path) -> Iterator[Row]:
    """Yield two rows for each pair; the kind is the file's name, such as ``replace_att``."""
    for one in json.loads(files.text(path)).values():
        for claim, label in ((one["caption"], 1), (one["negative_caption"], 0)):
            yield Row(
                images=(one["filename"],),
                claim=claim,
                label=label,
                kind=path.stem,
                group=one["filename"],
                folder=images,
            )
