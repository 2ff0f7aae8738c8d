"""What trust is made of, and where it is weak: ``python benchmarks/ablations.py``; twenty minutes on one core.

The checks look at drawn scenes once. Then, on fresh scenes, all figures of one run: the fusion of all checks, without each of
them, of the encoder or the detector alone, raw CLIPScore beside; slices by background (one family that nothing has seen), number
of objects, size, number of pictures; curves of risk against coverage, reliability, and the calibration error that perfect
calibration would show on so many claims. With ``--encoder FOLDER`` an ensemble of the bundled encoder and that one stands beside.
All on drawn scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from looking import Looked, kept, looked
from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.backgrounds import FAMILIES, UNSEEN
from llamaindex_clipverify.trust.fitting import Example, fit_kinds, trust_of
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from llamaindex_clipverify.trust.profile import KindModel, Profile
from training.fit_profile import FIRST, blank

KINDS = ("object", "attribute", "count", "relation", "negated")
CHECKS = (*CHECKS_BY_MODEL["encoder"], *CHECKS_BY_MODEL["detector"])
SUPPORTED = 0.6
"""The default policy's."""
_SIZES = ((0.0, 0.02, "under 2 %"), (0.02, 0.06, "2–6 %"), (0.06, 1.0, "over 6 %"))


def kind_of(row: Looked) -> str:
    return "negated" if row.example.negated else row.example.kind


def clipscore(row: Looked) -> float:
    """Return the raw cosine of the best picture; of the claim as stated."""
    best = max(look.get("similarity.cosine", 0.0) for look in row.example.looks)
    return -best if row.example.negated else best


def detector(row: Looked) -> float:
    best = max(look.get("objects.logit", 0.0) for look in row.example.looks)
    return -best if row.example.negated else best


def figures(rows: Sequence[Looked], trusts: Array, samples: int = 300) -> dict[str, Any]:
    """Return AUROC, ECE, its noise floor, and the share of supported claims that are false, with bootstrap intervals."""
    labels = np.array([row.label for row in rows], float)
    weights = group_weights([row.example.group for row in rows], samples)
    supported = trusts >= SUPPORTED
    return {
        "n": len(rows),
        "auroc": _short(auroc(trusts, labels)),
        "auroc_interval": _ends([auroc(trusts, labels, one) for one in weights]),
        "ece": _short(ece(trusts, labels)),
        "ece_interval": _ends([ece(trusts, labels, one) for one in weights]),
        "ece_floor": _short(floor(trusts)),
        "false_supported": _short(float(1 - labels[supported].mean())) if supported.any() else None,
        "clipscore": _short(auroc(np.array([clipscore(row) for row in rows]), labels)),
        "detector": _short(auroc(np.array([detector(row) for row in rows]), labels)),
    }


def floor(trusts: Array, draws: int = 50) -> float:
    """Return the mean calibration error if every trust were exactly right: what so few claims show by chance."""
    random = np.random.default_rng(0)
    return float(np.mean([ece(trusts, (random.random(len(trusts)) < trusts).astype(float)) for _ in range(draws)]))


def curve(trusts: Array, labels: Array, points: int = 20) -> list[list[float]]:
    """Return pairs of coverage and risk: verdicts are given to the surest first, and some of them are wrong."""
    order = np.argsort(-np.abs(trusts - 0.5), kind="stable")
    wrong = ((trusts >= 0.5) != (labels == 1))[order]
    ends = np.linspace(len(order) / points, len(order), points).astype(int)
    return [[round(end / len(order), 3), round(float(wrong[:end].mean()), 4)] for end in ends]


def reliability(trusts: Array, labels: Array) -> list[list[float]]:
    """Return, for 15 bins of equal mass, mean trust, share of true claims, and number."""
    bins = np.array_split(np.argsort(trusts, kind="stable"), 15)
    return [[round(float(trusts[one].mean()), 4), round(float(labels[one].mean()), 4), len(one)] for one in bins]


def _short(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _ends(values: Sequence[float]) -> list[float] | None:
    ends = interval(values)
    return None if ends is None else [round(end, 4) for end in ends]


def only(example: Example, keep: Callable[[str], bool]) -> Example:
    """Return an example with the numbers of some checks alone."""
    looks = tuple({name: value for name, value in look.items() if keep(name.split(".")[0])} for look in example.looks)
    return replace(example, looks=looks)


def by_kind(rows: Sequence[Looked], models: Mapping[str, KindModel], keep: Callable[[str], bool]) -> dict[str, Any]:
    """Return the figures of each kind by these models; a row without a number has the kind's prior."""
    found = {}
    for kind in KINDS:
        some = [row for row in rows if kind_of(row) == kind and row.example.kind in models]
        if some:
            found[kind] = figures(some, trusts_of(some, models, keep))
    return found


def trusts_of(rows: Sequence[Looked], models: Mapping[str, KindModel], keep: Callable[[str], bool] = bool) -> Array:
    return np.array([_trust(only(row.example, keep), models[row.example.kind]) for row in rows])


def _trust(example: Example, model: KindModel) -> float:
    if not any(set(look) & set(model.features) for look in example.looks):
        return 1 - model.prior if example.negated else model.prior
    return trust_of(model, example)


def variants() -> dict[str, Callable[[str], bool]]:
    """Return which checks take part, by name."""
    found: dict[str, Callable[[str], bool]] = {"all checks": bool}
    found |= {f"without {check}": partial(_other, check) for check in CHECKS}
    found |= {f"{eye} alone": partial(_among, checks) for eye, checks in CHECKS_BY_MODEL.items()}
    return found


def _other(check: str, name: str) -> bool:
    return name != check


def _among(checks: Sequence[str], name: str) -> bool:
    return name in checks


def slices(
    rows: Sequence[Looked], unseen: Sequence[Looked], models: Mapping[str, KindModel]
) -> dict[str, dict[str, Any]]:
    """Return the figures of slices of the claims, all kinds but relations."""
    one = [row for row in rows if row.pictures == 1 and kind_of(row) != "relation"]
    new = [row for row in unseen if kind_of(row) != "relation" and row.admitted]
    parts: dict[str, dict[str, list[Looked]]] = {
        "background": {name: [row for row in one if row.background == name] for name in FAMILIES},
        "objects": {str(n): [row for row in one if row.objects == n] for n in range(1, 7)},
        "size of the object named": {
            name: [row for row in one if low < row.share <= high or (row.share == 0 and kind_of(row) in ("object", "negated"))]
            for low, high, name in _SIZES
        },
        "style": {name: [row for row in one if row.style == name] for name in sorted({row.style for row in one})},
    }  # fmt: skip
    parts["background"][f"{UNSEEN} (unseen)"] = [row for row in new if row.pictures == 1]
    parts["pictures"] = {
        str(n): [row for row in rows if row.pictures == n and kind_of(row) != "relation"] for n in (1, 2, 4, 8)
    }
    parts["pictures, unseen background"] = {str(n): [row for row in new if row.pictures == n] for n in (1, 2, 4)}
    every = [row for row in unseen if kind_of(row) != "relation"]
    parts["pictures, unseen background, gate off"] = {
        str(n): [row for row in every if row.pictures == n] for n in (1, 2, 4)
    }
    return {
        name: {value: figures(some, trusts_of(some, models)) for value, some in values.items() if some}
        for name, values in parts.items()
    }


def main() -> None:
    """Look, fit, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=int, default=1200, help="scenes that the variants are fitted on")
    parser.add_argument("--scenes", type=int, default=2000, help="scenes measured")
    parser.add_argument("--unseen", type=int, default=500, help="scenes with the background that nothing has seen")
    parser.add_argument("--encoder", help="folder of a second encoder, for an ensemble")
    parser.add_argument("--keep", type=Path, default=Path("data/looks"), help="what the checks saw is kept here")
    options = parser.parse_args()
    numbers = (1, 2, 4, 8)
    start = FRESH + 200_000

    def table(
        name: str, first: int, scenes: int, verifier: Verifier | None = None, family: str | None = None
    ) -> list[Looked]:
        seeds = range(first, first + scenes)
        return kept(options.keep / f"{name}-{scenes}.pkl", looked(seeds, numbers, verifier=verifier, family=family))

    learnt, tests = table("fit", FIRST, options.fit), table("test", start, options.scenes)
    unseen = table("unseen", start + 50_000, options.unseen, family=UNSEEN)
    print(
        f"{len(learnt)} claims to fit on, {len(tests)} to measure, {len(unseen)} on the unseen background", flush=True
    )
    admitted = [row for row in tests if row.admitted]
    single = [row for row in admitted if row.pictures == 1]
    done: dict[str, Any] = {
        "claims": {"all": len(tests), "one picture": len(single), "refused by the gate": len(tests) - len(admitted),
                   "unseen": len(unseen), "unseen, refused": sum(not row.admitted for row in unseen)},
    }  # fmt: skip
    profile = Profile.load("tiny").kinds
    done["kinds"] = by_kind(single, profile, bool)
    few = [row.example for row in learnt if row.pictures <= 4]
    done["ablations"] = {}
    for name, keep in variants().items():
        models = fit_kinds([only(example, keep) for example in few if any(only(example, keep).looks)])
        done["ablations"][name] = by_kind(single, models, keep)
        _say(name, done["ablations"][name])
    if options.encoder:
        verifier = Verifier.from_defaults(f"tiny,{options.encoder}", "tiny", profile=blank(), remember=200)
        both = [
            table(f"{name}-both", first, n, verifier) for name, first, n in (("fit", FIRST, 400), ("test", start, 500))
        ]
        models = fit_kinds([row.example for row in both[0] if row.pictures <= 4])
        own = fit_kinds(
            [row.example for row in learnt if row.pictures <= 4 and int(row.example.group[6:]) < FIRST + 400]
        )
        for name, rows, fitted in (("one encoder", tests, own), ("two encoders", both[1], models)):
            some = [row for row in rows if row.pictures == 1 and int(row.example.group[6:]) < start + 500]
            done["ablations"][f"{name}, alone"] = by_kind(some, fitted, bool)
            _say(name, done["ablations"][f"{name}, alone"])
    done["slices"] = slices(admitted, unseen, profile)
    for name, values in done["slices"].items():
        _say(name, values)
    trusts, labels = trusts_of(single, profile), np.array([row.label for row in single], float)
    done["risk_coverage"], done["reliability"] = curve(trusts, labels), reliability(trusts, labels)
    command = "python benchmarks/ablations.py" + (f" --encoder {Path(options.encoder).name}" if options.encoder else "")
    save("ablations", {"command": command, "data": f"{len(tests)} claims on {options.scenes} drawn scenes", **done})


def _say(name: str, values: Mapping[str, Any]) -> None:
    shown = ("n", "auroc", "ece", "ece_floor", "false_supported", "clipscore")
    cells = (f"{key}: " + ", ".join(f"{one} {row[one]}" for one in shown) for key, row in values.items())
    print(f"{name}\n  " + "\n  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
