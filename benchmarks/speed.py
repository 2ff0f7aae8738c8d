"""Seconds per picture and milliseconds per answer: ``python benchmarks/speed.py [--large]``.

Bundled models beside ViT-B/32 and (with --large) ViT-L/14 of random weights, side by side in one run, one detector for all.
Ratios travel between machines; seconds do not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import save, side_by_side

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, draw_scene

ANSWER = (
    "A red car is next to a dog. There are two cups. The bus is blue. A cat sits above the clock. "
    "There is no horse. There is a banana, and the chair is green."
)


def figures_of(encoder: ClipEncoder, rounds: int) -> dict[str, Any]:
    """Time the first look at a picture, an answer about known pictures, and one bare picture forward."""
    verifier, forgetful = (
        Verifier.from_defaults(encoder=encoder, detector="tiny", remember=number) for number in (512, 0)
    )
    pictures = [Picture.of(draw_scene(FRESH + place).image) for place in range(4)]
    verifier.verify(ANSWER, pictures)

    times = side_by_side(
        {
            "forward": lambda: encoder.encode_images([pictures[0].image]),
            "look": lambda: forgetful.facts(pictures[:1]),
            "answer": lambda: verifier.verify(ANSWER, pictures),
        },
        rounds,
    )
    claims = len(verifier.splitter.split(ANSWER))
    regions = len(verifier.facts(pictures[:1])[0].seen["regions"]["boxes"])
    return {
        "picture_forward_ms": round(1000 * times["forward"], 2),
        "look_ms": round(1000 * times["look"], 1),
        "look_per_forward": round(times["look"] / times["forward"] / (regions + 1), 2),
        "views": regions + 1,
        "answer_ms": round(1000 * times["answer"], 2),
        "answer_per_look": round(times["answer"] / times["look"], 3),
        "claims": claims,
        "pictures": 4,
    }


def main() -> None:
    """Measure the encoders in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="ViT-L/14 too: minutes, and 2 GB of memory")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from checkpoints import save_clip

    rows = {"tiny": figures_of(ClipEncoder(str(tiny_folder() / "clip")), rounds=9)}
    for name in ("B/32", *(["L/14"] if options.large else [])):
        with tempfile.TemporaryDirectory() as folder:
            rows[f"ViT-{name}, random weights"] = figures_of(
                ClipEncoder(str(save_clip(name, Path(folder)))), rounds=3 if name == "B/32" else 1
            )
    for name, row in rows.items():
        print(name, row)
    save("speed", {"command": "python benchmarks/speed.py --large", "rows": rows})


if __name__ == "__main__":
    main()
