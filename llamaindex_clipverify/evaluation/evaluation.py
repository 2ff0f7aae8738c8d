"""Evaluation on labelled claims: how well trust separates true from false, compared with CLIPScore and the detector."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.boundary import cells, files, tables
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.evidence.sightings import DETECTOR_FACTS
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.tables import aligned
from llamaindex_clipverify.trust.metrics import Metric, accuracy, auroc, average_precision, ece, group_weights, interval
from llamaindex_clipverify.verification.verifier import Verifier

_AT_ONCE = 256
_MAIN = ("object", "attribute", "count")
Progress = Callable[[int, int], None]
"""Progress callback: called with (rows done, rows in total)."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One labelled claim about one or more pictures."""

    images: tuple[str, ...]
    """Paths, relative to `folder`, as in the file."""
    claim: str
    label: int
    kind: str = "all"
    """For the tables only; never an input."""
    group: str = ""
    """Rows of a group depend on each other and are drawn together by the bootstrap; the pictures by default."""
    folder: Path = Path()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the picture paths."""
        return tuple(self.folder / image for image in self.images)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A row with its result."""

    row: Row
    trust: float | None
    prior: float
    verdict: str
    clipscore: float | None
    """Raw cosine of claim and picture, the best over pictures; None without an encoder."""
    detector: float | None
    """The detector's plain evidence, best picture; None when it is silent or absent."""
    seconds: float

    @property
    def score(self) -> float:
        """Trust, or the kind's prior when nothing could check the row."""
        return self.prior if self.trust is None else self.trust


def read_rows(path: str | Path) -> list[Row]:
    """Read rows of ``{"images": [...], "claim": ..., "label": 0|1, "kind"?, "group"?}``.

    A file of JSON lines, or another table that `boundary.tables` reads, with one picture under ``image`` or ``file_name``, or a
    list under ``images``. Paths are relative to the file.

    Raises:
        DataError: The file cannot be read, or a row is not of this form; the message names it.
    """
    source = Path(path)
    if files.is_folder(source) or source.suffix.lower() in (".csv", ".parquet", ".json"):
        return _table_rows(source)
    lines = files.read_text(path, "the rows cannot be read", "give a JSONL file").split("\n")
    rows = [_row(line, f"{source.name}:{place}", source.parent) for place, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError("no rows", got=source, do="give one JSON object a line")
    return rows


def _table_rows(source: Path) -> list[Row]:
    folder = source if files.is_folder(source) else source.parent
    found = []
    for place, row in enumerate(tables.rows_of(source), 1):
        image = row.get("images") or row.get("image") or row.get("file_name")
        listed = cells.list_in(image) if isinstance(image, str) else None
        named = image if listed is None else listed
        label = str(row.get("label", "")).strip().lower()
        data = {
            **row,
            "images": named if isinstance(named, list) else [named],
            "label": _LABELS.get(label, label),
        }
        found.append(_row_of(data, f"{source.name}, row {place}", folder))
    if not found:
        raise DataError("no rows", got=source, do="give a table with images, claim and label")
    return found


_LABELS = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0, "yes": 1, "no": 0}
_FORM = 'give {"images": ["a.jpg"], "claim": "…", "label": 0 or 1}'


def _row(line: str, place: str, folder: Path) -> Row:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place} is not a row", got=line, do=_FORM) from error
    return _row_of(data, place, folder, line)


def _row_of(data: Any, place: str, folder: Path, line: object = None) -> Row:
    line, form = data if line is None else line, _FORM
    try:
        images, claim, label = data["images"], data["claim"], data["label"]
    except (KeyError, TypeError) as error:
        raise DataError(f"{place} is not a row", got=line, do=form) from error
    listed = isinstance(images, list) and images and all(isinstance(image, str) for image in images)
    if not listed or not isinstance(claim, str) or label not in (0, 1):
        raise DataError(f"{place} is not a row", got=line, do=form)
    group = str(data.get("group") or "|".join(images))
    return Row(
        images=tuple(images),
        claim=claim,
        label=int(label),
        kind=str(data.get("kind", "all")),
        group=group,
        folder=folder,
    )


def evaluate(
    verifier: Verifier, rows: Sequence[Row], progress: Progress | None = None, bootstrap: int = 1000, seed: int = 0
) -> Evaluation:
    """Verify every row and measure; rows whose pictures cannot be read are listed in `Evaluation.errors` and left out.

    Args:
        verifier: The verifier to evaluate.
        rows: The labelled rows.
        progress: Progress callback: called with (rows done, rows in total).
        bootstrap: Samples for the intervals; 0 for none.
        seed: Random seed of the bootstrap.
    """
    judged: list[Judged] = []
    errors: list[str] = []
    for start in range(0, len(rows), _AT_ONCE):
        for row, result in _judge(verifier, rows[start : start + _AT_ONCE]):
            if isinstance(result, Judged):
                judged.append(result)
            else:
                errors.append(f"{', '.join(row.images)}: {result}")
        if progress is not None:
            progress(min(start + _AT_ONCE, len(rows)), len(rows))
    return Evaluation(rows=judged, errors=list(dict.fromkeys(errors)), bootstrap=bootstrap, seed=seed)


def _judge(verifier: Verifier, rows: Sequence[Row]) -> Iterator[tuple[Row, Judged | ClipVerifyError]]:
    opened = {path: Picture.of(path) for row in rows for path in row.paths}
    started = time.perf_counter()
    given = [_answer(row, opened) for row in rows]
    done = iter(verifier.verify_batch([one for one in given if isinstance(one, Answer)]))
    reports = [next(done) if isinstance(one, Answer) else one for one in given]
    seconds = (time.perf_counter() - started) / max(len(rows), 1)
    for row, report in zip(rows, reports, strict=True):
        judged: Judged | ClipVerifyError
        if isinstance(report, ClipVerifyError):
            judged = report
        else:
            try:
                judged = _judged(verifier, row, report, [opened[path] for path in row.paths], seconds)
            except ClipVerifyError as error:  # of a server: comparing with the encoder is a request of its own
                judged = error
        yield row, judged


def _answer(row: Row, opened: Mapping[Path, Picture]) -> Answer | ClipVerifyError:
    """Return the claim of a row as an answer, or why it is none."""
    if not row.claim.strip():
        return DataError("the claim is empty")
    try:
        return Answer.on_pictures(row.claim, tuple(opened[path] for path in row.paths))
    except DataError as error:
        return error


def _judged(verifier: Verifier, row: Row, report: Report, pictures: Sequence[Picture], seconds: float) -> Judged:
    kind = report.claims[0].claim.kind if report.claims else "other"
    return Judged(
        row=row,
        trust=report.trust,
        prior=verifier.prior(kind),
        verdict=report.verdict,
        clipscore=_clipscore(verifier, row, pictures),
        detector=_detector(report),
        seconds=seconds,
    )


def _clipscore(verifier: Verifier, row: Row, pictures: Sequence[Picture]) -> float | None:
    if not verifier.has_encoder:
        return None
    return max((fit.cosine for fit in verifier.fits(row.claim, pictures) if fit is not None), default=None)


def _detector(report: Report) -> float | None:
    """Return the least of the claims' detector scores, as the answer's trust is the least of the claims' trusts."""
    scores = [
        1 - piece.score if claim.claim.negated else piece.score
        for claim in report.claims
        for piece in claim.evidence
        if piece.check == DETECTOR_FACTS and piece.score is not None
    ]
    return min(scores, default=None)


@dataclass(kw_only=True)
class Evaluation:
    """Judged rows and the figures on them."""

    rows: list[Judged]
    errors: list[str] = field(default_factory=list)
    bootstrap: int = 1000
    seed: int = 0

    @cached_property
    def figures(self) -> dict[str, Any]:
        """Figures on all rows, on objects, attributes and counts in equal parts, and on each kind (see `_figures`)."""
        names = list(dict.fromkeys(judged.row.kind for judged in self.rows))
        by_kind = {name: [row for row in self.rows if row.row.kind == name] for name in names}
        found: dict[str, Any] = {"overall": self._figures(self.rows)}
        if all(kind in by_kind for kind in _MAIN):
            found["+".join(_MAIN)] = self._figures(self._equal_parts([by_kind[kind] for kind in _MAIN]))
        found["kinds"] = {name: self._figures(rows) for name, rows in by_kind.items()}
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return `figures` and the rows left out, as plain JSON."""
        return {**self.figures, "errors": self.errors}

    def _equal_parts(self, parts: Sequence[Sequence[Judged]]) -> list[Judged]:
        least = min(map(len, parts))
        random = np.random.default_rng(self.seed)
        return [part[place] for part in parts for place in random.permutation(len(part))[:least]]

    def _figures(self, rows: Sequence[Judged]) -> dict[str, Any]:
        """Return n, coverage, AUROC of trust on all rows, four figures on the covered ones, intervals, and the baselines."""
        labels = np.array([row.row.label for row in rows], float)
        weights = group_weights([row.row.group for row in rows], self.bootstrap, self.seed)
        checked = np.array([row.trust is not None for row in rows], bool)
        trust = np.array([row.score for row in rows], float)
        some = (trust[checked], labels[checked], weights[:, checked])
        figures = {
            "n": len(rows),
            "true": int(labels.sum()),
            "coverage": _short(float(checked.mean())) if len(rows) else None,
            **_measured({"auroc": auroc}, trust, labels, weights),
        }
        decided = _measured(_DECIDED, *some)
        figures["intervals"] |= decided.pop("intervals")
        baselines = {name: self._baseline(name, rows, trust, labels, weights) for name in ("clipscore", "detector")}
        return {**figures, **decided, "baselines": {name: one for name, one in baselines.items() if one}}

    @staticmethod
    def _baseline(
        name: str, rows: Sequence[Judged], trust: Array, labels: Array, weights: Array
    ) -> dict[str, Any] | None:
        """Return a baseline's figures on all rows (silent ones at its median) and the paired difference of trust to it."""
        values = [getattr(row, name) for row in rows]
        known = [value for value in values if value is not None]
        if not known:
            return None
        scores = np.array([np.median(known) if value is None else value for value in values], float)
        paired = [auroc(trust, labels, one) - auroc(scores, labels, one) for one in weights]
        return {
            "coverage": _short(len(known) / len(values)),
            **_measured({"auroc": auroc, "average_precision": average_precision}, scores, labels, weights),
            "trust_minus_this": _short(auroc(trust, labels) - auroc(scores, labels)),
            "trust_minus_this_interval": _interval(paired),
        }

    def table(self) -> str:
        """Return an aligned table: one line for each kind."""
        heads = ["kind", "n", "coverage", "AUROC", "95 %", "decided", "accuracy", "ECE", "CLIPScore", "detector"]
        named = {name: one for name, one in self.figures.items() if name != "kinds"}
        if len(self.figures["kinds"]) > 1:
            named |= self.figures["kinds"]
        return aligned(heads, (_line(name, one) for name, one in named.items()), numbers=range(1, len(heads)))

    def predictions(self) -> Iterator[dict[str, Any]]:
        """Yield each row with ``trust``, ``verdict``, ``clipscore`` and ``seconds``."""
        for one in self.rows:
            row = one.row
            yield {
                "images": list(row.images), "claim": row.claim, "label": row.label, "kind": row.kind, "group": row.group,
                "trust": round(one.score, 4), "verdict": one.verdict,
                "clipscore": None if one.clipscore is None else round(one.clipscore, 4), "seconds": round(one.seconds, 5),
            }  # fmt: skip


_DECIDED: dict[str, Metric] = {
    "auroc_decided": auroc,
    "average_precision": average_precision,
    "accuracy": accuracy,
    "ece": ece,
}


def _measured(metrics: Mapping[str, Metric], scores: Array, labels: Array, weights: Array) -> dict[str, Any]:
    """Return each metric by name, and their bootstrap intervals by name under ``intervals``."""
    values: dict[str, Any] = {
        name: _short(metric(scores, labels, np.ones(len(scores)))) for name, metric in metrics.items()
    }
    intervals = {name: _interval([metric(scores, labels, one) for one in weights]) for name, metric in metrics.items()}
    return {**values, "intervals": intervals}


def _interval(values: Sequence[float]) -> list[float] | None:
    found = interval(values)
    return None if found is None else [round(found[0], 4), round(found[1], 4)]


def _short(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _line(name: str, one: dict[str, Any]) -> list[str]:
    ends = one["intervals"]["auroc"]
    baselines = one["baselines"]
    return [
        name,
        str(one["n"]),
        "–" if one["coverage"] is None else f"{one['coverage']:.0%}",
        _cell(one["auroc"]),
        f"{_three(ends[0])}–{_three(ends[1])}" if ends else "–",
        *(_cell(one[key]) for key in ("auroc_decided", "accuracy", "ece")),
        *(_cell(baselines[key]["auroc"]) if key in baselines else "–" for key in ("clipscore", "detector")),
    ]


def _cell(value: float | None) -> str:
    return "–" if value is None else _three(value)


def _three(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.2f}"
