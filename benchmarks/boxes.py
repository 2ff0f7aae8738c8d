"""Claims that boxes decide, on photographs: ``python benchmarks/boxes.py --photos DIR --yolo FILE``.

DIR holds images/ and photos.jsonl with the boxes that people drew (``boxes`` of ``label`` and ``xywhn``: centre and size,
relative). From these boxes, true and false claims on positions, relations and numbers are made, where the truth is clear: a
thing is on the left if the middle of its box is in the left third. Nothing is fitted on them. Prints by kind how many claims a
YOLO alone decides and how many of these rightly; saves results/boxes.json.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.claims.vocabulary import english

THIRD = 1 / 3
Boxes = dict[str, list[list[float]]]


def photographs(folder: Path) -> Iterator[tuple[Path, Boxes]]:
    """Yield each photograph with its boxes (centre x, centre y, width, height) by class."""
    for line in (folder / "photos.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        found: Boxes = defaultdict(list)
        for box in row.get("boxes") or ():
            found[box["label"]].append(box["xywhn"])
        if found:
            yield folder / "images" / row["file_name"], found


def claims_of(boxes: Boxes) -> Iterator[tuple[str, str, bool]]:
    """Yield kind, sentence and label."""
    names = {name: found for name, found in boxes.items() if name in english().plurals}
    single = {name: found[0] for name, found in names.items() if len(found) == 1}
    for name, (across, down, _, _) in single.items():
        for value, share in (("left", across), ("right", 1 - across), ("top", down), ("bottom", 1 - down)):
            if not THIRD <= share <= 1 - THIRD:
                yield (
                    "position",
                    f"The {name} is on the {value} side of the image.".replace("top side", "top").replace(
                        "bottom side", "bottom"
                    ),
                    share < THIRD,
                )
    for (one, first), (two, second) in permutations(single.items(), 2):
        if abs(first[0] - second[0]) > (first[2] + second[2]) / 2:
            yield "relation", f"The {one} is to the left of the {two}.", first[0] < second[0]
    for name, found in names.items():
        many = english().plurals[name]
        yield "bound", f"There are at least two {many}.", len(found) >= 2
        yield "bound", f"There are several {many}.", len(found) >= 3
        if len(found) == 1:
            yield "bound", f"There are at least three {many}.", False


def main() -> None:
    """Verify, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--yolo", required=True, help="a YOLO file")
    options = parser.parse_args()
    verifier = Verifier.from_defaults(detector=options.yolo)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("claims", "decided", "rightly", "read"), 0))
    for path, boxes in photographs(options.photos):
        for kind, text, label in claims_of(boxes):
            report = verifier.verify(text, [path])
            own = [one.verdict for one in report.claims if one.claim.kind == kind]
            tally = counts[kind]
            tally["claims"] += 1
            tally["read"] += bool(own)
            if own and own[0] != "unverifiable":
                tally["decided"] += 1
                tally["rightly"] += (own[0] == "supported") == label
    rows: dict[str, Any] = {
        kind: {**row, "share": round(row["rightly"] / max(row["decided"], 1), 3)} for kind, row in counts.items()
    }
    for kind, row in rows.items():
        print(kind, row)
    save("boxes", {"command": "python benchmarks/boxes.py --photos DIR --yolo yolov8n.pt", "kinds": rows})


if __name__ == "__main__":
    main()
