"""POPE: "Is there a …?" about 500 pictures of COCO val2014 (Li et al., EMNLP 2023, arXiv 2305.10355)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.evaluation.evaluation import Row

_ASKED = re.compile(r"^\s*Is there (?P<thing>.+?)(?: in the (?:image|picture|photo))?\s*\?\s*$", re.I)


def rows(path: Path, images: Path) -> Iterator[Row]:
    """Yield a row for each question, made a statement; ``coco_pope_*.json`` has one JSON object a line."""
    for line in files.text(path).splitlines():
        if not line.strip():
            continue
        one = json.loads(line)
        asked = _ASKED.match(one["text"])
        if asked is None or one["label"] not in ("yes", "no"):
            raise ValueError(f"not a question of POPE: {line[:120]}")
        claim = f"There is {asked['thing']} in the picture."
        yield Row(
            images=(one["image"],),
            claim=claim,
            label=int(one["label"] == "yes"),
            kind="object",
            group=one["image"],
            folder=images,
        )
