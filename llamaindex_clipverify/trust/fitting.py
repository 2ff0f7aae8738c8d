"""Fits the weights and the calibration of a profile on labelled claims, with scikit-learn.

The data are split by group: one half fits the weights of the checks, a quarter the calibration after pooling over pictures, and a
quarter is held out. Separate models use only the checks of the encoder or of the detector, so that a profile stays calibrated
when one of them is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.trust.guarantee import Holdout
from llamaindex_clipverify.trust.metrics import ece
from llamaindex_clipverify.trust.profile import AnswerModel, Cluster, Feature, Gate, KindModel

SMALL = 20
"""Minimum number of claims of a kind for a fit without held-out data."""
_TIGHT = 0.3
"""Inverse regularisation strength of such a fit."""
_CURVED = 1000
"""Number of claims from which a monotonic curve is fitted after the linear calibration."""
_KNOTS = 16
_ANSWERS = 4
"""Number of answers composed of the claims of each picture."""
LEAST = 40
"""Minimum number of claims of a kind."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """The features of one labelled claim in its positive form."""

    kind: str
    looks: tuple[Mapping[str, float], ...]
    """For each picture, ``check.feature`` to value (see `trust.features_of`)."""
    label: int
    """1 if the claim is true of any of the pictures."""
    group: str
    """Examples of a group are never split between parts."""
    negated: bool = False
    """Whether the claim was stated in the negative; its trust is then inverted."""


def fit_kinds(examples: Sequence[Example]) -> dict[str, KindModel]:
    """Fit one model for each kind with at least `LEAST` examples of both labels together.

    Raises:
        DataError: No kind has enough.
    """
    kinds = dict.fromkeys(example.kind for example in examples)
    by_kind = {kind: [example for example in examples if example.kind == kind] for kind in kinds}
    models = {
        kind: _fit(rows) for kind, rows in by_kind.items() if len(rows) >= LEAST and len({r.label for r in rows}) == 2
    }
    if not models:
        raise DataError(
            f"too few labelled claims: a kind needs {LEAST}, true and false",
            got={k: len(r) for k, r in by_kind.items()},
        )
    return models


def fit_small(examples: Sequence[Example], least: float = 0.0) -> dict[str, KindModel]:
    """Fit one model for each kind with at least `SMALL` examples, on all of them: for data too small to be split.

    The regression is regularised more, there is no calibration after pooling, and the calibration error is measured by leaving
    out each group in turn.

    Args:
        examples: Labelled claims.
        least: See `KindModel.least`.

    Raises:
        DataError: No kind has enough.
    """
    kinds = dict.fromkeys(example.kind for example in examples)
    by_kind = {kind: [example for example in examples if example.kind == kind] for kind in kinds}
    models = {kind: _fit_small(rows, least) for kind, rows in by_kind.items()
              if len(rows) >= SMALL and len({row.label for row in rows}) == 2}  # fmt: skip
    if not models:
        raise DataError(f"too few labelled claims: a kind needs {SMALL}, true and false", got=_numbers(by_kind))
    return models


def fit_few(rows: Sequence[Example], least: float = 0.0) -> KindModel:
    """Fit the weights of one kind on few examples, with strong regularisation; nothing is measured."""
    single = [row for row in rows if len(row.looks) == 1]
    model = _fit_weights(single, _TIGHT)
    return _from_least(model, single, least) if least else model


def _from_least(model: KindModel, rows: Sequence[Example], least: float) -> KindModel:
    """Return a model with `least` and the slope and offset that are most likely with it.

    It is the logistic curve with a lower asymptote of Birnbaum (1968): ``least + (1 - least) * expit(slope * x + offset)``.
    """
    from scipy.optimize import minimize

    scores = np.array([_best(model, row) for row in rows])
    labels = np.array([row.label for row in rows], bool)

    def loss(line: Array) -> float:
        chances = least + (1 - least) * expit(line[0] * scores + line[1])
        return float(-np.log(np.where(labels, chances, 1 - chances) + 1e-9).mean())

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return replace(model, slope=float(slope), offset=float(offset), least=least)


def left_out(examples: Sequence[Example], least: float = 0.0) -> list[float | None]:
    """Return the trust in each example, as stated, by a small fit on the examples of its kind in all other groups."""
    found: list[float | None] = []
    fitted: dict[tuple[str, str], KindModel | None] = {}
    for example in examples:
        key = (example.kind, example.group)
        if key not in fitted:
            others = [row for row in examples if row.kind == example.kind and row.group != example.group]
            enough = len(others) >= SMALL // 2 and len({row.label for row in others}) == 2
            fitted[key] = fit_few(others, least) if enough else None
        model = fitted[key]
        found.append(trust_of(model, example) if model is not None and _judged(example, model) else None)
    return found


def _fit_small(rows: Sequence[Example], least: float) -> KindModel:
    model = fit_few(rows, least)
    pairs = [
        (trust, row.label ^ row.negated)
        for row, trust in zip(rows, left_out(rows, least), strict=True)
        if trust is not None
    ]
    error = ece(np.array([trust for trust, _ in pairs]), np.array([label for _, label in pairs], float), bins=5)
    return replace(model, prior=float(np.mean([row.label for row in rows])), claims=len(rows), ece=error)


def _numbers(by_kind: Mapping[str, Sequence[Example]]) -> dict[str, int]:
    return {kind: len(rows) for kind, rows in by_kind.items()}


def fit_single_models(examples: Sequence[Example]) -> dict[str, dict[str, KindModel]]:
    """Fit models on the features of the encoder alone and of the detector alone; kinds with too few examples are left out."""
    found = {}
    for model, checks in CHECKS_BY_MODEL.items():
        looked = [replace(example, looks=tuple(_only(look, checks) for look in example.looks)) for example in examples]
        seen = [example for example in looked if any(example.looks)]
        found[model] = fit_kinds(seen) if seen else {}
    return found


def _only(look: Mapping[str, float], checks: Sequence[str]) -> dict[str, float]:
    return {name: value for name, value in look.items() if name.split(".")[0] in checks}


def hold_out(examples: Sequence[Example], kinds: Mapping[str, KindModel]) -> Holdout | None:
    """Return the held-out examples with their trust as stated, for a guarantee; None when there are none."""
    parts = [
        [(example, trust_of(kinds[example.kind], example)) for example in examples
         if parted(example.group) == part and _judged(example, kinds.get(example.kind))]
        for part in (2, 3)
    ]  # fmt: skip
    if not all(parts):
        return None
    trusts = np.array([trust for _, trust in parts[1]])
    labels = np.array([example.label ^ example.negated for example, _ in parts[1]])
    return Holdout.of(
        trusts, labels, [example.group for example, _ in parts[1]], np.array([trust for _, trust in parts[0]])
    )


def fit_answers(examples: Sequence[Example], kinds: Mapping[str, KindModel], seed: int = 0) -> AnswerModel | None:
    """Fit the trust of whole answers, composed of claims about one picture; None when there are too few.

    Claims are drawn at random, so that answers and claims are calibrated to the same share of true claims. The fit uses the
    pictures of the calibration part; the error is measured on held-out pictures.
    """
    from sklearn.linear_model import LogisticRegression

    made = [list(_answers(examples, kinds, part, seed)) for part in (2, 3)]
    if any(len(part) < LEAST or len({label for _, label in part}) < 2 for part in made):
        return None
    table = np.array([AnswerModel.features(trusts) for trusts, _ in made[0]])
    labels = np.array([label for _, label in made[0]])
    columns = [0, 1]
    while True:
        fitted = LogisticRegression(C=10.0, max_iter=1000).fit(table[:, columns], labels)
        if len(columns) == 1 or fitted.coef_[0].min() >= 0:
            break
        columns.pop(int(np.argmin(fitted.coef_[0])))
    weights = dict(zip(columns, map(float, fitted.coef_[0]), strict=True))
    model = AnswerModel(
        intercept=float(fitted.intercept_[0]),
        least=weights.get(0, 0.0),
        product=weights.get(1, 0.0),
        answers=len(labels),
    )
    trusts = np.array([model.trust(one) for one, _ in made[1]])
    return replace(model, ece=ece(trusts, np.array([label for _, label in made[1]], float)))


def _answers(
    examples: Sequence[Example], kinds: Mapping[str, KindModel], part: int, seed: int
) -> Iterator[tuple[list[float], int]]:
    by_group: dict[str, list[tuple[float, int]]] = {}
    for example in examples:
        if len(example.looks) == 1 and parted(example.group) == part and _judged(example, kinds.get(example.kind)):
            claim = trust_of(kinds[example.kind], example), example.label ^ example.negated
            by_group.setdefault(example.group, []).append(claim)
    rng = np.random.default_rng(seed)
    for claims in by_group.values():
        for _ in range(_ANSWERS if len(claims) > 1 else 0):
            chosen = rng.permutation(len(claims))[: int(rng.integers(2, 7))]
            yield [claims[place][0] for place in chosen], int(all(claims[place][1] for place in chosen))


def _judged(example: Example, model: KindModel | None) -> bool:
    return model is not None and any(set(look) & set(model.features) for look in example.looks)


def trust_of(model: KindModel, example: Example) -> float:
    """Return the trust in an example as stated."""
    trust = model.calibrated(_best(model, example), len(example.looks))
    return 1 - trust if example.negated else trust


def fit_gate(statistics: Array, seed: int = 0) -> Gate:
    """Fit a mixture of up to four Gaussians to picture statistics (N, F) on one half, and its limit on the other half.

    Raises:
        DataError: Fewer than 40 pictures.
    """
    from sklearn.mixture import GaussianMixture

    if len(statistics) < LEAST:
        raise DataError(f"a gate needs {LEAST} pictures", got=len(statistics))
    fitted, held = statistics[::2].astype(np.float64), statistics[1::2]
    mean, spread = fitted.mean(axis=0), fitted.std(axis=0) + 1e-6
    parts = int(np.clip(len(fitted) // 100, 1, 4))
    mixture = GaussianMixture(parts, reg_covar=0.02, n_init=2, random_state=seed).fit((fitted - mean) / spread)
    found = zip(mixture.weights_, mixture.means_, mixture.precisions_cholesky_, strict=True)
    clusters = tuple(Cluster(float(weight), _row(middle), tuple(map(_row, factor))) for weight, middle, factor in found)
    gate = Gate(mean=_row(mean), spread=_row(spread), clusters=clusters, limit=np.inf)
    return replace(gate, limit=float(np.quantile([gate.surprise(row) for row in held], 0.99)))


def _row(values: Array) -> tuple[float, ...]:
    return tuple(map(float, values))


def _fit(rows: Sequence[Example]) -> KindModel:
    parts = [[row for row in rows if parted(row.group) in chosen] for chosen in ((0, 1), (2,), (3,))]
    weights = _fit_weights([row for row in parts[0] if len(row.looks) == 1])
    pooled = _fit_pooling(weights, parts[1] or parts[0])
    held = parts[2] or parts[1] or parts[0]
    trust = np.array([pooled.calibrated(_best(pooled, row), len(row.looks)) for row in held])
    labels = np.array([row.label for row in held], float)
    prior = float(np.mean([row.label for row in rows if len(row.looks) == 1] or labels))
    return replace(pooled, prior=prior, claims=len(rows), ece=ece(trust, labels))


def parted(group: str) -> int:
    """Return the quarter of a group: 0 and 1 fit the weights, 2 the calibration, 3 is held out."""
    return hashlib.sha256(group.encode()).digest()[0] % 4


def _fit_weights(rows: Sequence[Example], strength: float = 1.0) -> KindModel:
    """Fit the log-odds of one picture; a feature with a negative weight is removed and the rest fitted again."""
    names = sorted({name for row in rows for name in row.looks[0]})
    while True:
        model, worst = _regress(rows, names, strength)
        if worst is None:
            return model
        names.remove(worst)


def _regress(rows: Sequence[Example], names: Sequence[str], strength: float) -> tuple[KindModel, str | None]:
    from sklearn.linear_model import LogisticRegression

    values = np.array([[row.looks[0].get(name, np.nan) for name in names] for row in rows])
    means, spreads = np.nanmean(values, axis=0), np.nanstd(values, axis=0) + 1e-6
    missing = np.isnan(values)
    table = np.hstack([np.where(missing, 0.0, (values - means) / spreads), missing.astype(float)])
    # balanced where data are few: else the group left out would pull the intercept the other way
    weights = "balanced" if strength < 1 else None
    fitted = LogisticRegression(C=strength, max_iter=2000, class_weight=weights).fit(table, [row.label for row in rows])
    slopes, gaps = fitted.coef_[0][: len(names)], fitted.coef_[0][len(names) :]
    features = {
        name: Feature(float(slope / spread), float(mean), float(gap))
        for name, slope, spread, mean, gap in zip(names, slopes, spreads, means, gaps, strict=True)
    }
    worst = int(np.argmin(slopes)) if len(names) > 1 else 0
    negative = slopes[worst] < 0 and len(names) > 1
    return KindModel(intercept=float(fitted.intercept_[0]), features=features), names[worst] if negative else None


def _fit_pooling(model: KindModel, rows: Sequence[Example]) -> KindModel:
    from sklearn.linear_model import LogisticRegression

    table = np.array([[_best(model, row), np.log(len(row.looks))] for row in rows])
    fitted = LogisticRegression(C=10.0, max_iter=1000).fit(table, [row.label for row in rows])
    slope, pictures = (float(value) for value in fitted.coef_[0])
    if slope < 0:  # the evidence tells nothing on these claims: they are true as often as all of them are
        share = (sum(row.label for row in rows) + 0.5) / (len(rows) + 1)
        return replace(model, slope=0.0, pictures=0.0, offset=float(logit(share)))
    pooled = replace(model, slope=slope, pictures=pictures, offset=float(fitted.intercept_[0]))
    values = np.array([pooled.line(best, len(row.looks)) for best, row in zip(table[:, 0], rows, strict=True)])
    labels = np.array([row.label for row in rows])
    return replace(pooled, curve=_curve(values, labels) if _bent(values, labels) else ())


def _bent(values: Array, labels: Array) -> bool:
    """Whether a curve has a smaller cross-validated log-loss than the line, on log-odds (N,)."""
    from sklearn.metrics import log_loss

    if len(values) < _CURVED:
        return False
    parts = np.array_split(np.arange(len(values)), 5)  # neighbours are of one picture
    gains = []
    for part in parts:
        rest = np.setdiff1d(np.arange(len(values)), part)
        knots = _curve(values[rest], labels[rest])
        curved = KindModel(intercept=0.0, features={}, curve=knots)
        straight = np.array([KindModel(intercept=0.0, features={}).calibrated(value, 1) for value in values[part]])
        bent = np.array([curved.calibrated(value, 1) for value in values[part]])
        truth = labels[part]
        gains.append(log_loss(truth, straight, labels=[0, 1]) - log_loss(truth, bent, labels=[0, 1]))
    return float(np.mean(gains)) > 0


def _curve(values: Array, labels: Array) -> tuple[tuple[float, float], ...]:
    """Return a rising curve from log-odds (N,) to those of the share of true ones near them.

    Isotonic regression over bins of equal mass; what is flat in it is given a slope of .05, so that no two claims tie.
    """
    from sklearn.isotonic import isotonic_regression

    order = np.argsort(values, kind="stable")
    bins = [part for part in np.array_split(order, _KNOTS) if len(part)]
    across = np.array([values[part].mean() for part in bins])
    shares = isotonic_regression(
        [(labels[part].sum() + 0.5) / (len(part) + 1) for part in bins], y_min=1e-4, y_max=1 - 1e-4
    )
    up = logit(shares)
    keep = np.r_[True, np.diff(across) > 1e-6]
    across, up = across[keep], up[keep]
    up = np.maximum.accumulate(up + 0.05 * (across - across.mean()))
    return tuple(zip(map(float, across), map(float, up), strict=True))


def _best(model: KindModel, row: Example) -> float:
    return max(log_odds(model, look) for look in row.looks)


def log_odds(model: KindModel, look: Mapping[str, float]) -> float:
    """Return the uncalibrated log-odds of one picture's numbers."""
    terms = (
        feature.weight * (look[name] - feature.mean) if name in look else feature.missing
        for name, feature in model.features.items()
    )
    return model.intercept + sum(terms)
