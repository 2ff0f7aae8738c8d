"""Fit the profile for encoders without one of their own: ``python -m training.fit_transferred ENCODER...``; minutes each.

Each encoder encodes the same drawn scenes, alone and together with the detector, with other scenes as its reference. Only
features that mean the same for every encoder are fitted. Before the profile is written, each encoder is left out in turn and
judged by weights of the others, compared with weights of its own; the figures go to benchmarks/results/transferred.json."""

from __future__ import annotations

import argparse
import datetime
import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.testing import Scene, draw_scene
from llamaindex_clipverify.trust.fitting import Example, fit_few, fit_kinds, parted, trust_of
from llamaindex_clipverify.trust.fusion import features_of, standings_of
from llamaindex_clipverify.trust.guarantee import Guarantee, Holdout
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from llamaindex_clipverify.trust.profile import TRANSFERRED, KindModel, Profile
from training.fit_profile import FOLDER, blank, examples

FIRST, REFERENCE = 760_000, 790_000
"""First seeds of the scenes judged and of the reference: above those of every training, below the fresh ones."""
LABELS = (25, 50, 100, 200)
KINDS = ("object", "attribute")
"""Relations are geometry, and numbers the detector's: small encoders tell them apart at an AUROC of .7 to .8."""
RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "transferred.json"


def looked(
    encoder: str, detector: str | None, scenes: list[Scene], others: list[Scene]
) -> tuple[list[Example], list[Example]]:
    """Return the examples with the numbers that are the encoder's own, and with those that mean the same for all."""
    verifier = Verifier.from_defaults(
        encoder, detector, profile=blank(), transferred=blank(), remember=10 * len(scenes)
    )
    verifier = verifier.with_reference(verifier.facts([Picture.of(scene.image) for scene in others]))
    facts = verifier.facts([Picture.of(scene.image) for scene in scenes])
    own, shared = (
        list(examples(verifier, scenes, facts, np.random.default_rng(0), numbers))
        for numbers in (features_of, standings_of)
    )
    own = [replace(one, looks=tuple(_encoders(look) for look in one.looks)) for one in own]
    return [one for one in own if one.kind in KINDS], [one for one in shared if one.kind in KINDS]


def _encoders(look: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in look.items() if name.split(".")[0] in CHECKS_BY_MODEL["encoder"]}


def figures(rows: Sequence[Example], models: dict[str, KindModel]) -> dict[str, Any]:
    """Return AUROC and ECE of all and by kind on rows that nothing was fitted on, with bootstrap intervals by scene."""
    found = {}
    for kind in ("all", *KINDS):
        some = [row for row in rows if kind in ("all", row.kind)]
        trusts = np.array([trust_of(models[row.kind], row) for row in some])
        labels = np.array([row.label ^ row.negated for row in some], float)
        weights = group_weights([row.group for row in some], 200)
        found[kind] = {
            "n": len(some),
            "auroc": round(auroc(trusts, labels), 4),
            "auroc_interval": _rounded(interval([auroc(trusts, labels, one) for one in weights])),
            "ece": round(ece(trusts, labels), 4),
            "ece_interval": _rounded(interval([ece(trusts, labels, one) for one in weights])),
        }
    return found


def _rounded(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [round(end, 4) for end in ends]


def left_out(tables: dict[str, tuple[list[Example], list[Example]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield, for each encoder, its figures by weights of its own and by weights of the others alone."""
    for name, (own, shared) in tables.items():
        others = [row for other, (_, rows) in tables.items() if other != name for row in rows]
        held = [[row for row in rows if parted(row.group) == 3] for rows in (own, shared)]
        yield name, {"own": figures(held[0], fit_kinds(own)), "transferred": figures(held[1], fit_kinds(others))}


def few(tables: dict[str, tuple[list[Example], list[Example]]], draws: int = 30) -> dict[str, dict[str, Any]]:
    """Return what so many labels of the user's own are good for, the mean over encoders left out and draws of labels.

    ECE of claims on objects: by the transferred weights as they are; by these on a scale of the labels' own (a logistic
    regression of the log-odds); by weights fitted on the labels alone. And the share of true claims that a guarantee (alpha .1,
    delta .1) with the labels keeps.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for name, (own, shared) in tables.items():
        others = [row for other, (_, rows) in tables.items() if other != name for row in rows if row.kind == "object"]
        model = fit_kinds(others)["object"]
        single = [[row for row in rows if row.kind == "object" and len(row.looks) == 1] for rows in (own, shared)]
        trusts = np.array([trust_of(model, row) for row in single[1]])
        labels = np.array([row.label ^ row.negated for row in single[1]], float)
        groups = np.array([row.group for row in single[1]])
        for number in LABELS:
            cells = found.setdefault(str(number), {})
            for draw in range(draws):
                random = np.random.default_rng((number, draw))
                chosen = _one_each(random.permutation(len(labels)), groups)[:number]
                rest = ~np.isin(groups, groups[chosen])
                lines = _refitted(trusts[chosen], labels[chosen])
                small = fit_few([single[0][place] for place in chosen]) if _both(labels[chosen]) else None
                own_trusts = np.array([trust_of(small, row) for row in single[0]]) if small else trusts
                held = Holdout.of(trusts[chosen], labels[chosen], [str(n) for n in chosen], trusts[rest])
                least = Guarantee.of(held, 0.1, 0.1, "").supported.threshold
                kept = 0.0 if least is None else float((trusts[rest & (labels == 1)] >= least).mean())
                ways = {"ece_transferred": trusts, "ece_scaled": lines(trusts), "ece_own": own_trusts}
                values = {key: ece(one[rest], labels[rest]) for key, one in ways.items()} | {"true_kept": kept}
                for key, value in values.items():
                    cells.setdefault(key, []).append(value)
    return {
        number: {key: round(float(np.mean(some)), 4) for key, some in cells.items()} for number, cells in found.items()
    }


def _one_each(order: Array, groups: Array) -> Array:
    """Return the first place of each group in an order."""
    _, first = np.unique(groups[order], return_index=True)
    found: Array = order[np.sort(first)]
    return found


def _both(labels: Array) -> bool:
    return len(set(labels.tolist())) == 2


def _refitted(trusts: Array, labels: Array) -> Callable[[Array], Array]:
    """Return trusts on the scale of some labels: a line through their log-odds, held near the one that changes nothing."""
    from sklearn.linear_model import LogisticRegression

    def odds(values: Array) -> Array:
        inside = np.clip(values, 1e-4, 1 - 1e-4)
        found: Array = np.log(inside / (1 - inside))[:, None]
        return found

    if not _both(labels):
        return lambda values: values
    fitted = LogisticRegression(C=1.0).fit(odds(trusts), labels)
    return lambda values: fitted.predict_proba(odds(values))[:, 1]


def main() -> None:
    """Look with every encoder, leave each out, fit, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs="+", help="folders, or tiny")
    parser.add_argument("--scenes", type=int, default=280)
    parser.add_argument("--reference", type=int, default=100)
    parser.add_argument("--keep", type=Path, default=Path("data/transferred"), help="what the checks saw is kept here")
    parser.add_argument("--out", type=Path, default=FOLDER / f"{TRANSFERRED}.json")
    options = parser.parse_args()
    scenes = [draw_scene(FIRST + place) for place in range(options.scenes)]
    others = [draw_scene(REFERENCE + place) for place in range(options.reference)]
    tables = {}
    for name in options.encoders:
        kept = options.keep / f"{Path(name).name}-{options.scenes}.pkl"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps([looked(name, detector, scenes, others) for detector in (None, "tiny")]))
        alone, beside = pickle.loads(kept.read_bytes())
        tables[Path(name).name] = ([*alone[0], *beside[0]], [*alone[1], *beside[1]])
        print(name, len(tables[Path(name).name][0]), "examples", flush=True)
    done = dict(left_out(tables))
    for name, ways in done.items():
        for way, kinds in ways.items():
            print(name, way, {kind: (one["auroc"], one["ece"]) for kind, one in kinds.items()}, flush=True)
    fewer = few(tables)
    for number, cells in fewer.items():
        print(number, "labels", cells, flush=True)
    every = [row for _, shared in tables.values() for row in shared]
    parts = dict.fromkeys(CHECKS_BY_MODEL["encoder"], "*")
    data = f"{len(tables)} small encoders on {options.scenes} drawn scenes"
    today = datetime.date.today().isoformat()
    Profile(
        name=TRANSFERRED, data=data, date=today, models={}, parts=parts, kinds=fit_kinds(every), transferred=True
    ).save(options.out)
    command = f"python -m training.fit_transferred {' '.join(Path(one).name for one in options.encoders)}"
    RESULTS.write_text(
        json.dumps({"command": command, "data": data, "encoders": done, "labels": fewer}, indent=1) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
