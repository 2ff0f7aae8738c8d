"""A hook of MkDocs: a link to a file outside docs/, which no page of the site can reach, becomes the file's path."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)]*)\)")


def _named(link: re.Match[str]) -> str:
    text, path = link.groups()
    return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page without its links to files outside docs/; only pages directly in docs/ have any."""
    return markdown if "/" in page.file.src_uri else _OUTSIDE.sub(_named, markdown)
