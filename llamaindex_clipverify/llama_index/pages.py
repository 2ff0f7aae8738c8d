"""A reader of LlamaIndex that turns PDF pages and slides into pictures: what is written on a page is cited by its page."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document, ImageDocument

from llamaindex_clipverify.boundary.pages import page_pictures


class PdfPageReader(BaseReader):
    """Reads each page as an `ImageDocument`; give it to ``SimpleDirectoryReader(file_extractor={".pdf": PdfPageReader()})``.

    The metadata has ``file_name`` and ``page_label``, from 1, by which reports name the page. Text on a page
    is checked with a reader (``reader="rapidocr"``).
    """

    def __init__(self, dpi: int = 150) -> None:
        """Render with `dpi` pixels per inch, 20 to 600; 150 suits text recognition."""
        self.dpi = dpi

    def load_data(self, file: str | Path, extra_info: dict[str, Any] | None = None) -> list[Document]:
        """Return the pages of a PDF as documents; errors as `page_pictures`."""
        return [
            ImageDocument(
                image=base64.b64encode(page).decode("ascii"),
                metadata={**(extra_info or {}), "file_name": Path(file).name, "page_label": str(number)},
            )
            for number, page in enumerate(page_pictures(file, self.dpi), 1)
        ]
