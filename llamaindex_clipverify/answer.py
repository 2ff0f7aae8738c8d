"""An answer and the pictures and passages it may rest on: the hand-off. What comes before may be anybody's RAG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True)
class Answer:
    """A text about pictures."""

    text: str
    pictures: tuple[Picture, ...]
    question: str | None = None
    passages: tuple[str, ...] = ()
    """Texts that were retrieved beside the pictures."""

    @classmethod
    def of(cls, text: str, images: Sequence[Any], question: str | None = None, passages: Sequence[str] = ()) -> Answer:
        """Make an answer; `images` are whatever `Picture.of` takes. The same picture given twice counts once.

        Raises:
            DataError: The text is blank, or there is neither picture nor passage.
            PictureError: One of the images is none.
        """
        if not text.strip():
            raise DataError("the answer is empty", do="give the text to verify")
        if isinstance(images, (str, bytes)) or not isinstance(images, Sequence):
            images = [images]
        if isinstance(passages, str):
            passages = (passages,)
        if not images and not passages:
            raise DataError("an answer needs a picture to be verified on", do="give at least one")
        return cls(text, tuple(dict.fromkeys(Picture.of(image) for image in images)), question, tuple(passages))


SENTENCE_END = r"[.!?](?:\s*\[\d+\][.!?]?)?(?=\s)"
"""Pattern of the end of a sentence within a text, the mark of its picture included."""
_SENTENCE = re.compile(rf"\S(?:.*?{SENTENCE_END}|.*)")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence of a text, the mark of its picture included; a line break ends one too."""
    return [match.span() for match in _SENTENCE.finditer(text)]
