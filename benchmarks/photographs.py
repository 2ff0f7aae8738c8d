"""Trust on real photographs: ``python benchmarks/photographs.py --photos FOLDER --yolo yolov8n.pt``.

FOLDER holds object_claims.jsonl and caption_claims.jsonl (COCO photographs with true and false claims). Three questions: does
the gate notice that the tiny models know nothing of photographs; is trust then as good as the detector alone; and is nearly
everything unverifiable when the tiny models are all there is?
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evaluation import evaluate, read_rows
from llamaindex_clipverify.models.table import TINY


def measure(verifier: Verifier, path: Path) -> dict[str, Any]:
    """Return the figures of one file, and how many of its pictures the profile's gate refuses."""
    rows = read_rows(path)
    done = evaluate(verifier, rows)
    print(done.table(), flush=True)
    pictures = sorted({one for row in rows for one in row.paths})
    gate = verifier.profile.gate if verifier.profile else None
    refused = None if gate is None else sum(not gate.admits(facts) for facts in verifier.facts(pictures))
    return {**done.to_dict(), "pictures": len(pictures), "refused_by_the_gate": refused}


def main() -> None:
    """Measure both verifiers on both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--yolo", type=Path, default=Path("../shared/weights/yolov8n.pt"))
    options = parser.parse_args()
    if not options.photos.is_dir() or not options.yolo.is_file():
        raise SystemExit(
            f"skipped: {options.photos} or {options.yolo} is not there; name them with --photos and --yolo"
        )
    figures: dict[str, Any] = {"command": "python benchmarks/photographs.py --photos FOLDER --yolo yolov8n.pt"}
    mixed = Verifier.from_defaults(encoder=str(TINY / "clip"), detector=str(options.yolo))
    for name, verifier in (("tiny CLIP and YOLOv8n", mixed), ("tiny", Verifier.tiny())):
        print(f"\n{name}")
        files = ("object_claims.jsonl", "caption_claims.jsonl")
        figures[name] = {file.split(".")[0]: measure(verifier, options.photos / file) for file in files}
    save("photographs", figures)


if __name__ == "__main__":
    main()
