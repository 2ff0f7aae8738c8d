"""Saving reports as files: self-contained HTML, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import DataError

if TYPE_CHECKING:
    from llamaindex_clipverify.report.report import Report

SUFFIXES = (".html", ".htm", ".md", ".json")
"""What a report may be saved as."""


def save_all(reports: Sequence[Report], path: str | Path) -> Path:
    """Write several reports into one file, ``.html``, ``.md`` or ``.json`` (a list); return its path.

    Raises:
        DataError: Another suffix.
    """
    return _write(path, list(reports), several=True)


def save_one(report: Report, path: str | Path) -> Path:
    """Write one report; see `Report.save`."""
    return _write(path, [report])


def check_suffix(path: str | Path) -> None:
    """Check that a report can be saved under a name.

    Raises:
        DataError: The suffix is not one of `SUFFIXES`.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise DataError("a report is saved as .html, .md or .json", got=str(path), do="name it FILE.html")


def _write(path: str | Path, reports: list[Report], *, several: bool = False) -> Path:
    check_suffix(path)
    return files.write_text(path, content_of(reports, Path(path).suffix.lower(), several=several))


def embeddable(text: str) -> str:
    """Return a JSON text that may stand in a script of a page: no text in it can end the script. It means the same."""
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def content_of(reports: list[Report], suffix: str, *, several: bool) -> str:
    """Return what a file of reports with this suffix contains; with `several`, JSON is a list."""
    if suffix == ".md":
        from llamaindex_clipverify.report.markdown import document

        return document(reports)
    if suffix == ".json":
        rows = [report.to_dict() for report in reports]
        return embeddable(json.dumps(rows if several else rows[0], indent=2, ensure_ascii=False)) + "\n"
    from llamaindex_clipverify.report.html import page

    return page(reports)
