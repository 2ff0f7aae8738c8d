"""Reports for others: pictures are named, and no folder of this machine is."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace

from llamaindex_clipverify.message import Listed, Message
from llamaindex_clipverify.report.report import Report

_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s;:,()'\"“”]+){2,}")


def without_paths(text: str) -> str:
    """Return a text in which full paths are cut to their last part: a visitor need not know the server's folders.

    A message stays one, so that it can be shown in other languages.
    """
    if isinstance(text, Listed):
        return Listed(without_paths(one) for one in text.items)  # type: ignore[misc]  # messages stay messages
    if isinstance(text, Message) and text.values:
        values = {name: without_paths(one) if isinstance(one, str) else one for name, one in text.values.items()}
        return Message(text.template, **values)
    cut = _cut(text)
    return text if cut == text else Message(cut) if isinstance(text, Message) else cut


def _cut(text: str) -> str:
    return _PATH.sub(lambda found: re.split(r"[\\/]", found[0])[-1], text)


def shareable(report: Report) -> Report:
    """Return a report whose pictures are named, without the folders of the server."""
    pictures = []
    for picture in report.pictures:
        _ = picture.id, picture.size
        named = copy(picture)
        named.uri = picture.name if picture.uri else None
        pictures.append(named)
    notes, gaps = (tuple(map(without_paths, told)) for told in (report.notes, report.gaps))
    return replace(report, pictures=tuple(pictures), notes=notes, gaps=gaps)
