"""Trust on real photographs: ``python benchmarks/photographs.py --photos FOLDER --yolo yolov8n.pt``.

FOLDER holds object_claims.jsonl and caption_claims.jsonl (COCO photographs with true and false claims). Three questions: does
the gate notice that the tiny models know nothing of photographs; is trust then as good as the detector alone; and is nearly
everything unverifiable when the tiny models are all there is?
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save

sys.path.insert(0, str(Path(__file__).parents[1]))

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evaluation.calibration import look
from llamaindex_clipverify.evaluation.evaluation import evaluate, read_rows
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.trust.fitting import left_out
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from training.fit_photographs import labelled


def measure(verifier: Verifier, path: Path) -> dict[str, Any]:
    """Return the figures of one file, and how many of its pictures the profile's gate refuses."""
    rows = read_rows(path)
    done = evaluate(verifier, rows)
    print(done.table(), flush=True)
    pictures = sorted({one for row in rows for one in row.paths})
    gate = verifier.profile.gate if verifier.profile else None
    refused = None if gate is None else sum(not gate.admits(facts) for facts in verifier.facts(pictures))
    return {**done.to_dict(), "pictures": len(pictures), "refused_by_the_gate": refused}


def left_out_figures(photos: Path, detector: str) -> dict[str, Any]:
    """Return AUROC of trust with each photograph left out of the fit in turn, beside the detector alone, by kind.

    The detector alone is its confidence in the noun; the difference is bootstrapped by photograph.
    """
    examples, _, _ = look(Verifier.from_defaults(detector=detector), labelled(photos))
    found: dict[str, Any] = {}
    for kind in ("object", "count", "attribute"):
        rows = [(row, trust) for row, trust in zip(examples, left_out(examples), strict=True) if row.kind == kind]
        labels = np.array([row.label ^ row.negated for row, _ in rows], float)
        trusts = np.array([0.5 if trust is None else trust for _, trust in rows])
        plain = np.array([row.looks[0].get("objects.logit", 0.0) for row, _ in rows])
        weights = group_weights([row.group for row, _ in rows], 2000)
        found[kind] = {
            "n": len(rows), "photographs": len({row.group for row, _ in rows}),
            "coverage": round(sum(trust is not None for _, trust in rows) / len(rows), 4),
            "auroc": round(auroc(trusts, labels), 4),
            "interval": _short(interval([auroc(trusts, labels, one) for one in weights])),
            "detector": round(auroc(plain, labels), 4), "ece": round(ece(trusts, labels, bins=5), 4),
        }  # fmt: skip
        print(detector, kind, found[kind], flush=True)
        found[kind]["_"] = (trusts, plain, labels, weights)
    return found


def compared(views: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """Return, by kind, how much higher AUROC by many views is than that of the plain detector alone, paired by photograph.

    Twice: of the views' own evidence, which no label has touched, and of trust with each photograph left out. The second is
    biased
    downwards: where many claims tie, at a confidence of nothing, leaving out a photograph with a missed thing lowers the trust of
    just that thing.
    """
    found: dict[str, Any] = {}
    for kind in views:
        trusts, seen, labels, weights = views[kind].pop("_")
        _, alone, _, _ = plain[kind].pop("_")
        for name, scores in (("evidence", seen), ("trust", trusts)):
            gains = [auroc(scores, labels, one) - auroc(alone, labels, one) for one in weights]
            gain = auroc(scores, labels) - auroc(alone, labels)
            found.setdefault(kind, {})[name] = {"gain": round(gain, 4), "interval": _short(interval(gains))}
    print("gain over the detector alone", found, flush=True)
    return found


def _short(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [round(end, 4) for end in ends]


def main() -> None:
    """Measure both verifiers on both files, and trust with each photograph left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--yolo", type=Path, default=Path("../shared/weights/yolov8n.pt"))
    options = parser.parse_args()
    if not options.photos.is_dir() or not options.yolo.is_file():
        raise SystemExit(
            f"skipped: {options.photos} or {options.yolo} is not there; name them with --photos and --yolo"
        )
    figures: dict[str, Any] = {"command": "python benchmarks/photographs.py --photos FOLDER --yolo yolov8n.pt"}
    mixed = Verifier.from_defaults(encoder=str(tiny_folder() / "clip"), detector=str(options.yolo))
    for name, verifier in (("tiny CLIP and YOLOv8n", mixed), ("tiny", Verifier.tiny())):
        print(f"\n{name}")
        files = ("object_claims.jsonl", "caption_claims.jsonl")
        figures[name] = {file.split(".")[0]: measure(verifier, options.photos / file) for file in files}
    plain = left_out_figures(options.photos, str(options.yolo))
    views = left_out_figures(options.photos, f"views:{options.yolo}")
    figures["six views against the detector alone"] = compared(views, plain)
    figures["each photograph left out"] = {"one view": plain, "six views": views}
    save("photographs", figures)


if __name__ == "__main__":
    main()
