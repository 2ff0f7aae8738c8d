"""What the bundled models are worth on drawn scenes by other hands: ``python benchmarks/worlds.py [--scenes 300]``.

Generator and style left out come first: nothing of this project was ever trained or fitted on them (`training.worlds`). Of the
generator left out there are five times as many scenes, since some kinds of claim are rare. Styles that are not shipped are built
once by ``python -m training.iconify``. Prints, for each sort of scene and kind of claim, the share
of claims that get a trust, AUROC over all of them (without a trust: .5), the calibration error of those with one,
and the share of verdicts that are wrong; saves results/worlds.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.testing import Scene
from llamaindex_clipverify.testing.truth import truth_of
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from training.fit_profile import claims_of
from training.worlds import FRESH, GENERATORS, TRAINED_STYLES, UNSEEN, UNSEEN_STYLE

FIRST = FRESH + 700_000
MORE = 5
"""Scenes of the generator left out for one of each other sort."""


def worlds(number: int) -> Iterator[tuple[str, list[Scene]]]:
    """Yield the name of each sort of scene and its scenes, those left out first."""
    unseen = list(UNSEEN.values())
    known = [draw for name, draw in GENERATORS.items() if name != "plain"]
    styles = TRAINED_STYLES
    yield (
        "generator left out",
        [unseen[k % len(unseen)](FIRST + k, style=styles[k % len(styles)]) for k in range(MORE * number)],
    )
    yield "style left out", [known[k % len(known)](FIRST + k, style=UNSEEN_STYLE) for k in range(number)]
    yield "both left out", [unseen[k % len(unseen)](FIRST + k, style=UNSEEN_STYLE) for k in range(number)]
    yield "other generators", [known[k % len(known)](FIRST + k, style=styles[k % len(styles)]) for k in range(number)]
    yield "own generator", [GENERATORS["plain"](FIRST + k) for k in range(number)]


def measured(verifier: Verifier, scenes: list[Scene]) -> dict[str, dict[str, Any]]:
    """Return the figures of each kind of claim, and of all together."""
    facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
    rows: list[tuple[str, str, float | None, bool]] = []
    for place, scene in enumerate(scenes):
        for claim, negated in claims_of(scene):
            stated = claim.swap(negated=negated)
            truth = truth_of(stated, [scene])
            if truth is not None:
                kind = "negated" if negated else claim.kind
                rows.append((kind, str(place), verifier.judge(stated, [facts[place]]).value, truth))
    kinds = ["all", *dict.fromkeys(kind for kind, *_ in rows)]
    return {kind: figures(verifier, [row for row in rows if kind in ("all", row[0])]) for kind in kinds}


def figures(verifier: Verifier, rows: list[tuple[str, str, float | None, bool]]) -> dict[str, Any]:
    """Return the figures of claims, given as kind, group, trust and truth."""
    trusts = np.array([0.5 if trust is None else trust for *_, trust, _ in rows])
    labels = np.array([label for *_, label in rows], float)
    known = np.array([trust is not None for *_, trust, _ in rows])
    verdicts = [verifier.policy.verdict(trust) for *_, trust, _ in rows]
    decided = [(verdict == "supported") == bool(label)
               for verdict, label in zip(verdicts, labels, strict=True) if verdict != "unverifiable"]  # fmt: skip
    mixed = 0 < labels.mean() < 1
    weights = group_weights([group for _, group, *_ in rows], 100)
    spread = interval([auroc(trusts, labels, one) for one in weights]) if mixed else None
    return {
        "claims": len(rows),
        "with_trust": round(float(known.mean()), 3),
        "auroc": round(auroc(trusts, labels), 3) if mixed else None,
        "interval": [round(end, 3) for end in spread] if spread else None,
        "ece": round(ece(trusts[known], labels[known]), 3) if known.any() else None,
        "wrong": round(1 - float(np.mean(decided)), 3) if decided else None,
    }


def main() -> None:
    """Draw, judge, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=300, help="scenes of each sort")
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="folders of photographs, to be refused")
    options = parser.parse_args()
    verifier = Verifier.tiny(remember=4 * MORE * options.scenes)
    found: dict[str, Any] = {}
    for name, scenes in worlds(options.scenes):
        found[name] = measured(verifier, scenes)
        for kind, row in found[name].items():
            print(f"{name:20} {kind:10}", "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    paths = sorted(path for folder in options.photographs for path in folder.glob("*.jpg"))
    profile = verifier.profile
    if paths and profile is not None:
        refused = [not profile.admits(facts) for facts in verifier.facts([Picture.of(path) for path in paths])]
        found["photographs refused"] = {"of": len(paths), "share": round(float(np.mean(refused)), 4)}
        print("photographs refused", found["photographs refused"])
    save("worlds", {"command": f"python benchmarks/worlds.py --scenes {options.scenes}", "worlds": found})


if __name__ == "__main__":
    main()
