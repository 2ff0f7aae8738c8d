"""Answers verified in several processes, each with models of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from llamaindex_clipverify.errors import VerificationError
from llamaindex_clipverify.evaluation import answers
from llamaindex_clipverify.evaluation.answers import AnswerRow, Progress, Result, Results
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.verification.verifier import Verifier

_AT_ONCE = 16
_made: list[Verifier] = []
"""The verifier of a worker process."""


def verify(
    make: Callable[[], Verifier],
    rows: Sequence[AnswerRow],
    access: Access,
    progress: Progress | None = None,
    done: Mapping[str, Mapping[str, Any]] | None = None,
    keep: Callable[[str, Mapping[str, Any]], None] | None = None,
    workers: int = 2,
) -> Results:
    """Verify rows as `answers.verify` does, with several processes; the results have no reports.

    Args:
        make: Makes the verifier in each process; a function that can be pickled.
        rows: The rows.
        access: Which of the paths and URLs in the rows may be opened.
        progress: Called with (rows done, rows in total).
        done: Values of rows that an earlier run has verified, by `AnswerRow.id`.
        keep: Called with the id and the values of each row that is verified now.
        workers: Number of processes.

    Raises:
        VerificationError: A process was killed.
    """
    known = dict(done or {})
    todo = [row for row in rows if row.id not in known]
    parts = [todo[start : start + _AT_ONCE] for start in range(0, len(todo), _AT_ONCE)]
    finished = len(rows) - len(todo)
    with ProcessPoolExecutor(workers, get_context("spawn"), _prepare, (make,)) as pool:
        running: dict[Future[list[dict[str, Any]]], list[AnswerRow]] = {
            pool.submit(_work, part, access): part for part in parts
        }
        for future in as_completed(running):
            for row, values in zip(running[future], _result(future), strict=True):
                known[row.id] = values
                if keep is not None:
                    keep(row.id, values)
            finished += len(running[future])
            if progress is not None:
                progress(finished, len(rows))
    return Results(tuple(Result(row=row, values=known[row.id]) for row in rows))


def _result(future: Future[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise VerificationError(
            "a worker process was killed", do="give fewer --workers, and go on with --resume"
        ) from error


def _prepare(make: Callable[[], Verifier]) -> None:
    _made[:] = [make()]


def _work(rows: Sequence[AnswerRow], access: Access) -> list[dict[str, Any]]:
    return [dict(result.values) for result in answers.verify(_made[0], rows, access).rows]
