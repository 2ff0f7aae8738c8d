"""Answers in the tables of others, verified row by row: ragas, deepeval, RagDataset, Hugging Face datasets, CSV, Parquet.

    rows = answers.read("answers.jsonl")
    results = answers.verify(verifier, rows)
    results.to_pandas()

Columns are recognised by the names in use: the answer is ``response`` (ragas), ``actual_output`` (deepeval) or ``answer``, and so
on; contexts that are the path or the base64 text of a picture are pictures.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.boundary import cells, decoding, files, tables
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.node_pictures import Access, picture_text
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import rounded
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

if TYPE_CHECKING:
    import pandas as pd

ANSWER = ("response", "actual_output", "answer", "output", "prediction", "generated_text")
QUESTION = ("user_input", "input", "question", "query")
IMAGES = ("images", "image", "image_paths", "image_path", "pictures", "picture", "file_name")
CONTEXTS = ("retrieved_contexts", "retrieval_context", "contexts", "context", "passages", "passage")
"""Names of columns, the first that a row has counts."""
_AT_ONCE = 32
_LONGEST = 2000
"""Longest text in characters that may be a path."""
Progress = Callable[[int, int], None]
"""Called with (rows done, rows in total)."""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """One row: an answer, what it may rest on, and the row as it was."""

    text: str
    question: str | None = None
    images: tuple[Any, ...] = ()
    """Paths, bytes, ``{"bytes", "path"}`` of Hugging Face, or pictures."""
    contexts: tuple[str, ...] = ()
    values: Mapping[str, Any]

    @property
    def id(self) -> str:
        """A hash of all that the result depends on, but for the models and the content of files."""
        parts = [self.text, self.question, [_described(image) for image in self.images], list(self.contexts)]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()

    def answer(self, access: Access) -> Answer:
        """Return it as an answer; a source that cannot be opened is a gap.

        Raises:
            DataError: The text is empty, too long or no text.
        """
        if not self.text.strip():
            raise DataError("the answer is empty", do="leave the row out")
        sources = [
            *(Source.tried(partial(_picture, image, access)) for image in self.images),
            *(Source.tried(partial(_context, text, access)) for text in self.contexts),
        ]
        return Answer.on_sources(self.text, sources, self.question)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A row with its figures."""

    row: AnswerRow
    values: Mapping[str, Any]
    """``trust``, ``coverage``, ``verdict``, ``calibration``, ``doubtful``, ``gaps``, ``error``, ``seconds``."""
    report: Report | None = None
    """None where there is an error, or the figures are of an earlier run."""


@dataclass(frozen=True)
class Results:
    """The results of all rows, in their order."""

    rows: tuple[Result, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """Return each row as it was with the columns of its result; pictures are left out."""
        return [{**_plain(result.row.values), **result.values} for result in self.rows]

    def to_pandas(self) -> pd.DataFrame:
        """Return `to_rows` as a table."""
        import pandas as pd

        return pd.DataFrame(self.to_rows())

    def save(self, path: str | Path) -> Path:
        """Write `to_rows` as ``.parquet``, ``.csv`` or ``.jsonl``; see `boundary.tables.save`."""
        return tables.save(self.to_rows(), path)

    def __str__(self) -> str:
        """Return one line: how many of which verdict."""
        verdicts = [result.values["verdict"] for result in self.rows]
        known = [verdict for verdict in dict.fromkeys(verdicts) if verdict]
        parts = [f"{verdicts.count(verdict)} {verdict.replace('_', ' ')}" for verdict in known]
        errors = sum(bool(result.values["error"]) for result in self.rows)
        return ", ".join([f"{len(self.rows)} answers", *parts, *([f"{errors} with an error"] if errors else [])])


def read(path: str | Path, predictions: str | Path | None = None) -> list[AnswerRow]:
    """Return the answers of a table on disk; see `boundary.tables.rows_of` for its forms.

    Args:
        path: The table.
        predictions: The answers, where they are in a second table of the same length: LlamaIndex's RagPredictionDataset.

    Raises:
        DataError: It cannot be read, has no rows, or a row has no answer.
    """
    rows = tables.rows_of(path)
    if predictions is not None:
        second = tables.rows_of(predictions)
        if len(second) != len(rows):
            got = f"{len(rows)} rows and {len(second)} predictions"
            raise DataError("the tables are of different lengths", got=got, do="give the predictions on these rows")
        rows = [{**row, **said} for row, said in zip(rows, second, strict=True)]
    return answers_of(rows)


def answers_of(data: Any) -> list[AnswerRow]:
    """Return the answers of rows in memory.

    Args:
        data: Dicts, a pandas table, a Hugging Face dataset, or a dataset of ragas (anything with ``to_list``).

    Raises:
        DataError: There are no rows, or a row has no answer; the message names it.
    """
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        data = data.to_dict("records")
    elif hasattr(data, "to_list"):
        data = data.to_list()
    rows = [_row(row, place) for place, row in enumerate(data, 1)]
    if not rows:
        raise DataError("there are no rows", do="give at least one answer")
    return rows


def verify(
    verifier: Verifier,
    rows: Sequence[AnswerRow],
    access: Access | None = None,
    progress: Progress | None = None,
    done: Mapping[str, Mapping[str, Any]] | None = None,
    keep: Callable[[str, Mapping[str, Any]], None] | None = None,
) -> Results:
    """Verify every row; a row that cannot be verified has the reason under ``error``.

    Args:
        verifier: Verifies the answers.
        rows: The rows.
        access: Which of the paths and URLs in the rows may be opened. Default: none.
        progress: Called with (rows done, rows in total).
        done: Values of rows that an earlier run has verified, by `AnswerRow.id`.
        keep: Called with the id and the values of each row that is verified now.
    """
    access, known = access or Access(), done or {}
    results: dict[int, Result] = {
        place: Result(row=row, values=known[row.id]) for place, row in enumerate(rows) if row.id in known
    }
    todo = [place for place in range(len(rows)) if place not in results]
    for start in range(0, len(todo), _AT_ONCE):
        part = todo[start : start + _AT_ONCE]
        for place, result in zip(part, _verified(verifier, [rows[place] for place in part], access), strict=True):
            results[place] = result
            if keep is not None:
                keep(result.row.id, result.values)
        if progress is not None:
            progress(len(rows) - len(todo) + start + len(part), len(rows))
    return Results(tuple(results[place] for place in range(len(rows))))


def _verified(verifier: Verifier, rows: Sequence[AnswerRow], access: Access) -> list[Result]:
    started = time.perf_counter()
    given = [_tried(row, access) for row in rows]
    reports = iter(verifier.verify_batch([one for one in given if isinstance(one, Answer)]))
    found = [next(reports) if isinstance(one, Answer) else one for one in given]
    seconds = (time.perf_counter() - started) / len(rows)
    return [
        Result(row=row, values=values_of(one, seconds), report=one if isinstance(one, Report) else None)
        for row, one in zip(rows, found, strict=True)
    ]


def _tried(row: AnswerRow, access: Access) -> Answer | ClipVerifyError:
    try:
        return row.answer(access)
    except ClipVerifyError as error:
        return error


def values_of(found: Report | ClipVerifyError, seconds: float) -> dict[str, Any]:
    """Return the columns of a result."""
    report = found if isinstance(found, Report) else None
    return {
        "trust": rounded(report.trust) if report else None,
        "coverage": round(report.coverage, 4) if report else None,
        "verdict": report.verdict if report else None,
        "calibration": report.calibration if report else None,
        "doubtful": [one.said for one in report.doubtful()] if report else [],
        "gaps": list(report.gaps) if report else [],
        "error": "" if report else str(found),
        "seconds": round(seconds, 4),
    }


def are_values(data: Any) -> bool:
    """Return whether read JSON has the form of `values_of`."""
    if not isinstance(data, dict) or set(data) != set(_VALUES):
        return False
    lists = (data["doubtful"], data["gaps"])
    return all(
        isinstance(data[name], kinds) and not isinstance(data[name], bool) for name, kinds in _VALUES.items()
    ) and all(isinstance(text, str) for texts in lists for text in texts)


_TEXT, _NUMBER = (str, type(None)), (int, float, type(None))
_VALUES: Mapping[str, tuple[type, ...]] = {
    "trust": _NUMBER,
    "coverage": _NUMBER,
    "verdict": _TEXT,
    "calibration": _TEXT,
    "doubtful": (list,),
    "gaps": (list,),
    "error": (str,),
    "seconds": _NUMBER,
}
"""The columns of a result, and the types of their values."""


def _row(row: Any, place: int) -> AnswerRow:
    if hasattr(row, "model_dump"):
        row = row.model_dump()
    if not isinstance(row, Mapping):
        raise DataError(f"row {place} is no object", got=type(row).__name__, do="give a dict for each answer")
    text = _first(row, ANSWER)
    if text is None and any(isinstance(row.get(name), str) for name in ANSWER):
        text = ""
    if not isinstance(text, str):
        got = ", ".join(map(str, row))[:200] if text is None else f"{type(text).__name__}"
        raise DataError(f"row {place} has no answer", got=got, do=f"name its column {', '.join(ANSWER)}")
    question = _first(row, QUESTION)
    return AnswerRow(
        text=text,
        question=question if isinstance(question, str) and question.strip() else None,
        images=tuple(image for image in _listed(_first(row, IMAGES)) if not _is_empty(image)),
        contexts=tuple(text for text in _listed(_first(row, CONTEXTS)) if isinstance(text, str) and text.strip()),
        values=row,
    )


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if not _is_empty(row.get(name))), None)


def _is_empty(value: Any) -> bool:
    """Whether a cell holds nothing: None, "" or the NaN of a table."""
    return value is None or (isinstance(value, str) and not value) or (isinstance(value, float) and value != value)


def _listed(value: Any) -> list[Any]:
    """Return a cell as a list; a text may contain one."""
    if value is None:
        return []
    if isinstance(value, str) and (found := cells.list_in(value)) is not None:
        return found
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _picture(image: Any, access: Access) -> Source:
    if isinstance(image, Mapping):
        image = image.get("bytes") or image.get("path")
    if isinstance(image, (str, Path)):
        data = picture_text(str(image))
        return Source(
            picture=Picture.of(data) if data is not None else access.picture_of_url(_beside(str(image), access))
        )
    return Source.of_picture(image)


def _context(text: str, access: Access) -> Source:
    data = picture_text(text)
    picture = Picture.of(data) if data is not None else access.picture_named(_beside(text, access))
    return Source(picture=picture) if picture is not None else Source(text=text)


def _beside(name: str, access: Access) -> str:
    """Return a relative path as one inside the first of the folders that has such a file; other texts as they are."""
    if Path(name).suffix.lower() not in decoding.suffixes() or len(name) > _LONGEST or "://" in name:
        return name
    folders = () if access.folders is None or callable(access.folders) else access.folders
    inside = (Path(folder) / name for folder in folders)
    return next((str(path) for path in inside if files.is_file(path)), name)


def _described(image: Any) -> Any:
    """Return what tells an image from another, for a hash."""
    if isinstance(image, Mapping):
        return [_described(image.get("bytes")), image.get("path")]
    if isinstance(image, bytes):
        return hashlib.sha256(image).hexdigest()
    if image is None or isinstance(image, (str, Path)):
        return image if image is None else str(image)
    return Picture.of(image).id


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of a row that can be written: bytes are left out, and objects are their text."""
    return {str(name): _writable(value) for name, value in values.items()}


def _writable(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _writable(one) for name, one in value.items() if not isinstance(one, bytes)}
    if isinstance(value, (list, tuple)):
        return [_writable(one) for one in value]
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
