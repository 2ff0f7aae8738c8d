"""Tables of strangers as lists of rows, and rows written as tables: JSON, JSON lines, CSV, Parquet, Hugging Face datasets.

The only file that imports ``datasets`` and ``pyarrow``, which are in the extra ``[data]``.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError, MissingExtraError

READ = (".jsonl", ".json", ".csv", ".parquet")
"""Suffixes of files that `rows_of` reads; a folder is read as a Hugging Face dataset."""
WRITTEN = (".parquet", ".csv", ".jsonl")
"""Suffixes of files that `save` writes."""
_MOST = 2_000_000_000
"""Maximum size of a file in bytes."""
_MOST_CELLS = 5_000_000
"""Maximum number of cells of a Parquet file, whose few bytes may stand for very many."""
_MOST_COLUMNS = 10_000
"""Maximum number of columns of a CSV file."""
_DEEPEST = 100
"""Maximum depth of the lists and objects in a row."""
_DO = f"give a file ending in {', '.join(READ)}, or a folder saved by Hugging Face datasets"


def rows_of(path: str | Path) -> list[dict[str, Any]]:
    """Return the rows of a table: a dict of column to value each.

    A ``.json`` file is a list of rows, or an object with one list of them: under ``examples``, ``predictions``, ``rows`` or
    ``data``. A folder is what ``Dataset.save_to_disk`` wrote (pictures come as their bytes), or one with ``metadata.jsonl``,
    ``metadata.csv`` or ``metadata.parquet`` beside its pictures.

    Raises:
        DataError: It cannot be read, or is no table.
        MissingExtraError: Parquet or a dataset without the extra ``data``.
    """
    with telling(DataError, "the table cannot be read", got=path, do=_DO):
        found = _read(files.local(path))
        if not all(isinstance(row, Mapping) for row in found):
            raise DataError("the table has rows that are no objects", got=path, do=_DO)
        if any(_is_deep(list(row.values())) for row in found):
            raise DataError(f"a row is nested more than {_DEEPEST} deep", got=path, do="leave out what is so deep")
    return [{str(name): value for name, value in row.items()} for row in found]


def _is_deep(cells: list[Any]) -> bool:
    for _ in range(_DEEPEST):
        inner = [cell for cell in cells if isinstance(cell, (list, dict))]
        if not inner:
            return False
        cells = [one for cell in inner for one in (cell.values() if isinstance(cell, dict) else cell)]
    return True


def metadata_of(folder: Path) -> Path | None:
    """Return the table beside the pictures of a folder, or None."""
    named = (folder / f"metadata{suffix}" for suffix in READ)
    return next((path for path in named if path.is_file()), None)


def _read(source: Path) -> Sequence[Any]:
    if source.is_dir():
        beside = metadata_of(source)
        return _dataset(source) if beside is None else rows_of(beside)
    suffix = source.suffix.lower()
    if suffix == ".parquet":
        return _parquet(source)
    if suffix not in READ:
        raise DataError("not a table", got=source, do=_DO)
    text = files.read_text(source, "the table cannot be read", _DO, _MOST)
    if suffix == ".csv":
        return _csv(text)
    if suffix == ".jsonl":
        return [
            _object(line, f"{source.name}:{place}") for place, line in enumerate(text.split("\n"), 1) if line.strip()
        ]
    return _listed(files.parsed(text, "the table cannot be read", _DO, source))


def _object(line: str, place: str) -> Any:
    return files.parsed(line, f"{place} is not a row", "give one JSON object a line", line)


def _listed(data: Any) -> Sequence[Any]:
    if isinstance(data, Mapping):
        lists = [data[name] for name in ("examples", "predictions", "rows", "data") if isinstance(data.get(name), list)]
        data = lists[0] if len(lists) == 1 else data
    if isinstance(data, list):
        return data
    raise DataError("no list of rows", got=type(data).__name__, do="give a list of objects")


def _csv(text: str) -> list[dict[str, Any]]:
    before = csv.field_size_limit(len(text) + 1)  # a cell may be a picture in base 64
    try:
        header, *lines = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    finally:
        csv.field_size_limit(before)
    if len(header) > _MOST_COLUMNS or len(set(header)) < len(header):
        got = f"{len(header)} columns"
        raise DataError("the columns of a table have names of their own", got=got, do=f"name at most {_MOST_COLUMNS:,}")
    for place, row in enumerate(lines, 1):
        if len(row) > len(header):
            got = f"{len(row)} cells in row {place}, {len(header)} columns"
            raise DataError(
                "a row has more cells than there are columns", got=got, do="quote cells that contain commas"
            )
    return [dict(itertools.zip_longest(header, row, fillvalue="")) for row in lines]


def _records(table: Any) -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _parquet(source: Path) -> list[dict[str, Any]]:
    import pandas as pd

    data = files.content(source, _MOST)
    try:
        from pyarrow import parquet

        described = parquet.read_metadata(io.BytesIO(data))
        groups = (described.row_group(place).total_byte_size for place in range(described.num_row_groups))
        cells, size = described.num_rows * max(described.num_columns, 1), sum(groups)
        if cells > _MOST_CELLS or size > _MOST:
            got = f"{source.name}: {cells:,} cells, {size:,} bytes unpacked"
            raise DataError("the table is too large", got=got, do=f"split it: at most {_MOST_CELLS:,} cells")
        return _records(pd.read_parquet(io.BytesIO(data)))
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error


def _plain(value: Any) -> Any:
    """Return arrays of a table's cell as lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, dict) else value


def _dataset(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of a dataset on disk; of several splits the one named test, else the first."""
    try:
        from datasets import DatasetDict, Image, load_from_disk
    except ImportError as error:
        raise MissingExtraError("datasets", "data") from error
    found = load_from_disk(str(folder))
    if isinstance(found, DatasetDict):
        found = found["test" if "test" in found else next(iter(found))]
    for name, feature in found.features.items():
        if isinstance(feature, Image):
            found = found.cast_column(name, Image(decode=False))
        elif isinstance(getattr(feature, "feature", None), Image):
            found = found.cast_column(name, type(feature)(Image(decode=False)))
    rows: list[dict[str, Any]] = found.to_list()
    return rows


def check_suffix(path: Path) -> None:
    """Check that rows can be written to a file of this name.

    Raises:
        DataError: Another suffix.
    """
    if path.suffix.lower() not in WRITTEN:
        raise DataError("rows are written as .parquet, .csv or .jsonl", got=path.name, do="name it so")


def save(rows: Sequence[Mapping[str, Any]], path: str | Path) -> Path:
    """Write rows as ``.parquet``, ``.csv`` or ``.jsonl``, whole or not at all; return the path.

    In CSV a text that a spreadsheet would take for a formula begins with an apostrophe; lists are JSON there.

    Raises:
        DataError: Another suffix, or it cannot be written.
        MissingExtraError: Parquet without the extra ``data``.
    """
    target = Path(path)
    check_suffix(target)
    suffix = target.suffix.lower()
    if suffix == ".jsonl":
        return files.write_text(target, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
    import pandas as pd

    table = pd.DataFrame([dict(row) for row in rows])
    if suffix == ".csv":
        return files.write_text(target, table.map(_cell).rename(columns=inert).to_csv(index=False))
    with telling(DataError, "the rows cannot be written as Parquet", got=path, do="write them as .jsonl"):
        return files.write_bytes(target, _as_parquet(table))


def _as_parquet(table: Any) -> bytes:
    buffer = io.BytesIO()
    try:
        table.to_parquet(buffer, index=False)
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error
    except (TypeError, ValueError, OverflowError):  # a column whose cells are of several kinds, or no Unicode
        buffer = io.BytesIO()
        table.map(_flat).rename(columns=_encodable).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    return inert(json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value)


def _flat(value: Any) -> Any:
    if value is None:
        return None
    return _encodable(json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value))


def _encodable(text: str) -> str:
    """Return a text with halves of surrogate pairs as their escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def inert(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@")) else value
