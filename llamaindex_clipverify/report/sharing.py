"""Reports for others: pictures are named, and no folder of this machine is."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from typing import TypeVar, cast

from llamaindex_clipverify.message import Listed, Message
from llamaindex_clipverify.report.report import Report

_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s;:,()'\"“”]+){2,}")


_Text = TypeVar("_Text", bound=str)


def without_paths(text: _Text) -> _Text:
    """Return a text in which full paths are cut to their last part: a visitor need not know the server's folders.

    A message stays one, so that it can be shown in other languages.
    """
    made: str = text
    if isinstance(text, Listed):
        made = Listed(without_paths(one) for one in text.items)
    elif isinstance(text, Message) and text.values:
        values = {name: without_paths(one) if isinstance(one, str) else one for name, one in text.values.items()}
        made = Message(text.template, **values)
    cut = _cut(made)  # a path may also be made of several values, or be no text among them
    if cut != made:
        made = Message(cut) if isinstance(text, Message) else cut
    return cast("_Text", made)


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
