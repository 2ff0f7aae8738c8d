"""Pairs of a true and a false caption: ``python benchmarks/caption_pairs.py --photos FOLDER --yolo yolov8n.pt``.

FOLDER holds caption_pairs.jsonl (SugarCrepe, Hsieh et al. 2023, arXiv:2306.14610), two rows a pair: ``images``, ``claim``,
``label``, ``kind`` (what was changed). Is the true caption trusted more? What nothing can check has no trust; it counts as .5. No
encoder: a YOLO alone. Nothing of it was fitted on these pairs. Saves results/caption_pairs.json.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from measuring import save

from llamaindex_clipverify import Verifier

_UNKNOWN = 0.5


def compared(verifier: Verifier, photos: Path) -> dict[str, Counter[str]]:
    """Return, by what was changed, how often the true caption is trusted more, as much, or less."""
    trusts: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for line in (photos / "caption_pairs.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        trust = verifier.verify(row["claim"], [str(photos / row["images"][0])]).trust
        trusts[row["kind"], row["pair"]][row["label"]] = _UNKNOWN if trust is None else trust
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, _), both in trusts.items():
        found[kind]["more" if both[1] > both[0] else "less" if both[1] < both[0] else "as much"] += 1
    return found


def main() -> None:
    """Verify, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--yolo", required=True, help="a YOLO file")
    options = parser.parse_args()
    kinds = compared(Verifier.from_defaults(detector=options.yolo), options.photos)
    kinds = {"all": sum(kinds.values(), Counter()), **dict(sorted(kinds.items()))}
    for kind, numbers in kinds.items():
        points = 100 * (numbers["more"] - numbers["less"]) / numbers.total()
        print(f"{kind:12} {dict(numbers)} right minus wrong {points:.0f} points")
    command = "python benchmarks/caption_pairs.py --photos FOLDER --yolo yolov8n.pt"
    save("caption_pairs", {"command": command, "kinds": {kind: dict(numbers) for kind, numbers in kinds.items()}})


if __name__ == "__main__":
    main()
