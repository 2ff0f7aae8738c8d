"""Public sets of true and false claims about pictures, read from files you have downloaded: none is shipped.

One set, one file, with one function: `rows(path, images)` reads its annotation file and returns evaluation rows whose pictures
lie in the folder `images`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evaluation.evaluation import Row, read_rows

READERS = ("pope", "sugarcrepe", "coco", "foil", "hat", "mhalubench")
"""Names of the data sets; each has a file of this name."""


def read(name: str, path: str | Path, images: str | Path) -> list[Row]:
    """Return the rows of a set.

    Args:
        name: One of `READERS`, or ``rows`` for this project's own JSONL.
        path: Its annotation file, as published.
        images: Folder of its pictures.

    Raises:
        DataError: No such set, or the file is not of its form.
    """
    if name == "rows":
        return read_rows(path)
    if name not in READERS:
        raise DataError("no such set", got=name, do=f"choose one of {', '.join(('rows', *READERS))}")
    reader: Callable[[Path, Path], Sequence[Row]] = import_module(f"{__name__}.{name}").rows
    try:
        found = list(reader(Path(path), Path(images)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise DataError(
            f"not a file of {name}", got=f"{path} ({error!r})", do="give its annotation file as published"
        ) from error
    if not found:
        raise DataError("no rows", got=path, do="give its annotation file as published")
    return found
