"""Reports for others: pictures are named, and no folder of this machine is."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace

from llamaindex_clipverify.report.report import Report

_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s;:,()'\"“”]+){2,}")


def without_paths(text: str) -> str:
    """Return a text in which full paths are cut to their last part: a visitor need not know the server's folders."""
    return _PATH.sub(lambda found: re.split(r"[\\/]", found[0])[-1], text)


def shareable(report: Report) -> Report:
    """Return a report whose pictures are named, without the folders of the server."""
    pictures = []
    for picture in report.pictures:
        _ = picture.id, picture.size
        named = copy(picture)
        named.uri = picture.name if picture.uri else None
        pictures.append(named)
    return replace(report, pictures=tuple(pictures), notes=tuple(map(without_paths, report.notes)))
