"""Past one machine: ingest and evaluation on Ray Data, a pool of actors with the models loaded once each.

Actors write to one Chroma server; an index in a folder has one writer. Results are those of the local engine, in the order given.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from llamaindex_clipverify.errors import DataError, MissingExtraError, PictureError
from llamaindex_clipverify.evaluation.evaluation import Evaluation, Judged, Row
from llamaindex_clipverify.evaluation.evaluation import evaluate as evaluate_here
from llamaindex_clipverify.index import chroma
from llamaindex_clipverify.index.index import EvidenceIndex
from llamaindex_clipverify.index.schema import Added, Entry
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.verification.verifier import Verifier

_AT_ONCE = 32
_ROWS = 256
Progress = Callable[[int, int], None]
"""Called with what is done and what there is."""


def ingest(
    entries: Sequence[Entry],
    store: str,
    *,
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    **models: Any,
) -> Added:
    """Index pictures that are files on a Chroma server, as `EvidenceIndex.add` does here.

    Args:
        entries: Pictures with paths that every machine of the cluster can open.
        store: The server's address.
        strict: Whether a picture that cannot be read is an error; the others are indexed all the same.
        workers: Actors, one CPU each; as many as there are CPUs by default.
        progress: Told how far it is.
        **models: ``encoder``, ``detector``, ``reader``, ``regions`` and ``name`` of the index; names, not objects.

    Raises:
        DataError: The store is no server, or a picture has no path.
        MissingExtraError: Ray is not installed.
        PictureError: `strict`, and a picture cannot be read.
    """
    if not chroma.is_url(store):
        do = "start a server (chroma run --path DIR) and give its address"
        raise DataError("many processes write, and an index in a folder has one writer", got=store, do=do)
    if any(entry.picture.uri is None for entry in entries):
        raise DataError("pictures without a path cannot be sent to other processes", do="save them as files")
    EvidenceIndex(store, **models)  # creates the collections before the workers write
    items = [
        {
            "place": place,
            "path": entry.picture.uri,
            "caption": entry.caption,
            "metadata": json.dumps(dict(entry.metadata)),
        }
        for place, entry in enumerate(entries)
    ]
    rows = _mapped(_Indexer, {"store": store, "models": models}, items, _AT_ONCE, workers, progress)
    skipped = [(str(row["name"]), str(row["why"])) for row in rows if row["why"]]
    if strict and skipped:
        raise PictureError("a picture cannot be indexed", got=": ".join(skipped[0]), do="replace it or leave it out")
    return Added(
        places=tuple(row["id"] or None for row in rows),
        new=sum(int(row["new"]) for row in rows),
        skipped=tuple(skipped),
    )


def evaluate(
    make: Callable[[], Verifier],
    rows: Sequence[Row],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Evaluation:
    """Verify rows as `evaluation.evaluate` does here; pictures of neighbouring rows are looked at once.

    Args:
        make: Returns the verifier; called once in every actor.
        rows: What is judged, with paths that every machine can open.
        workers: As for `ingest`.
        progress: Told how far it is.
        **options: ``bootstrap`` and ``seed`` of the figures.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    starts = range(0, len(rows), _ROWS)
    items = [
        {"place": start, "rows": json.dumps([_told(row) for row in rows[start : start + _ROWS]])} for start in starts
    ]

    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress(min(done * _ROWS, len(rows)), len(rows))

    parts = _mapped(_Judge, {"make": make}, items, 1, workers, tell)
    judged = [
        Judged(row=rows[int(part["place"]) + place], **figures)
        for part in parts
        for place, figures in json.loads(part["judged"])
    ]
    errors = [error for part in parts for error in json.loads(part["errors"])]
    return Evaluation(
        rows=judged,
        errors=list(dict.fromkeys(errors)),
        bootstrap=options.get("bootstrap", 1000),
        seed=options.get("seed", 0),
    )


def _mapped(
    worker: type,
    given: dict[str, Any],
    items: list[dict[str, Any]],
    size: int,
    workers: int | None,
    progress: Progress | None,
) -> list[dict[str, Any]]:
    """Return what actors make of items, in the order of their ``place``."""
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray") from error
    if not ray.is_initialized():
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    resources: dict[str, float] = ray.cluster_resources()
    pool = workers or max(int(resources.get("CPU", 1)), 1)
    blocks = max(min(len(items) // size, 8 * pool), 1)
    made = ray.data.from_items(items, override_num_blocks=blocks).map_batches(
        worker, batch_size=size, concurrency=min(pool, blocks), num_cpus=1, fn_constructor_kwargs=given
    )
    rows: list[dict[str, Any]] = []
    for row in made.iter_rows():
        rows.append(row)
        if progress is not None:
            progress(len(rows), len(items))
    return sorted(rows, key=lambda row: int(row["place"]))


class _Indexer:
    """An actor that indexes."""

    def __init__(self, store: str, models: dict[str, Any]) -> None:
        self.index = EvidenceIndex(store, **models)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        columns = (batch[key] for key in ("path", "caption", "metadata"))
        entries = [
            Entry(picture=Picture.of(str(path)), caption=str(caption), metadata=json.loads(metadata))
            for path, caption, metadata in zip(*columns, strict=True)
        ]
        added = self.index.add(entries)
        reasons = dict(added.skipped)
        found = [(entry.picture.name, content) for entry, content in zip(entries, added.places, strict=True)]
        return {
            "place": batch["place"],
            "name": np.array([name for name, _ in found], dtype=object),
            "id": np.array([content or "" for _, content in found], dtype=object),
            "why": np.array(["" if content else reasons[name] for name, content in found], dtype=object),
            "new": np.array([added.new, *([0] * (len(entries) - 1))]),
        }


class _Judge:
    """An actor that verifies rows."""

    def __init__(self, make: Callable[[], Verifier]) -> None:
        self.verifier = make()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        done = [self._judged([_heard(row) for row in json.loads(rows)]) for rows in batch["rows"]]
        return {
            "place": batch["place"],
            "judged": np.array([json.dumps(judged) for judged, _ in done], dtype=object),
            "errors": np.array([json.dumps(errors) for _, errors in done], dtype=object),
        }

    def _judged(self, rows: list[Row]) -> tuple[list[tuple[int, dict[str, Any]]], list[str]]:
        """Return the place of each row that could be judged with its figures, and the errors of the others."""
        found = evaluate_here(self.verifier, rows, bootstrap=0)
        places = {id(row): place for place, row in enumerate(rows)}
        figures = [
            (places[id(row.row)], {key: value for key, value in vars(row).items() if key != "row"})
            for row in found.rows
        ]
        return figures, found.errors


def _told(row: Row) -> dict[str, Any]:
    return {**asdict(row), "folder": str(row.folder)}


def _heard(row: dict[str, Any]) -> Row:
    return Row(**{**row, "images": tuple(row["images"]), "folder": Path(row["folder"])})
