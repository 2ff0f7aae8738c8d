"""FOIL: captions with one noun swapped – FOIL-it on COCO (Shekhar et al., ACL 2017), nocaps-FOIL (Petryk et al., NAACL 2024)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.evaluation.evaluation import Row


def rows(path: Path, images: Path) -> Iterator[Row]:
    """Yield a row for each caption of FOIL-it, or two for each pair of nocaps-FOIL."""
    data = json.loads(files.text(path))
    return _foil_it(data, images) if isinstance(data, dict) else _nocaps(data, images)


def _foil_it(data: dict[str, Any], images: Path) -> Iterator[Row]:
    names = {one["id"]: one["file_name"] for one in data["images"]}
    for one in data["annotations"]:
        name = names[one["image_id"]]
        yield Row(
            images=(name,), claim=one["caption"], label=int(not one["foil"]), kind="object", group=name, folder=images
        )


def _nocaps(data: list[dict[str, Any]], images: Path) -> Iterator[Row]:
    for one in data:
        for claim, label in ((one["baseline"], 1), (one["foil"], 0)):
            yield Row(
                images=(one["image_path"],),
                claim=claim.strip(),
                label=label,
                kind="object",
                group=one["image_path"],
                folder=images,
            )
