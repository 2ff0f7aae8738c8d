"""A hook of MkDocs: a link to a file outside docs/, which no page of the site can reach, becomes its text."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page without its links to files outside docs/; only pages directly in docs/ have any."""
    return markdown if "/" in page.file.src_uri else _OUTSIDE.sub(r"\1", markdown)
