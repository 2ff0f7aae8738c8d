"""Fit the profile of YOLOv8n on photographs: ``python -m training.fit_photographs --photos FOLDER --yolo yolov8n.pt``.

FOLDER holds photos.jsonl (captions, objects and boxes of COCO photographs), object_claims.jsonl and caption_claims.jsonl.
Objects: those claims. Counts: of the classes whose boxes are given, the true number and one off. Colours, positions, relations
and inexact numbers are not fitted: there are too few labels, and the checks' own beliefs are better than a fit to 86 claims
(`labelled` still returns the colours of captions, against another colour, to measure with). The output contains coefficients
only, no picture and no caption.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from llamaindex_clipverify import EnglishSplitter, Verifier
from llamaindex_clipverify.evaluation.calibration import Labelled, fit, from_captions, from_rows
from llamaindex_clipverify.evaluation.datasets.coco import there_is
from llamaindex_clipverify.evaluation.evaluation import Row, read_rows

OUT = Path(__file__).parents[1] / "llamaindex_clipverify" / "trust" / "profiles" / "photographs.json"
_MOST = 6
_FITTED = ("object", "count")


def labelled(photos: Path) -> list[Labelled]:
    """Return the labelled claims about photographs, grouped by photograph."""
    splitter = EnglishSplitter()
    rows = [*read_rows(photos / "object_claims.jsonl"), *read_rows(photos / "caption_claims.jsonl"), *counts(photos)]
    found = from_rows([replace(row, group=row.images[0]) for row in rows], splitter)
    about = [json.loads(line) for line in (photos / "photos.jsonl").read_text(encoding="utf-8").splitlines()]
    captions = {photos / "images" / one["file_name"]: one["captions"] for one in about}
    said = from_captions(captions, splitter)
    given = {(one.pictures, one.claim.phrase) for one in found}
    found += [
        replace(one, group=f"images/{one.pictures[0].name}")
        for one in said
        if one.claim.kind == "attribute" and (one.pictures, one.claim.phrase) not in given
    ]
    return [one for one in found if one.claim.kind in ("object", "count", "attribute") and not one.claim.narrow]


def counts(photos: Path) -> Iterator[Row]:
    """Yield a true and a false number of each class of which a photograph has up to six boxes."""
    for line in (photos / "photos.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        name = f"images/{one['file_name']}"
        rng = np.random.default_rng(one["image_id"])
        for noun, number in sorted(Counter(box["label"] for box in one["boxes"] or ()).items()):
            if number <= _MOST:
                wrong = number + (1 if number == 1 or rng.random() < 0.5 else -1)
                for claimed, label in ((number, 1), (wrong, 0)):
                    yield Row(
                        images=(name,),
                        claim=there_is(noun, claimed),
                        label=label,
                        kind="count",
                        group=name,
                        folder=photos,
                    )


def main() -> None:
    """Look, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--yolo", type=Path, default=Path("../shared/weights/yolov8n.pt"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    verifier = Verifier.from_defaults(detector=str(options.yolo))
    claims = [one for one in labelled(options.photos) if one.claim.kind in _FITTED]
    profile, errors = fit(
        verifier, claims, options.out.stem, data="COCO val2017, few", models={"detector": "yolov8n.pt"},
        small=True,
    )  # fmt: skip
    print("\n".join(errors))
    parts = {check: f"{model.split('@')[0]}@*" if model else "" for check, model in profile.parts.items()}
    replace(profile, parts=parts, gate=None).save(options.out)
    for kind, model in profile.kinds.items():
        weights = ", ".join(f"{name} {feature.weight:.2f}" for name, feature in model.features.items())
        print(f"{kind}: {model.claims} claims, ECE left out {model.ece:.3f}; {weights}")


if __name__ == "__main__":
    main()
