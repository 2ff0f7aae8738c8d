"""Pages of a PDF as PNG pictures. The only file that imports ``pypdfium2`` (Apache-2.0 and BSD-3-Clause, extra ``[pdf]``)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError, MissingExtraError, PictureError

MOST_PAGES = 500
"""Maximum number of pages that are rendered."""
_MOST_BYTES = 500_000_000
_LONGEST = 4000
"""Longest side of a rendered page in pixels: a page that claims to be a kilometre long is rendered smaller."""


def page_pictures(path: str | Path, dpi: int = 150) -> Iterator[bytes]:
    """Yield each page as a PNG file, in order.

    Args:
        path: The PDF.
        dpi: Pixels per inch, 20 to 600.

    Raises:
        DataError: A resolution outside of that, or more than `MOST_PAGES` pages.
        PictureError: No PDF, a damaged or an encrypted one.
        MissingExtraError: The extra ``pdf`` is not installed.
    """
    if not 20 <= dpi <= 600:
        raise DataError("no resolution for pages", got=dpi, do="give 20 to 600 dpi")
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "pdf") from error
    with telling(PictureError, "the PDF cannot be read", got=path, do="open it in a viewer to see what is wrong"):
        document = pypdfium2.PdfDocument(files.content(files.local(path), _MOST_BYTES))
        try:
            if len(document) > MOST_PAGES:
                raise DataError(
                    "too many pages", got=f"{len(document)} in {path}", do=f"split it: at most {MOST_PAGES}"
                )
            for page in document:
                yield _png(page, dpi)
        finally:
            document.close()


def _png(page: Any, dpi: int) -> bytes:
    width, height = page.get_size()  # points, 72 an inch
    scale = min(dpi / 72, _LONGEST / max(width, height, 1))
    image = page.render(scale=scale).to_pil()
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()
