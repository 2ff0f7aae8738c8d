"""What lighter models gain and lose: ``python benchmarks/light.py [--large]``; six minutes on one core.

The bundled models and ViT-B/32 (with --large, ViT-L/14) of random weights: torch, ONNX in fp32 and in int8 side by side in one
run, and how like the vectors and boxes are. Then the bundled ones on drawn scenes: AUROC of the raw scores of each form on the
same claims, and what the profile fitted with the originals makes of them, which shows for which forms it still holds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from looking import Looked, looked
from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.adapting.optimization import optimize
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.trust.fitting import trust_of
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from llamaindex_clipverify.trust.profile import Profile
from training.fit_profile import blank

SCORES = {"contrast": "contrast.margin", "cosine": "similarity.cosine", "detector": "objects.logit"}


def forms_of(encoder: str, detector: str | None, out: Path) -> list[dict[str, Any]]:
    """Export, and return every file in every precision beside the original."""
    made = optimize(out, encoder, detector)
    print(made, flush=True)
    return made.to_dict()["forms"]


def claims_by(encoder: str, detector: str, scenes: int) -> list[Looked]:
    """Return the claims about some drawn scenes, as these models see them."""
    verifier = Verifier.from_defaults(encoder, detector, profile=blank(), remember=2 * 100)
    return list(looked(range(FRESH + 300_000, FRESH + 300_000 + scenes), verifier=verifier))


def scored(rows: Sequence[Looked], profile: Profile) -> dict[str, Any]:
    """Return the AUROC of raw scores on claims of objects, and AUROC and calibration error of the old profile's trust on all."""
    objects = [row for row in rows if row.example.kind == "object"]
    labels = np.array([row.example.label for row in objects], float)
    raw = {name: round(auroc(_values(objects, feature), labels), 4) for name, feature in SCORES.items()}
    known = [row for row in rows if row.example.kind in profile.kinds]
    trusts = np.array([trust_of(profile.kinds[row.example.kind], row.example) for row in known])
    stated = np.array([row.label for row in known], float)
    of_trust = {"auroc": round(auroc(trusts, stated), 4), "ece": round(ece(trusts, stated), 4)}
    return {"objects": len(objects), "raw": raw, "claims": len(known), "trust": of_trust}


def lost(before: Sequence[Looked], after: Sequence[Looked], samples: int = 500) -> list[float]:
    """Return the 95 % interval, whole scenes drawn, of what the AUROC of the contrast on claims of objects loses."""
    pairs = [pair for pair in zip(before, after, strict=True) if pair[0].example.kind == "object"]
    labels = np.array([one.example.label for one, _ in pairs], float)
    was, is_now = (_values([pair[side] for pair in pairs], SCORES["contrast"]) for side in (0, 1))
    weights = group_weights([one.example.group for one, _ in pairs], samples)
    ends = interval([auroc(was, labels, one) - auroc(is_now, labels, one) for one in weights])
    return [round(end, 4) for end in ends or ()]


def moved(before: Sequence[Looked], after: Sequence[Looked], profile: Profile) -> float:
    """Return by how much the old profile's trust in a claim differs, on average."""
    pairs = [pair for pair in zip(before, after, strict=True) if pair[0].example.kind in profile.kinds]
    models = [profile.kinds[one.example.kind] for one, _ in pairs]
    apart = [
        abs(trust_of(model, one.example) - trust_of(model, two.example))
        for model, (one, two) in zip(models, pairs, strict=True)
    ]
    return round(float(np.mean(apart)), 4)


def _values(rows: Sequence[Looked], feature: str) -> np.ndarray:
    return np.array([row.example.looks[0].get(feature, 0.0) for row in rows])


def _bundled(scenes: int, work: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    profile = replace(Profile.load("tiny"), gate=None)
    original = claims_by("tiny", "tiny", scenes)
    yield "torch", scored(original, profile)
    optimize(work / "detector", None, "tiny", precision="fp32")
    for precision in ("fp32", "int8"):
        optimize(work / precision, "tiny", precision=precision)
        rows = claims_by(f"onnx:{work / precision}", f"onnx:{work / 'detector'}", scenes)
        compared = {"contrast_lost_interval": lost(original, rows), "trust_moved": moved(original, rows, profile)}
        yield f"ONNX {precision}", {**scored(rows, profile), **compared}


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--large", action="store_true", help="ViT-L/14 too: minutes, and 5 GB of memory")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import torch
    from checkpoints import save_clip

    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = {"tiny": forms_of("tiny", "tiny", work / "tiny")}
        for name in ("B/32", *(["L/14"] if options.large else [])):
            short = name.replace("/", "-")
            source = str(save_clip(name, work / short))
            rows[f"ViT-{name}, random weights"] = forms_of(source, None, work / f"{short}-light")
        scores = {}
        for form, found in _bundled(options.scenes, work):
            scores[form] = found
            print(form, found, flush=True)
    data = f"claims about {options.scenes} drawn scenes"
    command = f"python benchmarks/light.py{' --large' if options.large else ''}"
    save("light", {"command": command, "data": data, "rows": rows, "scores": scores})


if __name__ == "__main__":
    main()
